package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `escape`, and the folder that it leaves.
class EscapeCommandTest {
    private static final String PROBLEM = "escape fcn:5-8-1:tanh --data gaussian:n=12,d=5,seed=3 --precision f64 --threads 1 ";

    @TempDir
    Path folder;

    /// Between η* and 2/λ₁, so that gradient descent converges and SGD does not stay. Losses of 10⁻¹⁰ are the linearised model's: the mean of the trajectories
    /// is its E[L], moved on exactly from the same residuals.
    @Test
    void growthIsThatOfTheOperator() throws Exception {
        JsonNode report = Execution
                .of(PROBLEM + "--learning-rate 0.5 --batch-size 4 --stop-loss 1e-10 --descent-steps 10000 --trajectories 200 --steps 24 "
                        + "--every 2 --json -")
                .json();
        assertEquals("plumbline.escape/1", report.get("schema").asText());
        assertEquals("converged", report.at("/descent/status").asText());
        double eta = report.get("learningRate").asDouble();
        assertTrue(report.at("/linearised/criticalLearningRate/value").asDouble() < eta, report.toString());
        assertTrue(eta < report.at("/linearised/gdBound/value").asDouble());
        double radius = report.at("/linearised/growth/value").asDouble();
        assertTrue(radius > 1 && report.at("/linearised/gamma0/value").asDouble() <= radius, report.toString());
        double mean = report.at("/growth/mean/value").asDouble();
        double error = report.at("/growth/mean/standardError").asDouble();
        double expected = report.at("/growth/expected/value").asDouble();
        assertTrue(mean - 1 > 4 * error, "not seen to grow: " + mean + " ± " + error);
        assertTrue(Math.abs(mean - expected) <= 4 * error, mean + " ± " + error + ", expected " + expected);
        JsonNode losses = report.get("losses");
        assertEquals(200, losses.get("trajectories").size());
        assertEquals(13, losses.get("step").size());
        for (int look = 0; look < 5; look++) {
            double deviation = losses.get("mean").get(look).asDouble() - losses.get("expected").get(look).asDouble();
            // At the first look there is nothing random: what is left is the rounding of residuals of 10⁻⁵ that are differences of numbers of order 1.
            double bound = 4 * losses.get("standardError").get(look).asDouble() + 1e-10 * losses.get("mean").get(0).asDouble();
            assertTrue(Math.abs(deviation) <= bound, "look " + look + ": off by " + deviation + ", bound " + bound);
        }
    }

    /// Interrupted between the two runs and in the second: what is killed goes on the same way.
    @Test
    void theSameCommandGoesOn() throws Exception {
        String options = PROBLEM + "--learning-rate 0.1 --batch-size 2 --sampling without --stop-loss 1e-4 --trajectories 3 --every 5 --out ";
        Path whole = folder.resolve("whole");
        Path cut = folder.resolve("cut");
        Execution.of(options + whole + " --steps 40").succeeded();
        Execution.of(options + cut + " --steps 15").succeeded();
        Files.delete(cut.resolve("trajectories/result.json"));
        String table = Execution.of(options + cut + " --steps 40").succeeded().out();
        assertTrue(table.contains("exact operator"), table);
        var mapper = new ObjectMapper();
        JsonNode one = mapper.readTree(whole.resolve("result.json").toFile());
        JsonNode other = mapper.readTree(cut.resolve("result.json").toFile());
        for (String field : new String[] {"descent", "linearised", "growth", "losses"}) {
            assertEquals(one.get(field), other.get(field), field);
        }
        assertArrayEquals(Files.readAllBytes(whole.resolve("trajectories/theta-2.npy")), Files.readAllBytes(cut.resolve("trajectories/theta-2.npy")));
    }

    /// 12 rows take 40·144 bytes: trajectories are there, what the linearised model says is not, with the reason, in table and report.
    @Test
    void aMatrixThatDoesNotFitTheMemoryLimit() {
        String line = PROBLEM + "--learning-rate 0.1 --descent-steps 20 --trajectories 3 --steps 6 --memory-limit 5k";
        String why = "J J^T has 12 rows, its decomposition takes 5760 bytes, the memory limit is 5120: enough for 11 rows";
        JsonNode report = Execution.of(line + " --json -").json();
        for (String figure : new String[] {"/linearised/criticalLearningRate", "/linearised/growth", "/growth/expected"}) {
            assertTrue(report.at(figure + "/value").isNull(), figure);
            assertEquals(why, report.at(figure + "/undefined").asText(), figure);
        }
        assertEquals(3, report.at("/losses/trajectories").size());
        String table = Execution.of(line).succeeded().out();
        assertTrue(table.lines().anyMatch(row -> row.startsWith("critical eta") && row.endsWith("undefined  " + why)), table);
    }

    @Test
    void aDescentThatDivergesIsAResult() throws Exception {
        JsonNode report = Execution.of(PROBLEM + "--learning-rate 50 --steps 10 --json -").json();
        assertEquals("diverged", report.at("/descent/status").asText());
        assertFalse(report.has("growth") || report.has("linearised"));
        assertTrue(Execution.of(PROBLEM + "--learning-rate 50 --steps 10").succeeded().out().contains("diverged after"));
    }

    @Test
    void aFolderOfSomethingElseIsRefused() throws Exception {
        Files.writeString(folder.resolve("notes.txt"), "mine");
        String said = Execution.of(PROBLEM + "--learning-rate 0.1 --out " + folder).refused();
        assertTrue(said.contains("holds notes.txt, expected an empty folder"), said);
        assertEquals("mine", Files.readString(folder.resolve("notes.txt")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--learning-rate 0 | learning rate: found 0.0, expected a positive number",
        "--learning-rate 0.1 --batch-size 0 | batch size: found 0, expected at least 1",
        "--learning-rate 0.1 --batch-size 13 --sampling without | batch size: found 13, expected at most 12",
        "--learning-rate 0.1 --sampling epochs | sampling: found epochs, expected with or without",
        "--learning-rate 0.1 --trajectories 0 | trajectories: found 0, expected at least 1",
        "--learning-rate 0.1 --steps 0 | steps: found 0, expected at least 1",
        "--learning-rate 0.1 --every 0 | every: found 0",
        "--learning-rate 0.1 --divergence 1 | divergence: found 1.0, expected above 1"})
    void whatIsWrongIsNamed(String options, String message) throws Exception {
        String said = Execution.of(PROBLEM + options + " --out " + folder.resolve("refused")).refused();
        assertTrue(said.contains(message), said);
        assertFalse(Files.exists(folder.resolve("refused/trajectories")));
    }
}
