package io.plumbline.flatness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SpectralDensityTest {
    private static final int SEEDS = 1000;
    private static final Backend BACKEND = CpuBackend.create(Precision.F64, 1);

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    private static double mean(Spectra spectra, java.util.function.DoubleUnaryOperator f) {
        return Arrays.stream(spectra.eigenvalues()).map(f).average().orElseThrow();
    }

    /// With m steps moments up to 2m − 1 are unbiased: here up to 9, the quadrature's first error would show in the tenth.
    @ParameterizedTest
    @EnumSource(value = Spectra.class, names = {"INDEFINITE", "PRIME", "RANK_DEFICIENT"})
    void moments(Spectra spectra) {
        var a = new DenseOperator(BACKEND, spectra.matrix());
        int starts = 24;
        var found = new SpectralDensity[SEEDS];
        for (int seed = 0; seed < SEEDS; seed++) {
            found[seed] = SpectralDensity.of(a, starts, 5, seed, Progress.NONE);
        }
        for (int degree : new int[] {1, 2, 5, 9}) {
            Trials.of(spectra + " moment " + degree, SEEDS, starts - 1, mean(spectra, x -> Math.pow(x, degree)),
                    seed -> found[(int) seed].integral(x -> Math.pow(x, degree))).unbiased().covered();
        }
        assertEquals(1, found[0].integral(x -> 1).value(), 1e-12);
        assertEquals(0, found[0].integral(x -> 1).standardError(), 1e-12);
    }

    /// As many steps as dimensions: the quadrature is exact, and only the starts are random. Cumulative and broadened density against the eigenvalues.
    @Test
    void cumulativeAndDensity() {
        for (Spectra spectra : new Spectra[] {Spectra.INDEFINITE, Spectra.PRIME}) {
            int p = spectra.size;
            var density = SpectralDensity.of(new DenseOperator(BACKEND, spectra.matrix()), 40, p, 3, Progress.NONE);
            double[] sorted = spectra.descending();
            for (int i = 0; i + 1 < p; i++) {
                double between = (sorted[i] + sorted[i + 1]) / 2;
                if (sorted[i] - sorted[i + 1] < 1e-6) {
                    continue;
                }
                var found = density.cumulative(between);
                double exact = (double) (p - 1 - i) / p;
                assertTrue(Math.abs(found.value() - exact) <= 4 * found.standardError(),
                        spectra + " at " + between + ": " + found + ", exact " + exact);
            }
            double width = 0.2;
            for (double x = -2; x <= 4; x += 0.25) {
                double at = x;
                double exact = mean(spectra, l -> Math.exp(-(at - l) * (at - l) / (2 * width * width)) / (width * Math.sqrt(2 * Math.PI)));
                var found = density.density(x, width);
                assertTrue(Math.abs(found.value() - exact) <= 4 * found.standardError() + 1e-12,
                        spectra + " at " + x + ": " + found + ", exact " + exact);
            }
            assertEquals(sorted[0], density.largestNode(), 1e-10);
            assertEquals(sorted[p - 1], density.smallestNode(), 1e-10);
            assertEquals(40L * p, density.products());
        }
    }

    /// Outliers are nodes after a few steps; of few different eigenvalues there are no other nodes.
    @Test
    void outliersAndExhaustedStarts() {
        var a = new DenseOperator(BACKEND, Spectra.OUTLIERS.matrix());
        var density = SpectralDensity.of(a, 5, 16, 1, Progress.NONE);
        for (double[] nodes : density.nodes()) {
            assertEquals(10, nodes[0], 1e-6);
            assertEquals(8, nodes[1], 1e-6);
            assertEquals(-6, nodes[nodes.length - 1], 1e-6);
        }
        a = new DenseOperator(BACKEND, Spectra.matrix(new double[] {2, 2, 2, -1, -1, 0, 0}, 3));
        density = SpectralDensity.of(a, 3, 7, 1, Progress.NONE);
        assertEquals(a.products, density.products());
        for (int start = 0; start < 3; start++) {
            for (double node : density.nodes()[start]) {
                assertTrue(Math.min(Math.abs(node), Math.min(Math.abs(node - 2), Math.abs(node + 1))) <= 1e-12, "node " + node);
            }
            assertEquals(1, Arrays.stream(density.weights()[start]).sum(), 1e-12);
        }
        var zero = SpectralDensity.of(new DenseOperator(BACKEND, new double[5][5]), 2, 4, 1, Progress.NONE);
        assertEquals(1, zero.nodes()[0].length);
        assertEquals(1, zero.cumulative(0).value());
        assertEquals(0, zero.cumulative(-1e-300).value());
    }
}
