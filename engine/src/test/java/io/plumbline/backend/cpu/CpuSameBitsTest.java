package io.plumbline.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Backend;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Bits depend on the operands alone: not on threads, not on how examples are cut into tiles, not on whether code is compiled yet.
class CpuSameBitsTest {
    private static double[] results(Precision precision, int threads, Function<Backend, Tensor> computation) {
        try (var backend = CpuBackend.create(precision, threads)) {
            return Matrices.download(backend, computation.apply(backend));
        }
    }

    private static void requireSameBitsForThreads(Precision precision, Function<Backend, Tensor> computation) {
        double[] one = results(precision, 1, computation);
        assertArrayEquals(one, results(precision, 2, computation));
        assertArrayEquals(one, results(precision, 3, computation));
    }

    private static Tensor random(Backend backend, long seed, int rows, int columns) {
        return Matrices.on(backend, new Matrices(seed).random(rows, columns), rows, columns);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void threadsChangeNothing(Precision precision) {
        requireSameBitsForThreads(precision, b -> {
            Tensor y = Matrices.undefined(b, 600, 257);
            b.multiply(random(b, 1, 600, 784), random(b, 2, 257, 784), true, false, y);
            return y;
        });
        requireSameBitsForThreads(precision, b -> {
            Tensor g = Matrices.undefined(b, 100, 300);
            b.sumOuter(random(b, 1, 1000, 100), random(b, 2, 1000, 300), false, g);
            return g;
        });
        requireSameBitsForThreads(precision, b -> {
            Tensor g = Matrices.undefined(b, 500, 700);
            b.sumOuter(random(b, 1, 600, 500), random(b, 2, 600, 700), false, g);
            return g;
        });
        requireSameBitsForThreads(precision, b -> {
            Tensor out = Matrices.undefined(b, 1, 200);
            b.product(1, random(b, 1, 3000, 200), random(b, 2, 3000, 200), false, out);
            return out;
        });
        requireSameBitsForThreads(precision, b -> {
            Tensor out = Matrices.undefined(b, 1, 1);
            b.product(1, random(b, 1, 1, 200_000), random(b, 2, 1, 200_000), false, out);
            return out;
        });
        requireSameBitsForThreads(precision, b -> {
            Tensor out = Matrices.undefined(b, 900, 100);
            b.activate(Activation.of(Activation.Kind.GELU), 1, random(b, 1, 90, 100), random(b, 2, 900, 100), null, false, out);
            return out;
        });
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void tilesOfRowsAreTheWhole(Precision precision) {
        try (var backend = CpuBackend.create(precision, 2)) {
            for (int[] kn : new int[][] {{784, 256}, {100, 1}, {3, 10}, {2000, 33}, {1, 300}}) {
                for (boolean transposed : new boolean[] {false, true}) {
                    Tensor x = random(backend, 1, 500, kn[0]);
                    Tensor w = transposed ? random(backend, 2, kn[1], kn[0]) : random(backend, 2, kn[0], kn[1]);
                    Tensor whole = Matrices.undefined(backend, 500, kn[1]);
                    backend.multiply(x, w, transposed, false, whole);
                    for (int tile : new int[] {32, 64, 256}) {
                        Tensor parts = Matrices.undefined(backend, 500, kn[1]);
                        for (int from = 0; from < 500; from += tile) {
                            int rows = Math.min(tile, 500 - from);
                            backend.multiply(x.rows(from, rows), w, transposed, false, parts.rows(from, rows));
                        }
                        assertArrayEquals(Matrices.download(backend, whole), Matrices.download(backend, parts),
                                kn[0] + " x " + kn[1] + ", tiles of " + tile);
                    }
                }
            }
        }
    }

    /// Sums over 600 rows, and over 513, as one call and as accumulating calls over 256, 256 and the rest.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void chunksOfRowsAreTheWhole(Precision precision) {
        try (var backend = CpuBackend.create(precision, 2)) {
            for (int rows : new int[] {600, 513}) {
                for (int[] rc : new int[][] {{1, 1}, {10, 37}, {1, 300}, {300, 1}, {256, 784}, {64, 64}}) {
                    Tensor a = random(backend, 1, rows, rc[0]);
                    Tensor b = random(backend, 2, rows, rc[1]);
                    requireSameSums(backend, rows, rc[0], rc[1],
                            (from, count, add, out) -> backend.sumOuter(a.rows(from, count), b.rows(from, count), add, out));
                    Tensor column = random(backend, 3, rows, 1);
                    for (double alpha : new double[] {1, 0.3}) {
                        requireSameSums(
                                backend, rows, 1, rc[1],
                                (from, count, add, out) -> backend.product(alpha, column.rows(from, count), b.rows(from, count), add, out));
                        requireSameSums(
                                backend, rows, 1, rc[1],
                                (from, count, add, out) -> backend.product(alpha, b.rows(from, count), b.rows(from, count), add, out));
                        requireSameSums(backend, rows, 1, rc[1],
                                (from, count, add, out) -> backend.product(alpha, b.rows(from, count), null, add, out));
                        requireSameSums(
                                backend, rows, 1, 1,
                                (from, count, add, out) -> backend.product(alpha, b.rows(from, count), b.rows(from, count), add, out));
                    }
                }
            }
        }
    }

    private interface RowSum {
        void add(int from, int count, boolean accumulate, Tensor out);
    }

    private static void requireSameSums(Backend backend, int rows, int r, int c, RowSum sum) {
        Tensor whole = Matrices.undefined(backend, r, c);
        sum.add(0, rows, false, whole);
        Tensor parts = Matrices.undefined(backend, r, c);
        for (int from = 0; from < rows; from += Backend.CHUNK_ROWS) {
            sum.add(from, Math.min(Backend.CHUNK_ROWS, rows - from), from > 0, parts);
        }
        assertArrayEquals(Matrices.download(backend, whole), Matrices.download(backend, parts), rows + " rows into " + r + " x " + c);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void gramSumsDoNotDependOnTilesOrThreads(Precision precision) {
        for (int outputs : new int[] {1, 3, 10}) {
            int examples = outputs == 10 ? 150 : 600;
            double[][] expected = gramSums(precision, 1, examples, outputs, 512);
            for (int[] threadsAndTile : new int[][] {{2, 512}, {3, 32}, {2, 64}, {1, 96}}) {
                double[][] found = gramSums(precision, threadsAndTile[0], examples, outputs, threadsAndTile[1]);
                for (int field = 0; field < expected.length; field++) {
                    assertArrayEquals(expected[field], found[field], "K = " + outputs + ", tiles of " + threadsAndTile[1] + ", field " + field);
                }
            }
        }
    }

    private static double[][] gramSums(Precision precision, int threads, int examples, int outputs, int tile) {
        try (var backend = CpuBackend.create(precision, threads)) {
            Tensor delta = random(backend, 1, examples * outputs, 20);
            Tensor input = random(backend, 2, examples, 33);
            Tensor bias = random(backend, 3, examples * outputs, 7);
            double[] residuals = new Matrices(4).random(examples, outputs);
            var sums = new GramSums(examples, outputs);
            for (int column = 0; column < examples; column += tile) {
                for (int row = 0; row <= column; row += tile) {
                    int rows = Math.min(tile, examples - row);
                    int columns = Math.min(tile, examples - column);
                    List<GramTerm> terms = new ArrayList<>();
                    terms.add(new GramTerm(part(delta, row, rows, outputs), part(delta, column, columns, outputs), input.rows(row, rows),
                            input.rows(column, columns), true));
                    terms.add(new GramTerm(part(bias, row, rows, outputs), part(bias, column, columns, outputs), null, null, false));
                    backend.gramSums(terms, row, rows, column, columns, residuals, sums);
                }
            }
            return CpuBackendTest.fields(sums);
        }
    }

    private static Tensor part(Tensor t, int from, int count, int outputs) {
        return t.rows((long) from * outputs, (long) count * outputs);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void gramTilesAreTheWhole(Precision precision) {
        int examples = 100;
        try (var backend = CpuBackend.create(precision, 2)) {
            for (int outputs : new int[] {1, 3}) {
                Tensor delta = random(backend, 1, examples * outputs, 20);
                Tensor input = random(backend, 2, examples, 33);
                Tensor whole = Matrices.undefined(backend, (long) examples * outputs, examples * outputs);
                backend.gramTile(List.of(new GramTerm(delta, delta, input, input, true)), outputs, whole);
                double[] m = Matrices.download(backend, whole);
                for (int row = 0; row < examples; row += 32) {
                    for (int column = row; column < examples; column += 32) {
                        int rows = Math.min(32, examples - row);
                        int columns = Math.min(32, examples - column);
                        Tensor tile = Matrices.undefined(backend, (long) rows * outputs, columns * outputs);
                        var term = new GramTerm(
                                part(delta, row, rows, outputs), part(delta, column, columns, outputs), input.rows(row, rows),
                                input.rows(column, columns), true);
                        backend.gramTile(List.of(term), outputs, tile);
                        double[] expected = new double[rows * outputs * columns * outputs];
                        for (int i = 0; i < rows * outputs; i++) {
                            System.arraycopy(
                                    m, (row * outputs + i) * examples * outputs + column * outputs, expected, i * columns * outputs,
                                    columns * outputs);
                        }
                        assertArrayEquals(expected, Matrices.download(backend, tile));
                    }
                }
            }
        }
    }

    /// The first call is interpreted, the last one compiled; an entry's place in a vector or in a tail does not matter either.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void compilationAndPlaceChangeNothing(Precision precision) {
        int n = 2000;
        int calls = 40;
        try (var backend = CpuBackend.create(precision, 1)) {
            Tensor x = Matrices.on(backend, ActivationsTest.points(n), 1, n);
            for (Activation.Kind kind : Activation.Kind.values()) {
                for (int order = 0; order <= 2; order++) {
                    var f = new Activation(kind, 0.25);
                    Tensor first = Matrices.undefined(backend, 1, n);
                    backend.activate(f, order, x, null, null, false, first);
                    Tensor last = Matrices.undefined(backend, 1, n);
                    for (int call = 0; call < calls; call++) {
                        backend.activate(f, order, x, null, null, false, last);
                    }
                    assertArrayEquals(Matrices.download(backend, first), Matrices.download(backend, last), kind + " " + order);
                    Tensor shifted = Matrices.undefined(backend, 1, n);
                    for (int from = 0, length = 1; from < n; from += length, length = Math.min(length + 1, n - from)) {
                        Tensor part = new Tensor(x.buffer(), x.offset() + from, 1, length);
                        backend.activate(f, order, part, null, null, false, new Tensor(shifted.buffer(), shifted.offset() + from, 1, length));
                    }
                    assertArrayEquals(Matrices.download(backend, first), Matrices.download(backend, shifted), kind + " " + order);
                }
            }
        }
    }
}
