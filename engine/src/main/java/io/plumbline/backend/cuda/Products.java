package io.plumbline.backend.cuda;

import io.plumbline.backend.Tensor;

/// Products of matrices.
final class Products {
    private final Launcher launcher;
    private final DeviceScratch scratch;

    Products(Launcher launcher, DeviceScratch scratch) {
        this.launcher = launcher;
        this.scratch = scratch;
    }

    void multiply(int directions, Tensor x, Tensor w, boolean transposed, boolean accumulate, Tensor y) {
        throw new UnsupportedOperationException();
    }

    void sumOuter(int directions, Tensor a, Tensor b, boolean accumulate, Tensor g) {
        throw new UnsupportedOperationException();
    }

    void sumOuterEach(int terms, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        throw new UnsupportedOperationException();
    }
}
