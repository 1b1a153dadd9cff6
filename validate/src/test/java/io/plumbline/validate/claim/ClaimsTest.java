package io.plumbline.validate.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.derivative.Progress;
import io.plumbline.validate.task.Json;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Registry, results as JSON and the table.
class ClaimsTest {
    private static final List<String> IDS = List.of(
            "eq2",
            "lemma-2.2",
            "prop-2.3",
            "lemma-2.4",
            "prop-2.5",
            "lemma-3.2",
            "thm-3.3",
            "prop-3.4",
            "gd-bound",
            "thm-3.5",
            "lemma-3.6",
            "isotropic",
            "exact-threshold",
            "trace-bound",
            "directional-alignment",
            "batch-sharpness",
            "coherence",
            "power-law");

    /// Two trials with a random number each, and what a claim may do wrong.
    private record Toy(String id, double shift) implements Claim {
        @Override
        public String statement() {
            return "u ≥ 0";
        }

        @Override
        public String formula() {
            return "u \\ge 0";
        }

        @Override
        public String assumptions() {
            return "none";
        }

        @Override
        public String source() {
            return "here";
        }

        @Override
        public List<Trial> trials(Experiment experiment) {
            double u = experiment.random("toy").uniform(0) + shift;
            return List.of(
                    () -> List.of(
                            new Measurement("u", "first", u, 0.001, Relation.AT_LEAST, 0, 0),
                            new Measurement("u", "second", u + 1, 0.001, Relation.AT_LEAST, 0, 0)),
                    () -> List.of(Measurement.exact("v", "only", 2, Relation.EQUAL, 2, 0)));
        }
    }

    @Test
    void knowsItsClaims() {
        assertEquals(IDS, Claims.all().stream().map(Claim::id).toList());
        for (Claim claim : Claims.all()) {
            assertEquals(claim, Claims.byId(claim.id()));
            assertFalse(claim.statement().isBlank() || claim.formula().isBlank() || claim.assumptions().isBlank() || claim.source().isBlank());
            assertFalse(claim.note().filter(String::isBlank).isPresent());
        }
    }

    @Test
    void namesTheClaimsWhenOneIsUnknownAndRunsNone() {
        var heard = new ArrayList<Long>();
        var experiment = Worlds.small(1, 1, (done, total) -> heard.add(done));
        var failure = assertThrows(IllegalArgumentException.class, () -> Claims.run(List.of("lemma-2.2", "lemma-2.3"), experiment));
        assertEquals("claim: found lemma-2.3, expected one of " + String.join(", ", IDS), failure.getMessage());
        assertEquals(List.of(), heard);
    }

    @Test
    void theSameSeedGivesTheSame() {
        String first = withoutSeconds(Claims.run(List.of("lemma-2.4"), Worlds.small(7)));
        assertEquals(first, withoutSeconds(Claims.run(List.of("lemma-2.4"), Worlds.small(7))));
        assertNotEquals(first, withoutSeconds(Claims.run(List.of("lemma-2.4"), Worlds.small(8))));
    }

    private static String withoutSeconds(List<ClaimResult> results) {
        return Json.write(results).replaceAll("\"elapsedSeconds\" : [-0-9.E]+", "");
    }

    @Test
    void writesWhatItFound() throws IOException {
        JsonNode results = new ObjectMapper()
                .readTree(Json.write(Claims.runAll(List.of(new Toy("toy", 0), new Toy("shifted", Double.NaN)), Worlds.small(2))));
        JsonNode toy = results.get(0);
        assertEquals("toy", toy.get("id").asText());
        assertEquals("u ≥ 0", toy.get("statement").asText());
        assertEquals("u \\ge 0", toy.get("formula").asText());
        assertEquals("here", toy.get("source").asText());
        assertEquals("SUPPORTED", toy.get("verdict").asText());
        assertTrue(toy.get("elapsedSeconds").isNumber());
        JsonNode figure = toy.get("figures").get(0);
        assertEquals("u", figure.get("name").asText());
        assertEquals("≥", figure.get("relation").asText());
        assertEquals(0.001, figure.get("standardError").asDouble());
        JsonNode shifted = results.get(1);
        assertEquals("INVALID", shifted.get("verdict").asText());
        assertTrue(shifted.get("figures").get(0).get("value").isNull());
    }

    @Test
    void countsTrials() {
        var heard = new ArrayList<String>();
        Claims.runAll(List.of(new Toy("a", 0), new Toy("b", 0)), Worlds.small(2, 1, (done, total) -> heard.add(done + "/" + total)));
        assertEquals(List.of("0/4", "1/4", "2/4", "3/4", "4/4"), heard);
    }

    @Test
    void printsTheTable() {
        List<ClaimResult> results = Claims.runAll(List.of(new Toy("toy", -0.5 - Worlds.small(2).random("toy").uniform(0))), Worlds.small(2));
        List<String> brief = ClaimTable.render(results, false).lines().toList();
        assertTrue(brief.get(0).matches("claim +│ measured ± error +│ bound +│ verdict"), brief.get(0));
        assertTrue(brief.get(2).matches("toy +│ 0\\.0 s +│ +│ REFUTED"), brief.get(2));
        assertTrue(brief.get(3).matches("  u, worst of 2 +│ -0\\.5000 ± 0\\.001000 +│ ≥ 0\\.000 +│ REFUTED"), brief.get(3));
        assertTrue(brief.get(4).matches("  v +│ 2\\.000 +│ = 2\\.000 +│ SUPPORTED"), brief.get(4));
        assertTrue(brief.get(5).startsWith("REFUTED toy: u, first: "), brief.get(5));
        assertEquals(6, brief.size());
        List<String> full = ClaimTable.render(results, true).lines().toList();
        assertTrue(full.get(4).matches("  u: second +│ 0\\.5000 ± 0\\.001000 +│ ≥ 0\\.000 +│ SUPPORTED"), full.get(4));
        assertEquals(7, full.size());
        assertEquals(Verdict.REFUTED, results.getFirst().verdict());
    }

    @Test
    void progressMayStopTheRun() {
        Progress stop = (done, total) -> {
            throw new IllegalStateException("stopped");
        };
        assertThrows(IllegalStateException.class, () -> Claims.runAll(List.of(new Toy("toy", 0)), Worlds.small(2, 1, stop)));
    }
}
