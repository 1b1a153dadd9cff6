package io.plumbline.backend.cpu;

import static io.plumbline.backend.cpu.CpuBackendTest.shapes;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.backend.Window.Span;
import io.plumbline.backend.cpu.CpuBackendTest.Call;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Convolutions and their adjoints against the reference, with the bound of [CpuBackendTest] (each entry is a sum of products), and their bits: they depend on
/// neither threads nor tiles.
class CpuConvolutionTest {
    /// One geometry and how many images.
    private record Case(String name, Convolution c, int rows) {}

    private static Convolution square(int channels, int size, int kernel, int stride, int padding, int out) {
        Span span = Span.over(size, kernel, stride, 1, padding, padding, false);
        return new Convolution(new Window(channels, size, size, span, span), out, 1);
    }

    private static List<Case> cases() {
        var wide = new Window(3, 7, 40, Span.over(7, 3, 1, 1, 1, 1, false), Span.over(40, 5, 1, 2, 4, 4, false));
        var tall = new Window(2, 9, 5, Span.over(9, 2, 3, 2, 0, 3, false), Span.over(5, 3, 2, 1, 2, 0, false));
        var narrow = new Window(4, 5, 3, Span.over(5, 3, 1, 1, 1, 1, false), Span.over(3, 5, 1, 1, 2, 2, false));
        var line = new Window(2, 1, 700, Span.over(1, 1, 1, 1, 0, 0, false), Span.over(700, 3, 1, 1, 0, 1, false));
        return List.of(
                new Case("one number", square(1, 1, 1, 1, 0, 1), 1),
                new Case("3x3 of 31 channels to 33", square(31, 4, 3, 1, 1, 33), 37),
                new Case("3x3 at one position, more images than a panel", square(5, 3, 3, 1, 0, 7), 67),
                new Case("3x3 over 17x17, several panels an image", square(3, 17, 3, 1, 1, 5), 3),
                new Case("3x3, more channels than a slice, several chunks", square(67, 2, 3, 1, 1, 2), 261),
                new Case("5x5, stride 2", square(2, 11, 5, 2, 2, 3), 4),
                new Case("1x1", square(13, 6, 1, 1, 0, 4), 9),
                new Case("flat and wide, dilated", new Convolution(wide, 2, 1), 2),
                new Case("uneven strides, dilation and padding", new Convolution(tall, 3, 1), 5),
                new Case("a window wider than the image", new Convolution(narrow, 2, 1), 9),
                new Case("one axis, a line longer than a panel", new Convolution(line, 3, 1), 2),
                new Case("groups", new Convolution(narrow, 6, 2), 9),
                new Case("each channel by itself", new Convolution(wide, 3, 3), 2));
    }

    private static List<Call> calls() {
        List<Call> calls = new ArrayList<>();
        for (Case item : cases()) {
            Convolution c = item.c;
            int m = item.rows;
            int x = c.window().size();
            int y = c.size();
            int w = c.weights();
            int each = c.window().positions();
            calls.add(new Call(item.name + ": y", shapes(m, x, 1, w, m, y), c.inner(), (b, t, add) -> b.convolve(c, t[0], t[1], null, add, t[2])));
            calls.add(new Call(item.name + ": y and bias", shapes(m, x, 1, w, 1, c.channels(), m, y), c.inner() + 1,
                    (b, t, add) -> b.convolve(c, t[0], t[1], t[2], add, t[3])));
            calls.add(new Call(item.name + ": adjoint in x", shapes(m, y, 1, w, m, x), c.channels() / c.groups() * c.window().taps(),
                    (b, t, add) -> b.convolveTransposed(c, t[0], t[1], add, t[2])));
            calls.add(new Call(item.name + ": adjoint in w", shapes(m, y, m, x, 1, w), m * each,
                    (b, t, add) -> b.convolutionGradient(c, t[0], t[1], add, t[2])));
            calls.add(new Call(item.name + ": adjoint in w for each row", shapes(m, y, m, x, m, w), each,
                    (b, t, add) -> b.convolutionGradient(c, t[0], t[1], add, t[2])));
            calls.add(new Call(item.name + ": adjoint in w for each row, images shared", shapes(3 * m, y, m, x, 3 * m, w), each,
                    (b, t, add) -> b.convolutionGradient(c, t[0], t[1], add, t[2])));
        }
        return calls;
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void agreesWithReference(Precision precision) {
        try (var backend = CpuBackend.create(precision, 2)) {
            calls().forEach(call -> CpuBackendTest.compare(backend, call));
        }
    }

    @Test
    void unfoldsBitByBit() {
        try (var backend = CpuBackend.create(Precision.F64, 2)) {
            for (Case item : cases()) {
                Window w = item.c.window();
                double[] x = new Matrices(1).random(item.rows, w.size());
                double[][] results = new double[2][];
                Backend[] backends = {backend, Matrices.REFERENCE};
                for (int b = 0; b < 2; b++) {
                    Tensor out = Matrices.undefined(backends[b], (long) item.rows * w.positions(), w.channels() * w.taps());
                    backends[b].unfold(w, Matrices.on(backends[b], x, item.rows, w.size()), out);
                    results[b] = Matrices.download(backends[b], out);
                }
                assertArrayEquals(results[1], results[0], item.name);
            }
        }
    }

    /// Without padding every tap is on the image, and a NaN shows where it shows in the reference.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void keepsNaN(Precision precision) {
        Convolution c = square(3, 6, 3, 1, 0, 5);
        try (var backend = CpuBackend.create(precision, 2)) {
            CpuBackendTest.compareNaNs(backend, new Call("y", shapes(9, c.window().size(), 1, c.weights(), 9, c.size()), 0,
                    (b, t, add) -> b.convolve(c, t[0], t[1], null, add, t[2])));
            CpuBackendTest.compareNaNs(backend, new Call("x", shapes(9, c.size(), 1, c.weights(), 9, c.window().size()), 0,
                    (b, t, add) -> b.convolveTransposed(c, t[0], t[1], add, t[2])));
            CpuBackendTest.compareNaNs(backend, new Call("w", shapes(9, c.size(), 9, c.window().size(), 9, c.weights()), 0,
                    (b, t, add) -> b.convolutionGradient(c, t[0], t[1], add, t[2])));
        }
    }

    /// The computations of one geometry on the rows from `from` to `to` of fixed operands.
    private static List<Function<Backend, double[]>> computations(Case item, int from, int to) {
        Convolution c = item.c;
        int n = item.rows;
        return List.of(
                b -> {
                    Tensor out = Matrices.undefined(b, to - from, c.size());
                    b.convolve(c, part(b, 1, n, c.window().size(), from, to), part(b, 2, 1, c.weights(), 0, 1), null, false, out);
                    return Matrices.download(b, out);
                },
                b -> {
                    Tensor out = Matrices.undefined(b, to - from, c.window().size());
                    b.convolveTransposed(c, part(b, 3, n, c.size(), from, to), part(b, 2, 1, c.weights(), 0, 1), false, out);
                    return Matrices.download(b, out);
                },
                b -> {
                    Tensor out = Matrices.undefined(b, to - from, c.weights());
                    b.convolutionGradient(c, part(b, 3, n, c.size(), from, to), part(b, 1, n, c.window().size(), from, to), false, out);
                    return Matrices.download(b, out);
                },
                b -> {
                    Tensor out = Matrices.undefined(b, 1, c.weights());
                    b.convolutionGradient(c, part(b, 3, n, c.size(), from, to), part(b, 1, n, c.window().size(), from, to), false, out);
                    return Matrices.download(b, out);
                });
    }

    private static Tensor part(Backend backend, long seed, int rows, int columns, int from, int to) {
        return Matrices.on(backend, new Matrices(seed).random(rows, columns), rows, columns).rows(from, to - from);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void threadsChangeNothing(Precision precision) {
        for (Case item : cases()) {
            for (int kind = 0; kind < 4; kind++) {
                double[][] results = new double[3][];
                for (int threads = 1; threads <= 3; threads++) {
                    try (var backend = CpuBackend.create(precision, threads)) {
                        results[threads - 1] = computations(item, 0, item.rows).get(kind).apply(backend);
                    }
                }
                assertArrayEquals(results[0], results[1], item.name + " " + kind);
                assertArrayEquals(results[0], results[2], item.name + " " + kind);
            }
        }
    }

    /// Rows from any multiple of 32 on, and single rows, are what the whole has there.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void tilesOfImagesAreTheWhole(Precision precision) {
        try (var backend = CpuBackend.create(precision, 2)) {
            for (Case item : cases()) {
                for (int kind = 0; kind < 3; kind++) {
                    double[] whole = computations(item, 0, item.rows).get(kind).apply(backend);
                    int width = whole.length / item.rows;
                    for (int from = 0; from < item.rows; from += 32) {
                        for (int to : new int[] {from + 1, Math.min(item.rows, from + 32), item.rows}) {
                            double[] tile = computations(item, from, to).get(kind).apply(backend);
                            assertArrayEquals(Arrays.copyOfRange(whole, from * width, to * width), tile, item.name + " " + kind);
                        }
                    }
                }
            }
        }
    }
}
