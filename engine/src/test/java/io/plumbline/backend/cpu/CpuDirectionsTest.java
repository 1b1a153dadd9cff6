package io.plumbline.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.backend.Window.Span;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Primitives along several directions: against the reference within [CpuBackendTest]'s bounds, and against the primitive along each direction alone, bit by bit.
class CpuDirectionsTest {
    /// Where an operand's numbers for each direction are: nowhere (it serves all), in interleaved rows, or in matrices below each other.
    private enum Layout {
        SERVES, ROWS, MATRICES
    }

    /// @param rows    along one direction
    /// @param columns along one direction
    private record Operand(Layout layout, int rows, int columns) {
        int[] shape(int directions) {
            return new int[] {layout == Layout.SERVES ? rows : directions * rows, columns};
        }

        /// The numbers along direction k, of those along all.
        double[] part(double[] all, int directions, int k) {
            if (layout == Layout.SERVES) {
                return all;
            }
            double[] part = new double[rows * columns];
            for (int row = 0; row < rows; row++) {
                int from = layout == Layout.ROWS ? row * directions + k : k * rows + row;
                System.arraycopy(all, from * columns, part, row * columns, columns);
            }
            return part;
        }
    }

    private interface Primitive {
        void call(Backend backend, int directions, Tensor[] operands, boolean accumulate);
    }

    /// Operands, the result last.
    private record Item(String name, int terms, List<Operand> operands, Primitive primitive) {}

    private static Operand serves(int rows, int columns) {
        return new Operand(Layout.SERVES, rows, columns);
    }

    private static Operand rows(int rows, int columns) {
        return new Operand(Layout.ROWS, rows, columns);
    }

    private static Operand matrices(int rows, int columns) {
        return new Operand(Layout.MATRICES, rows, columns);
    }

    private static Stream<Item> items() {
        var items = new ArrayList<Item>();
        for (int[] mkn : new int[][] {{1, 1, 1}, {31, 33, 10}, {33, 10, 1}, {61, 1, 31}, {67, 37, 33}, {3, 2000, 5}}) {
            int m = mkn[0];
            int k = mkn[1];
            int n = mkn[2];
            for (boolean transposed : new boolean[] {false, true}) {
                Primitive multiply = (b, d, t, add) -> b.multiply(d, t[0], t[1], transposed, add, t[2]);
                Operand one = transposed ? serves(n, k) : serves(k, n);
                Operand each = transposed ? matrices(n, k) : matrices(k, n);
                items.add(new Item("x w_d", k, List.of(serves(m, k), each, rows(m, n)), multiply));
                items.add(new Item("x_d w", k, List.of(rows(m, k), one, rows(m, n)), multiply));
                items.add(new Item("x_d w_d", k, List.of(rows(m, k), each, rows(m, n)), multiply));
            }
        }
        for (int[] mrc : new int[][] {{1, 1, 1}, {1, 31, 33}, {33, 1, 61}, {31, 33, 1}, {257, 10, 37}, {300, 61, 33}, {3, 300, 500}}) {
            int m = mrc[0];
            int r = mrc[1];
            int c = mrc[2];
            Primitive sum = (b, d, t, add) -> b.sumOuter(d, t[0], t[1], add, t[2]);
            items.add(new Item("a_dᵀ b", m, List.of(rows(m, r), serves(m, c), matrices(r, c)), sum));
            items.add(new Item("aᵀ b_d", m, List.of(serves(m, r), rows(m, c), matrices(r, c)), sum));
            items.add(new Item("a_dᵀ b_d", m, List.of(rows(m, r), rows(m, c), matrices(r, c)), sum));
        }
        var uneven = new Window(3, 8, 9, Span.over(8, 3, 2, 2, 1, 3, false), Span.over(9, 2, 3, 1, 0, 1, false));
        convolutions(items, "one number", new Convolution(square(1, 1, 1, 0), 1, 1), 1);
        convolutions(items, "several panels an image", new Convolution(square(3, 17, 3, 1), 5, 1), 3);
        convolutions(items, "several images a panel", new Convolution(square(4, 5, 3, 1), 7, 1), 37);
        convolutions(items, "stride, dilation, uneven padding", new Convolution(uneven, 4, 1), 31);
        convolutions(items, "groups", new Convolution(square(4, 6, 3, 0), 6, 2), 11);
        convolutions(items, "more channels than a slice", new Convolution(square(67, 2, 3, 1), 2, 1), 33);
        convolutions(items, "two chunks", new Convolution(square(1, 3, 2, 0), 2, 1), 257);
        return items.stream();
    }

    private static Window square(int channels, int extent, int size, int padding) {
        Span span = Span.over(extent, size, 1, 1, padding, padding, false);
        return new Window(channels, extent, extent, span, span);
    }

    private static void convolutions(List<Item> items, String name, Convolution c, int m) {
        int x = c.window().size();
        int y = c.size();
        int w = c.weights();
        Primitive convolve = (b, d, t, add) -> b.convolve(d, c, t[0], t[1], null, add, t[2]);
        items.add(new Item("x ⋆ w_d, " + name, c.inner(), List.of(serves(m, x), matrices(1, w), rows(m, y)), convolve));
        items.add(new Item("x_d ⋆ w, " + name, c.inner(), List.of(rows(m, x), serves(1, w), rows(m, y)), convolve));
        items.add(new Item("x ⋆ w_d + b_d, " + name, c.inner() + 1, List.of(serves(m, x), matrices(1, w), matrices(1, c.channels()), rows(m, y)),
                (b, d, t, add) -> b.convolve(d, c, t[0], t[1], t[2], add, t[3])));
        int adjoint = c.channels() / c.groups() * c.window().taps();
        Primitive transposed = (b, d, t, add) -> b.convolveTransposed(d, c, t[0], t[1], add, t[2]);
        items.add(new Item("adjoint of y under w_d, " + name, adjoint, List.of(serves(m, y), matrices(1, w), rows(m, x)), transposed));
        items.add(new Item("adjoint of y_d under w, " + name, adjoint, List.of(rows(m, y), serves(1, w), rows(m, x)), transposed));
        int terms = m * c.window().positions();
        Primitive gradient = (b, d, t, add) -> b.convolutionGradient(d, c, t[0], t[1], add, t[2]);
        items.add(new Item("gradient by y_d, " + name, terms, List.of(rows(m, y), serves(m, x), matrices(1, w)), gradient));
        items.add(new Item("gradient at x_d, " + name, terms, List.of(serves(m, y), rows(m, x), matrices(1, w)), gradient));
        items.add(new Item("gradient by y_d at x_d, " + name, terms, List.of(rows(m, y), rows(m, x), matrices(1, w)), gradient));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void agreesWithReference(Precision precision) {
        int directions = 3;
        try (var backend = CpuBackend.create(precision, 2)) {
            items().forEach(item -> {
                int[][] shapes = item.operands.stream().map(operand -> operand.shape(directions)).toArray(int[][]::new);
                CpuBackendTest.compare(backend,
                        new CpuBackendTest.Call(item.name, shapes, item.terms, (b, t, add) -> item.primitive.call(b, directions, t, add)));
            });
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 7})
    void eachDirectionHasItsOwnBits(int directions) {
        try (var single = CpuBackend.create(Precision.F32, 2);
                var alone = CpuBackend.create(Precision.F64, 1)) {
            for (Backend backend : new Backend[] {single, alone}) {
                items().forEach(item -> requireSameBits(backend, item, directions));
            }
        }
        if (directions == 2) {
            items().forEach(item -> requireSameBits(Matrices.REFERENCE, item, directions));
        }
    }

    private static void requireSameBits(Backend backend, Item item, int directions) {
        double[][] values = values(item, directions);
        double[] together = results(backend, item, directions, values);
        int last = item.operands.size() - 1;
        for (int k = 0; k < directions; k++) {
            int direction = k;
            double[][] own = new double[last][];
            Arrays.setAll(own, i -> item.operands.get(i).part(values[i], directions, direction));
            assertArrayEquals(results(backend, item, 1, own), item.operands.get(last).part(together, directions, k),
                    item.name + ", direction " + k + " of " + directions);
        }
    }

    private static double[][] values(Item item, int directions) {
        double[][] values = new double[item.operands.size() - 1][];
        Arrays.setAll(values, i -> {
            int[] shape = item.operands.get(i).shape(directions);
            return new Matrices(i).random(shape[0], shape[1]);
        });
        return values;
    }

    /// = and, since that differs, +=.
    private static double[] results(Backend backend, Item item, int directions, double[][] values) {
        Tensor[] tensors = new Tensor[values.length + 1];
        for (int i = 0; i < values.length; i++) {
            int[] shape = item.operands.get(i).shape(directions);
            tensors[i] = Matrices.on(backend, values[i], shape[0], shape[1]);
        }
        int[] shape = item.operands.getLast().shape(directions);
        tensors[values.length] = Matrices.undefined(backend, shape[0], shape[1]);
        item.primitive.call(backend, directions, tensors, false);
        item.primitive.call(backend, directions, tensors, true);
        return Matrices.download(backend, tensors[values.length]);
    }

    /// Directions in the wrong order are other numbers, so that the comparison above would see them.
    @Test
    void swappedDirectionsDiffer() {
        Item item = items().filter(one -> one.name.equals("x_d w_d")).skip(2).findFirst().orElseThrow();
        double[] together = results(Matrices.REFERENCE, item, 2, values(item, 2));
        Operand result = item.operands.getLast();
        assertFalse(Arrays.equals(result.part(together, 2, 0), result.part(together, 2, 1)));
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (var cpu = CpuBackend.create(Precision.F64, 1)) {
            for (Backend b : new Backend[] {cpu, Matrices.REFERENCE}) {
                Tensor six = Matrices.undefined(b, 6, 4);
                Tensor four = Matrices.undefined(b, 4, 4);
                Tensor eight = Matrices.undefined(b, 8, 4);
                assertThrows(IllegalArgumentException.class, () -> b.multiply(3, four, four, false, false, six));
                assertThrows(IllegalArgumentException.class, () -> b.multiply(3, six, eight, false, false, six));
                assertThrows(IllegalArgumentException.class, () -> b.multiply(0, six, four, false, false, six));
                assertThrows(IllegalArgumentException.class, () -> b.sumOuter(2, eight, six, false, eight));
                assertThrows(IllegalArgumentException.class, () -> b.sumOuter(2, eight, four, false, four));
                Convolution c = new Convolution(square(1, 2, 1, 0), 1, 1);
                Tensor weights = Matrices.undefined(b, 3, 1);
                assertThrows(IllegalArgumentException.class, () -> b.convolve(2, c, eight, weights, null, false, eight));
                assertThrows(IllegalArgumentException.class, () -> b.convolveTransposed(2, c, six, weights.rows(0, 1), false, eight));
                assertThrows(IllegalArgumentException.class, () -> b.convolutionGradient(3, c, eight, four, false, weights));
            }
        }
    }
}
