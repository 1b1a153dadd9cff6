package io.plumbline.layer;

import io.plumbline.backend.StridedMap;
import io.plumbline.backend.Tensor;
import java.util.List;

/// Layers of one operand that move, repeat or sum its entries by a [StridedMap], times a constant: linear, so all derivatives are that map or its adjoint.
interface Strided extends Layer {
    /// The map for an operand of this shape.
    StridedMap map(Shape operand);

    /// The shape of the result.
    ///
    /// @throws IllegalArgumentException if the operand does not fit: says what was expected
    Shape result(Shape operand);

    /// The constant.
    default double factor(Shape operand) {
        return 1;
    }

    @Override
    default Operand output(List<Operand> inputs) {
        if (inputs.size() != 1) {
            throw unfit("one operand", inputs);
        }
        try {
            return new Operand(result(inputs.getFirst().shape()), inputs.getFirst().batched());
        } catch (IllegalArgumentException unfit) {
            throw unfit(unfit.getMessage(), inputs);
        }
    }

    private static void move(Strided layer, Application at, boolean transposed, Tensor from, boolean accumulate, Tensor to) {
        Shape operand = at.operands().getFirst().shape();
        StridedMap map = layer.map(operand);
        at.backend().copy(transposed ? map.transposed() : map, layer.factor(operand), from, accumulate, to);
    }

    @Override
    default void forward(Application at) {
        move(this, at, false, at.in()[0], false, at.out());
    }

    @Override
    default void tangentForward(Application at, Tensor outTangent) {
        move(this, at, false, at.inTangent()[0], false, outTangent);
    }

    @Override
    default void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
        move(this, at, true, outCotangent, accumulate, inCotangent);
    }
}
