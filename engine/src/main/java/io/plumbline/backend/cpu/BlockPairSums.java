package io.plumbline.backend.cpu;

import io.plumbline.memory.Precision;

/// [PairSums] for K > 1 outputs. For a piece D of M in double, rows (i,k), columns (j,l):
///
/// - v_ij = M_ijᵀ r_i and the column sums of D∘D come from whole rows of D; ‖M_ij‖², w_ij = v_ij·r_j, and the column side's ‖v_ij‖² and Σ v_ij from them;
/// - u_ij = M_ij r_j for the row side, K numbers at a time;
/// - Σ_j M_ij M_ijᵀ = D_i D_iᵀ and Σ_i M_ijᵀ M_ij = D_jᵀ D_j are small matrix products.
final class BlockPairSums implements PairSums {
    private static final ProductKernel DOUBLES = ProductKernel.of(Precision.F64);

    private final ProductKernel kernel;
    private final boolean isDouble;
    private final int outputs;
    private final int size;
    private final int blockOffset;
    private final long piece;
    private final long products;
    private final long squares;
    private final long slabLength;

    /// @param scratch where [#scratchBytes] bytes lie
    BlockPairSums(Precision precision, int outputs, int pieceExamples, long scratch) {
        kernel = ProductKernel.of(precision);
        isDouble = precision == Precision.F64;
        this.outputs = outputs;
        size = precision.sizeBytes();
        blockOffset = PairSums.block(outputs);
        slabLength = (long) pieceExamples * outputs * EXAMPLES * outputs;
        piece = scratch;
        products = scratch + slabLength * Double.BYTES;
        squares = products + (long) EXAMPLES * outputs * Double.BYTES;
    }

    static long scratchBytes(int outputs, int pieceExamples) {
        return ((long) pieceExamples * outputs + 2) * EXAMPLES * outputs * Double.BYTES;
    }

    @Override
    public void add(long m, int from, int height, Side row, Side column, double[] residuals, long rowSlot, long columnSlot) {
        int width = column.examples() * outputs;
        long rowBytes = (long) width * Double.BYTES;
        long d = isDouble ? m : piece;
        if (!isDouble) {
            kernel.widen(m, d, (long) height * outputs * width);
        }
        for (int i = 0; i < height; i++) {
            long rows = d + (long) i * outputs * rowBytes;
            long first = m + (long) i * outputs * width * size;
            kernel.moments(outputs, residuals, row.residual() + (from + i) * outputs, first, (long) width * size, width, products, squares);
            addVectors(rows, rowBytes, from + i, column, residuals, rowSlot, columnSlot);
            long block = rowSlot + (blockOffset + (long) (from + i) * outputs * outputs) * Double.BYTES;
            OpenBlas.multiply(Precision.F64, false, true, outputs, outputs, width, rows, width, rows, width, false, block, outputs);
        }
        for (int j = 0; columnSlot != 0 && j < column.examples(); j++) {
            long columns = d + (long) j * outputs * Double.BYTES;
            long block = columnSlot + (blockOffset + (long) j * outputs * outputs) * Double.BYTES;
            OpenBlas.multiply(Precision.F64, true, false, outputs, outputs, height * outputs, columns, width, columns, width, from > 0, block,
                    outputs);
        }
    }

    /// All but the blocks, for example i of the row side against the whole column side; `rows` are its K rows.
    private void addVectors(long rows, long rowBytes, int i, Side column, double[] residuals, long rowSlot, long columnSlot) {
        int width = column.examples() * outputs;
        double norm = 0;
        double squaredForm = 0;
        double squaredProduct = 0;
        for (int j = 0; j < column.examples(); j++) {
            double pairNorm = 0;
            double form = 0;
            double length = 0;
            for (int l = 0; l < outputs; l++) {
                int q = j * outputs + l;
                double v = Memory.getDouble(products + (long) q * Double.BYTES);
                pairNorm += Memory.getDouble(squares + (long) q * Double.BYTES);
                form += v * residuals[column.residual() + q];
                length += v * v;
            }
            norm += pairNorm;
            squaredForm += form * form;
            if (columnSlot != 0) {
                add(columnSlot, SQUARED_NORM + j, pairNorm);
                add(columnSlot, SQUARED_FORM + j, form * form);
                add(columnSlot, SQUARED_PRODUCT + j, length);
            } else if (i == j) {
                add(rowSlot, DIAGONAL_FORM + i, form);
                add(rowSlot, DIAGONAL_NORM + i, pairNorm);
                for (int k = 0; k < outputs; k++) {
                    add(rowSlot, TRACE + i, Memory.getDouble(rows + k * rowBytes + ((long) j * outputs + k) * Double.BYTES));
                }
            }
        }
        for (int k = 0; k < outputs; k++) {
            double sum = 0;
            for (int j = 0; j < column.examples(); j++) {
                double u = 0;
                for (int l = 0; l < outputs; l++) {
                    int q = j * outputs + l;
                    u += Memory.getDouble(rows + k * rowBytes + (long) q * Double.BYTES) * residuals[column.residual() + q];
                }
                sum += u;
                squaredProduct += u * u;
                if (columnSlot == 0 && i == j) {
                    add(rowSlot, DIAGONAL_PRODUCT + i, u * u);
                }
            }
            add(rowSlot, PRODUCT + i * outputs + k, sum);
        }
        add(rowSlot, SQUARED_NORM + i, norm);
        add(rowSlot, SQUARED_FORM + i, squaredForm);
        add(rowSlot, SQUARED_PRODUCT + i, squaredProduct);
        if (columnSlot != 0) {
            DOUBLES.scaled(1, products, columnSlot + (long) PRODUCT * Double.BYTES, width, true);
        }
    }

    private static void add(long slot, int index, double value) {
        long address = slot + (long) index * Double.BYTES;
        Memory.setDouble(address, Memory.getDouble(address) + value);
    }
}
