package io.plumbline.backend.cpu;

import io.plumbline.backend.Activation;
import io.plumbline.memory.Precision;

/// out[i] = f⁽ᵒʳᵈᵉʳ⁾(x[i]) · b[i] · a[i] (or +=), i < count, in vector instructions; all by address, a and b optional (0).
interface ActivationKernel {
    /// What a kernel is specialised for.
    record Case(Precision precision, Activation.Kind kind, int order) {}

    static ActivationKernel of(Precision precision, Activation.Kind kind, int order) {
        return Specialised.of(ActivationKernel.class, ActivationTemplate.class, new Case(precision, kind, order));
    }

    /// @param parameter [Activation#parameter()]
    void apply(double parameter, long x, long a, long b, long out, long count, boolean accumulate);
}
