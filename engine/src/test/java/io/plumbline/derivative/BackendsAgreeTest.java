package io.plumbline.derivative;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.plumbline.alignment.Alignment;
import io.plumbline.alignment.Figure;
import io.plumbline.backend.Backend;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.Limits.Contraction;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// The whole table of networks on every backend: all derivatives and figures against the reference, and the identities that hold on one backend.
class BackendsAgreeTest {
    /// Each entry comes out of a chain of at most 40 sums (a dozen layers, forward, tangent, backward and back) of at most 400 products, each of which rounds to
    /// √400·u relative to the largest number on the way (STYLE: √n·u·Σ|ab|): 800 u. The largest number on the way exceeds the largest entry of the result by
    /// less than 16 in these networks, whose weights keep the sizes of what they are given. In double that is 1.4e-12, a wrong term is of order 1.
    private static final double ROUNDINGS = 800 * 16;

    static Stream<Arguments> casesAndPrecisions() {
        return Cases.all().flatMap(c -> Stream.of(Precision.values()).map(precision -> Arguments.of(c, precision)));
    }

    static double bound(Precision precision) {
        return ROUNDINGS * (precision.unitRoundoff() + Precision.F64.unitRoundoff());
    }

    /// Everything that follows from a point, by name.
    private static Map<String, double[]> everything(Cases.Case c, Dataset data, Backend backend, Contraction contraction) {
        var results = new LinkedHashMap<String, double[]>();
        long p = c.network().parameterCount();
        try (var surface = LossSurface.of(c.network(), data, backend, new Limits(1L << 30, 0, contraction));
                var point = surface.at(c.network().initialTheta());
                var v = Cases.direction(p, 3)) {
            double[] u = Cases.direction((long) data.examples() * c.network().outputs(), 4).toArray();
            results.put("outputs", point.predictions());
            results.put("gradient", point.gradient().toArray());
            results.put("J v", point.jacobianVector(v));
            results.put("Jᵀ u", point.vectorJacobian(u).toArray());
            results.put("H v", point.hessianVector(v).toArray());
            results.put("G v", point.gaussNewtonVector(v).toArray());
            results.put("Σ v", point.noiseCovarianceVector(v).toArray());
            results.put("J", point.perExampleGradients(0, data.examples()).toArray());
            results.put("J Jᵀ", point.gram(Progress.NONE).toArray());
            Alignment alignment = Alignment.of(point);
            for (Figure figure : new Figure[] {alignment.mu(), alignment.mu1(), alignment.gamma(), alignment.fisherFrobenius()}) {
                results.merge("figures", new double[] {figure.isDefined() ? figure.value() : 0}, BackendsAgreeTest::joined);
            }
        }
        return results;
    }

    private static double[] joined(double[] a, double[] b) {
        double[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    @ParameterizedTest
    @MethodSource("casesAndPrecisions")
    void agreesWithReference(Cases.Case c, Precision precision) {
        try (var data = c.dataset();
                var backend = CpuBackend.create(precision, 2)) {
            var expected = everything(c, data, new ReferenceBackend(), Contraction.COUNTED);
            for (Contraction contraction : Contraction.values()) {
                var found = everything(c, data, backend, contraction);
                expected.forEach((name, values) -> assertClose(contraction + " " + name, values, found.get(name), bound(precision)));
            }
        }
    }

    static void assertClose(String name, double[] expected, double[] found, double relative) {
        double scale = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        assertEquals(expected.length, found.length, name);
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(expected[i] - found[i]);
            if (!(error <= relative * scale)) {
                fail(name + ": entry " + i + " is " + found[i] + ", expected " + expected[i] + ", " + error / scale);
            }
        }
    }

    /// ⟨u,Hv⟩ = ⟨v,Hu⟩; the rows of J, weighted by residuals, add up to n∇L; H = G where residuals are zero.
    @ParameterizedTest
    @MethodSource("casesAndPrecisions")
    void identitiesHold(Cases.Case c, Precision precision) {
        int p = (int) c.network().parameterCount();
        try (var data = c.dataset();
                var backend = CpuBackend.create(precision, 2);
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta());
                var u = Cases.direction(p, 5);
                var v = Cases.direction(p, 6)) {
            double[] hu = point.hessianVector(u).toArray();
            double[] hv = point.hessianVector(v).toArray();
            double symmetric = Math.sqrt(PointTest.dot(hu, hu) * PointTest.dot(v.toArray(), v.toArray()))
                    + Math.sqrt(PointTest.dot(hv, hv) * PointTest.dot(u.toArray(), u.toArray()));
            assertTrue(Math.abs(PointTest.dot(u.toArray(), hv) - PointTest.dot(v.toArray(), hu)) <= bound(precision) * symmetric);

            double[] residuals = point.residuals();
            double[] rows = point.perExampleGradients(0, data.examples()).toArray();
            double[] sum = new double[p];
            for (int row = 0; row < residuals.length; row++) {
                for (int q = 0; q < p; q++) {
                    sum[q] += residuals[row] * rows[row * p + q] / data.examples();
                }
            }
            assertClose("Σ r ∇f / n", sum, point.gradient().toArray(), bound(precision));

            try (var fitted = fitted(data, c, point.predictions());
                    var minimum = LossSurface.of(c.network(), fitted, backend);
                    var there = minimum.at(c.network().initialTheta())) {
                assertEquals(0, there.loss());
                assertClose("H v = G v", there.gaussNewtonVector(v).toArray(), there.hessianVector(v).toArray(), bound(precision));
            }
        }
    }

    /// Examples 0 to 63 of 70 give the same bits as a data set of those 64: outputs, rows of J, and the block of M.
    @ParameterizedTest
    @MethodSource("casesAndPrecisions")
    void aPartOfTheExamplesHasTheSameBits(Cases.Case c, Precision precision) {
        int k = c.network().outputs();
        try (var backend = CpuBackend.create(precision, 2);
                var whole = c.dataset(70, 1);
                var part = whole.take(64)) {
            double[][] outputs = new double[2][];
            double[][] rows = new double[2][];
            double[][] gram = new double[2][];
            Dataset[] sets = {whole, part};
            for (int s = 0; s < 2; s++) {
                try (var surface = LossSurface.of(c.network(), sets[s], backend);
                        var point = surface.at(c.network().initialTheta())) {
                    outputs[s] = Arrays.copyOf(point.predictions(), 64 * k);
                    rows[s] = point.perExampleGradients(0, 64).toArray();
                    int size = sets[s].examples() * k;
                    double[] m = point.gram(Progress.NONE).toArray();
                    gram[s] = new double[64 * k * 64 * k];
                    for (int row = 0; row < 64 * k; row++) {
                        System.arraycopy(m, row * size, gram[s], row * 64 * k, 64 * k);
                    }
                }
            }
            assertArrayEquals(outputs[0], outputs[1]);
            assertArrayEquals(rows[0], rows[1]);
            assertArrayEquals(gram[0], gram[1]);
        }
    }

    /// Gram tiles of 32 and of 64 of 70 examples, and one larger than any data set, factored where possible: equal bits, tied weights and K > 1 included.
    @ParameterizedTest
    @MethodSource("casesAndPrecisions")
    void gramBitsDoNotDependOnTiles(Cases.Case c, Precision precision) {
        try (var data = c.dataset(70, 1);
                var backend = CpuBackend.create(precision, 2)) {
            assertGramBits(c, data, backend, Contraction.FACTORED, 32, 64, Integer.MAX_VALUE);
        }
    }

    /// A tile that goes through the layers in stretches: rows of J and entries of M of its first and last examples are what the reference has for those alone.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void stretchesAreTheWhole(Precision precision) {
        var c = ImageCases.large();
        int p = (int) c.network().parameterCount();
        int k = c.network().outputs();
        int[] some = {0, 1, 31, 32, 63, 69};
        try (var data = c.dataset();
                var backend = CpuBackend.create(precision, 2);
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta());
                var few = few(data, c, some);
                var expectedSurface = LossSurface.of(c.network(), few, new ReferenceBackend());
                var expected = expectedSurface.at(c.network().initialTheta())) {
            assertTrue(point.graph().stretch() <= 64
                    && point.gramPlan().choices().stream().anyMatch(choice -> choice.factored() && choice.factoredWidth() > 0));
            double[] rows = point.perExampleGradients(0, 70).toArray();
            double[] gram = point.gram(Progress.NONE).toArray();
            double[] outputs = point.predictions();
            double[] someRows = new double[some.length * k * p];
            double[] someGram = new double[some.length * k * some.length * k];
            double[] someOutputs = new double[some.length * k];
            for (int i = 0; i < some.length * k; i++) {
                int row = some[i / k] * k + i % k;
                System.arraycopy(rows, row * p, someRows, i * p, p);
                someOutputs[i] = outputs[row];
                for (int j = 0; j < some.length * k; j++) {
                    someGram[i * some.length * k + j] = gram[row * 70 * k + some[j / k] * k + j % k];
                }
            }
            assertClose("outputs", expected.predictions(), someOutputs, bound(precision));
            assertClose("J", expected.perExampleGradients(0, some.length).toArray(), someRows, bound(precision));
            assertClose("J Jᵀ", expected.gram(Progress.NONE).toArray(), someGram, bound(precision));
        }
    }

    /// In tiles that are one stretch, and in tiles of several: equal bits of M and of the sums.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void bitsDoNotDependOnStretchesInATile(Precision precision) {
        var c = ImageCases.large();
        try (var data = c.dataset();
                var backend = CpuBackend.create(precision, 2)) {
            assertGramBits(c, data, backend, Contraction.COUNTED, 32, 64, 96);
        }
    }

    /// M and the sums over it, whatever the tiles.
    private static void assertGramBits(Cases.Case c, Dataset data, Backend backend, Contraction contraction, int... tiles) {
        double[] gram = null;
        double[] sums = null;
        for (int tile : tiles) {
            try (var surface = LossSurface.of(c.network(), data, backend, new Limits(1L << 30, tile, contraction));
                    var point = surface.at(c.network().initialTheta())) {
                double[] found = point.gram(Progress.NONE).toArray();
                double[] foundSums = point.gramSums(Progress.NONE).squaredForm;
                gram = gram == null ? found : gram;
                sums = sums == null ? foundSums : sums;
                assertArrayEquals(gram, found, "M in tiles of " + tile);
                assertArrayEquals(sums, foundSums, "sums in tiles of " + tile);
            }
        }
        assertTrue(PointTest.dot(gram, gram) > 0);
    }

    private static Dataset few(Dataset data, Cases.Case c, int[] examples) {
        double[][] x = PointTest.rows(data.x().toArray(), c.network().input().size());
        double[][] y = PointTest.rows(data.y().toArray(), c.network().outputs());
        return Dataset.copyOf("few", Arrays.stream(examples).mapToObj(i -> x[i]).toArray(double[][]::new),
                Arrays.stream(examples).mapToObj(i -> y[i]).toArray(double[][]::new));
    }

    /// The examples with other targets.
    private static Dataset fitted(Dataset data, Cases.Case c, double[] targets) {
        return Dataset.copyOf("fitted", PointTest.rows(data.x().toArray(), c.network().input().size()),
                PointTest.rows(targets, c.network().outputs()));
    }
}
