package io.plumbline.stability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.data.Philox;
import io.plumbline.memory.Precision;
import io.plumbline.stability.Features.Law;
import io.plumbline.training.Sampling;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Simulated SGD against its exact moments, and on both sides of η*.
class TrajectoriesTest {
    private static final Backend BACKEND = Features.backend();

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    /// Three steps: within 4 standard errors of the exact E[L], which must be small enough to see a noise scale that is wrong by a fifth. Batches that are added up row
    /// by row (n = 40) and as one product.
    @ParameterizedTest
    @CsvSource({"6, 1, 4, 1", "6, 1, 4, 3", "5, 2, 6, 2", "40, 1, 9, 1", "40, 1, 9, 3", "40, 2, 9, 2"})
    void followTheMoments(int n, int outputs, int p, int batchSize) {
        try (FunctionSpace space = Features.of(Law.ISOTROPIC, n, outputs, p, BACKEND).space(BACKEND)) {
            for (Sampling sampling : Features.SAMPLINGS) {
                double q = sampling.noiseScale(batchSize, n);
                StabilityThreshold threshold = StabilityThreshold.of(space, q);
                double eta = 1.3 * threshold.eta();
                SecondMoment start = threshold.secondMoment();
                Trajectories simulated = Trajectories.run(eta, 3, start, sampling, batchSize, 2500, new Philox(4, "trajectories"));
                double exact = after(start, q, eta);
                assertTrue(Math.abs(simulated.ratio() - exact) <= 4 * simulated.standardError(), simulated + " against " + exact);
                double wrong = after(start, 1.2 * q > 1 ? q / 1.2 : 1.2 * q, eta);
                assertTrue(4 * simulated.standardError() <= Math.abs(wrong - exact), simulated + " against " + exact + ", wrong " + wrong);
            }
        }
    }

    private static double after(SecondMoment z, double q, double eta) {
        return z.step(q, eta).step(q, eta).step(q, eta).loss();
    }

    /// Contraction at 0.97 η*, divergence at 1.03 η*, each by 4 standard errors.
    @ParameterizedTest
    @EnumSource(Law.class)
    void contractBelowAndDivergeAbove(Law law) {
        int n = 24;
        try (FunctionSpace space = Features.of(law, n, 1, 20, BACKEND).space(BACKEND)) {
            for (Sampling sampling : Features.SAMPLINGS) {
                for (int batchSize : new int[] {1, 2, 8, n}) {
                    StabilityThreshold threshold = StabilityThreshold.of(space, sampling.noiseScale(batchSize, n));
                    Trajectories below = Trajectories.at(0.97, threshold, sampling, batchSize, 400_000, new Philox(1, "below"));
                    Trajectories above = Trajectories.at(1.03, threshold, sampling, batchSize, 400_000, new Philox(1, "above"));
                    String where = law + " " + sampling + " " + batchSize + " " + below + " " + above;
                    assertTrue(below.ratio() + 4 * below.standardError() <= 1, where);
                    assertTrue(above.ratio() - 4 * above.standardError() >= 1, where);
                }
            }
        }
    }

    /// Numbers are counted, replicas independent, cuts of products fixed.
    @Test
    void sameBitsOnOtherThreads() {
        Features features = Features.of(Law.RELU, 33, 2, 31, BACKEND);
        try (CpuBackend single = CpuBackend.create(Precision.F64, 1);
                FunctionSpace space = features.space(BACKEND);
                FunctionSpace other = features.space(single)) {
            for (int batchSize : new int[] {1, 20}) {
                StabilityThreshold threshold = StabilityThreshold.of(space, 1.0 / batchSize);
                StabilityThreshold same = StabilityThreshold.of(other, 1.0 / batchSize);
                assertEquals(
                        Trajectories.at(1.1, threshold, Sampling.WITH, batchSize, 30_000, new Philox(2, "bits")),
                        Trajectories.at(1.1, same, Sampling.WITH, batchSize, 30_000, new Philox(2, "bits")));
            }
        }
    }

    @Test
    void refusesWhatCannotBeSimulated() {
        try (FunctionSpace space = Features.of(Law.ISOTROPIC, 5, 1, 4, BACKEND).space(BACKEND)) {
            StabilityThreshold threshold = StabilityThreshold.of(space, 0.5);
            SecondMoment z = threshold.secondMoment();
            var random = new Philox(1, "refused");
            assertThrows(IllegalArgumentException.class, () -> Trajectories.at(1, threshold, Sampling.WITH, 2, 1000, random));
            assertThrows(IllegalArgumentException.class, () -> Trajectories.at(1.1, threshold, Sampling.WITHOUT, 6, 1000, random));
            assertThrows(IllegalArgumentException.class, () -> Trajectories.run(1, 0, z, Sampling.WITH, 2, 10, random));
        }
    }
}
