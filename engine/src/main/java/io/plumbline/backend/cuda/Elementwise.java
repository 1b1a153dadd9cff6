package io.plumbline.backend.cuda;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Tensor;

/// What is computed entry by entry, and sums over entries.
final class Elementwise {
    private final Launcher launcher;
    private final DeviceScratch scratch;

    Elementwise(Launcher launcher, DeviceScratch scratch) {
        this.launcher = launcher;
        this.scratch = scratch;
    }

    void fill(Tensor t, double value) {
        throw new UnsupportedOperationException();
    }

    void activate(Activation f, int order, Tensor x, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        throw new UnsupportedOperationException();
    }

    void product(double alpha, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        throw new UnsupportedOperationException();
    }

    double[] rowProducts(Tensor a, Tensor b) {
        throw new UnsupportedOperationException();
    }
}
