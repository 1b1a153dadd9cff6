package io.plumbline.layer;

import io.plumbline.backend.Tensor;

/// y = the mean of each window. Global and adaptive average pooling are such, with windows of H × W, and of H/H′ × W/W′ next to each other.
///
/// @param includePadding whether declared padding counts in the divisor (PyTorch's `count_include_pad`)
public record AveragePool(Kernel kernel, boolean includePadding) implements Pool {
    @Override
    public String name() {
        return "AveragePool";
    }

    @Override
    public void forward(Application at) {
        at.backend().averagePool(window(at), includePadding, at.in()[0], false, at.out());
    }

    @Override
    public void tangentForward(Application at, Tensor outTangent) {
        at.backend().averagePool(window(at), includePadding, at.inTangent()[0], false, outTangent);
    }

    @Override
    public void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
        at.backend().averagePoolTransposed(window(at), includePadding, outCotangent, accumulate, inCotangent);
    }
}
