package io.plumbline.stability;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.stability.Features.Law;
import io.plumbline.training.Sampling;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a Gram matrix says of curvature and alignment, against the definitions in parameter space; and which matrices are refused.
class FunctionSpaceTest {
    private static final Backend BACKEND = Features.backend();

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    /// M = FFᵀ: the residuals of unit vectors are F's columns. nK·u of ‖M‖, which is 10.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void theFactorReassemblesTheGramMatrix(int outputs) {
        Features features = Features.of(Law.ISOTROPIC, 7, outputs, 6, BACKEND);
        double[] m = features.gram().toArray();
        int rows = 7 * outputs;
        try (FunctionSpace space = features.space(BACKEND)) {
            double[] again = new double[rows * rows];
            for (int a = 0; a < 6; a++) {
                double[] unit = new double[6];
                unit[a] = 1;
                double[] column = space.residuals(unit);
                for (int i = 0; i < rows; i++) {
                    for (int j = 0; j < rows; j++) {
                        again[i * rows + j] += column[i] * column[j];
                    }
                }
            }
            assertArrayEquals(m, again, 1e-13 * Arrays.stream(m).map(Math::abs).max().orElseThrow() * rows);
            assertEquals(6, space.rank());
            double trace = 0;
            for (int i = 0; i < rows; i++) {
                trace += m[i * rows + i] / 7;
            }
            assertEquals(trace, space.trace(), 1e-13 * trace);
            assertEquals(Math.sqrt(Arrays.stream(m).map(x -> x * x).sum()) / 7, space.frobenius(), 1e-13 * space.frobenius());
        }
    }

    /// A direction that no gradient has does not count.
    @Test
    void whatNoGradientReachesDoesNotCount() {
        Features features = Features.of(Law.ISOTROPIC, 5, 1, 3, BACKEND);
        double[][] padded = Arrays.stream(features.j()).map(row -> Arrays.copyOf(row, 4)).toArray(double[][]::new);
        try (FunctionSpace space = features.space(BACKEND); FunctionSpace same = new Features(5, 1, padded).space(BACKEND)) {
            assertEquals(3, same.rank());
            assertEquals(StabilityThreshold.of(space, 0.5).eta(), StabilityThreshold.of(same, 0.5).eta());
        }
    }

    /// μ and μ₁ over all directions of a plane, by their definitions with assembled Σ and G: the lowest of 20,000 angles is within (π/20000)² times the curvature.
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void lowestAlignmentsAreTheInfima(int outputs) {
        Features features = Features.of(Law.ISOTROPIC, 6, outputs, 2, BACKEND);
        double lowest = Double.POSITIVE_INFINITY;
        double lowestSecondMoment = Double.POSITIVE_INFINITY;
        for (int k = 0; k < 20_000; k++) {
            double angle = Math.PI * k / 20_000;
            double[] theta = {Math.cos(angle), Math.sin(angle)};
            lowest = Math.min(lowest, alignment(features, theta, true));
            lowestSecondMoment = Math.min(lowestSecondMoment, alignment(features, theta, false));
        }
        try (FunctionSpace space = features.space(BACKEND)) {
            double mu0 = space.lowestAlignment();
            double mu1 = space.lowestSecondMomentAlignment();
            assertTrue(mu0 <= lowest + 1e-12 && mu1 <= lowestSecondMoment + 1e-12);
            assertEquals(lowest, mu0, 1e-6);
            assertEquals(lowestSecondMoment, mu1, 1e-6);
            assertTrue(mu0 > 0.01 && mu1 > mu0 + 0.001);
        }
    }

    /// Tr(ΣG)/(2L‖G‖_F²), Σ = (1/n) Σ ∇L_i∇L_iᵀ, less ∇L∇Lᵀ if `centred`.
    private static double alignment(Features features, double[] theta, boolean centred) {
        int p = theta.length;
        int n = features.n();
        double[][] fisher = new double[p][p];
        double[][] noise = new double[p][p];
        double[] mean = new double[p];
        double loss = 0;
        for (int i = 0; i < n; i++) {
            double[] gradient = new double[p];
            for (int k = 0; k < features.outputs(); k++) {
                double[] row = features.j()[i * features.outputs() + k];
                double residual = Lanczos.dot(row, theta);
                loss += residual * residual / (2 * n);
                Lanczos.axpy(residual, row, gradient);
                for (int a = 0; a < p; a++) {
                    Lanczos.axpy(row[a] / n, row, fisher[a]);
                }
            }
            Lanczos.axpy(1.0 / n, gradient, mean);
            for (int a = 0; a < p; a++) {
                Lanczos.axpy(gradient[a] / n, gradient, noise[a]);
            }
        }
        double trace = 0;
        double squaredFrobenius = 0;
        for (int a = 0; a < p; a++) {
            if (centred) {
                Lanczos.axpy(-mean[a], mean, noise[a]);
            }
            trace += Lanczos.dot(noise[a], fisher[a]);
            squaredFrobenius += Lanczos.dot(fisher[a], fisher[a]);
        }
        return trace / (2 * loss * squaredFrobenius);
    }

    /// n orthogonal gradients of norm 1: μ₀ = 1 − 1/n, μ₁ = 1, ‖H‖_F = 1/√n.
    @Test
    void orthogonalGradients() {
        try (HostBuffer gram = HostBuffer.of(1, 0, 0, 0, 1, 0, 0, 0, 1); FunctionSpace space = FunctionSpace.of(gram, 1, BACKEND)) {
            assertEquals(1 - 1.0 / 3, space.lowestAlignment(), 1e-14);
            assertEquals(1, space.lowestSecondMomentAlignment(), 1e-14);
            assertEquals(1 / Math.sqrt(3), space.frobenius(), 1e-15);
            assertEquals(1.0 / 3, space.largestChi(), 1e-15);
        }
    }

    private static String refused(double[] gram, int outputs) {
        try (HostBuffer matrix = HostBuffer.of(gram)) {
            return assertThrows(IllegalArgumentException.class, () -> FunctionSpace.of(matrix, outputs, BACKEND)).getMessage();
        }
    }

    @Test
    void refusesWhatIsNoGramMatrix() {
        assertTrue(refused(new double[] {1, 2, 3}, 1).contains("found 3 entries, expected a square number"));
        assertTrue(refused(new double[] {}, 1).contains("found 0 entries"));
        assertTrue(refused(new double[] {1, 0, 0, 1}, 3).contains("found 2 rows, expected a multiple of the number of outputs, 3"));
        assertTrue(refused(new double[] {1, 0, 0, 1}, 0).contains("number of outputs, 0"));
        assertTrue(refused(new double[] {2, 0, 1e-6, 2}, 1).contains("not symmetric: M_ij and M_ji differ by up to 1.0E-6, expected at most 2.27"));
        assertTrue(refused(new double[] {1, 2, 2, 1}, 1).contains("not positive semidefinite: its lowest eigenvalue is -1"));
        assertTrue(refused(new double[] {-1}, 1).contains("not positive semidefinite"));
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
            try (HostBuffer matrix = HostBuffer.of(1, 0, 0, bad)) {
                assertThrows(ArithmeticException.class, () -> FunctionSpace.of(matrix, 1, BACKEND));
            }
        }
        try (HostBuffer zero = HostBuffer.of(new double[4]); CpuBackend floats = CpuBackend.create(Precision.F32, 1)) {
            assertThrows(ArithmeticException.class, () -> FunctionSpace.of(zero, 1, BACKEND));
            assertThrows(IllegalArgumentException.class, () -> FunctionSpace.of(zero, 1, floats));
        }
    }

    /// M of rank 2 with K = 2: coordinates come back; what is orthogonal to the range has none. The bound: some ten roundings of numbers of order 1.
    @Test
    void coordinatesAreTheInverseOfResiduals() {
        double[] first = {1, 2, -1, 0.5};
        double[] second = {0, 1, 1, -2};
        double[] orthogonal = {3, -1, 1, 0};
        double[] gram = new double[16];
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 4; j++) {
                gram[i * 4 + j] = first[i] * first[j] + second[i] * second[j];
            }
        }
        try (HostBuffer matrix = HostBuffer.of(gram); FunctionSpace space = FunctionSpace.of(matrix, 2, BACKEND)) {
            double[] w = {0.7, -1.3};
            assertArrayEquals(w, space.coordinates(space.residuals(w)), 1e-14);
            assertArrayEquals(first, space.residuals(space.coordinates(first)), 1e-14);
            assertArrayEquals(new double[2], space.coordinates(orthogonal), 1e-14);
            assertThrows(IllegalArgumentException.class, () -> space.coordinates(1, 2));
        }
    }

    /// What counts as rounding follows the precision of M: an eigenvalue and an asymmetry of 1e-6 are something in double and nothing in float.
    @Test
    void roundingIsThatOfTheMatrix() {
        try (HostBuffer doubles = HostBuffer.of(1, 0, 0, 1e-6);
                HostBuffer floats = HostBuffer.of(1f, 0f, 2e-6f, 1e-6f);
                FunctionSpace fine = FunctionSpace.of(doubles, 1, BACKEND);
                FunctionSpace coarse = FunctionSpace.of(floats, 1, BACKEND)) {
            assertEquals(2, fine.rank());
            assertEquals(1, coarse.rank());
        }
    }

    @Test
    void noiseScales() {
        assertEquals(0.25, Sampling.WITH.noiseScale(4, 6));
        assertEquals(0.1, Sampling.WITHOUT.noiseScale(4, 6));
        assertEquals(0, Sampling.WITHOUT.noiseScale(6, 6));
        assertEquals(0, Sampling.WITHOUT.noiseScale(1, 1));
        assertThrows(IllegalArgumentException.class, () -> Sampling.WITHOUT.noiseScale(7, 6));
        assertThrows(IllegalArgumentException.class, () -> Sampling.WITH.noiseScale(0, 6));
    }
}
