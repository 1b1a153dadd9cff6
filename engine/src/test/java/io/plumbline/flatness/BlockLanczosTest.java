package io.plumbline.flatness;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.derivative.Progress;
import io.plumbline.flatness.BlockLanczos.Eigenpair;
import io.plumbline.flatness.BlockLanczos.Options;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BlockLanczosTest {
    private static final Backend BACKEND = CpuBackend.create(Precision.F64, 1);

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    private static double[] values(List<Eigenpair> pairs) {
        return pairs.stream().mapToDouble(Eigenpair::value).toArray();
    }

    /// To 10⁻⁶ of the norm at both ends, and each within its residual (plus the rounding of a product of p numbers).
    @ParameterizedTest
    @EnumSource(Spectra.class)
    void bothEnds(Spectra spectra) {
        double[] exact = spectra.descending();
        int p = exact.length;
        for (int block : new int[] {1, 2, 3}) {
            for (int basis : new int[] {12, 200}) {
                var a = new DenseOperator(BACKEND, spectra.matrix());
                var found = BlockLanczos.of(a, 2, 2, new Options(block, basis, 5000, 1e-7, 3), Progress.NONE);
                assertTrue(found.converged(), spectra + " " + block + " " + basis);
                assertEquals(a.products, found.products());
                assertEquals(Math.min(2, p), found.top().size());
                // A single vector finds one of many zeros.
                int count = Math.min(spectra == Spectra.RANK_DEFICIENT ? block : 2, found.top().size());
                for (int k = 0; k < count; k++) {
                    assertPair(spectra, exact[k], found.top().get(k));
                    assertPair(spectra, exact[p - 1 - k], found.bottom().get(k));
                }
                assertEquals(found.top().getFirst().value(), found.largest().value());
                assertEquals(found.bottom().getFirst().residual(), found.smallest().standardError());
            }
        }
    }

    private static void assertPair(Spectra spectra, double exact, Eigenpair pair) {
        assertEquals(exact, pair.value(), 1e-6 * spectra.norm());
        assertTrue(Math.abs(exact - pair.value()) <= pair.residual() + 100 * 0x1p-53 * spectra.norm(), spectra + ": " + pair);
        double[] x = pair.vector().toArray();
        double length = Math.sqrt(SmallMatrix.dot(x, x));
        double squares = 0;
        double[][] matrix = spectra.matrix();
        for (int i = 0; i < x.length; i++) {
            double rest = SmallMatrix.dot(matrix[i], x) - pair.value() * x[i];
            squares += rest * rest;
        }
        assertEquals(Math.sqrt(squares) / length, pair.residual(), 1e-12 * spectra.norm());
    }

    /// 200 steps on 250 dimensions with eigenvalues 9 (twice), 8 (three times), a cluster of 7 + 10⁻⁹k, and a bulk: without reorthogonalisation the converged 9 appears
    /// many times. A block of 3 finds each as often as it is there, a single vector once, and others only as rounding brings them in: never more than there are.
    @Test
    void noGhosts() {
        double[] eigenvalues = new double[250];
        Arrays.setAll(eigenvalues, i -> i < 2 ? 9 : i < 5 ? 8 : i < 9 ? 7 + 1e-9 * i : Math.sin(i));
        var a = new DenseOperator(BACKEND, Spectra.matrix(eigenvalues, 4));
        var block = BlockLanczos.of(a, 10, 1, new Options(3, 201, 201, 1e-15, 1), Progress.NONE);
        assertTrue(block.products() >= 201);
        assertArrayEquals(new double[] {9, 9, 8, 8, 8, 7, 7, 7, 7}, Arrays.copyOf(values(block.top()), 9), 1e-6);
        assertTrue(block.top().get(9).value() <= 1 + 1e-9);
        double[] single = values(BlockLanczos.of(a, 12, 1, new Options(1, 200, 200, 1e-15, 1), Progress.NONE).top());
        int[] multiplicities = {2, 3, 4};
        for (int value = 9; value >= 7; value--) {
            double at = value;
            long copies = Arrays.stream(single).filter(x -> Math.abs(x - at) <= 1e-6).count();
            assertTrue(copies >= 1 && copies <= multiplicities[9 - value], value + " is there " + copies + " times");
        }
        assertTrue(Arrays.stream(single).allMatch(x -> x <= 1 + 1e-9 || Math.abs(x - Math.rint(x)) <= 1e-6), Arrays.toString(single));
        for (int i = 0; i < block.top().size(); i++) {
            for (int j = 0; j < i; j++) {
                double cosine = SmallMatrix.dot(block.top().get(i).vector().toArray(), block.top().get(j).vector().toArray());
                assertEquals(0, cosine, 1e-9);
            }
        }
    }

    /// Once the space is exhausted random directions go on: every copy is found, also by single vectors, and a matrix of one eigenvalue is no trouble.
    @Test
    void exhaustedSpacesGoOn() {
        double[] eigenvalues = {5, 5, 5, -1, -1, 2, 2, 2};
        var a = new DenseOperator(BACKEND, Spectra.matrix(eigenvalues, 5));
        var found = BlockLanczos.of(a, 8, 0, new Options(1, 8, 100, 1e-12, 1), Progress.NONE);
        assertArrayEquals(new double[] {5, 5, 5, 2, 2, 2, -1, -1}, values(found.top()), 1e-12);
        for (double scale : new double[] {0, 1, -3}) {
            var same = new DenseOperator(BACKEND, Spectra.matrix(new double[] {scale, scale, scale, scale}, 1));
            var pairs = BlockLanczos.of(same, 2, 1, Options.usual(Precision.F64, 80, 1), Progress.NONE);
            assertEquals(scale, pairs.largest().value(), 1e-14 * Math.abs(scale));
            assertEquals(scale, pairs.smallest().value(), 1e-14 * Math.abs(scale));
            assertTrue(pairs.converged());
        }
    }

    /// In single precision residuals stop at some roundings of the norm, and Rayleigh quotients in double are good to the square of what the vectors are off.
    @Test
    void singlePrecision() {
        try (var single = CpuBackend.create(Precision.F32, 2)) {
            var a = new DenseOperator(single, Spectra.OUTLIERS.matrix());
            var found = BlockLanczos.of(a, 3, 1, Options.usual(Precision.F32, 80, 1), Progress.NONE);
            assertTrue(found.converged());
            double rounding = Math.sqrt(47) * 4 * 0x1p-24 * 10;
            assertArrayEquals(new double[] {10, 8, 5}, values(found.top()), rounding);
            assertEquals(-6, found.smallest().value(), rounding);
        }
    }

    @Test
    void whatDoesNotConvergeSaysSo() {
        double[] eigenvalues = new double[400];
        Arrays.setAll(eigenvalues, i -> 1 - 1e-4 * i);
        var found = BlockLanczos.of(new DenseOperator(BACKEND, Spectra.matrix(eigenvalues, 1)), 1, 1, new Options(1, 10, 20, 1e-9, 1), Progress.NONE);
        assertFalse(found.converged());
        assertTrue(found.largest().standardError() > 1e-9);
        assertTrue(Math.abs(found.largest().value() - 1) <= 0.04);
    }

    @Test
    void badOptionsSayWhy() {
        assertThrows(IllegalArgumentException.class, () -> new Options(0, 10, 20, 1e-9, 1));
        assertThrows(IllegalArgumentException.class, () -> new Options(5, 4, 20, 1e-9, 1));
        assertThrows(IllegalArgumentException.class, () -> new Options(1, 4, 20, 0, 1));
        var a = new DenseOperator(BACKEND, Spectra.ONE.matrix());
        assertThrows(IllegalArgumentException.class, () -> BlockLanczos.of(a, 0, 0, Options.usual(Precision.F64, 80, 1), Progress.NONE));
    }

    /// A = Σ λ x xᵀ again, X orthonormal, values descending; sizes 1, 2, a prime; multiple eigenvalues; rows of zeros.
    @Test
    void smallEigenproblems() {
        for (int n : new int[] {1, 2, 3, 31, 53}) {
            for (double[] values : new double[][] {random(n, i -> Math.sin(7 * i)), random(n, i -> i % 3), random(n, i -> Math.pow(10, -i)),
                random(n, i -> 0)}) {
                double[][] matrix = Spectra.matrix(values, n);
                var eigen = SymmetricEigen.of(matrix);
                double norm = Math.max(1e-300, Arrays.stream(values).map(Math::abs).max().orElseThrow());
                double rounding = 40 * n * 0x1p-53;
                double[] sorted = values.clone();
                Arrays.sort(sorted);
                for (int k = 0; k < n; k++) {
                    assertEquals(sorted[n - 1 - k], eigen.values()[k], rounding * norm);
                    for (int l = 0; l < n; l++) {
                        assertEquals(k == l ? 1 : 0, SmallMatrix.dot(eigen.vectors()[k], eigen.vectors()[l]), rounding);
                        assertEquals(eigen.values()[k] * eigen.vectors()[k][l], SmallMatrix.dot(matrix[l], eigen.vectors()[k]), rounding * norm);
                    }
                }
            }
        }
        assertThrows(ArithmeticException.class, () -> SymmetricEigen.of(new double[][] {{1, Double.NaN}, {Double.NaN, 1}}));
    }

    private static double[] random(int n, java.util.function.IntToDoubleFunction value) {
        double[] values = new double[n];
        Arrays.setAll(values, value);
        return values;
    }
}
