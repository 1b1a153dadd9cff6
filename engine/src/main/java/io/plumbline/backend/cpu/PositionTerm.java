package io.plumbline.backend.cpu;

import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;

/// A [GramTerm] of several positions: M[p,q] += Σ_{t,u} (first_{p,t} · first_{q,u}) (second_{p,t} · second_{q,u} + 1 or 0), for pieces of a tile of M.
///
/// Inner products are computed for squares of some 64 × 64 pairs of positions, which stay in the first cache, and combined there in double. A factor with rows for
/// each example only is multiplied once for the K × K entries that it serves.
///
/// Letters: i, j examples of the tile's rows and columns, K outputs, p = iK + k and q = jK + l rows and columns of M, T positions.
final class PositionTerm {
    private static final int SIDE = 64;

    /// One of the two inner products of a pair of positions.
    private record Factor(View row, View column, boolean each) {}

    private final Precision precision;
    private final int outputs;
    private final int positions;
    private final int size;
    private final double shift;
    private final Factor first;
    private final Factor second;
    /// Rows of M, and examples, on a side of a square.
    private final int step;

    PositionTerm(Precision precision, GramTerm term, int outputs, int rowExamples, int columnExamples) {
        this.precision = precision;
        this.outputs = outputs;
        positions = term.positions();
        size = precision.sizeBytes();
        shift = term.plusOne() ? 1 : 0;
        first = factor(term.firstRow(), term.firstColumn(), rowExamples, columnExamples);
        second = term.secondRow() == null ? null : factor(term.secondRow(), term.secondColumn(), rowExamples, columnExamples);
        step = Math.max(1, SIDE / positions);
    }

    private Factor factor(Tensor rowSide, Tensor columnSide, int rowExamples, int columnExamples) {
        View row = View.of(rowSide, precision);
        View column = View.of(columnSide, precision);
        boolean each = row.rows() == (long) rowExamples * outputs * positions && column.rows() == (long) columnExamples * outputs * positions;
        if (!each && (row.rows() != (long) rowExamples * positions || column.rows() != (long) columnExamples * positions)) {
            throw new IllegalArgumentException("gram tile: factors have " + row.rows() + " and " + column.rows() + " rows, expected " + positions
                    + " positions of " + rowExamples + " and " + columnExamples + " examples, or " + outputs + " outputs times as many");
        }
        return new Factor(row, column, each || outputs == 1);
    }

    /// Whether both sides are the same rows.
    boolean isSymmetric() {
        return first.row.equals(first.column) && (second == null || second.row.equals(second.column));
    }

    /// Bytes of scratch that [#add] needs: a square for each factor.
    long scratchBytes() {
        return 2 * squareBytes();
    }

    private long squareBytes() {
        long side = (long) step * positions;
        return side * side * size;
    }

    /// Adds the term for the examples i … (`height` of them) and j … (`width`) to the piece of M (height·K, width·K) at `m`.
    void add(int i, int height, int j, int width, long m, long scratch) {
        for (int a = 0; a < height; a += step) {
            for (int b = 0; b < width; b += step) {
                int rows = Math.min(step, height - a);
                int columns = Math.min(step, width - b);
                multiply(first, false, i + a, rows, j + b, columns, scratch);
                multiply(second, false, i + a, rows, j + b, columns, scratch + squareBytes());
                addBlock(i, a, rows, j, b, columns, width * outputs, m, scratch);
            }
        }
    }

    /// The K·rows × K·columns entries of M for a block of examples, a and b its place in the piece.
    private void addBlock(int i, int a, int rows, int j, int b, int columns, int stride, long m, long scratch) {
        for (int p = a * outputs; p < (a + rows) * outputs; p += step) {
            for (int q = b * outputs; q < (b + columns) * outputs; q += step) {
                int height = Math.min(step, (a + rows) * outputs - p);
                int width = Math.min(step, (b + columns) * outputs - q);
                multiply(first, true, i * outputs + p, height, j * outputs + q, width, scratch);
                multiply(second, true, i * outputs + p, height, j * outputs + q, width, scratch + squareBytes());
                for (int row = p; row < p + height; row++) {
                    for (int column = q; column < q + width; column++) {
                        long x = place(first, row, p, a, column, q, b, columns, width, scratch);
                        long y = second == null ? 0 : place(second, row, p, a, column, q, b, columns, width, scratch + squareBytes());
                        addTo(m + ((long) row * stride + column) * size,
                                combine(x, rowBytes(first, columns, width), y, rowBytes(second, columns, width)));
                    }
                }
            }
        }
    }

    /// Inner products of `rows` rows of M (or examples) from `row` on with `columns` from `column` on, T positions each, where the factor is of that kind.
    private void multiply(Factor factor, boolean each, int row, int rows, int column, int columns, long target) {
        if (factor != null && factor.each == each) {
            int inner = factor.row.columns();
            new MatrixProduct(precision, false, true, columns * positions, inner).compute((long) rows * positions,
                    factor.row.rowAddress((long) row * positions), inner, factor.column.rowAddress((long) column * positions), inner, false, target,
                    columns * positions);
        }
    }

    /// Bytes from one row of a factor's square to the next, for a block of `columns` examples and a square of `width` columns of M.
    private long rowBytes(Factor factor, int columns, int width) {
        return factor == null ? 0 : (long) (factor.each ? width : columns) * positions * size;
    }

    /// Where the T × T inner products that serve an entry of M begin in their square.
    private long place(Factor factor, int row, int p, int a, int column, int q, int b, int columns, int width, long square) {
        long down = factor.each ? row - p : row / outputs - a;
        long right = factor.each ? column - q : column / outputs - b;
        return square + down * positions * rowBytes(factor, columns, width) + right * positions * size;
    }

    /// Σ_{t,u} x[t,u] (y[t,u] + shift); y counts as 1 where its address is 0.
    private double combine(long x, long xRow, long y, long yRow) {
        double sum = 0;
        for (int t = 0; t < positions; t++) {
            for (int u = 0; u < positions; u++) {
                double other = y == 0 ? 1 : Memory.get(precision, y + t * yRow + (long) u * size);
                sum += Memory.get(precision, x + t * xRow + (long) u * size) * (other + shift);
            }
        }
        return sum;
    }

    private void addTo(long address, double value) {
        Memory.set(precision, address, Memory.get(precision, address) + value);
    }
}
