package io.plumbline.layer;

import io.plumbline.backend.Tensor;
import java.util.List;
import java.util.function.IntPredicate;

/// y = a ∘ b: element-wise products of values, of parameters (diagonal linear networks), and scalar multipliers (Fixup).
/// Cotangents: ā = ȳ ∘ b, b̄ = ȳ ∘ a, summed where the operand was broadcast; tangents by the product rule.
public record Multiply() implements Layer {
    @Override
    public String name() {
        return "Multiply";
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
        at.backend().product(1, at.in()[0], at.in()[1], false, at.out());
    }

    @Override
    public void tangentForward(Application at, Tensor outTangent) {
        boolean written = false;
        for (int input = 0; input < 2; input++) {
            if (at.inTangent()[input] != null) {
                at.backend().product(1, at.inTangent()[input], at.in()[1 - input], written, outTangent);
                written = true;
            }
        }
    }

    @Override
    public void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
        at.backend().product(1, outCotangent, at.in()[1 - input], accumulate, inCotangent);
    }

    @Override
    public boolean isCurved(int input, IntPredicate moves) {
        return moves.test(1 - input);
    }

    @Override
    public void addCurvature(Application at, Tensor outCotangent, int input, Tensor inCotangentTangent) {
        at.backend().product(1, outCotangent, at.inTangent()[1 - input], true, inCotangentTangent);
    }
}
