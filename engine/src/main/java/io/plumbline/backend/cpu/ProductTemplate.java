package io.plumbline.backend.cpu;

import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/// [ProductKernel], loaded once for each precision by [Specialised]. `Number` stands for float or double.
///
/// Sums: lane l of an accumulator takes the columns ≡ l (mod lanes), products are exact in double where the operands are float.
@SuppressWarnings("unchecked")
final class ProductTemplate implements ProductKernel {
    private static final boolean DOUBLE = Specialised.data(MethodHandles.lookup(), Case.class).precision() == Precision.F64;
    private static final VectorSpecies<Double> WIDE = DoubleVector.SPECIES_PREFERRED;
    /// As many lanes as WIDE.
    private static final VectorSpecies<Float> HALF = VectorSpecies.of(float.class, VectorShape.forBitSize(WIDE.vectorBitSize() / 2));
    private static final VectorSpecies<Number> SPECIES = (VectorSpecies<Number>) (VectorSpecies<?>) (DOUBLE ? WIDE : FloatVector.SPECIES_PREFERRED);
    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final MemorySegment ALL = Memory.ALL;
    private static final int SIZE = DOUBLE ? Double.BYTES : Float.BYTES;
    private static final int STEP = SPECIES.vectorByteSize();
    private static final int LANES = WIDE.length();
    /// Bytes of as many numbers as a vector has doubles.
    private static final long WIDE_STEP = (long) LANES * SIZE;

    ProductTemplate() {}

    private static Vector<Number> splat(double value) {
        Vector<?> v = DOUBLE ? DoubleVector.broadcast(WIDE, value) : FloatVector.broadcast(FloatVector.SPECIES_PREFERRED, (float) value);
        return (Vector<Number>) v;
    }

    private static Vector<Number> load(long address) {
        return SPECIES.fromMemorySegment(ALL, address, ORDER);
    }

    private static Vector<Number> load(long address, VectorMask<Number> mask) {
        Vector<?> v = DOUBLE
                ? DoubleVector.fromMemorySegment(WIDE, ALL, address, ORDER, (VectorMask<Double>) (VectorMask<?>) mask)
                : FloatVector.fromMemorySegment(FloatVector.SPECIES_PREFERRED, ALL, address, ORDER, (VectorMask<Float>) (VectorMask<?>) mask);
        return (Vector<Number>) v;
    }

    private static void store(Vector<Number> value, long address, boolean accumulate) {
        (accumulate ? load(address).add(value) : value).intoMemorySegment(ALL, address, ORDER);
    }

    private static void store(Vector<Number> value, long address, VectorMask<Number> mask, boolean accumulate) {
        (accumulate ? load(address, mask).add(value) : value).intoMemorySegment(ALL, address, ORDER, mask);
    }

    /// The lanes that are left of a range whose last `sizeBytes` bytes do not fill a vector.
    private static VectorMask<Number> tail(long sizeBytes) {
        return SPECIES.indexInRange(0, (int) (sizeBytes / SIZE));
    }

    @Override
    public void constant(double s, long out, long count, boolean accumulate) {
        Vector<Number> value = splat(s);
        long sizeBytes = count * SIZE;
        long at = 0;
        for (; at <= sizeBytes - STEP; at += STEP) {
            store(value, out + at, accumulate);
        }
        if (at < sizeBytes) {
            store(value, out + at, tail(sizeBytes - at), accumulate);
        }
    }

    @Override
    public void scaled(double s, long x, long out, long count, boolean accumulate) {
        Vector<Number> factor = splat(s);
        long sizeBytes = count * SIZE;
        long at = 0;
        for (; at <= sizeBytes - STEP; at += STEP) {
            store(load(x + at).mul(factor), out + at, accumulate);
        }
        if (at < sizeBytes) {
            VectorMask<Number> mask = tail(sizeBytes - at);
            store(load(x + at, mask).mul(factor), out + at, mask, accumulate);
        }
    }

    @Override
    public void scaledTwice(double s, double t, long x, long out, long count, boolean accumulate) {
        Vector<Number> first = splat(s);
        Vector<Number> second = splat(t);
        long sizeBytes = count * SIZE;
        long at = 0;
        for (; at <= sizeBytes - STEP; at += STEP) {
            store(load(x + at).mul(first).mul(second), out + at, accumulate);
        }
        if (at < sizeBytes) {
            VectorMask<Number> mask = tail(sizeBytes - at);
            store(load(x + at, mask).mul(first).mul(second), out + at, mask, accumulate);
        }
    }

    @Override
    public void product(double s, long x, long y, long out, long count, boolean accumulate) {
        Vector<Number> factor = splat(s);
        long sizeBytes = count * SIZE;
        long at = 0;
        for (; at <= sizeBytes - STEP; at += STEP) {
            store(load(x + at).mul(factor).mul(load(y + at)), out + at, accumulate);
        }
        if (at < sizeBytes) {
            VectorMask<Number> mask = tail(sizeBytes - at);
            store(load(x + at, mask).mul(factor).mul(load(y + at, mask)), out + at, mask, accumulate);
        }
    }

    @Override
    public void outer(long a, int r, long b, int c, long out, boolean accumulate) {
        if (c == 1) {
            scaled(number(b), a, out, r, accumulate);
            return;
        }
        for (int i = 0; i < r; i++) {
            scaled(number(a + (long) i * SIZE), b, out + (long) i * c * SIZE, c, accumulate);
        }
    }

    private static double number(long address) {
        return DOUBLE ? ALL.get(ValueLayout.JAVA_DOUBLE, address) : ALL.get(ValueLayout.JAVA_FLOAT, address);
    }

    private static DoubleVector wide(long address) {
        return DOUBLE
                ? DoubleVector.fromMemorySegment(WIDE, ALL, address, ORDER)
                : (DoubleVector) FloatVector.fromMemorySegment(HALF, ALL, address, ORDER).convertShape(VectorOperators.F2D, WIDE, 0);
    }

    /// Lanes from `count` on are 0.
    private static DoubleVector wide(long address, int count) {
        return DOUBLE
                ? DoubleVector.fromMemorySegment(WIDE, ALL, address, ORDER, WIDE.indexInRange(0, count))
                : (DoubleVector) FloatVector.fromMemorySegment(HALF, ALL, address, ORDER, HALF.indexInRange(0, count))
                        .convertShape(VectorOperators.F2D, WIDE, 0);
    }

    private static void storeRounded(DoubleVector value, long address, boolean accumulate) {
        if (DOUBLE) {
            (accumulate ? wide(address).add(value) : value).intoMemorySegment(ALL, address, ORDER);
        } else {
            var rounded = (FloatVector) value.convertShape(VectorOperators.D2F, HALF, 0);
            (accumulate ? FloatVector.fromMemorySegment(HALF, ALL, address, ORDER).add(rounded) : rounded).intoMemorySegment(ALL, address, ORDER);
        }
    }

    private static void storeRounded(DoubleVector value, long address, int count, boolean accumulate) {
        if (DOUBLE) {
            var mask = WIDE.indexInRange(0, count);
            (accumulate ? wide(address, count).add(value) : value).intoMemorySegment(ALL, address, ORDER, mask);
        } else {
            var mask = HALF.indexInRange(0, count);
            var rounded = (FloatVector) value.convertShape(VectorOperators.D2F, HALF, 0);
            (accumulate ? FloatVector.fromMemorySegment(HALF, ALL, address, ORDER, mask).add(rounded) : rounded)
                    .intoMemorySegment(ALL, address, ORDER, mask);
        }
    }

    @Override
    public void sumOfRows(int rows, double[] s, long[] x, long[] y, long out, long count, boolean accumulate) {
        long sizeBytes = count * SIZE;
        long at = 0;
        for (; at <= sizeBytes - 4 * WIDE_STEP; at += 4 * WIDE_STEP) {
            DoubleVector sum0 = DoubleVector.zero(WIDE);
            DoubleVector sum1 = sum0;
            DoubleVector sum2 = sum0;
            DoubleVector sum3 = sum0;
            for (int row = 0; row < rows; row++) {
                long p = x[row] + at;
                DoubleVector factor = DoubleVector.broadcast(WIDE, s[row]);
                if (y == null) {
                    sum0 = wide(p).fma(factor, sum0);
                    sum1 = wide(p + WIDE_STEP).fma(factor, sum1);
                    sum2 = wide(p + 2 * WIDE_STEP).fma(factor, sum2);
                    sum3 = wide(p + 3 * WIDE_STEP).fma(factor, sum3);
                } else {
                    long q = y[row] + at;
                    sum0 = wide(p).mul(wide(q)).fma(factor, sum0);
                    sum1 = wide(p + WIDE_STEP).mul(wide(q + WIDE_STEP)).fma(factor, sum1);
                    sum2 = wide(p + 2 * WIDE_STEP).mul(wide(q + 2 * WIDE_STEP)).fma(factor, sum2);
                    sum3 = wide(p + 3 * WIDE_STEP).mul(wide(q + 3 * WIDE_STEP)).fma(factor, sum3);
                }
            }
            storeRounded(sum0, out + at, accumulate);
            storeRounded(sum1, out + at + WIDE_STEP, accumulate);
            storeRounded(sum2, out + at + 2 * WIDE_STEP, accumulate);
            storeRounded(sum3, out + at + 3 * WIDE_STEP, accumulate);
        }
        for (; at < sizeBytes; at += WIDE_STEP) {
            int left = (int) Math.min(LANES, (sizeBytes - at) / SIZE);
            DoubleVector sum = DoubleVector.zero(WIDE);
            for (int row = 0; row < rows; row++) {
                DoubleVector value = wide(x[row] + at, left);
                DoubleVector term = y == null ? value : value.mul(wide(y[row] + at, left));
                sum = term.fma(DoubleVector.broadcast(WIDE, s[row]), sum);
            }
            storeRounded(sum, out + at, left, accumulate);
        }
    }

    @Override
    public double sum(int rows, double[] s, long[] x, long[] y, long count, double[] lanes) {
        long sizeBytes = count * SIZE;
        DoubleVector sum0 = DoubleVector.zero(WIDE);
        DoubleVector sum1 = sum0;
        DoubleVector sum2 = sum0;
        DoubleVector sum3 = sum0;
        for (int row = 0; row < rows; row++) {
            DoubleVector factor = DoubleVector.broadcast(WIDE, s[row]);
            long p = x[row];
            long q = y == null ? 0 : y[row];
            long at = 0;
            if (y == null) {
                for (; at <= sizeBytes - 4 * WIDE_STEP; at += 4 * WIDE_STEP) {
                    sum0 = wide(p + at).fma(factor, sum0);
                    sum1 = wide(p + at + WIDE_STEP).fma(factor, sum1);
                    sum2 = wide(p + at + 2 * WIDE_STEP).fma(factor, sum2);
                    sum3 = wide(p + at + 3 * WIDE_STEP).fma(factor, sum3);
                }
            } else {
                for (; at <= sizeBytes - 4 * WIDE_STEP; at += 4 * WIDE_STEP) {
                    sum0 = wide(p + at).mul(wide(q + at)).fma(factor, sum0);
                    sum1 = wide(p + at + WIDE_STEP).mul(wide(q + at + WIDE_STEP)).fma(factor, sum1);
                    sum2 = wide(p + at + 2 * WIDE_STEP).mul(wide(q + at + 2 * WIDE_STEP)).fma(factor, sum2);
                    sum3 = wide(p + at + 3 * WIDE_STEP).mul(wide(q + at + 3 * WIDE_STEP)).fma(factor, sum3);
                }
            }
            for (; at < sizeBytes; at += WIDE_STEP) {
                int left = (int) Math.min(LANES, (sizeBytes - at) / SIZE);
                DoubleVector value = wide(p + at, left);
                DoubleVector term = y == null ? value : value.mul(wide(q + at, left));
                // Only these lanes: 0 · ∞ in the others would be NaN.
                sum0 = sum0.blend(term.fma(factor, sum0), WIDE.indexInRange(0, left));
            }
        }
        // reduceLanes may add in any order, and in another one once compiled.
        sum0.add(sum1).add(sum2.add(sum3)).intoArray(lanes, 0);
        double sum = 0;
        for (int l = 0; l < LANES; l++) {
            sum += lanes[l];
        }
        return sum;
    }

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void widen(long source, long target, long count) {
        long i = 0;
        for (; i <= count - LANES; i += LANES) {
            wide(source + i * SIZE).intoMemorySegment(ALL, target + i * Double.BYTES, ORDER);
        }
        if (i < count) {
            int left = (int) (count - i);
            wide(source + i * SIZE, left).intoMemorySegment(ALL, target + i * Double.BYTES, ORDER, WIDE.indexInRange(0, left));
        }
    }

    @Override
    public void repeat(long source, long count, int times, long target) {
        long to = target;
        for (long i = 0; i < count; i++) {
            if (DOUBLE) {
                double value = ALL.get(ValueLayout.JAVA_DOUBLE, source + i * SIZE);
                for (int t = 0; t < times; t++, to += SIZE) {
                    ALL.set(ValueLayout.JAVA_DOUBLE, to, value);
                }
            } else {
                float value = ALL.get(ValueLayout.JAVA_FLOAT, source + i * SIZE);
                for (int t = 0; t < times; t++, to += SIZE) {
                    ALL.set(ValueLayout.JAVA_FLOAT, to, value);
                }
            }
        }
    }

    @Override
    public void combine(Rows x, Rows y, double shift, long m, long stride, int rows, long count, boolean accumulate) {
        Vector<Number> added = splat(y == null ? 1 + shift : shift);
        long sizeBytes = count * SIZE;
        for (int row = 0; row < rows; row++) {
            long left = x.at(row);
            long right = y == null ? 0 : y.at(row);
            long into = m + row * stride;
            long at = 0;
            for (; at <= sizeBytes - STEP; at += STEP) {
                Vector<Number> factor = y == null ? added : load(right + at).add(added);
                store(factor.mul(load(left + at)), into + at, accumulate);
            }
            if (at < sizeBytes) {
                VectorMask<Number> mask = tail(sizeBytes - at);
                Vector<Number> factor = y == null ? added : load(right + at, mask).add(added);
                store(factor.mul(load(left + at, mask)), into + at, mask, accumulate);
            }
        }
    }

    @Override
    public void moments(int rows, double[] s, int from, long x, long stride, long count, long v, long squares) {
        for (long j = 0; j < count; j += LANES) {
            int left = (int) Math.min(LANES, count - j);
            DoubleVector sum = DoubleVector.zero(WIDE);
            DoubleVector square = sum;
            for (int k = 0; k < rows; k++) {
                long p = x + k * stride + j * SIZE;
                DoubleVector value = left == LANES ? wide(p) : wide(p, left);
                sum = value.fma(DoubleVector.broadcast(WIDE, s[from + k]), sum);
                square = value.fma(value, square);
            }
            var mask = WIDE.indexInRange(0, left);
            sum.intoMemorySegment(ALL, v + j * Double.BYTES, ORDER, mask);
            square.intoMemorySegment(ALL, squares + j * Double.BYTES, ORDER, mask);
        }
    }
}
