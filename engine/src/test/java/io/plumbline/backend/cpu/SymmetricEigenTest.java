package io.plumbline.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Decompositions of symmetric matrices, which are in double on a backend of either precision.
class SymmetricEigenTest {
    private static final int THREADS = 2;

    /// Eigenvalues move by at most the norm of the perturbation (Weyl); tridiagonalisation is backward stable with a small multiple of n·u·‖A‖_F.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void eigenvaluesOfKnownMatrices(Precision precision) {
        try (var backend = CpuBackend.create(precision, THREADS)) {
            for (int n : new int[] {1, 2, 31, 100}) {
                // The second difference: 2 − 2 cos(πj/(n+1)).
                double[] entries = new double[n * n];
                double[] expected = new double[n];
                for (int i = 0; i < n; i++) {
                    entries[i * n + i] = 2;
                    if (i > 0) {
                        entries[i * n + i - 1] = -1;
                        entries[(i - 1) * n + i] = -1;
                    }
                    expected[i] = 2 - 2 * Math.cos(Math.PI * (i + 1) / (n + 1));
                }
                double norm = Math.sqrt(Arrays.stream(entries).map(x -> x * x).sum());
                double[] found = backend.symmetricEigenvalues(HostBuffer.of(entries), n);
                assertArrayEquals(expected, found, (n + 4) * Precision.F64.unitRoundoff() * norm, "n = " + n);
            }
            assertArrayEquals(new double[0], backend.symmetricEigenvalues(HostBuffer.of(new double[0]), 0));
            for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
                HostBuffer matrix = HostBuffer.of(1, 2, bad, 1);
                assertThrows(ArithmeticException.class, () -> backend.symmetricEigenvalues(matrix, 2));
            }
        }
    }

    /// VᵀΛV of the rows V, values ascending, on both backends; the decomposition is backward stable and orthonormal to (n + 4)·u each, which
    /// counts three times in VᵀΛV and, over n entries of a row, √n-fold twice in VVᵀ. The same bits on other threads, in other memory and again.
    @Test
    void eigenvectorsReassembleTheMatrix() {
        try (var backend = CpuBackend.create(Precision.F64, THREADS); var single = CpuBackend.create(Precision.F32, 1)) {
            for (int n : new int[] {1, 2, 31, 33, 127}) {
                double[] a = new double[n * n];
                var random = new Random(n);
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j <= i; j++) {
                        a[i * n + j] = random.nextGaussian();
                        a[j * n + i] = a[i * n + j];
                    }
                }
                requireDecomposed(new ReferenceBackend(), a, n);
                requireDecomposed(backend, a, n);
                double[] identity = new double[n * n];
                for (int i = 0; i < n; i++) {
                    identity[i * n + i] = 3;
                }
                requireDecomposed(backend, identity, n);
                HostBuffer expected = HostBuffer.of(a);
                double[] values = backend.symmetricEigenvectors(expected, n);
                for (int again = 0; again < 3; again++) {
                    HostBuffer found = HostBuffer.of(a);
                    assertArrayEquals(values, single.symmetricEigenvectors(found, n));
                    assertArrayEquals(expected.toArray(), found.toArray());
                }
            }
            assertArrayEquals(new double[0], backend.symmetricEigenvectors(HostBuffer.of(new double[0]), 0));
            assertThrows(ArithmeticException.class, () -> backend.symmetricEigenvectors(HostBuffer.of(1, 2, Double.NaN, 1), 2));
            assertThrows(IllegalArgumentException.class, () -> backend.symmetricEigenvectors(HostBuffer.of(1, 2, 3), 2));
        }
    }

    private static void requireDecomposed(Backend backend, double[] a, int n) {
        HostBuffer v = HostBuffer.of(a);
        double[] values = backend.symmetricEigenvectors(v, n);
        double norm = Math.sqrt(Arrays.stream(a).map(x -> x * x).sum());
        double roundings = (n + 4) * Precision.F64.unitRoundoff();
        for (int i = 0; i < n; i++) {
            assertTrue(i == 0 || values[i - 1] <= values[i]);
            for (int j = 0; j < n; j++) {
                double entry = 0;
                double product = 0;
                for (int k = 0; k < n; k++) {
                    entry += values[k] * v.get((long) k * n + i) * v.get((long) k * n + j);
                    product += v.get((long) i * n + k) * v.get((long) j * n + k);
                }
                assertEquals(a[i * n + j], entry, 3 * roundings * norm, "n = " + n);
                assertEquals(i == j ? 1 : 0, product, 2 * roundings * Math.sqrt(n), "n = " + n);
            }
        }
    }
}
