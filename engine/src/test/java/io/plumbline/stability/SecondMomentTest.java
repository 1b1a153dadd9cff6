package io.plumbline.stability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.data.Philox;
import io.plumbline.stability.Features.Law;
import io.plumbline.training.Sampling;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The second moment's step against the mean over all batches, taken in function space with M alone.
class SecondMomentTest {
    private static final double ETA = 0.3;
    private static final Backend BACKEND = Features.backend();

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    private static double[] direction(int r) {
        double[] w = new double[r];
        new Philox(r, "direction").fillNormal(0, w);
        return w;
    }

    /// S = F Z Fᵀ, F's columns being the residuals of unit vectors.
    private static double[][] inFunctionSpace(FunctionSpace space, SecondMoment z) {
        int r = space.rank();
        double[][] columns = new double[r][];
        for (int a = 0; a < r; a++) {
            double[] unit = new double[r];
            unit[a] = 1;
            columns[a] = space.residuals(unit);
        }
        int rows = columns[0].length;
        double[][] s = new double[rows][rows];
        for (int a = 0; a < r; a++) {
            for (int b = 0; b < r; b++) {
                for (int i = 0; i < rows; i++) {
                    Lanczos.axpy(z.get(a, b) * columns[a][i], columns[b], s[i]);
                }
            }
        }
        return s;
    }

    /// E[u⁺u⁺ᵀ], u⁺ = u − (η/B) Σ_{i∈I} Σ_k M_{:,ik} u_ik, over all batches.
    private static double[][] enumerated(Features features, int batchSize, Sampling sampling, double[] u) {
        double[] m = features.gram().toArray();
        int rows = u.length;
        int outputs = features.outputs();
        double[][] mean = new double[rows][rows];
        var batches = features.batches(batchSize, sampling);
        for (int[] batch : batches) {
            double[] next = u.clone();
            for (int i : batch) {
                for (int k = 0; k < outputs; k++) {
                    int row = i * outputs + k;
                    Lanczos.axpy(-ETA / batchSize * u[row], Arrays.copyOfRange(m, row * rows, (row + 1) * rows), next);
                }
            }
            for (int i = 0; i < rows; i++) {
                Lanczos.axpy(next[i] / batches.size(), next, mean[i]);
            }
        }
        return mean;
    }

    private static double largest(double[][] s) {
        return Arrays.stream(s).flatMapToDouble(Arrays::stream).map(Math::abs).max().orElseThrow();
    }

    private static double difference(double[][] x, double[][] y) {
        double[][] difference = new double[x.length][];
        for (int i = 0; i < x.length; i++) {
            difference[i] = x[i].clone();
            Lanczos.axpy(-1, y[i], difference[i]);
        }
        return largest(difference);
    }

    /// Entries are sums of some hundred products of numbers below the largest entry's size times ‖M‖²η² ~ 10: 1e-12 of it is ten times the rounding. A noise scale of
    /// 1/B without replacement, and examples that do not know of their outputs together, are far outside.
    @ParameterizedTest
    @CsvSource({"1, 1, 1, 1", "5, 1, 3, 1", "5, 1, 4, 5", "4, 1, 4, 2", "6, 1, 2, 3", "3, 2, 4, 1", "4, 2, 5, 2", "3, 3, 7, 3"})
    void stepIsTheMeanOverAllBatches(int n, int outputs, int p, int batchSize) {
        Features features = Features.of(Law.ISOTROPIC, n, outputs, p, BACKEND);
        try (FunctionSpace space = features.space(BACKEND)) {
            double[] w = direction(space.rank());
            double[] u = space.residuals(w);
            SecondMoment z = SecondMoment.of(space, w);
            assertEquals(Lanczos.dot(u, u) / (2 * n), z.loss(), 1e-13 * z.loss());
            for (Sampling sampling : Features.SAMPLINGS) {
                double q = sampling.noiseScale(batchSize, n);
                double[][] expected = enumerated(features, batchSize, sampling, u);
                SecondMoment next = z.step(q, ETA);
                assertTrue(difference(expected, inFunctionSpace(space, next)) <= 1e-12 * largest(expected));
                double ratio = OneStep.at(space, w).lossRatio(q, ETA);
                assertEquals(next.loss() / z.loss(), ratio, 1e-12 * (1 + ratio));
                if (sampling == Sampling.WITHOUT && batchSize > 1) {
                    double[][] wrong = inFunctionSpace(space, z.step(1.0 / batchSize, ETA));
                    assertTrue(difference(expected, wrong) >= 1e-3 * largest(expected), "a noise scale of 1/B is seen");
                }
            }
        }
    }

    /// The printed form in function space, K = 1: S⁺ = (I−η𝒦)S(I−η𝒦) + qη²[M diag(S) M/n − 𝒦S𝒦].
    @Test
    void isTheRecursionInFunctionSpace() {
        Features features = Features.of(Law.RELU, 7, 1, 5, BACKEND);
        int n = 7;
        double q = 0.4;
        double[] m = features.gram().toArray();
        try (FunctionSpace space = features.space(BACKEND)) {
            SecondMoment z = SecondMoment.of(space, direction(5)).step(0.5, ETA);
            double[][] s = inFunctionSpace(space, z);
            double[][] expected = new double[n][n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    for (int a = 0; a < n; a++) {
                        for (int b = 0; b < n; b++) {
                            double left = (i == a ? 1 : 0) - ETA * m[i * n + a] / n;
                            double right = (j == b ? 1 : 0) - ETA * m[j * n + b] / n;
                            expected[i][j] += left * s[a][b] * right - q * ETA * ETA * m[i * n + a] / n * s[a][b] * m[j * n + b] / n;
                        }
                        expected[i][j] += q * ETA * ETA / n * m[i * n + a] * s[a][a] * m[a * n + j];
                    }
                }
            }
            assertTrue(difference(expected, inFunctionSpace(space, z.step(q, ETA))) <= 1e-12 * largest(expected));
        }
    }

    /// More rows than a panel holds: the blocks of wwᵀ are u_iu_iᵀ, the assembly of D is Σ F_iᵀD_iF_i by the adjoint, ⟨assembled D, wwᵀ⟩ = Σ u_iᵀD_iu_i, and a step's
    /// loss is what the one-step identity says, which knows of no panels. Sums of some r² products: 1e-11 of their size.
    @Test
    void severalPanels() {
        int n = 160;
        try (FunctionSpace space = Features.of(Law.ISOTROPIC, n, 2, 290, BACKEND).space(BACKEND)) {
            int r = space.rank();
            assertTrue(r > ExampleBlocks.PANEL);
            double[] w = direction(r);
            double[] u = space.residuals(w);
            double[] blocks = space.blocks().restrict(SecondMoment.of(space, w).entries());
            double[] d = new double[blocks.length];
            new Philox(5, "blocks").fillNormal(0, d);
            double scale = Lanczos.dot(u, u);
            double expected = 0;
            for (int k = 0; k < 2; k++) {
                for (int l = 0; l < 2; l++) {
                    for (int i = 0; i < n; i++) {
                        int at = (k * 2 + l) * n + i;
                        d[at] = l < k ? d[(l * 2 + k) * n + i] : d[at];
                        assertEquals(u[i * 2 + k] * u[i * 2 + l], blocks[at], 1e-11 * scale);
                        expected += d[at] * u[i * 2 + k] * u[i * 2 + l];
                    }
                }
            }
            var assembled = space.blocks().assembled(d, (_, _, value) -> value);
            double found = 0;
            for (int a = 0; a < r; a++) {
                for (int b = 0; b < r; b++) {
                    found += assembled.get((long) a * r + b) * w[a] * w[b];
                }
            }
            assertEquals(expected, found, 1e-11 * scale);
            SecondMoment z = SecondMoment.of(space, w);
            double ratio = OneStep.at(space, w).lossRatio(0.5, ETA);
            assertEquals(ratio, z.step(0.5, ETA).loss() / z.loss(), 1e-11 * (1 + ratio));
        }
    }

    @Test
    void refusesWhatHasAnotherRank() {
        try (FunctionSpace space = Features.of(Law.ISOTROPIC, 5, 1, 4, BACKEND).space(BACKEND)) {
            assertThrows(IllegalArgumentException.class, () -> SecondMoment.of(space, 1, 2, 3));
            assertThrows(IllegalArgumentException.class, () -> OneStep.at(space, 1, 2, 3));
            assertThrows(ArithmeticException.class, () -> OneStep.at(space, 0, 0, 0, 0));
            assertEquals(space.trace() / 2, SecondMoment.isotropic(space).loss(), 1e-14 * space.trace());
        }
    }
}
