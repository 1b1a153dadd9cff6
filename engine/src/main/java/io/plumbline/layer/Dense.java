package io.plumbline.layer;

import io.plumbline.backend.Tensor;
import java.util.List;
import java.util.function.IntPredicate;

/// y_t = W x_t + b at each of T positions of an example (T = 1 unless x has more than one axis): operands x (…, d_in) per example, W, and b (d_out) or none.
///
/// With rows for examples and positions, Y = X Wᵀ + 1 bᵀ. Cotangents: X̄ = Ȳ W, W̄ = Ȳᵀ X, b̄ = Ȳᵀ 1. Gradient rows: Σ_t ȳ_t ⊗ x_t and Σ_t ȳ_t;
/// inner products of those are Σ_{t,u} (ȳ_it·ȳ_ju)(x_it·x_ju + 1) (Goodfellow 2015, arXiv 1510.01799, for norms and T = 1).
///
/// @param transposed true: W is (d_out, d_in), as PyTorch's Linear keeps it; false: W is (d_in, d_out)
public record Dense(boolean transposed) implements Layer {
    private static final int X = 0;
    private static final int WEIGHT = 1;
    private static final int BIAS = 2;

    @Override
    public String name() {
        return "Dense";
    }

    @Override
    public Operand output(List<Operand> inputs) {
        String expected = "x (…, d) per example, W " + (transposed ? "(m, d)" : "(d, m)") + " shared and optionally b (m) shared";
        if (inputs.size() < 2 || inputs.size() > 3) {
            throw unfit(expected, inputs);
        }
        Operand x = inputs.get(X);
        Operand w = inputs.get(WEIGHT);
        if (!x.batched() || x.shape().rank() < 1 || w.batched() || w.shape().rank() != 2) {
            throw unfit(expected, inputs);
        }
        int in = w.shape().dimension(transposed ? 1 : 0);
        int out = w.shape().dimension(transposed ? 0 : 1);
        int[] dimensions = x.shape().toArray();
        int last = dimensions.length - 1;
        if (dimensions[last] != in || inputs.size() == 3 && (inputs.get(BIAS).batched() || inputs.get(BIAS).width() != out)) {
            throw unfit(expected, inputs);
        }
        dimensions[last] = out;
        return Operand.batched(dimensions);
    }

    @Override
    public boolean takesDirections(Application at) {
        return new Sizes(at).positions == 1;
    }

    @Override
    public void forward(Application at) {
        var size = new Sizes(at);
        at.backend().multiply(1, size.x(at.in()[X]), size.weight(at.in()[WEIGHT]), transposed, bias(at.in()), false, size.y(at.out()));
    }

    private static Tensor bias(Tensor[] operands) {
        return operands.length > BIAS ? operands[BIAS] : null;
    }

    @Override
    public void tangentForward(Application at, Tensor outTangent) {
        var size = new Sizes(at);
        int m = at.directions();
        Tensor[] dot = at.inTangent();
        Tensor bias = bias(dot);
        boolean written = false;
        if (dot[WEIGHT] != null) {
            at.backend().multiply(m, size.x(at.in()[X]), size.weight(dot[WEIGHT]), transposed, bias, false, size.y(outTangent));
            written = true;
        }
        if (dot[X] != null) {
            at.backend().multiply(m, size.x(dot[X]), size.weight(at.in()[WEIGHT]), transposed, written ? null : bias, written, size.y(outTangent));
            written = true;
        }
        if (!written) {
            Tensor y = size.y(outTangent);
            at.backend().product(1, bias.reshape(1, m * size.out), null, false, y.reshape(y.rows() / m, m * size.out));
        }
    }

    @Override
    public void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
        var size = new Sizes(at);
        switch (input) {
            case X -> at.backend().multiply(
                    at.directions(), size.y(outCotangent), size.weight(at.in()[WEIGHT]), !transposed, accumulate, size.x(inCotangent));
            case WEIGHT -> weightGradient(at, size, at.in()[X], outCotangent, accumulate, inCotangent);
            default -> biasGradient(at, size, outCotangent, accumulate, inCotangent);
        }
    }

    private void biasGradient(Application at, Sizes size, Tensor outCotangent, boolean accumulate, Tensor gradient) {
        if (at.directions() == 1) {
            at.backend().product(1, size.y(outCotangent), null, accumulate, gradient);
        } else {
            Directions.sumExamples(at, outCotangent, accumulate, gradient);
        }
    }

    @Override
    public boolean isCurved(int input, IntPredicate moves) {
        return input == X && moves.test(WEIGHT) || input == WEIGHT && moves.test(X);
    }

    @Override
    public void addCurvature(Application at, Tensor outCotangent, int input, Tensor inCotangentTangent) {
        var size = new Sizes(at);
        Tensor[] dot = at.inTangent();
        if (input == X) {
            at.backend().multiply(
                    at.directions(), size.y(outCotangent), size.weight(dot[WEIGHT]), !transposed, true, size.x(inCotangentTangent));
        } else {
            weightGradient(at, size, dot[X], outCotangent, true, inCotangentTangent);
        }
    }

    @Override
    public Factor gramFactor(Application at, Tensor outCotangent, int input) {
        var size = new Sizes(at);
        if (input == BIAS) {
            return size.positions > 1 ? null : new Factor(outCotangent, null);
        }
        Tensor x = size.x(at.in()[X]);
        Tensor y = size.y(outCotangent);
        return transposed ? new Factor(y, x, size.positions) : new Factor(x, y, size.positions);
    }

    private void weightGradient(Application at, Sizes size, Tensor x, Tensor outCotangent, boolean accumulate, Tensor gradient) {
        Tensor first = transposed ? size.y(outCotangent) : size.x(x);
        Tensor second = transposed ? size.x(x) : size.y(outCotangent);
        if (gradient.rows() == at.directions()) {
            at.backend().sumOuter(at.directions(), first, second, accumulate,
                    gradient.reshape(gradient.rows() * first.columns(), second.columns()));
        } else {
            at.backend().sumOuterEach(size.positions, first, second, accumulate, gradient);
        }
    }

    /// d_in, d_out and T, and tensors read as matrices with a row for each position.
    private final class Sizes {
        final int in;
        final int out;
        final int positions;

        Sizes(Application at) {
            Shape weight = at.operands().get(WEIGHT).shape();
            in = weight.dimension(transposed ? 1 : 0);
            out = weight.dimension(transposed ? 0 : 1);
            positions = at.operands().get(X).width() / in;
        }

        Tensor x(Tensor tensor) {
            return tensor.reshape(tensor.rows() * positions, in);
        }

        Tensor y(Tensor tensor) {
            return tensor.reshape(tensor.rows() * positions, out);
        }

        /// W, or a matrix for each row of a tangent of it.
        Tensor weight(Tensor tensor) {
            return transposed ? tensor.reshape(tensor.rows() * out, in) : tensor.reshape(tensor.rows() * in, out);
        }
    }
}
