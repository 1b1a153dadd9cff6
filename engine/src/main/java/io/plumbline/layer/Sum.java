package io.plumbline.layer;

import io.plumbline.backend.Tensor;
import java.util.List;

/// y = α a + β b: residual additions, biases, scalar shifts, differences. Cotangents: ā = α ȳ, b̄ = β ȳ, summed where the operand was broadcast.
///
/// @param alpha factor of the first operand
/// @param beta  factor of the second
public record Sum(double alpha, double beta) implements Layer {
    @Override
    public String name() {
        return "Sum";
    }

    @Override
    public Operand output(List<Operand> inputs) {
        return Broadcast.output(this, inputs);
    }

    @Override
    public boolean takesDirections(Application at) {
        return Broadcast.takesDirections(at);
    }

    @Override
    public void forward(Application at) {
        add(at, at.in(), at.out());
    }

    @Override
    public void tangentForward(Application at, Tensor outTangent) {
        add(at, at.inTangent(), outTangent);
    }

    private void add(Application at, Tensor[] operands, Tensor result) {
        boolean written = false;
        for (int input = 0; input < 2; input++) {
            if (operands[input] != null) {
                at.backend().product(coefficient(input), operands[input], null, written, result);
                written = true;
            }
        }
    }

    @Override
    public void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
        at.backend().product(coefficient(input), outCotangent, null, accumulate, inCotangent);
    }

    private double coefficient(int input) {
        return input == 0 ? alpha : beta;
    }
}
