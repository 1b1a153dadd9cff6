package io.plumbline.validate.claim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.data.Philox;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The function-space machinery against enumeration of every batch in parameter space.
class FunctionSpaceTest {
    /// n, p, B and how batches are drawn; all n^B batches are enumerated in p² dimensions.
    static Stream<Arguments> cases() {
        return Stream.of(
                Arguments.of(1, 1, 1, Sampling.WITH_REPLACEMENT),
                Arguments.of(5, 3, 1, Sampling.WITH_REPLACEMENT),
                Arguments.of(4, 4, 2, Sampling.WITH_REPLACEMENT),
                Arguments.of(6, 2, 3, Sampling.WITH_REPLACEMENT),
                Arguments.of(8, 4, 2, Sampling.WITH_REPLACEMENT),
                Arguments.of(3, 3, 1, Sampling.WITHOUT_REPLACEMENT),
                Arguments.of(5, 3, 2, Sampling.WITHOUT_REPLACEMENT),
                Arguments.of(8, 4, 3, Sampling.WITHOUT_REPLACEMENT),
                Arguments.of(5, 3, 5, Sampling.WITHOUT_REPLACEMENT));
    }

    /// η* where the spectral radius of E[A ⊗ A], A = I − (η/B) Σ_{i∈I} g_ig_iᵀ, crosses 1, by bisection. 1e-9: the radius is off by about 1e-14 and
    /// crosses with a slope of at least 1e-5 on these cases; Lanczos stops at a residual of 1e-7, whose square counts.
    @ParameterizedTest
    @MethodSource("cases")
    void thresholdIsThatOfTheEnumeratedOperator(int n, int p, int batchSize, Sampling sampling) {
        double[][] g = gradients(n, p);
        double low = 0;
        double high = 1;
        while (radius(g, batchSize, sampling, high) < 1) {
            high *= 2;
        }
        for (int step = 0; step < 60; step++) {
            double middle = (low + high) / 2;
            if (radius(g, batchSize, sampling, middle) < 1) {
                low = middle;
            } else {
                high = middle;
            }
        }
        StabilityThreshold threshold = StabilityThreshold.of(space(g), sampling.noiseScale(batchSize, n));
        assertEquals(low, threshold.eta(), 1e-9 * low);
    }

    /// A gradient in every example's own direction and none in the fourth: of p = 4 directions the range has 3.
    @Test
    void whatNoGradientReachesDoesNotCount() {
        double[][] g = gradients(5, 3);
        double[][] padded = new double[5][4];
        for (int i = 0; i < 5; i++) {
            System.arraycopy(g[i], 0, padded[i], 0, 3);
        }
        assertEquals(3, space(padded).rank());
        assertEquals(StabilityThreshold.of(space(g), 0.5).eta(), StabilityThreshold.of(space(padded), 0.5).eta(), 1e-12);
    }

    /// At η* the second moment Z* is stationary, below it E[L] falls, above it grows, by what drift says. Z* is as exact as the eigenvector: 1e-7
    /// residual over the gap, which is above 1e-2 here; drift is exact, so its comparison is bounded by the residual over 0.01, the drift itself.
    @Test
    void stationaryAtTheThreshold() {
        FunctionSpace space = space(gradients(7, 5));
        StabilityThreshold threshold = StabilityThreshold.of(space, 0.5);
        double[][] z = threshold.secondMoment();
        assertEquals(1, space.loss(z), 1e-14);
        double[][] next = space.step(0.5, threshold.eta(), z);
        for (int a = 0; a < z.length; a++) {
            assertArrayEquals(z[a], next[a], 1e-5 * z[0][0]);
        }
        for (double c : new double[] {0.9, 1.1}) {
            double change = space.loss(space.step(0.5, c * threshold.eta(), z)) - 1;
            assertEquals(threshold.drift(space, c), change, 1e-5);
            assertEquals(Math.signum(c - 1), Math.signum(change));
            assertTrue(Math.abs(change) >= 1e-3);
        }
    }

    /// One step of E[wwᵀ] against the mean over all batches, through E[L].
    @ParameterizedTest
    @MethodSource("cases")
    void stepIsTheMeanOverAllBatches(int n, int p, int batchSize, Sampling sampling) {
        double[][] g = gradients(n, p);
        double eta = 0.3;
        FunctionSpace space = space(g);
        double[][] z = new double[p][p];
        for (int a = 0; a < p; a++) {
            z[a][a] = 1;
        }
        double[][] next = space.step(sampling.noiseScale(batchSize, n), eta, z);
        double[][] operator = operator(g, batchSize, sampling, eta);
        double expected = 0;
        for (double[] gradient : g) {
            for (int row = 0; row < p * p; row++) {
                for (int a = 0; a < p; a++) {
                    expected += gradient[row / p] * gradient[row % p] * operator[row][a * p + a] / (2 * n);
                }
            }
        }
        assertEquals(expected, space.loss(next), 1e-12 * expected);
    }

    /// μ over all directions of a plane, by its definition in parameter space: the lowest of 20,000 angles is within (π/20000)²·μ's curvature of μ₀.
    @Test
    void lowestAlignmentIsTheInfimum() {
        double[][] g = gradients(6, 2);
        double lowest = Double.POSITIVE_INFINITY;
        for (int k = 0; k < 20_000; k++) {
            double angle = Math.PI * k / 20_000;
            lowest = Math.min(lowest, mu(g, new double[] {Math.cos(angle), Math.sin(angle)}));
        }
        double found = space(g).lowestAlignment();
        assertTrue(found <= lowest + 1e-12);
        assertEquals(lowest, found, 1e-6);
        assertTrue(found > 0.01);
    }

    /// n orthogonal gradients of norm 1: η* = 2B, μ₀ = 1 − 1/n, ‖H‖_F = 1/√n; n·u rounding.
    @Test
    void orthogonalGradients() {
        int n = 6;
        double[] gram = new double[n * n];
        for (int i = 0; i < n; i++) {
            gram[i * n + i] = 1;
        }
        FunctionSpace space = FunctionSpace.of(gram, n);
        assertEquals(1 - 1.0 / n, space.lowestAlignment(), 1e-14);
        assertEquals(1 / Math.sqrt(n), space.frobenius(), 1e-15);
        for (int b = 1; b <= n; b++) {
            assertEquals(2.0 * b, StabilityThreshold.of(space, Sampling.WITHOUT_REPLACEMENT.noiseScale(b, n)).eta(), 1e-12);
        }
    }

    @Test
    void refusesWhatIsNoGramMatrix() {
        assertThrows(ArithmeticException.class, () -> FunctionSpace.of(new double[4], 2));
        assertThrows(ArithmeticException.class, () -> FunctionSpace.of(new double[] {1, 0, 0, Double.NaN}, 2));
    }

    /// Simulated against exact moments, T steps of [FunctionSpace#step]: within 4 standard errors, which must be small enough to see a batch size
    /// or a learning rate that is wrong.
    @Test
    void trajectoriesFollowTheMoments() {
        FunctionSpace space = space(gradients(6, 4));
        for (int batchSize : new int[] {1, 3}) {
            StabilityThreshold threshold = StabilityThreshold.of(space, 1.0 / batchSize);
            for (double c : new double[] {0.8, 1.1}) {
                Trajectories simulated = Trajectories
                        .run(c * threshold.eta(), 3, space, threshold.secondMoment(), batchSize, 5000, new Philox(4, "trajectories"));
                double[][] z = threshold.secondMoment();
                for (int t = 0; t < 3; t++) {
                    z = space.step(1.0 / batchSize, c * threshold.eta(), z);
                }
                double exact = space.loss(z);
                assertTrue(Math.abs(simulated.ratio() - exact) <= 4 * simulated.standardError(), simulated + " against " + exact);
                assertTrue(4 * simulated.standardError() <= 0.5 * Math.abs(exact - 1), simulated + " against " + exact);
            }
        }
    }

    @Test
    void noiseScales() {
        assertEquals(0.25, Sampling.WITH_REPLACEMENT.noiseScale(4, 6));
        assertEquals(0.1, Sampling.WITHOUT_REPLACEMENT.noiseScale(4, 6));
        assertEquals(0, Sampling.WITHOUT_REPLACEMENT.noiseScale(6, 6));
        assertEquals(0, Sampling.WITHOUT_REPLACEMENT.noiseScale(1, 1));
        assertThrows(IllegalArgumentException.class, () -> Sampling.WITHOUT_REPLACEMENT.noiseScale(7, 6));
        assertThrows(IllegalArgumentException.class, () -> Sampling.WITH_REPLACEMENT.noiseScale(0, 6));
    }

    private static double[][] gradients(int n, int p) {
        double[][] g = new double[n][p];
        for (int i = 0; i < n; i++) {
            new Philox(n * 31L + p, "gradients").fillNormal((long) i * p, g[i]);
        }
        return g;
    }

    private static FunctionSpace space(double[][] g) {
        int n = g.length;
        double[] gram = new double[n * n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                gram[i * n + j] = SymmetricMatrix.dot(g[i], g[j]);
            }
        }
        return FunctionSpace.of(gram, n);
    }

    private static double radius(double[][] g, int batchSize, Sampling sampling, double eta) {
        double[] values = SymmetricMatrix.eigen(operator(g, batchSize, sampling, eta)).values();
        return Math.max(values[0], -values[values.length - 1]);
    }

    /// E[A ⊗ A] (p², p²) over all ordered batches, those with a repeated example left out where sampling is without replacement.
    private static double[][] operator(double[][] g, int batchSize, Sampling sampling, double eta) {
        int n = g.length;
        int p = g[0].length;
        double[][] sum = new double[p * p][p * p];
        long batches = 0;
        for (long code = 0; code < Math.round(Math.pow(n, batchSize)); code++) {
            double[][] a = new double[p][p];
            for (int j = 0; j < p; j++) {
                a[j][j] = 1;
            }
            long seen = 0;
            boolean repeated = false;
            long rest = code;
            for (int b = 0; b < batchSize; b++, rest /= n) {
                int i = (int) (rest % n);
                repeated |= (seen >> i & 1) == 1;
                seen |= 1L << i;
                for (int j = 0; j < p; j++) {
                    SymmetricMatrix.axpy(-eta / batchSize * g[i][j], g[i], a[j]);
                }
            }
            if (sampling == Sampling.WITH_REPLACEMENT || !repeated) {
                batches++;
                for (int row = 0; row < p * p; row++) {
                    for (int column = 0; column < p * p; column++) {
                        sum[row][column] += a[row / p][column / p] * a[row % p][column % p];
                    }
                }
            }
        }
        for (double[] row : sum) {
            for (int column = 0; column < row.length; column++) {
                row[column] /= batches;
            }
        }
        return sum;
    }

    /// μ(θ) = Tr(ΣG)/(2L‖G‖_F²) of the features g at residuals g_i·θ, from assembled Σ and G.
    private static double mu(double[][] g, double[] theta) {
        int n = g.length;
        int p = theta.length;
        double[][] fisher = new double[p][p];
        double[][] noise = new double[p][p];
        double[] gradient = new double[p];
        double loss = 0;
        for (double[] gi : g) {
            double r = SymmetricMatrix.dot(gi, theta);
            loss += r * r / (2 * n);
            SymmetricMatrix.axpy(r / n, gi, gradient);
            for (int a = 0; a < p; a++) {
                SymmetricMatrix.axpy(gi[a] / n, gi, fisher[a]);
                SymmetricMatrix.axpy(r * r * gi[a] / n, gi, noise[a]);
            }
        }
        double trace = 0;
        double squaredFrobenius = 0;
        for (int a = 0; a < p; a++) {
            SymmetricMatrix.axpy(-gradient[a], gradient, noise[a]);
            trace += SymmetricMatrix.dot(noise[a], fisher[a]);
            squaredFrobenius += SymmetricMatrix.dot(fisher[a], fisher[a]);
        }
        return trace / (2 * loss * squaredFrobenius);
    }
}
