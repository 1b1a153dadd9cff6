package io.plumbline.backend.cpu;

import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.D2F;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.F2D;
import static jdk.incubator.vector.VectorOperators.LE;

import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// [PoolKernel], loaded once for each precision by [Specialised]. `Number` stands for float or double, and for the integer as wide.
@SuppressWarnings("unchecked")
final class PoolTemplate implements PoolKernel {
    private static final boolean DOUBLE = Specialised.data(MethodHandles.lookup(), Case.class).precision() == Precision.F64;
    private static final VectorSpecies<Number> SPECIES = Lanes.species(DOUBLE);
    private static final VectorSpecies<Number> INDICES = (VectorSpecies<Number>) (VectorSpecies<?>) (DOUBLE
            ? LongVector.SPECIES_PREFERRED
            : IntVector.SPECIES_PREFERRED);
    private static final VectorSpecies<Double> WIDE = DoubleVector.SPECIES_PREFERRED;
    /// As many lanes as WIDE.
    private static final VectorSpecies<Float> HALF = VectorSpecies.of(float.class, VectorShape.forBitSize(WIDE.vectorBitSize() / 2));
    private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
    private static final MemorySegment ALL = Memory.ALL;
    private static final int SIZE = SPECIES.elementSize() / Byte.SIZE;
    private static final int LANES = SPECIES.length();
    private static final int WIDE_LANES = WIDE.length();

    private static final Vector<Number> ONES = INDICES.zero().addIndex(1);
    private static final Vector<Number> TWOS = INDICES.zero().addIndex(2);
    /// Every other number of two vectors.
    private static final VectorShuffle<Number> EVEN = SPECIES.shuffleFromOp(lane -> 2 * lane);

    PoolTemplate() {}

    private static double number(long address) {
        return DOUBLE ? ALL.get(ValueLayout.JAVA_DOUBLE, address) : ALL.get(ValueLayout.JAVA_FLOAT, address);
    }

    private static void set(long address, double value, boolean accumulate) {
        if (DOUBLE) {
            ALL.set(ValueLayout.JAVA_DOUBLE, address, accumulate ? ALL.get(ValueLayout.JAVA_DOUBLE, address) + value : value);
        } else {
            ALL.set(ValueLayout.JAVA_FLOAT, address, accumulate ? ALL.get(ValueLayout.JAVA_FLOAT, address) + (float) value : (float) value);
        }
    }

    private static long index(long address) {
        return DOUBLE ? ALL.get(ValueLayout.JAVA_LONG, address) : ALL.get(ValueLayout.JAVA_INT, address);
    }

    @Override
    public void largest(long x, int first, int rows, int rowStep, int columns, int columnStep, int stride, int count, long at) {
        if (stride == 1 && count > 1) {
            largestOfNeighbours(x, first, rows, rowStep, columns, columnStep, count, at);
        } else if (stride == 2 && count > 1) {
            largestOfEveryOther(x, first, rows, rowStep, columns, columnStep, count, at);
        } else {
            for (int i = 0; i < count; i++) {
                largestOfOne(x, first + i * stride, rows, rowStep, columns, columnStep, at + (long) i * SIZE);
            }
        }
    }

    private static void largestOfOne(long x, int first, int rows, int rowStep, int columns, int columnStep, long at) {
        int best = first;
        double largest = Double.NEGATIVE_INFINITY;
        for (int k = 0; k < rows; k++) {
            for (int l = 0; l < columns; l++) {
                int from = first + k * rowStep + l * columnStep;
                double value = number(x + (long) from * SIZE);
                if (!(value <= largest) && !Double.isNaN(largest)) {
                    largest = value;
                    best = from;
                }
            }
        }
        if (DOUBLE) {
            ALL.set(ValueLayout.JAVA_LONG, at, best);
        } else {
            ALL.set(ValueLayout.JAVA_INT, at, best);
        }
    }

    // Lane i holds window i, and takes what is larger than its best so far, or NaN where that is not. What goes round a loop begins as the result of an
    // operation: C2 boxes it where it begins as a constant.

    /// Of windows one entry apart.
    private static void largestOfNeighbours(long x, int first, int rows, int rowStep, int columns, int columnStep, int count, long at) {
        for (int i = 0; i < count; i += LANES) {
            long from = x + (long) (first + i) * SIZE;
            Vector<Number> best = SPECIES.fromMemorySegment(ALL, from, NATIVE);
            Vector<Number> offsets = SPECIES.broadcast(0);
            for (int k = 0; k < rows; k++) {
                for (int l = 0; l < columns; l++) {
                    int offset = k * rowStep + l * columnStep;
                    Vector<Number> value = SPECIES.fromMemorySegment(ALL, from + (long) offset * SIZE, NATIVE);
                    VectorMask<Number> better = value.compare(LE, best).not().and(best.compare(EQ, best));
                    best = best.blend(value, better);
                    offsets = offsets.blend((Vector<Number>) INDICES.broadcast(offset).viewAsFloatingLanes(), better);
                }
            }
            ((Vector<Number>) offsets.viewAsIntegralLanes()).add(ONES).lanewise(ADD, first + i)
                    .intoMemorySegment(ALL, at + (long) i * SIZE, NATIVE);
        }
    }

    /// Of windows two entries apart.
    private static void largestOfEveryOther(long x, int first, int rows, int rowStep, int columns, int columnStep, int count, long at) {
        for (int i = 0; i < count; i += LANES) {
            long from = x + (long) (first + 2 * i) * SIZE;
            Vector<Number> best = SPECIES.fromMemorySegment(ALL, from, NATIVE)
                    .rearrange(EVEN, SPECIES.fromMemorySegment(ALL, from + (long) LANES * SIZE, NATIVE));
            Vector<Number> offsets = SPECIES.broadcast(0);
            for (int k = 0; k < rows; k++) {
                for (int l = 0; l < columns; l++) {
                    int offset = k * rowStep + l * columnStep;
                    long left = from + (long) offset * SIZE;
                    Vector<Number> value = SPECIES.fromMemorySegment(ALL, left, NATIVE)
                            .rearrange(EVEN, SPECIES.fromMemorySegment(ALL, left + (long) LANES * SIZE, NATIVE));
                    VectorMask<Number> better = value.compare(LE, best).not().and(best.compare(EQ, best));
                    best = best.blend(value, better);
                    offsets = offsets.blend((Vector<Number>) INDICES.broadcast(offset).viewAsFloatingLanes(), better);
                }
            }
            ((Vector<Number>) offsets.viewAsIntegralLanes()).add(TWOS).lanewise(ADD, first + 2 * i)
                    .intoMemorySegment(ALL, at + (long) i * SIZE, NATIVE);
        }
    }

    @Override
    public void pick(long x, long at, int count, boolean accumulate, long out) {
        for (long i = 0; i < (long) count * SIZE; i += SIZE) {
            set(out + i, number(x + index(at + i) * SIZE), accumulate);
        }
    }

    @Override
    public void place(long y, long at, int count, boolean accumulate, long out) {
        for (long i = 0; i < (long) count * SIZE; i += SIZE) {
            set(out + index(at + i) * SIZE, number(y + i), accumulate);
        }
    }

    @Override
    public void addAt(long y, long at, int count, long sums) {
        for (long i = 0; i < (long) count * SIZE; i += SIZE) {
            long target = sums + index(at + i) * Double.BYTES;
            Memory.setDouble(target, Memory.getDouble(target) + number(y + i));
        }
    }

    /// The numbers at `address`, widened; lanes from `count` on are 0.
    private static DoubleVector wide(long address, int count) {
        return DOUBLE
                ? DoubleVector.fromMemorySegment(WIDE, ALL, address, NATIVE, WIDE.indexInRange(0, count))
                : (DoubleVector) FloatVector.fromMemorySegment(HALF, ALL, address, NATIVE, HALF.indexInRange(0, count)).convertShape(F2D, WIDE, 0);
    }

    private static DoubleVector doubles(long address, int count) {
        return DoubleVector.fromMemorySegment(WIDE, ALL, address, NATIVE, WIDE.indexInRange(0, count));
    }

    private static void store(DoubleVector value, long address, int count, boolean accumulate) {
        if (DOUBLE) {
            (accumulate ? wide(address, count).add(value) : value).intoMemorySegment(ALL, address, NATIVE, WIDE.indexInRange(0, count));
        } else {
            var mask = HALF.indexInRange(0, count);
            var rounded = (FloatVector) value.convertShape(D2F, HALF, 0);
            (accumulate ? FloatVector.fromMemorySegment(HALF, ALL, address, NATIVE, mask).add(rounded) : rounded)
                    .intoMemorySegment(ALL, address, NATIVE, mask);
        }
    }

    @Override
    public void columnSums(long x, int rows, long step, int count, long sums) {
        for (int j = 0; j < count; j += WIDE_LANES) {
            DoubleVector sum = DoubleVector.zero(WIDE);
            for (int k = 0; k < rows; k++) {
                sum = sum.add(wide(x + (k * step + j) * SIZE, count - j));
            }
            sum.intoMemorySegment(ALL, sums + (long) j * Double.BYTES, NATIVE, WIDE.indexInRange(0, count - j));
        }
    }

    @Override
    public void roundedSums(int rows, long[] x, long count, boolean accumulate, long out) {
        for (long j = 0; j < count; j += WIDE_LANES) {
            int left = (int) Math.min(WIDE_LANES, count - j);
            DoubleVector sum = DoubleVector.zero(WIDE);
            for (int row = 0; row < rows; row++) {
                sum = sum.add(doubles(x[row] + j * Double.BYTES, left));
            }
            store(sum, out + j * SIZE, left, accumulate);
        }
    }

    @Override
    public void quotients(long sums, long divisors, long count, boolean accumulate, long out) {
        for (long j = 0; j < count; j += WIDE_LANES) {
            int left = (int) Math.min(WIDE_LANES, count - j);
            DoubleVector quotient = doubles(sums + j * Double.BYTES, left).div(doubles(divisors + j * Double.BYTES, left));
            store(quotient, out + j * SIZE, left, accumulate);
        }
    }

    @Override
    public void wideQuotients(long y, long divisors, long count, long quotients) {
        for (long j = 0; j < count; j += WIDE_LANES) {
            int left = (int) Math.min(WIDE_LANES, count - j);
            wide(y + j * SIZE, left).div(doubles(divisors + j * Double.BYTES, left))
                    .intoMemorySegment(ALL, quotients + j * Double.BYTES, NATIVE, WIDE.indexInRange(0, left));
        }
    }
}
