package io.plumbline.stability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.memory.HostBuffer;
import io.plumbline.stability.Features.Law;
import io.plumbline.training.Sampling;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The growth of E[L] a step against the spectral radius of the operator enumerated over all batches.
class GrowthRateTest {
    private static final Backend BACKEND = Features.backend();

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    /// Groups of k_g examples of one gradient of length² b_g, orthogonal to all other groups: with a = k b/n, group g's second moment takes the step
    /// 1 − 2ηa + η²[(1−q)a² + q a b], and between groups that of φ, which is no larger than the largest of them without q a b. The largest decides, whichever group's examples weigh most
    /// in the mean, and also where groups are joined by a little: 10⁻¹⁴ of M moves eigenvalues by as much.
    @ParameterizedTest
    @CsvSource({"1, 0", "0.5, 0", "0.1, 0", "0.5, 1e-14"})
    void theLargestOfSeparateGroupsDecides(double q, double joined) {
        var random = new Random(7);
        for (int world = 0; world < 20; world++) {
            int groups = 2 + random.nextInt(3);
            int[] size = random.ints(groups, 1, 6).toArray();
            double[] square = random.doubles(groups).map(x -> Math.exp(3 * x)).toArray();
            int n = Arrays.stream(size).sum();
            double[] m = new double[n * n];
            double slowest = 0;
            for (int g = 0, from = 0; g < groups; from += size[g++]) {
                for (int i = 0; i < n * n; i++) {
                    boolean within = i / n >= from && i / n < from + size[g] && i % n >= from && i % n < from + size[g];
                    m[i] += within ? square[g] : joined / groups;
                }
                double a = size[g] * square[g] / n;
                slowest = Math.max(slowest, ((1 - q) * a + q * square[g]) / 2);
            }
            try (FunctionSpace space = FunctionSpace.of(HostBuffer.of(m), 1, BACKEND)) {
                double critical = StabilityThreshold.of(space, q).eta();
                assertEquals(1 / slowest, critical, 1e-9 * critical);
                for (double c : new double[] {0.3, 0.999, 1.001, 3}) {
                    double eta = c / slowest;
                    double largest = 0;
                    for (int g = 0; g < groups; g++) {
                        double a = size[g] * square[g] / n;
                        largest = Math.max(largest, 1 - 2 * eta * a + eta * eta * ((1 - q) * a * a + q * a * square[g]));
                    }
                    assertEquals(largest, GrowthRate.of(space, q, eta).perStep(), 1e-9 * largest, "world " + world + " " + c);
                }
            }
        }
    }

    /// One output's gradients are a thousand times as long: at η* the flat directions hardly move, with a growth as near to 1 as that of the sharp ones.
    @Test
    void outputsOfDifferentScales() {
        int n = 5;
        int p = 12;
        var random = new Random(3);
        double[][] gradients = new double[2 * n][p];
        for (int i = 0; i < 2 * n; i++) {
            double scale = i % 2 == 0 ? 1e3 : 1;
            Arrays.setAll(gradients[i], j -> scale * random.nextGaussian());
        }
        double[] m = new double[4 * n * n];
        Arrays.setAll(m, i -> IntStream.range(0, p).mapToDouble(j -> gradients[i / (2 * n)][j] * gradients[i % (2 * n)][j]).sum());
        try (FunctionSpace space = FunctionSpace.of(HostBuffer.of(m), 2, BACKEND)) {
            for (double q : new double[] {1, 0.5, 0.1, 1e-3}) {
                double critical = StabilityThreshold.of(space, q).eta();
                assertEquals(1, GrowthRate.of(space, q, critical).perStep(), 1e-9);
                assertTrue(GrowthRate.of(space, q, 1.001 * critical).perStep() > 1);
            }
        }
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
