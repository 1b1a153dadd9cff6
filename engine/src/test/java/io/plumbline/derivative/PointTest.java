package io.plumbline.derivative;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.plumbline.backend.Backend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Dataset;
import io.plumbline.memory.HostBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Derivatives on the oracle backend: against finite differences, and against each other through the assembled Jacobian.
class PointTest {
    /// Sums here have a few hundred terms of order 1 at most, so 1000 roundings of 2⁻⁵³ relative to the largest entry are generous; a wrong term is of order 1.
    private static final double IDENTITY = 1000 * 0x1p-53;

    private final Backend backend = new ReferenceBackend();

    static java.util.stream.Stream<Cases.Case> cases() {
        return Cases.all();
    }

    /// The error of a central difference is C·h² + roundoff/h: halving h quarters it until rounding shows, so among steps 2⁻⁸ … 2⁻²⁰ the best error is below
    /// 1e-7 relative, and where the first step's error is well above rounding, halving divides it by 4 within 5 %.
    @ParameterizedTest
    @MethodSource("cases")
    void gradientsAgreeWithFiniteDifferences(Cases.Case c) {
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta());
                var v = Cases.direction(c.network().parameterCount(), 3)) {
            assertConverges(c, surface, v, point.jacobianVector(v), Point::predictions);
            assertConverges(c, surface, v, point.hessianVector(v).toArray(), at -> at.gradient().toArray());
        }
    }

    private static void assertConverges(Cases.Case c, LossSurface surface, HostBuffer v, double[] derivative, Function<Point, double[]> function) {
        double scale = 1e-300;
        for (double entry : derivative) {
            scale = Math.max(scale, Math.abs(entry));
        }
        double best = Double.POSITIVE_INFINITY;
        double previous = Double.NaN;
        for (int exponent = -8; exponent >= -20; exponent -= 1) {
            double h = Math.scalb(1.0, exponent);
            double[] plus = at(c, surface, v, h, function);
            double[] minus = at(c, surface, v, -h, function);
            double error = 0;
            for (int i = 0; i < derivative.length; i++) {
                error = Math.max(error, Math.abs((plus[i] - minus[i]) / (2 * h) - derivative[i]) / scale);
            }
            boolean smooth = !c.name().matches("fcn.* (RELU|LEAKY_RELU|ELU|CLIP|ABS)") && !c.name().startsWith("max pooling");
            if (smooth && exponent < -9 && previous > 1e-6) {
                assertTrue(Math.abs(previous / error - 4) <= 0.2, "halving h divided the error by " + previous / error);
            }
            previous = error;
            best = Math.min(best, error);
        }
        assertTrue(best <= 1e-7, "relative error " + best);
    }

    private static double[] at(Cases.Case c, LossSurface surface, HostBuffer v, double h, Function<Point, double[]> function) {
        double[] theta = c.network().initialTheta().toArray();
        for (int i = 0; i < theta.length; i++) {
            theta[i] += h * v.get(i);
        }
        try (var buffer = HostBuffer.of(theta);
                var point = surface.at(buffer)) {
            return function.apply(point);
        }
    }

    /// J·v, Jᵀ·u, ∇L, G·v, Σ·v and M follow from the rows of J.
    @ParameterizedTest
    @MethodSource("cases")
    void productsAgreeWithPerExampleGradients(Cases.Case c) {
        int k = c.network().outputs();
        int p = (int) c.network().parameterCount();
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta());
                var direction = Cases.direction(p, 3)) {
            int n = data.examples();
            double[][] j = rows(point.perExampleGradients(0, n).toArray(), p);
            double[] v = direction.toArray();
            double[] r = point.residuals();
            double[] jv = new double[n * k];
            for (int i = 0; i < n * k; i++) {
                jv[i] = dot(j[i], v);
            }
            assertClose(jv, point.jacobianVector(direction));
            assertClose(combine(j, r, 1.0 / n), point.gradient().toArray());
            assertClose(combine(j, jv, 1.0), point.vectorJacobian(jv).toArray());
            assertClose(combine(j, jv, 1.0 / n), point.gaussNewtonVector(direction).toArray());
            double[] noise = new double[p];
            double[] gradient = combine(j, r, 1.0 / n);
            for (int i = 0; i < n; i++) {
                double[] example = new double[p];
                for (int a = i * k; a < (i + 1) * k; a++) {
                    for (int q = 0; q < p; q++) {
                        example[q] += r[a] * j[a][q];
                    }
                }
                double slope = dot(example, v);
                for (int q = 0; q < p; q++) {
                    noise[q] += slope * example[q] / n - dot(gradient, v) * gradient[q] / n;
                }
            }
            assertClose(noise, point.noiseCovarianceVector(direction).toArray());
            double[] gram = new double[n * k * n * k];
            for (int a = 0; a < n * k; a++) {
                for (int b = 0; b < n * k; b++) {
                    gram[a * n * k + b] = dot(j[a], j[b]);
                }
            }
            assertClose(gram, point.gram(Progress.NONE).toArray());
        }
    }

    /// M by factors and by explicit per-example gradients: the same numbers, by other sums.
    @ParameterizedTest
    @MethodSource("cases")
    void contractionsAgree(Cases.Case c) {
        try (var data = c.dataset()) {
            double[][] gram = new double[2][];
            for (int run = 0; run < 2; run++) {
                var contraction = run == 0 ? Limits.Contraction.FACTORED : Limits.Contraction.EXPLICIT;
                try (var surface = LossSurface.of(c.network(), data, backend, new Limits(1 << 30, 0, contraction));
                        var point = surface.at(c.network().initialTheta())) {
                    gram[run] = point.gram(Progress.NONE).toArray();
                    assertTrue(run == 0 || point.gramPlan().choices().stream().noneMatch(GramPlan.Choice::factored));
                }
            }
            assertClose(gram[0], gram[1]);
        }
    }

    /// The way of one example through 5-7-4-1: its input, five nodes, its residual, and cotangents whose factors give its entry of M.
    @Test
    void tracesOneExample() {
        var c = Cases.list().stream().filter(q -> q.name().equals("fcn 5-7-4-1 TANH")).findFirst().orElseThrow();
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta())) {
            var stops = point.trace(2).stops();
            assertEquals(
                    List.of("input", "dense1", "act1", "dense2", "act2", "dense3", "residual", "cotangent of dense3", "cotangent of dense2",
                            "cotangent of dense1"),
                    stops.stream().map(Trace.Stop::name).toList());
            assertEquals(point.residuals()[2], stops.get(6).values()[0]);
            double entry = 0;
            int[][] factors = {{0, 9}, {2, 8}, {4, 7}};
            for (int[] pair : factors) {
                double activation = Math.pow(stops.get(pair[0]).norm(), 2);
                entry += (activation + 1) * Math.pow(stops.get(pair[1]).norm(), 2);
            }
            double expected = point.gram(Progress.NONE).get(2 * 9 + 2);
            assertTrue(Math.abs(entry - expected) <= IDENTITY * expected);
            assertThrows(IllegalArgumentException.class, () -> point.trace(9));
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void hessianIsSymmetric(Cases.Case c) {
        long p = c.network().parameterCount();
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta());
                var u = Cases.direction(p, 5);
                var v = Cases.direction(p, 6)) {
            double[] hu = point.hessianVector(u).toArray();
            double[] hv = point.hessianVector(v).toArray();
            double bound = IDENTITY * Math.sqrt(dot(hu, hu) * dot(v.toArray(), v.toArray()) + dot(hv, hv) * dot(u.toArray(), u.toArray()));
            assertTrue(Math.abs(dot(u.toArray(), hv) - dot(v.toArray(), hu)) <= bound);
        }
    }

    /// 290 examples, Gram tiles of 512 and of 32, all values kept or none: equal bits.
    @Test
    void bitsDoNotDependOnTilesOrMemory() {
        var c = Cases.list().stream().filter(q -> q.name().startsWith("fcn 7-31-33-3")).findFirst().orElseThrow();
        try (var data = c.dataset(290, 1);
                var v = Cases.direction(c.network().parameterCount(), 2)) {
            double[][] results = new double[2][];
            double[][] sums = new double[2][];
            for (int run = 0; run < 2; run++) {
                var limits = run == 0 ? Limits.DEFAULT : new Limits(1 << 17, 32);
                try (var surface = LossSurface.of(c.network(), data, backend, limits);
                        var point = surface.at(c.network().initialTheta())) {
                    results[run] = point.hessianVector(v).toArray();
                    sums[run] = point.gramSums(Progress.NONE).squaredForm;
                }
            }
            assertArrayEquals(results[0], results[1]);
            assertArrayEquals(sums[0], sums[1]);
        }
    }

    @Test
    void namesWhatDoesNotFit() {
        var c = Cases.list().getFirst();
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta());
                var shorter = HostBuffer.of(1.0, 2.0);
                var withNaN = HostBuffer.collected(io.plumbline.memory.Precision.F64, c.network().parameterCount())) {
            long p = c.network().parameterCount();
            assertEquals("hessian: vector has 2 entries, theta has " + p,
                    assertThrows(IllegalArgumentException.class, () -> point.hessianVector(shorter)).getMessage());
            withNaN.set(3, Double.NaN);
            assertThrows(IllegalArgumentException.class, () -> point.jacobianVector(withNaN));
            assertThrows(IllegalArgumentException.class, () -> surface.at(withNaN));
            assertThrows(IllegalArgumentException.class, () -> surface.at(shorter));
            assertThrows(IllegalArgumentException.class, () -> point.vectorJacobian(new double[] {1}));
            assertThrows(IllegalArgumentException.class, () -> point.perExampleGradients(8, 2));
        }
    }

    /// Images whose axes are in another order are refused; flat ones, and axes of extent 1, are not.
    @Test
    void imagesMustHaveTheNetworksShape() {
        var c = Cases.list().stream().filter(q -> q.name().startsWith("convolution 3x3, padding")).findFirst().orElseThrow();
        long[] target = {1, 1};
        try (var turned = Dataset.of("turned", new long[] {1, 5, 7, 2}, HostBuffer.of(new double[70]), target, HostBuffer.of(0));
                var longer = Dataset.of("longer", new long[] {1, 1, 2, 5, 7}, HostBuffer.of(new double[70]), target, HostBuffer.of(0));
                var flat = Dataset.of("flat", new long[] {1, 70}, HostBuffer.of(new double[70]), target, HostBuffer.of(0))) {
            String said = assertThrows(IllegalArgumentException.class, () -> LossSurface.of(c.network(), turned, backend)).getMessage();
            assertTrue(said.startsWith("turned: an example has shape (5, 7, 2), convolution takes (2, 5, 7)"), said);
            LossSurface.of(c.network(), longer, backend).close();
            LossSurface.of(c.network(), flat, backend).close();
        }
    }

    /// 10¹²⁰ squared and times 10¹²⁰ is beyond 2¹⁰²⁴: the error says which example, and which node was the first to give such a number.
    @Test
    void overflowIsTracedToItsLayer() {
        var c = Cases.list().stream().filter(q -> q.name().equals("fcn 5-7-4-1 SQUARE")).findFirst().orElseThrow();
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend);
                var large = HostBuffer.of(Arrays.stream(c.network().initialTheta().toArray()).map(w -> w * 1e120).toArray());
                var point = surface.at(large)) {
            String said = assertThrows(ArithmeticException.class, point::loss).getMessage();
            assertTrue(said.contains("output 0 of example 0 is ") && said.endsWith("node dense2 (Dense)"), said);
        }
    }

    @Test
    void closingTwiceIsHarmlessAndUseAfterwardsThrows() {
        var c = Cases.list().getFirst();
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend)) {
            var point = surface.at(c.network().initialTheta());
            point.close();
            point.close();
            assertThrows(IllegalStateException.class, point::gradient);
        }
    }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    static double[][] rows(double[] matrix, int columns) {
        double[][] rows = new double[matrix.length / columns][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(matrix, i * columns, (i + 1) * columns);
        }
        return rows;
    }

    private static double[] combine(double[][] rows, double[] weights, double scale) {
        double[] sum = new double[rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            for (int q = 0; q < sum.length; q++) {
                sum[q] += scale * weights[i] * rows[i][q];
            }
        }
        return sum;
    }

    private static void assertClose(double[] expected, double[] actual) {
        assertEquals(expected.length, actual.length);
        double scale = 0;
        for (double entry : expected) {
            scale = Math.max(scale, Math.abs(entry));
        }
        for (int i = 0; i < expected.length; i++) {
            if (!(Math.abs(expected[i] - actual[i]) <= IDENTITY * scale)) {
                fail("entry " + i + ": expected " + expected[i] + ", found " + actual[i]);
            }
        }
    }
}
