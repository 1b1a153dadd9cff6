package io.plumbline.layer;

import io.plumbline.backend.Tensor;

/// y = the largest entry of each window. All derivatives follow that entry, the first in row-major order where several are equal.
public record MaxPool(Kernel kernel) implements Pool {
    @Override
    public String name() {
        return "MaxPool";
    }

    @Override
    public void forward(Application at) {
        at.backend().maxPool(window(at), at.in()[0], at.in()[0], false, at.out());
    }

    @Override
    public void tangentForward(Application at, Tensor outTangent) {
        at.backend().maxPool(window(at), at.in()[0], at.inTangent()[0], false, outTangent);
    }

    @Override
    public void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
        at.backend().maxPoolTransposed(window(at), at.in()[0], outCotangent, accumulate, inCotangent);
    }
}
