package io.plumbline.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.backend.Window.Span;
import io.plumbline.backend.cpu.AgainstReference.Operand;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Poolings and their adjoints against the reference, over windows of every geometry. Entries are few different numbers, so that ties are common, and
/// exact in float, so that both precisions find the same ones largest.
class PoolsTest {
    private static final int THREADS = 2;

    private static Span plain(int extent, int size, int stride, int padding) {
        return Span.over(extent, size, stride, 1, padding, padding, false);
    }

    private static Window square(int channels, int extent, int size, int stride, int padding) {
        return new Window(channels, extent, extent, plain(extent, size, stride, padding), plain(extent, size, stride, padding));
    }

    private static Window of(int channels, int height, int width, Span rows, Span columns) {
        return new Window(channels, height, width, rows, columns);
    }

    static List<Window> windows() {
        List<Window> windows = new ArrayList<>();
        for (int extent : new int[] {2, 4, 7, 8, 16, 31, 32, 33, 67}) {
            windows.add(square(3, extent, 2, 2, 0));
            windows.add(square(1, extent, 3, 2, 1));
            windows.add(square(2, extent, 3, 1, 1));
            if (extent > 2) {
                windows.add(square(2, extent, 3, 2, 0));
                windows.add(square(1, extent, 3, 3, 0));
            }
        }
        windows.add(square(33, 6, 2, 2, 0));
        windows.add(square(31, 5, 2, 1, 0));
        windows.add(square(1, 1, 1, 1, 0));
        windows.add(square(3, 9, 1, 2, 0));
        windows.add(square(2, 13, 13, 1, 0));
        windows.add(square(2, 13, 13, 13, 0));
        windows.add(square(2, 40, 5, 2, 2));
        windows.add(of(2, 7, 67, Span.over(7, 3, 2, 1, 1, 1, true), Span.over(67, 2, 2, 1, 0, 0, true)));
        windows.add(of(3, 10, 38, Span.over(10, 3, 1, 2, 2, 1, false), Span.over(38, 3, 2, 3, 4, 0, false)));
        windows.add(of(2, 37, 5, Span.over(37, 2, 3, 2, 0, 2, true), Span.over(5, 4, 1, 1, 1, 2, true)));
        windows.add(of(2, 1, 41, plain(1, 1, 1, 0), plain(41, 2, 2, 1)));
        windows.add(of(2, 41, 1, plain(41, 2, 2, 1), plain(1, 1, 1, 0)));
        windows.add(of(1, 11, 5, plain(11, 11, 1, 0), plain(5, 4, 1, 0)));
        windows.add(of(1, 6, 11, Span.over(6, 2, 1, 4, 0, 0, false), Span.over(11, 3, 4, 5, 1, 1, false)));
        return windows;
    }

    /// Numbers among `values`.
    private static double[] few(long seed, long rows, int columns, double... values) {
        var random = new Random(seed);
        double[] entries = new double[Math.toIntExact(rows * columns)];
        Arrays.setAll(entries, i -> values[random.nextInt(values.length)]);
        return entries;
    }

    private static int results(Window w) {
        return w.channels() * w.positions();
    }

    private static Operand selector(Window w, long rows, double... values) {
        return new Operand(few(5, rows, w.size(), values), rows, w.size(), false);
    }

    private static Operand[] operands(Operand... operands) {
        return operands;
    }

    private static AgainstReference max(Window w, long rows, Operand x, Operand source) {
        return new AgainstReference("maxPool of " + rows + " rows, " + w, 1, operands(x, source), rows, results(w),
                (backend, t, add, out) -> backend.maxPool(w, t[0], t[1], add, out));
    }

    /// Each entry of the result is the sum of one number a tap at most.
    private static AgainstReference maxTransposed(Window w, long rows, Operand x, Operand y) {
        return new AgainstReference("maxPoolTransposed of " + rows + " rows, " + w, w.taps(), operands(x, y), rows, w.size(),
                (backend, t, add, out) -> backend.maxPoolTransposed(w, t[0], t[1], add, out));
    }

    private static AgainstReference average(Window w, boolean includePadding, long rows, Operand x) {
        return new AgainstReference("averagePool of " + rows + " rows, " + includePadding + ", " + w, w.taps() + 1, operands(x), rows, results(w),
                (backend, t, add, out) -> backend.averagePool(w, includePadding, t[0], add, out));
    }

    private static AgainstReference averageTransposed(Window w, boolean includePadding, long rows, Operand y) {
        return new AgainstReference("averagePoolTransposed of " + rows + " rows, " + includePadding + ", " + w, 2 * w.taps(), operands(y), rows,
                w.size(), (backend, t, add, out) -> backend.averagePoolTransposed(w, includePadding, t[0], add, out));
    }

    private static Stream<AgainstReference> calls(Window w) {
        List<AgainstReference> calls = new ArrayList<>();
        for (long rows : new long[] {1, 5}) {
            Operand x = Operand.linear(1, rows, w.size());
            Operand y = Operand.linear(2, rows, results(w));
            calls.add(max(w, rows, selector(w, rows, -1, 0.5, 1), x));
            calls.add(max(w, 3 * rows, selector(w, rows, 1, 2, 3), Operand.linear(4, 3 * rows, w.size())));
            calls.add(maxTransposed(w, rows, selector(w, rows, -1, 0.5, 1), y));
            calls.add(maxTransposed(w, 3 * rows, selector(w, rows, 1, 2, 3), Operand.linear(3, 3 * rows, results(w))));
            for (boolean includePadding : new boolean[] {false, true}) {
                calls.add(average(w, includePadding, rows, x));
                calls.add(averageTransposed(w, includePadding, rows, y));
            }
        }
        return calls.stream();
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void agreesWithReference(Precision precision) {
        try (var backend = CpuBackend.create(precision, THREADS)) {
            windows().stream().flatMap(PoolsTest::calls).forEach(call -> call.requireClose(backend));
            Window w = square(2, 6, 2, 2, 0);
            calls(w).forEach(call -> call.requireClose(backend));
            max(w, 257, selector(w, 257, 1, 2), Operand.linear(1, 257, w.size())).requireClose(backend);
            maxTransposed(w, 330, selector(w, 33, 1, 2), Operand.linear(1, 330, results(w))).requireClose(backend);
        }
    }

    /// Which entry is the largest, without rounding: entries are numbered, and the pooled numbers say which one it was.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void firstOfEqualsAndNaNBeforeAllOthers(Precision precision) {
        try (var backend = CpuBackend.create(precision, THREADS)) {
            for (Window w : windows()) {
                int rows = 3;
                double[] numbers = new double[rows * w.size()];
                Arrays.setAll(numbers, i -> i);
                var numbered = new Operand(numbers, rows, w.size(), true);
                for (double[] values : new double[][] {
                    {Double.NaN, 1, 2, 3, 4, 5, 6}, {Double.NEGATIVE_INFINITY}, {-0.0, 0}, {Double.NaN},
                    {Double.NEGATIVE_INFINITY, Double.NaN}, {Double.NEGATIVE_INFINITY, -1, 1, Double.POSITIVE_INFINITY},
                    {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}}) {
                    max(w, rows, selector(w, rows, values), numbered).requireEqual(backend);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void threadsChangeNothing(Precision precision) {
        for (Window w : List.of(square(17, 32, 2, 2, 0), square(17, 16, 3, 2, 1), square(5, 13, 13, 1, 0))) {
            Operand x = Operand.linear(1, 40, w.size());
            Operand y = Operand.linear(2, 40, results(w));
            max(w, 40, x, x).requireSameBitsForThreads(precision);
            maxTransposed(w, 40, Operand.linear(3, 8, w.size()), y).requireSameBitsForThreads(precision);
            average(w, true, 40, x).requireSameBitsForThreads(precision);
            averageTransposed(w, true, 40, y).requireSameBitsForThreads(precision);
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void nothingIsDoneToNoRows(Precision precision) {
        Window w = square(2, 4, 2, 2, 0);
        try (var backend = CpuBackend.create(precision, THREADS)) {
            Tensor x = Matrices.undefined(backend, 0, w.size());
            Tensor y = Matrices.undefined(backend, 0, results(w));
            backend.maxPool(w, x, x, false, y);
            backend.maxPoolTransposed(w, x, y, false, x);
            backend.averagePool(w, false, x, false, y);
            backend.averagePoolTransposed(w, false, y, false, x);
            assertTrue(Matrices.guardsAreIntact(x) && Matrices.guardsAreIntact(y));
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void refusesWhatDoesNotFit(Precision precision) {
        Window w = square(2, 4, 2, 2, 0);
        try (var backend = CpuBackend.create(precision, THREADS)) {
            Tensor x = Matrices.undefined(backend, 3, 32);
            Tensor two = Matrices.undefined(backend, 2, 32);
            Tensor y = Matrices.undefined(backend, 3, 8);
            Tensor wide = Matrices.undefined(backend, 3, 9);
            requireRefusal("maxPool: shapes do not fit: (3, 32) (2, 32) (3, 8)", () -> backend.maxPool(w, x, two, false, y));
            requireRefusal("maxPool: shapes do not fit: (3, 32) (3, 32) (3, 9)", () -> backend.maxPool(w, x, x, false, wide));
            requireRefusal("maxPoolTransposed: shapes do not fit: (2, 32) (3, 8) (3, 32)", () -> backend.maxPoolTransposed(w, two, y, false, x));
            requireRefusal("averagePool: shapes do not fit: (2, 32) (3, 8)", () -> backend.averagePool(w, false, two, false, y));
            requireRefusal("averagePoolTransposed: shapes do not fit: (3, 9) (3, 32)",
                    () -> backend.averagePoolTransposed(w, false, wide, false, x));
            // 2 taps, 2 entries of padding on the left: the first window sees nothing.
            Window blind = of(1, 1, 8, plain(1, 1, 1, 0), Span.over(8, 2, 2, 1, 2, 0, false));
            requireRefusal(
                    "maxPool: a window sees padding only: " + blind,
                    () -> pool(backend, blind));
        }
    }

    private static void pool(Backend backend, Window w) {
        Tensor x = Matrices.undefined(backend, 1, w.size());
        backend.maxPool(w, x, x, false, Matrices.undefined(backend, 1, results(w)));
    }

    private static void requireRefusal(String message, Runnable call) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
    }
}
