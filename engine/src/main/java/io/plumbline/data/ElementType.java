package io.plumbline.data;

import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// What one entry of an array file is. The name in lower case is NumPy's short one: kind and bytes.
public enum ElementType {
    F2(2, Precision.F32),
    F4(4, Precision.F32),
    F8(8, Precision.F64),
    I1(1, Precision.F32),
    I2(2, Precision.F32),
    I4(4, Precision.F64),
    I8(8, Precision.F64),
    U1(1, Precision.F32),
    U2(2, Precision.F32),
    U4(4, Precision.F64),
    /// One byte, 0 or not 0: read as 0 or 1.
    BOOL(1, Precision.F32);

    private final int sizeBytes;
    private final Precision precision;

    ElementType(int sizeBytes, Precision precision) {
        this.sizeBytes = sizeBytes;
        this.precision = precision;
    }

    /// Bytes of one entry.
    public int sizeBytes() {
        return sizeBytes;
    }

    /// The smaller precision that holds every value exactly; f64 for i8, whose values beyond 2⁵³ are rounded.
    public Precision precision() {
        return precision;
    }

    /// Whether the entries are whole numbers by type.
    public boolean isInteger() {
        return switch (this) {
            case F2, F4, F8 -> false;
            case I1, I2, I4, I8, U1, U2, U4, BOOL -> true;
        };
    }

    /// The entry at byte `offset` of any alignment, widened to double; `swapped` if its bytes are in the order that this machine does not use.
    double get(MemorySegment bytes, long offset, boolean swapped) {
        return switch (this) {
            case U1 -> bytes.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
            case I1 -> bytes.get(ValueLayout.JAVA_BYTE, offset);
            case BOOL -> bytes.get(ValueLayout.JAVA_BYTE, offset) == 0 ? 0 : 1;
            case F2 -> Float.float16ToFloat(twoBytes(bytes, offset, swapped));
            case I2 -> twoBytes(bytes, offset, swapped);
            case U2 -> twoBytes(bytes, offset, swapped) & 0xFFFF;
            case F4 -> Float.intBitsToFloat(fourBytes(bytes, offset, swapped));
            case I4 -> fourBytes(bytes, offset, swapped);
            case U4 -> fourBytes(bytes, offset, swapped) & 0xFFFFFFFFL;
            case F8 -> Double.longBitsToDouble(eightBytes(bytes, offset, swapped));
            case I8 -> eightBytes(bytes, offset, swapped);
        };
    }

    private static short twoBytes(MemorySegment bytes, long offset, boolean swapped) {
        short value = bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset);
        return swapped ? Short.reverseBytes(value) : value;
    }

    private static int fourBytes(MemorySegment bytes, long offset, boolean swapped) {
        int value = bytes.get(ValueLayout.JAVA_INT_UNALIGNED, offset);
        return swapped ? Integer.reverseBytes(value) : value;
    }

    private static long eightBytes(MemorySegment bytes, long offset, boolean swapped) {
        long value = bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
        return swapped ? Long.reverseBytes(value) : value;
    }
}
