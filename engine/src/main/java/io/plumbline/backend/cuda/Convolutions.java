package io.plumbline.backend.cuda;

import io.plumbline.backend.Convolution;
import io.plumbline.backend.Tensor;

/// Convolutions and their adjoints.
final class Convolutions {
    private final Launcher launcher;
    private final DeviceScratch scratch;

    Convolutions(Launcher launcher, DeviceScratch scratch) {
        this.launcher = launcher;
        this.scratch = scratch;
    }

    void convolve(int directions, Convolution c, Tensor x, Tensor w, Tensor bias, boolean accumulate, Tensor y) {
        throw new UnsupportedOperationException();
    }

    void convolveTransposed(int directions, Convolution c, Tensor y, Tensor w, boolean accumulate, Tensor x) {
        throw new UnsupportedOperationException();
    }

    void gradientSum(int directions, Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g) {
        throw new UnsupportedOperationException();
    }

    void gradientEach(Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g) {
        throw new UnsupportedOperationException();
    }
}
