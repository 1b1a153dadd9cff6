package io.plumbline.backend.cpu;

import io.plumbline.backend.Tensor;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Native memory by address. One segment that spans everything lets C2 drop the checks of bounds and lifetime from inner loops;
/// so addresses come only from [#address], which has checked the tensor, and whoever calls a backend keeps its buffers open meanwhile.
final class Memory {
    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private Memory() {}

    /// Where the tensor's first number lies.
    ///
    /// @throws IllegalArgumentException if it is not in host memory or of another precision
    /// @throws IllegalStateException if its buffer is closed
    static long address(Tensor t, Precision precision) {
        if (!(t.buffer() instanceof HostBuffer host) || host.precision() != precision) {
            throw new IllegalArgumentException(
                    "cpu: a tensor " + t.shape() + " is in " + t.buffer().getClass().getSimpleName() + " of " + t.precision().label()
                            + ", expected host memory of "
                            + precision.label());
        }
        return address(host.segment()) + t.offset() * precision.sizeBytes();
    }

    /// Where the segment begins.
    ///
    /// @throws IllegalStateException if it is closed
    static long address(MemorySegment segment) {
        if (!segment.scope().isAlive()) {
            throw new IllegalStateException("cpu: a buffer is used after it was closed");
        }
        return segment.address();
    }

    static double get(Precision precision, long address) {
        return precision == Precision.F32 ? ALL.get(ValueLayout.JAVA_FLOAT, address) : ALL.get(ValueLayout.JAVA_DOUBLE, address);
    }

    /// Rounds to the precision.
    static void set(Precision precision, long address, double value) {
        if (precision == Precision.F32) {
            ALL.set(ValueLayout.JAVA_FLOAT, address, (float) value);
        } else {
            ALL.set(ValueLayout.JAVA_DOUBLE, address, value);
        }
    }

    static double getDouble(long address) {
        return ALL.get(ValueLayout.JAVA_DOUBLE, address);
    }

    static void setDouble(long address, double value) {
        ALL.set(ValueLayout.JAVA_DOUBLE, address, value);
    }

    /// Copies one number, bit by bit.
    static void copyOne(Precision precision, long source, long target) {
        if (precision == Precision.F32) {
            ALL.set(ValueLayout.JAVA_INT, target, ALL.get(ValueLayout.JAVA_INT, source));
        } else {
            ALL.set(ValueLayout.JAVA_LONG, target, ALL.get(ValueLayout.JAVA_LONG, source));
        }
    }

    static void copy(long source, long target, long sizeBytes) {
        MemorySegment.copy(ALL, source, ALL, target, sizeBytes);
    }
}
