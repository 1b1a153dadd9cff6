package io.plumbline.backend.cpu;

import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;

/// [CopyKernel], loaded once for each precision by [Specialised].
final class CopyTemplate implements CopyKernel {
    private static final boolean DOUBLE = Specialised.data(MethodHandles.lookup(), Case.class).precision() == Precision.F64;
    private static final MemorySegment ALL = Memory.ALL;
    private static final int SIZE = DOUBLE ? Double.BYTES : Float.BYTES;

    CopyTemplate() {}

    @Override
    public void strided(double s, long x, long xStep, long out, long outStep, int count, boolean accumulate) {
        if (DOUBLE) {
            for (int i = 0; i < count; i++) {
                double value = s * ALL.get(ValueLayout.JAVA_DOUBLE, x + i * xStep);
                long target = out + i * outStep;
                ALL.set(ValueLayout.JAVA_DOUBLE, target, accumulate ? ALL.get(ValueLayout.JAVA_DOUBLE, target) + value : value);
            }
        } else {
            float factor = (float) s;
            for (int i = 0; i < count; i++) {
                float value = factor * ALL.get(ValueLayout.JAVA_FLOAT, x + i * xStep);
                long target = out + i * outStep;
                ALL.set(ValueLayout.JAVA_FLOAT, target, accumulate ? ALL.get(ValueLayout.JAVA_FLOAT, target) + value : value);
            }
        }
    }

    @Override
    public double sum(long x, int[] at) {
        double sum = 0;
        for (int index : at) {
            long from = x + (long) index * SIZE;
            sum += DOUBLE ? ALL.get(ValueLayout.JAVA_DOUBLE, from) : ALL.get(ValueLayout.JAVA_FLOAT, from);
        }
        return sum;
    }

    @Override
    public void put(double value, long out, boolean accumulate) {
        if (DOUBLE) {
            ALL.set(ValueLayout.JAVA_DOUBLE, out, accumulate ? ALL.get(ValueLayout.JAVA_DOUBLE, out) + value : value);
        } else {
            ALL.set(ValueLayout.JAVA_FLOAT, out, accumulate ? ALL.get(ValueLayout.JAVA_FLOAT, out) + (float) value : (float) value);
        }
    }
}
