package io.plumbline.backend.cpu;

import io.plumbline.backend.Activation;
import io.plumbline.memory.Precision;

/// out[i] = f⁽ᵒʳᵈᵉʳ⁾(x[i]) · b[i] · a[i] (or +=), i < count, in vector instructions; all by address, a and b optional (0).
interface ActivationKernel {
    /// What a kernel is specialised for.
    record Case(Precision precision, Activation.Kind kind, int order) {}

    /// Numbers that are taken at a time, so that what passes between the steps stays in the first cache.
    int RANGE = 512;
    /// Bytes of scratch memory.
    int SCRATCH_BYTES = 3 * RANGE * Double.BYTES;

    static ActivationKernel of(Precision precision, Activation.Kind kind, int order) {
        return Specialised.of(ActivationKernel.class, ActivationTemplate.class, new Case(precision, kind, order));
    }

    /// @param parameter [Activation#parameter()]
    /// @param scratch   where [#SCRATCH_BYTES] bytes lie
    void apply(double parameter, long x, long a, long b, long out, long count, boolean accumulate, long scratch);
}
