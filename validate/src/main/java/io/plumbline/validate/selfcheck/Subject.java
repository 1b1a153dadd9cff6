package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Backend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.memory.Precision;

/// What is checked.
///
/// @param device       it
/// @param otherThreads the same device on another number of threads, or null: it has no other
record Subject(Backend device, Backend otherThreads) {
    /// The oracle.
    static final Backend REFERENCE = new ReferenceBackend();

    Precision precision() {
        return device.precision();
    }

    /// Whether the device is the oracle, which cannot be held against itself.
    boolean isReference() {
        return device.name().equals(REFERENCE.name());
    }

    /// What [Rounded#UNIT] stands for: a rounding on the device, and one on the reference.
    double rounding() {
        return precision().unitRoundoff() + Precision.F64.unitRoundoff();
    }

    /// Null, or that bits change with the threads.
    String otherBits(boolean same) {
        int threads = same ? 0 : otherThreads.threads();
        return same ? null : "other bits on " + threads + (threads == 1 ? " thread" : " threads");
    }

    /// Bounds from what [Rounded] adds to the exact entries at sign 1.
    double[] bounds(double[] exact, double[] rounded) {
        double[] bounds = new double[exact.length];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = Math.abs(rounded[i] - exact[i]) / Rounded.UNIT * rounding();
        }
        return bounds;
    }
}
