package io.plumbline.backend.cuda;

import io.plumbline.backend.GramSums;

/// Sums of the examples of a tile on their way to the device and back: for each example ‖M_ij‖², ‖M_ij r_j‖², (r_iᵀ M_ij r_j)², M_ij r_j (K) and, where K > 1,
/// M_ij M_ijᵀ (K × K), summed over j; then, on the diagonal, four figures for each of M_ii.
final class GramState {
    /// Figures of M_ii: trace, form, squared norm, squared product.
    static final int DIAGONALS = 4;
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

    /// Where the figures of the columns' examples begin.
    int columns() {
        return same ? 0 : Math.multiplyExact(rowExamples, figures(sums.outputs));
    }

    /// Where the figures of M_ii begin.
    int diagonals() {
        return Math.addExact(columns(), Math.multiplyExact(columnExamples, figures(sums.outputs)));
    }

    /// How many numbers come back: all but the residuals.
    int results() {
        return Math.addExact(diagonals(), same ? Math.multiplyExact(rowExamples, DIAGONALS) : 0);
    }

    int rowResiduals() {
        return results();
    }

    int columnResiduals() {
        return same ? results() : results() + rowExamples * sums.outputs;
    }

    /// The sums so far, room for the figures of M_ii, and the residuals of the tile's examples.
    double[] values(double[] residuals) {
        int k = sums.outputs;
        double[] values = new double[Math.addExact(columnResiduals(), columnExamples * k)];
        move(values, rowFrom, rowExamples, 0, false);
        System.arraycopy(residuals, rowFrom * k, values, rowResiduals(), rowExamples * k);
        if (!same) {
            move(values, columnFrom, columnExamples, columns(), false);
            System.arraycopy(residuals, columnFrom * k, values, columnResiduals(), columnExamples * k);
        }
        return values;
    }

    /// Takes the sums back, and adds the figures of M_ii.
    void take(double[] values) {
        move(values, rowFrom, rowExamples, 0, true);
        if (!same) {
            move(values, columnFrom, columnExamples, columns(), true);
            return;
        }
        int at = diagonals();
        for (int i = rowFrom; i < rowFrom + rowExamples; i++) {
            sums.diagonalTrace[i] += values[at++];
            sums.diagonalForm[i] += values[at++];
            sums.diagonalNorm[i] += values[at++];
            sums.diagonalProduct[i] += values[at++];
        }
    }

    private void move(double[] values, int from, int examples, int first, boolean back) {
        int k = sums.outputs;
        move(sums.squaredNorm, 1, from, examples, values, first, back);
        move(sums.squaredProduct, 1, from, examples, values, first + 1, back);
        move(sums.squaredForm, 1, from, examples, values, first + 2, back);
        move(sums.product, k, from, examples, values, first + SCALARS, back);
        if (k > 1) {
            move(sums.block, k * k, from, examples, values, first + SCALARS + k, back);
        }
    }

    /// A field's `width` numbers of each example, to or from where they lie among its figures.
    private void move(double[] field, int width, int from, int examples, double[] values, int first, boolean back) {
        int figures = figures(sums.outputs);
        for (int i = 0; i < examples; i++) {
            for (int w = 0; w < width; w++) {
                if (back) {
                    field[(from + i) * width + w] = values[first + i * figures + w];
                } else {
                    values[first + i * figures + w] = field[(from + i) * width + w];
                }
            }
        }
    }
}
