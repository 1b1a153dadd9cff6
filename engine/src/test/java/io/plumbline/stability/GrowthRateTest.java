package io.plumbline.stability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.stability.Features.Law;
import io.plumbline.training.Sampling;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The growth of E[L] a step against the spectral radius of the operator enumerated over all batches.
class GrowthRateTest {
    private static final Backend BACKEND = Features.backend();

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    /// Residuals stop at 1e-10 of the distance from the pole, which is at most the radius, and count by their square; the dense radius is off by about p²·u = 1e-14.
    @ParameterizedTest
    @CsvSource({"ISOTROPIC, 1, 1, 1, 1", "ISOTROPIC, 5, 1, 4, 1", "POWER_LAW, 6, 1, 5, 2", "RELU, 8, 1, 6, 1", "ISOTROPIC, 4, 2, 5, 2",
        "POWER_LAW, 3, 3, 7, 2"})
    void isTheRadiusOfTheEnumeratedOperator(Law law, int n, int outputs, int p, int batchSize) {
        Features features = Features.of(law, n, outputs, p, BACKEND);
        try (FunctionSpace space = features.space(BACKEND)) {
            for (Sampling sampling : Features.SAMPLINGS) {
                if (sampling == Sampling.WITHOUT && batchSize > n) {
                    continue;
                }
                double q = sampling.noiseScale(batchSize, n);
                double critical = StabilityThreshold.of(space, q).eta();
                for (double c : new double[] {0.1, 0.5, 0.97, 1, 1.03, 2}) {
                    double expected = Features.radius(features.enumerated(batchSize, sampling, c * critical), BACKEND);
                    GrowthRate found = GrowthRate.of(space, q, c * critical);
                    assertEquals(expected, found.perStep(), 1e-10 * expected, law + " " + sampling + " " + c);
                    if (c != 1) {
                        assertEquals(Math.signum(c - 1), Math.signum(found.perStep() - 1));
                    }
                    // Theorem 3.5, and that it is no empty statement.
                    double gamma0 = GrowthRate.lowerBound(space, q, c * critical);
                    assertTrue(gamma0 <= found.perStep() * (1 + 1e-12) && gamma0 >= 0);
                }
            }
        }
    }
}
