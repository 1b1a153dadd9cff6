package io.plumbline.layer;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Tensor;
import java.util.List;
import java.util.function.IntPredicate;

/// y = f(x), entry by entry. Cotangent: x̄ = ȳ ∘ f′(x); its tangent: ȳ̇ ∘ f′(x) + ȳ ∘ f″(x) ∘ ẋ.
public record Activate(Activation function) implements Layer {
    @Override
    public String name() {
        return function.kind().name();
    }

    @Override
    public Operand output(List<Operand> inputs) {
        if (inputs.size() != 1) {
            throw unfit("one operand", inputs);
        }
        return inputs.getFirst();
    }

    @Override
    public void forward(Application at) {
        at.backend().activate(function, 0, at.in()[0], null, null, false, at.out());
    }

    @Override
    public void tangentForward(Application at, Tensor outTangent) {
        at.backend().activate(function, 1, at.in()[0], at.inTangent()[0], null, false, outTangent);
    }

    @Override
    public void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
        at.backend().activate(function, 1, at.in()[0], outCotangent, null, accumulate, inCotangent);
    }

    @Override
    public boolean isCurved(int input, IntPredicate moves) {
        return moves.test(0) && !function.isPiecewiseLinear();
    }

    @Override
    public void addCurvature(Application at, Tensor outCotangent, int input, Tensor inCotangentTangent) {
        at.backend().activate(function, 2, at.in()[0], at.inTangent()[0], outCotangent, true, inCotangentTangent);
    }
}
