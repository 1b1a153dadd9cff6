package io.plumbline.layer;

import io.plumbline.backend.Tensor;

/// Layers y = c x of one operand, whatever shape the result is given: all derivatives are the same scaled copy.
interface ScaledCopy extends Layer {
    /// c
    double factor();

    @Override
    default void forward(Application at) {
        at.backend().product(factor(), at.in()[0], null, false, at.out());
    }

    @Override
    default void tangentForward(Application at, Tensor outTangent) {
        at.backend().product(factor(), at.inTangent()[0], null, false, outTangent);
    }

    @Override
    default void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
        at.backend().product(factor(), outCotangent, null, accumulate, inCotangent);
    }
}
