package io.plumbline.backend.cpu;

import io.plumbline.backend.Backend;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.List;

/// Pieces of a tile of M = J Jᵀ, each small enough to stay in cache: for each [GramTerm] two products of factor rows and their combination
/// M += first ∘ (second + 1). A factor with one row an example serves its K outputs. Terms of several positions are added afterwards ([PositionTerm]).
///
/// Letters: i, j examples of the tile's rows and columns, K outputs, p = iK + k and q = jK + l rows and columns of M.
final class GramBlocks {
    /// Examples on a side of a block: where blocks are cut.
    static final int EXAMPLES = Backend.TILE_EXAMPLES;
    /// Numbers in a piece that fit a core's cache together with what they are computed from.
    private static final int LARGEST_PIECE = 1 << 16;

    /// Rows and columns of M that are computed at a time: one product of factors each, combined before they leave the first cache.
    private static final int TILE = MatrixProduct.TILE_ROWS;

    /// One of the two inner products of a term. Where both sides have a row for each output it is computed tile by tile. Else it has fewer entries than M:
    /// it is computed for a whole piece beforehand, its columns repeated for the outputs.
    ///
    /// @param prepared which of the areas for such products is this one's, or −1
    private record Factor(View row, View column, boolean eachRow, boolean eachColumn, int prepared) {}

    private record Term(Factor first, Factor second, boolean plusOne) {}

    private final Precision precision;
    private final ProductKernel kernel;
    private final int outputs;
    private final int size;
    private final List<Term> terms = new ArrayList<>();
    /// Terms that are one inner product, of formed gradients say: they come first, and are long.
    private final List<Factor> plainTerms = new ArrayList<>();
    private final List<PositionTerm> positionTerms = new ArrayList<>();
    private final int preparedFactors;
    private final boolean symmetric;

    GramBlocks(Precision precision, List<GramTerm> terms, int outputs, int rowExamples, int columnExamples) {
        this.precision = precision;
        this.outputs = outputs;
        kernel = ProductKernel.of(precision);
        size = precision.sizeBytes();
        boolean sameSides = rowExamples == columnExamples;
        int prepared = 0;
        for (GramTerm term : terms) {
            if (term.positions() > 1) {
                var several = new PositionTerm(precision, term, outputs, rowExamples, columnExamples);
                positionTerms.add(several);
                sameSides &= several.isSymmetric();
                continue;
            }
            Factor first = factor(term.firstRow(), term.firstColumn(), rowExamples, columnExamples, prepared);
            prepared = Math.max(prepared, first.prepared + 1);
            Factor second = term.secondRow() == null ? null : factor(term.secondRow(), term.secondColumn(), rowExamples, columnExamples, prepared);
            prepared = second == null ? prepared : Math.max(prepared, second.prepared + 1);
            if (second == null && first.prepared < 0 && !term.plusOne()) {
                plainTerms.add(first);
            } else {
                this.terms.add(new Term(first, second, term.plusOne()));
            }
            sameSides &= first.row.equals(first.column) && (second == null || second.row.equals(second.column));
        }
        preparedFactors = prepared;
        symmetric = sameSides;
    }

    private Factor factor(Tensor rowSide, Tensor columnSide, int rowExamples, int columnExamples, int nextPrepared) {
        View row = View.of(rowSide, precision);
        View column = View.of(columnSide, precision);
        boolean eachRow = isForEachOutput(row, rowExamples);
        boolean eachColumn = isForEachOutput(column, columnExamples);
        return new Factor(row, column, eachRow, eachColumn, eachRow && eachColumn ? -1 : nextPrepared);
    }

    private boolean isForEachOutput(View factor, int examples) {
        if (factor.rows() != examples && factor.rows() != (long) examples * outputs) {
            throw new IllegalArgumentException(
                    "gram tile: a factor has " + factor.rows() + " rows, expected " + examples + " examples or " + examples + " x "
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

    /// Bytes of the largest piece.
    long pieceBytes() {
        return pieceLength() * size;
    }

    /// Bytes of scratch that [#compute] needs: the larger of what its two kinds of terms need.
    long scratchBytes() {
        return Math.max(termBytes(), positionTerms.stream().mapToLong(PositionTerm::scratchBytes).max().orElse(0));
    }

    /// Two tiles, a product before its columns are repeated, and the prepared products.
    private long termBytes() {
        return (preparedFactors * pieceLength() + 2 * TILE * TILE + (long) pieceExamples() * outputs * EXAMPLES) * size;
    }

    /// A piece of M, for the examples i, i+1, … (`height` of them) and j, j+1, … (`width`, up to [#EXAMPLES]), j a multiple of [#EXAMPLES]:
    /// (height·K, width·K) at address m.
    record Piece(int i, int height, int j, int width, long m) {}

    /// Computes pieces that have examples in common. Their long inner products go slice by slice through all pieces, so that a slice is read from memory once.
    void compute(List<Piece> pieces, long scratch) {
        boolean written = false;
        for (Factor factor : plainTerms) {
            int inner = factor.row.columns();
            int slice = new MatrixProduct(precision, false, true, EXAMPLES * outputs, inner).slice();
            for (int from = 0; from < inner; from += slice) {
                for (Piece piece : pieces) {
                    var product = new MatrixProduct(precision, false, true, piece.width * outputs, Math.min(slice, inner - from));
                    product.compute((long) piece.height * outputs, factor.row.rowAddress((long) piece.i * outputs) + (long) from * size, inner,
                            factor.column.rowAddress((long) piece.j * outputs) + (long) from * size, inner, written || from > 0, piece.m,
                            piece.width * outputs);
                }
            }
            written |= inner > 0;
        }
        for (Piece piece : pieces) {
            computeTerms(piece.i, piece.height, piece.j, piece.width, written, piece.m, scratch);
        }
    }

    private void computeTerms(int i, int height, int j, int width, boolean written, long m, long tiles) {
        long narrow = tiles + 2L * TILE * TILE * size;
        long prepared = narrow + (long) pieceExamples() * outputs * EXAMPLES * size;
        int rows = height * outputs;
        int columns = width * outputs;
        for (Term term : terms) {
            prepare(term.first, i, height, j, width, narrow, prepared);
            if (term.second != null) {
                prepare(term.second, i, height, j, width, narrow, prepared);
            }
        }
        for (int q = 0; q < columns; q += TILE) {
            for (int p = 0; p < rows; p += TILE) {
                computeTile(i, j, p, Math.min(TILE, rows - p), q, Math.min(TILE, columns - q), columns, written, m, tiles, prepared);
            }
        }
        for (PositionTerm term : positionTerms) {
            term.add(i, height, j, width, m, tiles);
        }
    }

    private void prepare(Factor factor, int i, int height, int j, int width, long narrow, long prepared) {
        if (factor.prepared < 0) {
            return;
        }
        int rows = factor.eachRow ? height * outputs : height;
        int columns = factor.eachColumn ? width * outputs : width;
        long area = prepared + factor.prepared * pieceLength() * size;
        multiply(factor, factor.eachRow ? (long) i * outputs : i, rows, factor.eachColumn ? (long) j * outputs : j, columns, false,
                factor.eachColumn ? area : narrow, columns);
        if (!factor.eachColumn) {
            kernel.repeat(narrow, (long) rows * columns, outputs, area);
        }
    }

    /// Rows p … and columns q … of the piece.
    private void computeTile(int i, int j, int p, int height, int q, int width, int pieceColumns, boolean begun, long m, long tiles, long prepared) {
        long tile = m + ((long) p * pieceColumns + q) * size;
        boolean written = begun;
        for (Term term : terms) {
            Factor first = term.first;
            Factor second = term.second;
            long firstRow = (long) i * outputs + p;
            long firstColumn = (long) j * outputs + q;
            long x = tiles;
            if (first.prepared < 0) {
                multiply(first, firstRow, height, firstColumn, width, false, x, TILE);
            } else {
                x = prepared + (first.prepared * pieceLength() + q) * size;
            }
            long y = 0;
            if (second != null && second.prepared < 0) {
                y = tiles + (long) TILE * TILE * size;
                multiply(second, firstRow, height, firstColumn, width, false, y, TILE);
            } else if (second != null) {
                y = prepared + (second.prepared * pieceLength() + q) * size;
            }
            ProductKernel.Rows left = rows(first, x, p, pieceColumns);
            ProductKernel.Rows right = second == null ? null : rows(second, y, p, pieceColumns);
            kernel.combine(left, right, term.plusOne ? 1 : 0, tile, (long) pieceColumns * size, height, width, written);
            written = true;
        }
        for (int row = 0; !written && row < height; row++) {
            kernel.constant(0, tile + (long) row * pieceColumns * size, width, false);
        }
    }

    /// The rows of the factor's product that serve the rows p, p+1, … of the piece.
    private ProductKernel.Rows rows(Factor factor, long address, int p, int pieceColumns) {
        return factor.prepared < 0
                ? new ProductKernel.Rows(address, (long) TILE * size, 0, 1)
                : new ProductKernel.Rows(address, (long) pieceColumns * size, p, factor.eachRow ? 1 : outputs);
    }

    private void multiply(Factor factor, long row, int rows, long column, int columns, boolean accumulate, long target, int stride) {
        int inner = factor.row.columns();
        if (inner == 0) {
            for (int r = 0; !accumulate && r < rows; r++) {
                kernel.constant(0, target + (long) r * stride * size, columns, false);
            }
            return;
        }
        new MatrixProduct(precision, false, true, columns, inner)
                .compute(rows, factor.row.rowAddress(row), inner, factor.column.rowAddress(column), inner, accumulate, target, stride);
    }
}
