package io.plumbline.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.VectorSpecies;

/// [PairSums] for one output, where M_ij and r_j are numbers: with t = M_ij r_j, Σ_j M_ij², Σ t, Σ t², and Σ (r_i t)² = r_i² Σ t².
///
/// A block is widened into 32 × 32 doubles, zeros where there are fewer examples, and into their transpose: both sides then add along rows.
final class ScalarPairSums implements PairSums {
    private static final VectorSpecies<Double> SPECIES = DoubleVector.SPECIES_PREFERRED;
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final MemorySegment ALL = Memory.ALL;
    private static final long ROW_BYTES = (long) EXAMPLES * Double.BYTES;

    private final ProductKernel kernel;
    private final int size;
    private final long block;
    private final long transposed;

    /// @param scratch where [#SCRATCH_BYTES] bytes lie
    ScalarPairSums(ProductKernel kernel, int size, long scratch) {
        this.kernel = kernel;
        this.size = size;
        block = scratch;
        transposed = scratch + EXAMPLES * ROW_BYTES;
    }

    static final long SCRATCH_BYTES = 2 * EXAMPLES * ROW_BYTES;

    @Override
    public void add(long m, int piece, int height, Side row, Side column, double[] residuals, long rowSlot, long columnSlot) {
        ALL.asSlice(block, SCRATCH_BYTES).fill((byte) 0);
        int width = column.examples();
        for (int i = 0; i < height; i++) {
            kernel.widen(m + (long) i * width * size, block + i * ROW_BYTES, width);
        }
        for (int i = 0; i < height; i++) {
            for (int j = 0; j < width; j++) {
                Memory.setDouble(transposed + j * ROW_BYTES + (long) i * Double.BYTES,
                        Memory.getDouble(block + i * ROW_BYTES + (long) j * Double.BYTES));
            }
        }
        addRows(transposed, column, row, residuals, rowSlot);
        if (columnSlot != 0) {
            addRows(block, row, column, residuals, columnSlot);
        } else {
            for (int i = 0; i < height; i++) {
                double r = residuals[row.residual() + i];
                double value = Memory.getDouble(block + i * (ROW_BYTES + Double.BYTES));
                Memory.setDouble(rowSlot + (TRACE + i) * (long) Double.BYTES, value);
                Memory.setDouble(rowSlot + (DIAGONAL_FORM + i) * (long) Double.BYTES, r * value * r);
                Memory.setDouble(rowSlot + (DIAGONAL_NORM + i) * (long) Double.BYTES, value * value);
                Memory.setDouble(rowSlot + (DIAGONAL_PRODUCT + i) * (long) Double.BYTES, value * r * value * r);
            }
        }
    }

    /// Adds the rows of a block, one for each example of `partner`, to the slot of the examples `self` that its columns stand for.
    private static void addRows(long rows, Side partner, Side self, double[] residuals, long slot) {
        for (long at = 0; at < ROW_BYTES; at += SPECIES.vectorByteSize()) {
            DoubleVector squares = DoubleVector.zero(SPECIES);
            DoubleVector products = squares;
            DoubleVector squaredProducts = squares;
            for (int j = 0; j < partner.examples(); j++) {
                DoubleVector value = DoubleVector.fromMemorySegment(SPECIES, ALL, rows + j * ROW_BYTES + at, ORDER);
                DoubleVector product = value.mul(residuals[partner.residual() + j]);
                squares = value.fma(value, squares);
                products = products.add(product);
                squaredProducts = product.fma(product, squaredProducts);
            }
            squares.intoMemorySegment(ALL, slot + (long) SQUARED_NORM * Double.BYTES + at, ORDER);
            products.intoMemorySegment(ALL, slot + (long) PRODUCT * Double.BYTES + at, ORDER);
            squaredProducts.intoMemorySegment(ALL, slot + (long) SQUARED_PRODUCT * Double.BYTES + at, ORDER);
        }
        for (int i = 0; i < self.examples(); i++) {
            double r = residuals[self.residual() + i];
            double squaredProduct = ALL.get(ValueLayout.JAVA_DOUBLE, slot + (SQUARED_PRODUCT + i) * (long) Double.BYTES);
            Memory.setDouble(slot + (SQUARED_FORM + i) * (long) Double.BYTES, r * r * squaredProduct);
        }
    }
}
