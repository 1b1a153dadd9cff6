package io.plumbline.backend.cpu;

import io.plumbline.backend.Backend;
import io.plumbline.backend.GramTerm;
import io.plumbline.memory.Precision;
import java.util.List;

/// Pieces of a tile of M = J Jᵀ, each small enough to stay in cache: for each [GramTerm] two products of factor rows and their combination
/// M += first ∘ (second + 1). A factor with one row an example serves its K outputs.
///
/// Letters: i, j examples of the tile's rows and columns, K outputs, p = iK + k and q = jK + l rows and columns of M.
final class GramBlocks {
    /// Examples on a side of a block: where blocks are cut.
    static final int EXAMPLES = Backend.TILE_EXAMPLES;
    /// Numbers in a piece that fit a core's cache together with what they are computed from.
    private static final int LARGEST_PIECE = 1 << 16;

    /// One of the two inner products of a term.
    private record Factor(View row, View column, boolean eachRow, boolean eachColumn, MatrixProduct whole, MatrixProduct last) {}

    private record Term(Factor first, Factor second, boolean plusOne) {}

    private final Precision precision;
    private final ProductKernel kernel;
    private final int outputs;
    private final int size;
    private final Term[] terms;
    private final boolean symmetric;

    GramBlocks(Precision precision, List<GramTerm> terms, int outputs, int rowExamples, int columnExamples) {
        this.precision = precision;
        this.outputs = outputs;
        kernel = ProductKernel.of(precision);
        size = precision.sizeBytes();
        this.terms = new Term[terms.size()];
        boolean sameSides = rowExamples == columnExamples;
        for (int t = 0; t < this.terms.length; t++) {
            GramTerm term = terms.get(t);
            this.terms[t] = new Term(
                    factor(View.of(term.firstRow(), precision), View.of(term.firstColumn(), precision), rowExamples, columnExamples),
                    term.secondRow() == null
                            ? null
                            : factor(View.of(term.secondRow(), precision), View.of(term.secondColumn(), precision), rowExamples, columnExamples),
                    term.plusOne());
            sameSides &= this.terms[t].first.row.equals(this.terms[t].first.column)
                    && (this.terms[t].second == null || this.terms[t].second.row.equals(this.terms[t].second.column));
        }
        symmetric = sameSides;
    }

    private Factor factor(View row, View column, int rowExamples, int columnExamples) {
        boolean eachRow = isForEachOutput(row, rowExamples);
        boolean eachColumn = isForEachOutput(column, columnExamples);
        int width = eachColumn ? outputs : 1;
        int left = columnExamples % EXAMPLES;
        return new Factor(
                row, column, eachRow, eachColumn, new MatrixProduct(precision, false, true, EXAMPLES * width, row.columns()),
                new MatrixProduct(precision, false, true, left * width, row.columns()));
    }

    private boolean isForEachOutput(View factor, int examples) {
        if (factor.rows() != examples && factor.rows() != (long) examples * outputs) {
            throw new IllegalArgumentException("gram tile: a factor has " + factor.rows() + " rows, expected " + examples + " examples or " + examples + " x "
                    + outputs + " outputs");
        }
        return factor.rows() != examples || outputs == 1;
    }

    /// Whether both sides are the same examples, so that M is symmetric.
    boolean isSymmetric() {
        return symmetric;
    }

    /// How many examples of the row side go into one piece; a function of K.
    int pieceExamples() {
        return Math.max(1, Math.min(EXAMPLES, Integer.highestOneBit((int) Math.max(1, LARGEST_PIECE / ((long) EXAMPLES * outputs * outputs)))));
    }

    /// Numbers in the largest piece.
    private long pieceLength() {
        return (long) pieceExamples() * outputs * EXAMPLES * outputs;
    }

    /// Bytes of scratch that [#compute] needs: the piece, two products, and one of them with its columns repeated.
    long scratchBytes() {
        return 5 * pieceLength() * size;
    }

    /// The piece of M for the examples i, i+1, … (`height` of them) and j, j+1, … (`width`, up to [#EXAMPLES]), j a multiple of [#EXAMPLES]:
    /// (height·K, width·K) at `m`, followed by the rest of the scratch.
    void compute(int i, int height, int j, int width, long m) {
        long length = pieceLength() * size;
        int columns = width * outputs;
        int rows = height * outputs;
        boolean written = false;
        for (Term term : terms) {
            if (term.second == null && term.first.eachRow && term.first.eachColumn && !term.plusOne) {
                multiply(term.first, i, height, j, width, written, m);
                written = true;
                continue;
            }
            long x = expanded(term.first, i, height, j, width, m + length, m + 3 * length);
            long y = term.second == null ? 0 : expanded(term.second, i, height, j, width, m + 2 * length, m + 4 * length);
            double shift = term.plusOne ? 1 : 0;
            double alone = 1 + shift;
            boolean everyRow = term.first.eachRow && (term.second == null || term.second.eachRow);
            for (int p = 0; p < (everyRow ? 1 : rows); p++) {
                long at = (long) p * columns * size;
                long left = x + (term.first.eachRow ? at : (long) (p / outputs) * columns * size);
                long count = everyRow ? (long) rows * columns : columns;
                if (y == 0) {
                    kernel.scaled(alone, left, m + at, count, written);
                } else {
                    long right = y + (term.second.eachRow ? at : (long) (p / outputs) * columns * size);
                    kernel.combine(left, right, shift, m + at, count, written);
                }
            }
            written = true;
        }
        if (!written) {
            kernel.constant(0, m, (long) rows * columns, false);
        }
    }

    private void multiply(Factor factor, int i, int height, int j, int width, boolean accumulate, long target) {
        long rowFrom = factor.eachRow ? (long) i * outputs : i;
        long columnFrom = factor.eachColumn ? (long) j * outputs : j;
        int rows = factor.eachRow ? height * outputs : height;
        int inner = factor.row.columns();
        MatrixProduct product = width == EXAMPLES ? factor.whole : factor.last;
        if (inner == 0) {
            if (!accumulate) {
                kernel.constant(0, target, (long) rows * product.n(), false);
            }
            return;
        }
        product.compute(rows, factor.row.rowAddress(rowFrom), inner, factor.column.rowAddress(columnFrom), inner, accumulate, target, product.n());
    }

    /// The inner products with a column for each (j, l): where they are.
    private long expanded(Factor factor, int i, int height, int j, int width, long product, long repeated) {
        multiply(factor, i, height, j, width, false, product);
        if (factor.eachColumn) {
            return product;
        }
        long count = (long) (factor.eachRow ? height * outputs : height) * width;
        kernel.repeat(product, count, outputs, repeated);
        return repeated;
    }
}
