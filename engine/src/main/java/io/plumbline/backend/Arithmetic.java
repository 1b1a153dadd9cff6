package io.plumbline.backend;

import io.plumbline.memory.Precision;

/// What a backend rounds to: in buffers, and in products of matrices.
public enum Arithmetic {
    /// float throughout.
    F32(Precision.F32, Precision.F32.unitRoundoff(), "f32"),
    /// double throughout.
    F64(Precision.F64, Precision.F64.unitRoundoff(), "f64"),
    /// float, but factors of products of matrices are rounded to TF32's 11 significant bits first; sums stay float. On tensor cores only.
    TF32(Precision.F32, 0x1p-11, "tf32");

    private final Precision precision;
    private final double unitRoundoff;
    private final String label;

    Arithmetic(Precision precision, double unitRoundoff, String label) {
        this.precision = precision;
        this.unitRoundoff = unitRoundoff;
        this.label = label;
    }

    /// The same throughout.
    public static Arithmetic of(Precision precision) {
        return precision == Precision.F32 ? F32 : F64;
    }

    /// What buffers hold.
    public Precision precision() {
        return precision;
    }

    /// The largest relative error of rounding a factor.
    public double unitRoundoff() {
        return unitRoundoff;
    }

    /// The name used on the command line and in reports.
    public String label() {
        return label;
    }
}
