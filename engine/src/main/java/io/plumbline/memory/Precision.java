package io.plumbline.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The floating-point format that a buffer holds and a backend computes in.
public enum Precision {
    /// IEEE 754 binary32, unit roundoff 2⁻²⁴.
    F32(Float.BYTES, 0x1p-24, "f32"),
    /// IEEE 754 binary64, unit roundoff 2⁻⁵³.
    F64(Double.BYTES, 0x1p-53, "f64");

    private final int sizeBytes;
    private final double unitRoundoff;
    private final String label;

    Precision(int sizeBytes, double unitRoundoff, String label) {
        this.sizeBytes = sizeBytes;
        this.unitRoundoff = unitRoundoff;
        this.label = label;
    }

    /// Bytes of one number.
    public int sizeBytes() {
        return sizeBytes;
    }

    /// u: the largest relative error of one rounding to nearest.
    public double unitRoundoff() {
        return unitRoundoff;
    }

    /// The name used on the command line and in reports: `f32` or `f64`.
    public String label() {
        return label;
    }

    double get(MemorySegment segment, long index) {
        return this == F32 ? segment.getAtIndex(ValueLayout.JAVA_FLOAT, index) : segment.getAtIndex(ValueLayout.JAVA_DOUBLE, index);
    }

    void set(MemorySegment segment, long index, double value) {
        if (this == F32) {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) value);
        } else {
            segment.setAtIndex(ValueLayout.JAVA_DOUBLE, index, value);
        }
    }
}
