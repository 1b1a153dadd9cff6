package io.plumbline.backend.cuda;

import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;

/// Windows that slide over images: their entries, their largest and their mean, and the adjoints.
final class Pools {
    private final Launcher launcher;

    Pools(Launcher launcher) {
        this.launcher = launcher;
    }

    void unfold(Window w, Tensor x, Tensor out) {
        throw new UnsupportedOperationException();
    }

    void max(Window w, Tensor x, Tensor source, boolean accumulate, Tensor out) {
        throw new UnsupportedOperationException();
    }

    void maxTransposed(Window w, Tensor x, Tensor y, boolean accumulate, Tensor out) {
        throw new UnsupportedOperationException();
    }

    void average(Window w, boolean includePadding, Tensor x, boolean accumulate, Tensor y) {
        throw new UnsupportedOperationException();
    }

    void averageTransposed(Window w, boolean includePadding, Tensor y, boolean accumulate, Tensor x) {
        throw new UnsupportedOperationException();
    }
}
