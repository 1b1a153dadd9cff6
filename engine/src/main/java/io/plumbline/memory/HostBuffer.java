package io.plumbline.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;

/// Numbers in host memory outside the Java heap: a [MemorySegment] that knows its precision. More than 2 GiB is fine.
///
/// ```
/// | number 0 | number 1 | … | number length−1 | guard (64 bytes, only where memory is poisoned) |
///   64-byte aligned
/// ```
///
/// Under `-Dplumbline.memory.poison=true` (tests) new memory is filled with 0xFF bytes, which read as NaN in both precisions, and closing
/// checks that nobody wrote behind the end: clean memory hides bugs.
public final class HostBuffer implements Buffer {
    static final boolean POISON = Boolean.getBoolean("plumbline.memory.poison");
    private static final long ALIGNMENT_BYTES = 64;
    private static final long GUARD_BYTES = POISON ? 64 : 0;

    private final Precision precision;
    private final long length;
    private final MemorySegment segment;
    private final Arena owned;
    private final MemorySegment guard;

    private HostBuffer(Precision precision, long length, MemorySegment segment, Arena owned, MemorySegment guard) {
        this.precision = precision;
        this.length = length;
        this.segment = segment;
        this.owned = owned;
        this.guard = guard;
    }

    /// A new buffer that the caller owns; zero-filled unless memory is poisoned.
    ///
    /// @throws IllegalArgumentException if `length` is negative
    /// @throws OutOfMemoryError if the system has no room for it
    public static HostBuffer allocate(Precision precision, long length) {
        Objects.requireNonNull(precision, "precision");
        if (length < 0) {
            throw new IllegalArgumentException("buffer: length is " + length + ", expected at least 0");
        }
        long sizeBytes = Math.multiplyExact(length, (long) precision.sizeBytes());
        Arena arena = Arena.ofShared();
        try {
            MemorySegment whole = arena.allocate(Math.max(1, sizeBytes + GUARD_BYTES), ALIGNMENT_BYTES);
            if (POISON) {
                whole.fill((byte) 0xFF);
            }
            OffHeap.acquired(sizeBytes);
            return new HostBuffer(precision, length, whole.asSlice(0, sizeBytes), arena, whole.asSlice(sizeBytes, GUARD_BYTES));
        } catch (Throwable failure) {
            arena.close();
            throw failure;
        }
    }

    /// A new buffer that nobody needs to close: its memory goes when nothing refers to it any more. For results and small vectors. Zero-filled unless poisoned.
    public static HostBuffer collected(Precision precision, long length) {
        if (length < 0) {
            throw new IllegalArgumentException("buffer: length is " + length + ", expected at least 0");
        }
        long sizeBytes = Math.multiplyExact(length, (long) precision.sizeBytes());
        HostBuffer buffer = borrow(precision, Arena.ofAuto().allocate(Math.max(1, sizeBytes), ALIGNMENT_BYTES).asSlice(0, sizeBytes));
        buffer.poison(0, length);
        return buffer;
    }

    /// A new buffer of doubles holding `values`, owned by the caller.
    public static HostBuffer of(double... values) {
        HostBuffer buffer = allocate(Precision.F64, values.length);
        MemorySegment.copy(values, 0, buffer.segment, ValueLayout.JAVA_DOUBLE, 0, values.length);
        return buffer;
    }

    /// A new buffer of floats holding `values`, owned by the caller.
    public static HostBuffer of(float... values) {
        HostBuffer buffer = allocate(Precision.F32, values.length);
        MemorySegment.copy(values, 0, buffer.segment, ValueLayout.JAVA_FLOAT, 0, values.length);
        return buffer;
    }

    /// A view of memory that somebody else owns, a mapped file say: native byte order, aligned for `precision`. Closing it does nothing.
    ///
    /// @throws IllegalArgumentException if the segment is not a whole number of numbers long
    public static HostBuffer borrow(Precision precision, MemorySegment segment) {
        if (segment.byteSize() % precision.sizeBytes() != 0) {
            throw new IllegalArgumentException("buffer: segment has " + segment.byteSize() + " bytes, not a multiple of " + precision.sizeBytes());
        }
        return new HostBuffer(precision, segment.byteSize() / precision.sizeBytes(), segment, null, MemorySegment.NULL);
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public long length() {
        return length;
    }

    /// The memory itself, native byte order.
    public MemorySegment segment() {
        return segment;
    }

    /// Number `index`, widened to double.
    public double get(long index) {
        return precision.get(segment, index);
    }

    /// The first number that is infinite or NaN, or −1.
    public long firstNotFinite() {
        if (precision == Precision.F32) {
            for (long i = 0; i < length; i++) {
                if (!Float.isFinite(segment.getAtIndex(ValueLayout.JAVA_FLOAT, i))) {
                    return i;
                }
            }
        } else {
            for (long i = 0; i < length; i++) {
                if (!Double.isFinite(segment.getAtIndex(ValueLayout.JAVA_DOUBLE, i))) {
                    return i;
                }
            }
        }
        return -1;
    }

    /// Sets number `index`, rounded to this buffer's precision.
    public void set(long index, double value) {
        precision.set(segment, index, value);
    }

    /// A view of `length` numbers from `from` on; it borrows, closing it does nothing.
    public HostBuffer slice(long from, long length) {
        Objects.checkFromIndexSize(from, length, this.length);
        return new HostBuffer(
                precision, length, segment.asSlice(from * precision.sizeBytes(), length * precision.sizeBytes()), null, MemorySegment.NULL);
    }

    /// Copies `source`, of the same length and either precision, into this buffer.
    ///
    /// @throws IllegalArgumentException if the lengths differ
    public void copyFrom(HostBuffer source) {
        if (source.length != length) {
            throw new IllegalArgumentException("copy: source has " + source.length + " entries, target has " + length);
        }
        if (source.precision == precision) {
            segment.copyFrom(source.segment);
        } else if (precision == Precision.F32) {
            for (long i = 0; i < length; i++) {
                segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) source.segment.getAtIndex(ValueLayout.JAVA_DOUBLE, i));
            }
        } else {
            for (long i = 0; i < length; i++) {
                segment.setAtIndex(ValueLayout.JAVA_DOUBLE, i, source.segment.getAtIndex(ValueLayout.JAVA_FLOAT, i));
            }
        }
    }

    /// A copy on the Java heap, widened to double.
    ///
    /// @throws IllegalArgumentException if it has more numbers than an array can hold
    public double[] toArray() {
        if (length > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("buffer: " + length + " entries do not fit an array");
        }
        double[] array = new double[(int) length];
        if (precision == Precision.F64) {
            MemorySegment.copy(segment, ValueLayout.JAVA_DOUBLE, 0, array, 0, array.length);
        } else {
            Arrays.setAll(array, this::get);
        }
        return array;
    }

    /// Fills the range with 0xFF bytes (NaN) where memory is poisoned, and does nothing elsewhere.
    public void poison(long from, long length) {
        if (POISON) {
            segment.asSlice(from * precision.sizeBytes(), length * precision.sizeBytes()).fill((byte) 0xFF);
        }
    }

    /// Frees the memory if this is its owner. Later uses throw [IllegalStateException].
    ///
    /// @throws IllegalStateException if memory is poisoned and somebody wrote behind the end
    @Override
    public void close() {
        if (owned == null || !owned.scope().isAlive()) {
            return;
        }
        boolean intact = true;
        for (long i = 0; i < guard.byteSize(); i++) {
            intact &= guard.get(ValueLayout.JAVA_BYTE, i) == (byte) 0xFF;
        }
        owned.close();
        OffHeap.released(length * precision.sizeBytes());
        if (!intact) {
            throw new IllegalStateException("buffer of " + length + " " + precision.label() + ": something was written behind its end");
        }
    }
}
