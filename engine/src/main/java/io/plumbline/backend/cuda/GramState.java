package io.plumbline.backend.cuda;

import io.plumbline.backend.GramSums;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// Sums of the examples of a tile on their way to the device and back. There they lie field by field, as in [GramSums], so that arrays are copied whole:
///
/// ```
/// | residuals of rows | of columns | sums of rows | of columns | diagonals (rows, 4) |
///   └─────────────── sent ──────────────────────┘
///                                  └──────────────── received ─────────────────────┘
///   sums: squaredNorm (examples) | squaredProduct (examples) | squaredForm (examples) | product (examples, K) | block (examples, K, K) where K > 1
/// ```
///
/// All in double. Where both sides are the same examples there are no columns of their own, else no diagonals: trace, form, squared norm and squared product of M_ii.
final class GramState {
    private static final int DIAGONALS = 4;
    private static final int SCALARS = 3;

    private final GramSums sums;
    private final int rowFrom;
    private final int rowExamples;
    private final int columnFrom;
    private final int columnExamples;
    private final boolean same;

    /// @param columnFrom equal to `rowFrom` where both sides are the same examples
    GramState(GramSums sums, int rowFrom, int rowExamples, int columnFrom, int columnExamples) {
        this.sums = sums;
        this.rowFrom = rowFrom;
        this.rowExamples = rowExamples;
        this.columnFrom = columnFrom;
        this.columnExamples = columnExamples;
        same = rowFrom == columnFrom;
    }

    /// Of an example with its partners.
    static int figures(int outputs) {
        return SCALARS + outputs + (outputs > 1 ? outputs * outputs : 0);
    }

    int rowExamples() {
        return rowExamples;
    }

    int columnExamples() {
        return columnExamples;
    }

    /// Bytes from the beginning to the residuals of a row's example.
    long rowResiduals(int example) {
        return (long) example * sums.outputs * Double.BYTES;
    }

    /// Bytes from the beginning to the residuals of a column's example.
    long columnResiduals(int example) {
        return same ? rowResiduals(example) : rowResiduals(rowExamples + example);
    }

    /// Bytes from the beginning to the sums of rows.
    long rows() {
        return columnResiduals(columnExamples);
    }

    /// Bytes from the beginning to the sums of columns.
    long columns() {
        return same ? rows() : rows() + sumsBytes(rowExamples);
    }

    /// Bytes from the beginning to the diagonals from an example on.
    long diagonals(int example) {
        return columns() + sumsBytes(columnExamples) + (long) example * DIAGONALS * Double.BYTES;
    }

    long sizeBytes() {
        return diagonals(same ? rowExamples : 0);
    }

    private long sumsBytes(int examples) {
        return (long) examples * figures(sums.outputs) * Double.BYTES;
    }

    /// What goes to the device, to where it begins there.
    List<MemorySegment> sent(double[] residuals) {
        List<MemorySegment> sent = new ArrayList<>();
        sent.add(part(residuals, sums.outputs, rowFrom, rowExamples));
        if (!same) {
            sent.add(part(residuals, sums.outputs, columnFrom, columnExamples));
        }
        sent.addAll(allSums());
        return sent;
    }

    /// Takes back what lies from [#rows] on.
    void receive(DeviceScratch scratch, long rows) {
        List<MemorySegment> received = new ArrayList<>(allSums());
        double[] diagonals = new double[same ? rowExamples * DIAGONALS : 0];
        received.add(MemorySegment.ofArray(diagonals));
        scratch.download(rows, received);
        int at = 0;
        for (int i = rowFrom; at < diagonals.length; i++) {
            sums.diagonalTrace[i] += diagonals[at++];
            sums.diagonalForm[i] += diagonals[at++];
            sums.diagonalNorm[i] += diagonals[at++];
            sums.diagonalProduct[i] += diagonals[at++];
        }
    }

    private List<MemorySegment> allSums() {
        List<MemorySegment> all = new ArrayList<>(sumsOf(rowFrom, rowExamples));
        if (!same) {
            all.addAll(sumsOf(columnFrom, columnExamples));
        }
        return all;
    }

    private List<MemorySegment> sumsOf(int from, int examples) {
        int k = sums.outputs;
        return List.of(part(sums.squaredNorm, 1, from, examples), part(sums.squaredProduct, 1, from, examples),
                part(sums.squaredForm, 1, from, examples), part(sums.product, k, from, examples),
                k > 1 ? part(sums.block, k * k, from, examples) : MemorySegment.ofArray(sums.block));
    }

    /// The numbers of some examples in an array of `width` an example.
    private static MemorySegment part(double[] field, int width, int from, int examples) {
        return MemorySegment.ofArray(field).asSlice((long) from * width * Double.BYTES, (long) examples * width * Double.BYTES);
    }
}
