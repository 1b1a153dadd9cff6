package io.plumbline.layer;

import io.plumbline.backend.StridedMap;
import io.plumbline.backend.Tensor;
import java.util.List;

/// Operands behind each other along one axis: all per example, or all shared. Cotangents: the operands' parts.
///
/// @param axis along which, that of the examples left out
public record Concat(int axis) implements Layer {
    @Override
    public String name() {
        return "Concat";
    }

    @Override
    public Operand output(List<Operand> inputs) {
        String expected = "operands that differ along axis " + axis + " only, all per example or all shared";
        if (inputs.isEmpty() || axis < 0 || axis >= inputs.getFirst().shape().rank()) {
            throw unfit(expected, inputs);
        }
        int[] result = inputs.getFirst().shape().toArray();
        result[axis] = 0;
        for (Operand input : inputs) {
            int[] extents = input.shape().toArray();
            boolean fits = extents.length == result.length && input.batched() == inputs.getFirst().batched();
            for (int a = 0; fits && a < extents.length; a++) {
                fits = a == axis || extents[a] == result[a];
            }
            if (!fits) {
                throw unfit(expected, inputs);
            }
            result[axis] = Math.addExact(result[axis], extents[axis]);
        }
        return new Operand(Shape.of(result), inputs.getFirst().batched());
    }

    /// From operand `input` into its part of the result.
    private StridedMap map(Application at, int input) {
        Shape result = output(at.operands()).shape();
        int[] strides = Strides.of(result);
        int start = 0;
        for (int before = 0; before < input; before++) {
            start += at.operands().get(before).shape().dimension(axis) * strides[axis];
        }
        Shape own = at.operands().get(input).shape();
        return Strides.map(0, start, own.toArray(), Strides.of(own), strides);
    }

    private void join(Application at, Tensor[] operands, Tensor result) {
        boolean written = false;
        for (int input = 0; input < operands.length; input++) {
            if (operands[input] != null) {
                at.backend().copy(map(at, input), 1, operands[input], written, result);
                written = true;
            }
        }
    }

    @Override
    public void forward(Application at) {
        join(at, at.in(), at.out());
    }

    @Override
    public void tangentForward(Application at, Tensor outTangent) {
        join(at, at.inTangent(), outTangent);
    }

    @Override
    public void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
        at.backend().copy(map(at, input).transposed(), 1, outCotangent, accumulate, inCotangent);
    }
}
