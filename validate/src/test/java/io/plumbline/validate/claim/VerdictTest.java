package io.plumbline.validate.claim;

import static io.plumbline.validate.claim.Relation.AT_LEAST;
import static io.plumbline.validate.claim.Relation.AT_MOST;
import static io.plumbline.validate.claim.Relation.EQUAL;
import static io.plumbline.validate.claim.Verdict.INCONCLUSIVE;
import static io.plumbline.validate.claim.Verdict.INVALID;
import static io.plumbline.validate.claim.Verdict.REFUTED;
import static io.plumbline.validate.claim.Verdict.SUPPORTED;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The rule of [Verdict], line by line, on both sides of every limit.
class VerdictTest {
    @ParameterizedTest
    @CsvSource({
        // exact: only rounding is forgiven
        "2.0, 0, AT_LEAST, 2, 0, SUPPORTED",
        "1.75, 0, AT_LEAST, 2, 0.25, SUPPORTED",
        "1.5, 0, AT_LEAST, 2, 0.25, REFUTED",
        "2.25, 0, AT_MOST, 2, 0.25, SUPPORTED",
        "2.5, 0, AT_MOST, 2, 0.25, REFUTED",
        "2.25, 0, EQUAL, 2, 0.25, SUPPORTED",
        "1.75, 0, EQUAL, 2, 0.25, SUPPORTED",
        "2.5, 0, EQUAL, 2, 0.25, REFUTED",
        "1.5, 0, EQUAL, 2, 0.25, REFUTED",
        // sampled inequalities: three standard errors either way
        "2.75, 0.25, AT_LEAST, 2, 0, SUPPORTED",
        "2.5, 0.25, AT_LEAST, 2, 0, INCONCLUSIVE",
        "1.25, 0.25, AT_LEAST, 2, 0, INCONCLUSIVE",
        "1.0, 0.25, AT_LEAST, 2, 0, REFUTED",
        "1.25, 0.25, AT_MOST, 2, 0, SUPPORTED",
        "2.75, 0.25, AT_MOST, 2, 0, INCONCLUSIVE",
        "3.0, 0.25, AT_MOST, 2, 0, REFUTED",
        // sampled equalities: within three, resolved; beyond five refuted, resolved or not
        "2.75, 0.25, EQUAL, 2, 0.75, SUPPORTED",
        "2.0, 0.25, EQUAL, 2, 0.5, INCONCLUSIVE",
        "3.0, 0.25, EQUAL, 2, 0.75, INCONCLUSIVE",
        "0.75, 0.25, EQUAL, 2, 0.75, INCONCLUSIVE",
        "3.5, 0.25, EQUAL, 2, 0.75, REFUTED",
        "3.5, 0.25, EQUAL, 2, 0.5, REFUTED",
        // not a number, not a judgement
        "NaN, 0, AT_LEAST, 2, 0, INVALID",
        "Infinity, 0, AT_LEAST, 2, 0, INVALID",
        "3.0, 0, AT_MOST, Infinity, 0, INVALID",
        "3.0, NaN, AT_LEAST, 2, 0, INVALID",
        "3.0, 0, AT_LEAST, 2, Infinity, INVALID"})
    void judges(double value, double standardError, Relation relation, double bound, double tolerance, Verdict expected) {
        assertEquals(expected, new Measurement("v", "here", value, standardError, relation, bound, tolerance).verdict());
    }

    @Test
    void theWorstDecidesAndNothingMeasuredIsInvalid() {
        assertEquals(SUPPORTED, Verdict.worst(List.of(SUPPORTED, SUPPORTED)));
        assertEquals(INCONCLUSIVE, Verdict.worst(List.of(SUPPORTED, INCONCLUSIVE)));
        assertEquals(INVALID, Verdict.worst(List.of(INVALID, INCONCLUSIVE, SUPPORTED)));
        assertEquals(REFUTED, Verdict.worst(List.of(INVALID, REFUTED, SUPPORTED)));
        assertEquals(INVALID, Verdict.worst(List.of()));
    }

    @Test
    void theWorstMeasurementIsTheTightestAndNaNBeforeAll() {
        Measurement roomy = Measurement.exact("v", "roomy", 4, AT_LEAST, 1, 0);
        Measurement tight = Measurement.exact("v", "tight", 1000, AT_LEAST, 999, 0);
        Measurement lost = Measurement.exact("v", "lost", Double.NaN, AT_LEAST, 1, 0);
        assertEquals(tight, Measurement.worst(List.of(roomy, tight)));
        assertEquals(tight, Measurement.worst(List.of(tight, roomy)));
        assertEquals(lost, Measurement.worst(List.of(tight, lost, roomy)));
        assertEquals(lost, Measurement.worst(List.of(lost, tight, roomy)));
    }

    @Test
    void anErrorIsNotNegative() {
        assertThrows(IllegalArgumentException.class, () -> new Measurement("v", "here", 1, -1, EQUAL, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> new Measurement("v", "here", 1, 0, AT_MOST, 1, -1));
    }
}
