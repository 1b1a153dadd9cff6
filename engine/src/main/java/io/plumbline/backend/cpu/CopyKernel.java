package io.plumbline.backend.cpu;

import io.plumbline.memory.Precision;

/// What moves numbers that do not lie next to each other, by address; steps in bytes.
interface CopyKernel {
    /// The kernel for one precision.
    record Case(Precision precision) {}

    static CopyKernel of(Precision precision) {
        return Specialised.of(CopyKernel.class, CopyTemplate.class, new Case(precision));
    }

    /// out[i·outStep] = s · x[i·xStep] (or +=), i < count.
    void strided(double s, long x, long xStep, long out, long outStep, int count, boolean accumulate);

    /// Σ_i x[at[i]] in double, one after the other.
    double sum(long x, int[] at);

    /// out = value (or +=), rounded once.
    void put(double value, long out, boolean accumulate);
}
