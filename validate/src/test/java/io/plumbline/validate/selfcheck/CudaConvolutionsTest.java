package io.plumbline.validate.selfcheck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.backend.Window.Span;
import io.plumbline.memory.Precision;
import io.plumbline.validate.Emulator;
import io.plumbline.validate.OnEmulator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Convolutions of `cuda` on the emulated device: every tiling and every way in which windows reach an image against the reference, and bits that depend on neither
/// the device's size nor which other rows and directions are in a call.
@OnEmulator
class CudaConvolutionsTest {
    private static final int DIRECTIONS = 3;

    @AfterEach
    void asBefore() {
        Emulator.set("ORDER", "forward");
    }

    private record Geometry(String name, Convolution c, int images) {}

    private static Window window(int channels, int height, int width, Span rows, Span columns) {
        return new Window(channels, height, width, rows, columns);
    }

    private static Geometry geometry(String name, int images, Window window, int channels, int groups) {
        return new Geometry(name, new Convolution(window, channels, groups), images);
    }

    private static List<Geometry> geometries() {
        Span remainders = Span.over(11, 4, 3, 2, 2, 1, false);
        Span halves = Span.over(13, 3, 4, 2, 1, 2, false);
        Span apart = Span.over(8, 2, 3, 1, 0, 0, false);
        Span line = Span.over(300, 25, 2, 3, 30, 11, false);
        Span point = Span.over(1, 1, 1, 1, 0, 0, false);
        Span beyond = Span.over(3, 5, 1, 1, 2, 2, false);
        return List.of(
                geometry("many channels of few", 3, WindowCases.square(3, 5, 7, 3, 1, 1), 120, 1),
                geometry("few channels of many", 2, WindowCases.square(120, 4, 4, 3, 1, 1), 5, 1),
                geometry("stride 2", 3, WindowCases.square(20, 6, 8, 3, 2, 1), 64, 1),
                geometry("2x2", 3, WindowCases.square(16, 5, 7, 2, 1, 0), 32, 1),
                geometry("250 to 125 channels", 2, WindowCases.square(250, 2, 2, 1, 1, 0), 125, 1),
                geometry("stride 3 beside dilation 2", 4, window(5, 11, 13, remainders, halves), 6, 1),
                geometry("entries out of reach", 5, window(3, 8, 8, apart, apart), 4, 1),
                geometry("two channels of each", 9, WindowCases.square(5, 8, 8, 3, 1, 1), 10, 5),
                geometry("one of many", 3, WindowCases.square(7, 6, 5, 3, 2, 2), 1, 1),
                geometry("groups", 5, WindowCases.square(6, 8, 8, 3, 1, 1), 8, 2),
                geometry("a line", 3, window(2, 1, 300, point, line), 3, 1),
                geometry("one position", 33, WindowCases.square(3, 4, 4, 4, 1, 0), 7, 1),
                geometry("a window wider than the image", 4, window(4, 3, 11, beyond, remainders), 3, 1),
                geometry("two chunks", 300, WindowCases.square(2, 4, 5, 3, 1, 1), 3, 1),
                geometry("two chunks of each channel", 300, WindowCases.square(2, 3, 3, 2, 1, 0), 2, 2));
    }

    private static Case of(Geometry g, String subject, Case.Primitive primitive, int... shapes) {
        return new Case(subject, g.name, g.images + " images", Case.shapes(shapes), x -> x, true, primitive);
    }

    private static Stream<Case> cases(Geometry g) {
        Convolution c = g.c;
        int m = g.images;
        int d = DIRECTIONS;
        int x = c.window().size();
        int y = c.size();
        int w = c.weights();
        int o = c.channels();
        Case.Primitive convolve = (b, t, add) -> b.convolve(c, t[0], t[1], t[2], add, t[3]);
        Case.Primitive transposed = (b, t, add) -> b.convolveTransposed(c, t[0], t[1], add, t[2]);
        Case.Primitive gradient = (b, t, add) -> b.convolutionGradient(c, t[0], t[1], add, t[2]);
        Case.Primitive transposedAlong = (b, t, add) -> b.convolveTransposed(d, c, t[0], t[1], add, t[2]);
        Case.Primitive gradientAlong = (b, t, add) -> b.convolutionGradient(d, c, t[0], t[1], add, t[2]);
        var cases = new ArrayList<>(List.of(
                of(g, "convolve", convolve, m, x, 1, w, 1, o, m, y),
                of(g, "convolveTransposed", transposed, m, y, 1, w, m, x),
                of(g, "convolveTransposed", transposedAlong, m, y, d, w, d * m, x),
                of(g, "convolutionGradient, summed", gradient, m, y, m, x, 1, w),
                of(g, "convolutionGradient, summed", gradientAlong, d * m, y, m, x, d, w),
                of(g, "convolutionGradient, summed", gradientAlong, d * m, y, d * m, x, d, w)));
        if (m < 40) {
            cases.add(of(g, "convolutionGradient, each", gradient, m, y, m, x, m, w));
            cases.add(of(g, "convolutionGradient, each", gradient, 2 * m, y, m, x, 2 * m, w));
        }
        return cases.stream();
    }

    @ParameterizedTest
    @CsvSource({"F32, forward", "F64, reverse"})
    void agreesWithTheReference(Precision precision, String order) {
        Emulator.set("ORDER", order);
        var checks = new ArrayList<Check>();
        try (Backend device = Emulator.device(precision, 1);
                Backend larger = Emulator.device(precision, 40)) {
            Selfcheck.run(new Subject(device, larger), geometries().stream().flatMap(CudaConvolutionsTest::cases).map(Case::item), checks::add);
        }
        assertEquals(List.of(), checks.stream().filter(check -> !check.passed()).toList());
        assertTrue(checks.stream().filter(check -> check.error() > 0).count() > 100, "numbers were rounded");
    }

    /// Rows of numbers.
    private record Rows(double[] values, int columns) {
        static Rows random(Precision precision, long seed, int rows, int columns) {
            return new Rows(Matrices.random(new Random(seed), (long) rows * columns, precision), columns);
        }

        int count() {
            return values.length / columns;
        }

        Rows range(int from, int to) {
            return new Rows(Arrays.copyOfRange(values, from * columns, to * columns), columns);
        }

        /// Those along direction k of so many.
        Rows along(int k, int directions) {
            double[] part = new double[values.length / directions];
            for (int row = 0; row * columns < part.length; row++) {
                System.arraycopy(values, (row * directions + k) * columns, part, row * columns, columns);
            }
            return new Rows(part, columns);
        }

        Tensor on(Matrices matrices) {
            return matrices.of(values, count(), columns);
        }
    }

    private interface Call {
        void on(Backend backend, Tensor a, Tensor b, Tensor result);
    }

    private static Rows result(Backend backend, Call call, Rows a, Rows b, int rows, int columns) {
        try (var matrices = new Matrices(backend)) {
            Tensor result = matrices.undefined(rows, columns);
            call.on(backend, a.on(matrices), b.on(matrices), result);
            return new Rows(matrices.entries(result), columns);
        }
    }

    private static void assertSame(Rows expected, Rows found, String what) {
        assertArrayEquals(expected.values, found.values, what);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void rowsAreThoseOfTheWhole(Precision precision) {
        try (Backend device = Emulator.device(precision, 2)) {
            for (Geometry g : geometries()) {
                Convolution c = g.c;
                int m = g.images;
                Rows x = Rows.random(precision, 1, m, c.window().size());
                Rows y = Rows.random(precision, 2, 2 * m, c.size());
                Rows w = Rows.random(precision, 3, 1, c.weights());
                Call convolve = (b, from, weights, to) -> b.convolve(c, from, weights, null, false, to);
                Call transposed = (b, from, weights, to) -> b.convolveTransposed(c, from, weights, false, to);
                Call gradient = (b, from, images, to) -> b.convolutionGradient(c, from, images, false, to);
                Rows allY = result(device, convolve, x, w, m, y.columns);
                Rows allX = result(device, transposed, y, w, 2 * m, x.columns);
                Rows allW = result(device, gradient, y, x, 2 * m, w.columns);
                for (int[] range : new int[][] {{0, 2}, {1, m}, {m - 1, m}}) {
                    Rows partX = x.range(range[0], range[1]);
                    Rows partY = y.range(2 * range[0], 2 * range[1]);
                    int n = range[1] - range[0];
                    assertSame(allY.range(range[0], range[1]), result(device, convolve, partX, w, n, y.columns), g.name);
                    assertSame(allX.range(2 * range[0], 2 * range[1]), result(device, transposed, partY, w, 2 * n, x.columns), g.name);
                    assertSame(allW.range(2 * range[0], 2 * range[1]), result(device, gradient, partY, partX, 2 * n, w.columns), g.name);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void directionsAreAsIfAlone(Precision precision) {
        try (Backend device = Emulator.device(precision, 2)) {
            for (Geometry g : geometries()) {
                for (boolean[] apart : new boolean[][] {{true, false}, {false, true}, {true, true}}) {
                    directions(device, precision, g, apart[0], apart[1]);
                }
            }
        }
    }

    private static void directions(Backend device, Precision precision, Geometry g, boolean first, boolean second) {
        Convolution c = g.c;
        int m = g.images;
        int d = DIRECTIONS;
        int ofFirst = first ? d : 1;
        int ofSecond = second ? d : 1;
        Rows x = Rows.random(precision, 1, m * ofFirst, c.window().size());
        Rows y = Rows.random(precision, 2, m * ofFirst, c.size());
        Rows x2 = Rows.random(precision, 3, m * ofSecond, c.window().size());
        Rows w = Rows.random(precision, 4, ofSecond, c.weights());
        Rows bias = Rows.random(precision, 5, ofFirst, c.channels());
        Rows allY = result(device, (b, from, weights, to) -> b.convolve(d, c, from, weights, null, false, to), x, w, d * m, y.columns);
        Rows biased = result(device, convolveTo(d, c, bias), x, w, d * m, y.columns);
        Rows allX = result(device, (b, from, weights, to) -> b.convolveTransposed(d, c, from, weights, false, to), y, w, d * m, x.columns);
        Rows allW = result(device, (b, from, images, to) -> b.convolutionGradient(d, c, from, images, false, to), y, x2, d, w.columns);
        for (int k = 0; k < d; k++) {
            Rows partX = first ? x.along(k, d) : x;
            Rows partY = first ? y.along(k, d) : y;
            Rows partX2 = second ? x2.along(k, d) : x2;
            Rows partW = second ? w.range(k, k + 1) : w;
            Rows partBias = first ? bias.range(k, k + 1) : bias;
            String what = g.name + ", direction " + k;
            assertSame(allY.along(k, d),
                    result(device, (b, from, weights, to) -> b.convolve(c, from, weights, null, false, to), partX, partW, m, y.columns),
                    what);
            assertSame(biased.along(k, d), result(device, convolveTo(1, c, partBias), partX, partW, m, y.columns), what);
            assertSame(allX.along(k, d), result(device, (b, from, weights, to) -> b.convolveTransposed(c, from, weights, false, to), partY, partW, m,
                    x.columns), what);
            assertSame(allW.range(k, k + 1),
                    result(device, (b, from, images, to) -> b.convolutionGradient(c, from, images, false, to), partY, partX2, 1,
                            w.columns),
                    what);
        }
    }

    private static Call convolveTo(int directions, Convolution c, Rows bias) {
        return (b, x, w, y) -> {
            try (var matrices = new Matrices(b)) {
                b.convolve(directions, c, x, w, bias.on(matrices), false, y);
            }
        };
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void chunksAddUp(Precision precision) {
        try (Backend device = Emulator.device(precision, 2)) {
            for (Geometry g : geometries().stream().filter(geometry -> geometry.images > Backend.CHUNK_ROWS).toList()) {
                Convolution c = g.c;
                Rows y = Rows.random(precision, 1, g.images, c.size());
                Rows x = Rows.random(precision, 2, g.images, c.window().size());
                Rows whole = result(device, (b, from, images, to) -> b.convolutionGradient(c, from, images, false, to), y, x, 1, c.weights());
                Rows chunks = result(device, (b, from, images, to) -> {
                    int chunk = Backend.CHUNK_ROWS;
                    b.convolutionGradient(c, from.rows(0, chunk), images.rows(0, chunk), false, to);
                    b.convolutionGradient(c, from.rows(chunk, g.images - chunk), images.rows(chunk, g.images - chunk), true, to);
                }, y, x, 1, c.weights());
                assertSame(whole, chunks, g.name);
            }
        }
    }
}
