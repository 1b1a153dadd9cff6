package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.StridedMap;
import io.plumbline.backend.StridedMap.Axis;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// What primitives of one device owe each other: ⟨A x, y⟩ = ⟨x, Aᵀ y⟩ for each pair of adjoints, and eigenvalues that add up to the trace. They hold on the
/// reference too, which cannot be held against itself.
///
/// With b(·) the bound of an entry (as [Rounded] has it), |⟨Ax, y⟩ − ⟨x, Aᵀy⟩| ≤ Σ|y| b(Ax) + Σ|x| b(Aᵀy), and n·2⁻⁵³ of both sums' magnitudes for the inner
/// products, which are taken in double.
final class Identities {
    private static final long SEED = 5;
    private static final int[] NONE = {0, 0};

    private Identities() {}

    /// A linear map of a tensor, with a third one as its constant.
    private interface Linear {
        void call(Backend b, Tensor in, Tensor constant, Tensor out);
    }

    /// @param constant shape of what both maps read besides, or [#NONE]
    private record Adjoints(String names, String sizes, int[] in, int[] out, int[] constant, Linear map, Linear adjoint) {
        Item item() {
            return new Item(Group.IDENTITIES, names, "⟨Ax, y⟩ = ⟨x, Aᵀy⟩", sizes, this::run);
        }

        private Deviation run(Subject subject) {
            var random = new Random(SEED);
            double[] x = Matrices.random(random, (long) in[0] * in[1], subject.precision());
            double[] y = Matrices.random(random, (long) out[0] * out[1], subject.precision());
            double[] c = Matrices.random(random, (long) constant[0] * constant[1], subject.precision());
            Backend device = subject.device();
            double[] ax = apply(map, device, x, in, c, out);
            double[] ay = apply(adjoint, device, y, out, c, in);
            double error = Math.abs(dot(ax, y) - dot(x, ay));
            try (var rounded = new Rounded(subject.precision(), () -> 1)) {
                double[] bx = subject.bounds(apply(map, Subject.REFERENCE, x, in, c, out), apply(map, rounded, x, in, c, out));
                double[] by = subject.bounds(apply(adjoint, Subject.REFERENCE, y, out, c, in), apply(adjoint, rounded, y, out, c, in));
                double sums = Precision.F64.unitRoundoff() * (x.length * magnitude(x, ay) + y.length * magnitude(y, ax));
                return new Deviation(error, magnitude(y, bx) + magnitude(x, by) + sums, null);
            }
        }

        private double[] apply(Linear linear, Backend backend, double[] values, int[] from, double[] c, int[] to) {
            try (var matrices = new Matrices(backend)) {
                Tensor result = matrices.undefined(to[0], to[1]);
                Tensor fixed = constant == NONE ? null : matrices.of(c, constant[0], constant[1]);
                linear.call(backend, matrices.of(values, from[0], from[1]), fixed, result);
                return matrices.entries(result);
            }
        }
    }

    static Stream<Item> all() {
        var uneven = new Window(4, 8, 9, Window.Span.over(8, 3, 2, 2, 1, 3, false), Window.Span.over(9, 2, 3, 1, 0, 1, false));
        var c = new Convolution(uneven, 6, 2);
        int m = 7;
        int[] images = {m, uneven.size()};
        int[] results = {m, c.size()};
        int[] pooled = {m, uneven.channels() * uneven.positions()};
        String sizes = m + " x (4, 8, 9)";
        var moved = new StridedMap(2, 1, List.of(new Axis(5, 12, 0), new Axis(3, 1, 4), new Axis(4, 0, 1)));
        return Stream.concat(Stream.of(
                new Adjoints("multiply, transposed", "(31, 33) (61, 33)", new int[] {31, 33}, new int[] {31, 61}, new int[] {61, 33},
                        (b, x, w, y) -> b.multiply(x, w, true, false, y), (b, y, w, x) -> b.multiply(y, w, false, false, x)),
                new Adjoints("multiply, sumOuter", "(300, 7) (33, 7)", new int[] {33, 7}, new int[] {300, 33}, new int[] {300, 7},
                        (b, w, x, y) -> b.multiply(x, w, true, false, y), (b, y, x, w) -> b.sumOuter(y, x, false, w)),
                new Adjoints("multiply, sumOuterEach", "(1, 7) (33, 7)", new int[] {33, 7}, new int[] {1, 33}, new int[] {1, 7},
                        (b, w, x, y) -> b.multiply(x, w, true, false, y),
                        (b, y, x, w) -> b.sumOuterEach(1, y, x, false, w.reshape(1, 33 * 7))),
                new Adjoints("product, repeated and summed", "(1, 31) (300, 31)", new int[] {1, 31}, new int[] {300, 31}, new int[] {300, 31},
                        (b, x, a, y) -> b.product(0.75, a, x, false, y), (b, y, a, x) -> b.product(0.75, a, y, false, x)),
                new Adjoints("activate", "(31, 33)", new int[] {31, 33}, new int[] {31, 33}, new int[] {31, 33},
                        (b, x, at, y) -> b.activate(Activation.of(Activation.Kind.TANH), 1, at, x, null, false, y),
                        (b, y, at, x) -> b.activate(Activation.of(Activation.Kind.TANH), 1, at, y, null, false, x)),
                new Adjoints("convolve, convolveTransposed", sizes, images, results, new int[] {1, c.weights()},
                        (b, x, w, y) -> b.convolve(c, x, w, null, false, y), (b, y, w, x) -> b.convolveTransposed(c, y, w, false, x)),
                new Adjoints("convolve, convolutionGradient", sizes, new int[] {1, c.weights()}, results, images,
                        (b, w, x, y) -> b.convolve(c, x, w, null, false, y), (b, y, x, w) -> b.convolutionGradient(c, y, x, false, w)),
                new Adjoints("maxPool, maxPoolTransposed", sizes, images, pooled, images,
                        (b, x, at, y) -> b.maxPool(uneven, at, x, false, y), (b, y, at, x) -> b.maxPoolTransposed(uneven, at, y, false, x)),
                new Adjoints("averagePool, averagePoolTransposed", sizes, images, pooled, NONE,
                        (b, x, _, y) -> b.averagePool(uneven, false, x, false, y),
                        (b, y, _, x) -> b.averagePoolTransposed(uneven, false, y, false, x)),
                new Adjoints("copy, of the transposed map", "(33, 61) (33, 14)", new int[] {33, 61}, new int[] {33, 14}, NONE,
                        (b, x, _, y) -> b.copy(moved, 0.75, x, false, y), (b, y, _, x) -> b.copy(moved.transposed(), 0.75, y, false, x)))
                .map(Adjoints::item), Stream.of(1, 31, 61).flatMap(Identities::eigenvalues));
    }

    /// Σλ = Σ aᵢᵢ and Σλ² = Σ aᵢⱼ²: the errors of eigenvalues, each at most its bound, add up.
    private static Stream<Item> eigenvalues(int n) {
        String sizes = "(" + n + ", " + n + ")";
        return Stream.of(
                new Item(Group.IDENTITIES, "symmetricEigenvalues", "Σλ = Tr A", sizes, subject -> {
                    double[] a = symmetric(n);
                    double[] values = eigenvalues(subject.device(), a, n);
                    double trace = 0;
                    double size = 0;
                    for (int i = 0; i < n; i++) {
                        trace += a[i * n + i];
                        size += Math.abs(a[i * n + i]);
                    }
                    double error = Math.abs(Arrays.stream(values).sum() - trace);
                    double bound = Arrays.stream(eigenvalueBounds(subject, a, n)).sum();
                    return new Deviation(error, bound + n * Precision.F64.unitRoundoff() * (size + Arrays.stream(values).map(Math::abs).sum()), null);
                }),
                new Item(Group.IDENTITIES, "symmetricEigenvalues", "Σλ² = ‖A‖²", sizes, subject -> {
                    double[] a = symmetric(n);
                    double[] values = eigenvalues(subject.device(), a, n);
                    double squares = dot(a, a);
                    double error = Math.abs(dot(values, values) - squares);
                    double bound = 2 * magnitude(values, eigenvalueBounds(subject, a, n));
                    return new Deviation(error, bound + 2.0 * n * n * Precision.F64.unitRoundoff() * squares, null);
                }));
    }

    private static double[] symmetric(int n) {
        double[] a = Matrices.random(new Random(SEED), (long) n * n, Precision.F64);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) {
                a[i * n + j] = a[j * n + i];
            }
        }
        return a;
    }

    private static double[] eigenvalueBounds(Subject subject, double[] a, int n) {
        try (var rounded = new Rounded(subject.precision(), () -> 1)) {
            return subject.bounds(eigenvalues(Subject.REFERENCE, a, n), eigenvalues(rounded, a, n));
        }
    }

    private static double[] eigenvalues(Backend backend, double[] a, int n) {
        try (HostBuffer matrix = HostBuffer.of(a)) {
            return backend.symmetricEigenvalues(matrix, n);
        }
    }

    static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    /// Σ|aᵢ bᵢ|.
    static double magnitude(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += Math.abs(a[i] * b[i]);
        }
        return sum;
    }
}
