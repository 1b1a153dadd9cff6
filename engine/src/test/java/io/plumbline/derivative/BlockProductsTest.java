package io.plumbline.derivative;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.layer.Application;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Layer;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Operand;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Products with several directions at once are, to the bit, the products with each alone, which [PointTest] holds against finite differences and [BackendsAgreeTest]
/// against the reference.
class BlockProductsTest {
    private static final int[] BLOCKS = {1, 2, 3, 7};
    private static final int MOST = 7;

    private interface BlockProduct {
        void compute(Tensor directions, Tensor products);
    }

    static Stream<Arguments> casesAndBackends() {
        return Cases.all().flatMap(c -> Stream.of("reference", "cpu f32", "cpu f64").map(backend -> Arguments.of(c, backend)));
    }

    private static Backend backend(String name) {
        return switch (name) {
            case "reference" -> new ReferenceBackend();
            case "cpu f32" -> CpuBackend.create(Precision.F32, 2);
            default -> CpuBackend.create(Precision.F64, 2);
        };
    }

    /// All products of a point with the first m of the directions at once, by name, a row a direction.
    private static Map<String, double[][]> together(Point point, int m) {
        Backend backend = point.surface().backend();
        int p = (int) point.surface().network().parameterCount();
        var results = new LinkedHashMap<String, double[][]>();
        try (HostBuffer v = HostBuffer.allocate(backend.precision(), (long) m * p);
                HostBuffer w = HostBuffer.allocate(backend.precision(), (long) m * p)) {
            var directions = new Tensor(v, 0, m, p);
            var products = new Tensor(w, 0, m, p);
            for (int k = 0; k < m; k++) {
                try (HostBuffer direction = Cases.direction(p, 3 + k)) {
                    backend.upload(direction, directions.rows(k, 1));
                }
            }
            Map<String, BlockProduct> all = new LinkedHashMap<>();
            all.put("H v", point::hessianVectors);
            all.put("G v", point::gaussNewtonVectors);
            all.put("Σ v", point::noiseCovarianceVectors);
            all.put("Σ₁ v", point::gradientSecondMomentVectors);
            all.put("Jᵀ u", (ignored, out) -> point.vectorJacobians(cotangents(point, m), out));
            all.forEach((name, product) -> {
                product.compute(directions, products);
                results.put(name, PointTest.rows(w.toArray(), p));
            });
            results.put("J v", point.jacobianVectors(directions));
        }
        return results;
    }

    private static double[][] cotangents(Point point, int m) {
        double[][] u = new double[m][];
        for (int k = 0; k < m; k++) {
            try (HostBuffer cotangent = Cases.direction((long) point.surface().dataset().examples() * point.surface().network().outputs(), 50 + k)) {
                u[k] = cotangent.toArray();
            }
        }
        return u;
    }

    /// The same, one direction after the other.
    private static Map<String, double[][]> alone(Point point, int m) {
        var results = new LinkedHashMap<String, List<double[]>>();
        double[][] u = cotangents(point, m);
        for (int k = 0; k < m; k++) {
            try (HostBuffer v = Cases.direction(point.surface().network().parameterCount(), 3 + k)) {
                var one = new LinkedHashMap<String, double[]>();
                one.put("H v", point.hessianVector(v).toArray());
                one.put("G v", point.gaussNewtonVector(v).toArray());
                one.put("Σ v", point.noiseCovarianceVector(v).toArray());
                one.put("Σ₁ v", point.gradientSecondMomentVector(v).toArray());
                one.put("Jᵀ u", point.vectorJacobian(u[k]).toArray());
                one.put("J v", point.jacobianVector(v));
                one.forEach((name, product) -> results.computeIfAbsent(name, n -> new ArrayList<>()).add(product));
            }
        }
        var rows = new LinkedHashMap<String, double[][]>();
        results.forEach((name, products) -> rows.put(name, products.toArray(double[][]::new)));
        return rows;
    }

    private static void assertSame(Map<String, double[][]> expected, Map<String, double[][]> found, int m) {
        expected.forEach((name, products) -> {
            for (int k = 0; k < m; k++) {
                // + 0.0: zeros of either sign are the same number.
                double[] one = Arrays.stream(products[k]).map(value -> value + 0.0).toArray();
                double[] other = Arrays.stream(found.get(name)[k]).map(value -> value + 0.0).toArray();
                assertArrayEquals(one, other, name + ", direction " + k + " of " + m);
            }
            // One example has no covariance.
            boolean zero = name.equals("Σ v") && expected.get("J v")[0].length <= 2;
            assertTrue(zero || Arrays.stream(products).flatMapToDouble(Arrays::stream).anyMatch(value -> value != 0), name);
        });
    }

    @ParameterizedTest
    @MethodSource("casesAndBackends")
    void aBlockIsItsProducts(Cases.Case c, String backendName) {
        try (var data = c.dataset();
                var backend = backend(backendName);
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta())) {
            var expected = alone(point, MOST);
            for (int m : BLOCKS) {
                assertSame(expected, together(point, m), m);
            }
        }
    }

    /// Two tiles of which the second is one example, several stretches, more directions than go through at once; on one thread and two, with memory for all and for one.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void bitsDoNotDependOnTilesMemoryOrThreads(Precision precision) {
        var names = List.of("fcn 7-31-33-3 GELU", "residual, scalar multiplier and biases", "a dense layer at each of 3 positions",
                "convolution in 2 groups", "affine normalisation of channels");
        int m = 19;
        for (var c : Cases.list().stream().filter(each -> names.contains(each.name())).toList()) {
            try (var data = c.dataset(257, 1)) {
                Map<String, double[][]> expected = null;
                for (var limits : new Limits[] {Limits.DEFAULT, new Limits(1 << 14, 32)}) {
                    for (int threads = 1; threads <= 2; threads++) {
                        try (var backend = CpuBackend.create(precision, threads);
                                var surface = LossSurface.of(c.network(), data, backend, limits);
                                var point = surface.at(c.network().initialTheta())) {
                            expected = expected == null ? alone(point, m) : expected;
                            assertSame(expected, together(point, m), m);
                        }
                    }
                }
            }
        }
    }

    static Stream<Cases.Case> cases() {
        return Cases.all();
    }

    /// ⟨u,Hv⟩ = ⟨v,Hu⟩ within a block. Both sides are sums of p products of numbers that carry up to 800·16 roundings ([BackendsAgreeTest]).
    @ParameterizedTest
    @MethodSource("cases")
    void hessianIsSymmetricWithinABlock(Cases.Case c) {
        try (var data = c.dataset();
                var backend = CpuBackend.create(Precision.F32, 2);
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta());
                var u = Cases.direction(c.network().parameterCount(), 3);
                var v = Cases.direction(c.network().parameterCount(), 4)) {
            double[][] products = together(point, 2).get("H v");
            double[] a = u.toArray();
            double[] b = v.toArray();
            double size = Math.sqrt(PointTest.dot(a, a) * PointTest.dot(products[1], products[1]))
                    + Math.sqrt(PointTest.dot(b, b) * PointTest.dot(products[0], products[0]));
            double bound = 800 * 16 * (backend.precision().unitRoundoff() + Precision.F64.unitRoundoff());
            assertTrue(Math.abs(PointTest.dot(a, products[1]) - PointTest.dot(b, products[0])) <= bound * size);
        }
    }

    /// A product that says of itself that it takes several directions at once where it cannot.
    private record Boastful(Multiply multiply) implements Layer {
        @Override
        public String name() {
            return multiply.name();
        }

        @Override
        public Operand output(List<Operand> inputs) {
            return multiply.output(inputs);
        }

        @Override
        public void forward(Application at) {
            multiply.forward(at);
        }

        @Override
        public void tangentForward(Application at, Tensor outTangent) {
            multiply.tangentForward(at, outTangent);
        }

        @Override
        public void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
            multiply.backward(at, outCotangent, input, accumulate, inCotangent);
        }

        @Override
        public boolean isCurved(int input, IntPredicate moves) {
            return multiply.isCurved(input, moves);
        }

        @Override
        public void addCurvature(Application at, Tensor outCotangent, int input, Tensor inCotangentTangent) {
            multiply.addCurvature(at, outCotangent, input, inCotangentTangent);
        }
    }

    /// Six examples, three directions: rows divide, nothing is refused, and the products are wrong. The comparison above sees it.
    @Test
    void mixedUpRowsAreSeen() {
        for (Layer mask : List.of(new Multiply(), new Boastful(new Multiply()))) {
            var b = Network.builder("mask", Shape.of(4));
            var u = Cases.parameter(b, "u", true, 4);
            var last = Cases.parameter(b, "last", true, 2, 4);
            var network = b.build(b.apply("out", new Dense(true), b.apply("mask", mask, b.input(), u), last));
            var c = new Cases.Case("mask", network, 6);
            try (var data = c.dataset();
                    var surface = LossSurface.of(network, data, new ReferenceBackend());
                    var point = surface.at(network.initialTheta())) {
                double[][] expected = alone(point, 3).get("J v");
                double[][] found = together(point, 3).get("J v");
                assertEquals(mask instanceof Multiply, Arrays.deepEquals(expected, found));
                assertFalse(mask instanceof Boastful && Arrays.deepEquals(alone(point, 3).get("H v"), together(point, 3).get("H v")));
            }
        }
    }

    @Test
    void namesWhatDoesNotFit() {
        var c = Cases.list().getFirst();
        int p = (int) c.network().parameterCount();
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, new ReferenceBackend());
                var point = surface.at(c.network().initialTheta());
                var doubles = HostBuffer.allocate(Precision.F64, 2L * p);
                var floats = HostBuffer.allocate(Precision.F32, 2L * p)) {
            for (long i = 0; i < doubles.length(); i++) {
                doubles.set(i, 1);
            }
            var directions = new Tensor(doubles, 0, 2, p);
            assertMessage("hessian: directions have shape (1, " + 2 * p + "), expected (m, " + p + ")",
                    () -> point.hessianVectors(directions.reshape(1, 2 * p), directions));
            assertMessage("gauss-newton: products have 1 rows, there are 2 directions",
                    () -> point.gaussNewtonVectors(directions, directions.rows(0, 1)));
            assertMessage("hessian: products are in f32, reference computes in f64",
                    () -> point.hessianVectors(directions, new Tensor(floats, 0, 2, p)));
            doubles.set(p + 3, Double.NaN);
            assertMessage("noise-covariance: directions[1][3] is NaN, expected finite numbers",
                    () -> point.noiseCovarianceVectors(directions, directions));
            assertMessage("jacobian-transpose: vector has 1 entries, n·K is 9",
                    () -> point.vectorJacobians(new double[][] {new double[9], {1}}, directions));
        }
    }

    private static void assertMessage(String expected, Runnable call) {
        assertEquals(expected, assertThrows(IllegalArgumentException.class, call::run).getMessage());
    }
}
