package io.plumbline.layer;

import io.plumbline.backend.Convolution;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import java.util.List;
import java.util.function.IntPredicate;

/// y = w ⋆ x + b, the [Convolution] of images: operands x (C, H, W) per example, w (O, C/groups, k_h, k_w), and b (O) or none; y (O, H′, W′).
///
/// Bilinear in x and w, so all derivatives are convolutions and their adjoints. Gradient rows of w are Σ_t ȳ_t ⊗ x_t over the T = H′W′ positions, x_t being what
/// the window sees there; without groups inner products are Σ_{t,u} (ȳ_it·ȳ_ju)(x_it·x_ju), T²(O + C k_h k_w) multiply-adds
/// against O C k_h k_w for gradients that are formed.
///
/// @param kernel its sizes are those of w's last two axes
public record Convolve(Kernel kernel, int groups) implements Layer {
    private static final int X = 0;
    private static final int WEIGHT = 1;
    private static final int BIAS = 2;

    @Override
    public String name() {
        return "Convolve";
    }

    @Override
    public Operand output(List<Operand> inputs) {
        String weightShape = "(O, C" + (groups > 1 ? "/" + groups : "") + ", " + kernel.rows().size() + ", " + kernel.columns().size() + ")";
        String expected = "x (C, H, W) per example, w " + weightShape + " shared and optionally b (O) shared";
        if (inputs.size() < 2 || inputs.size() > 3) {
            throw unfit(expected, inputs);
        }
        Operand x = inputs.get(X);
        Operand w = inputs.get(WEIGHT);
        if (!x.batched() || x.shape().rank() != 3 || w.batched() || w.shape().rank() != 4) {
            throw unfit(expected, inputs);
        }
        int channels = w.shape().dimension(0);
        boolean fits = w.shape().dimension(1) * (long) groups == x.shape().dimension(0) && channels % groups == 0
                && w.shape().dimension(2) == kernel.rows().size() && w.shape().dimension(3) == kernel.columns().size();
        if (!fits || inputs.size() == 3 && (inputs.get(BIAS).batched() || inputs.get(BIAS).width() != channels)) {
            throw unfit(expected, inputs);
        }
        Window window = window(x, inputs);
        return Operand.batched(channels, window.rows().positions(), window.columns().positions());
    }

    private Window window(Operand x, List<Operand> inputs) {
        try {
            return kernel.over(x.shape());
        } catch (IllegalArgumentException unfit) {
            throw new IllegalArgumentException(name() + ": " + unfit.getMessage() + "; operands are " + inputs, unfit);
        }
    }

    private Convolution geometry(Application at) {
        return new Convolution(kernel.over(at.operands().get(X).shape()), at.operands().get(WEIGHT).shape().dimension(0), groups);
    }

    @Override
    public void forward(Application at) {
        at.backend().convolve(geometry(at), at.in()[X], at.in()[WEIGHT], bias(at.in()), false, at.out());
    }

    @Override
    public void tangentForward(Application at, Tensor outTangent) {
        Convolution c = geometry(at);
        Tensor[] dot = at.inTangent();
        Tensor bias = bias(dot);
        boolean written = false;
        int m = at.directions();
        if (dot[WEIGHT] != null) {
            at.backend().convolve(m, c, at.in()[X], dot[WEIGHT], bias, false, outTangent);
            written = true;
        }
        if (dot[X] != null) {
            at.backend().convolve(m, c, dot[X], at.in()[WEIGHT], written ? null : bias, written, outTangent);
            written = true;
        }
        if (!written) {
            try (var _ = at.workspace().frame()) {
                Tensor repeated = at.workspace().tensor(outTangent.rows(), c.channels());
                int entries = m * c.channels();
                at.backend().product(1, bias.reshape(1, entries), null, false, repeated.reshape(repeated.rows() / m, entries));
                at.backend().product(1, repeated.reshape(repeated.length(), 1), null, false, planes(c, outTangent));
            }
        }
    }

    private static Tensor bias(Tensor[] operands) {
        return operands.length > BIAS ? operands[BIAS] : null;
    }

    /// A row for each channel of each example.
    private static Tensor planes(Convolution c, Tensor y) {
        return y.reshape(y.rows() * c.channels(), c.window().positions());
    }

    @Override
    public void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent) {
        Convolution c = geometry(at);
        switch (input) {
            case X -> at.backend().convolveTransposed(at.directions(), c, outCotangent, at.in()[WEIGHT], accumulate, inCotangent);
            case WEIGHT -> at.backend().convolutionGradient(at.directions(), c, outCotangent, at.in()[X], accumulate, inCotangent);
            default -> biasGradient(at, c, outCotangent, accumulate, inCotangent);
        }
    }

    private static void biasGradient(Application at, Convolution c, Tensor outCotangent, boolean accumulate, Tensor gradient) {
        if (gradient.rows() == outCotangent.rows()) {
            at.backend().product(1, planes(c, outCotangent), null, accumulate, gradient.reshape(gradient.length(), 1));
            return;
        }
        try (var _ = at.workspace().frame()) {
            Tensor each = at.workspace().tensor(outCotangent.rows(), c.channels());
            at.backend().product(1, planes(c, outCotangent), null, false, each.reshape(each.length(), 1));
            Directions.sumExamples(at, each, accumulate, gradient);
        }
    }

    @Override
    public boolean isCurved(int input, IntPredicate moves) {
        return input == X && moves.test(WEIGHT) || input == WEIGHT && moves.test(X);
    }

    @Override
    public void addCurvature(Application at, Tensor outCotangent, int input, Tensor inCotangentTangent) {
        Tensor[] dot = at.inTangent();
        if (input == X) {
            at.backend().convolveTransposed(at.directions(), geometry(at), outCotangent, dot[WEIGHT], true, inCotangentTangent);
        } else {
            at.backend().convolutionGradient(at.directions(), geometry(at), outCotangent, dot[X], true, inCotangentTangent);
        }
    }

    @Override
    public Factor gramFactor(Application at, Tensor outCotangent, int input) {
        if (groups > 1 || input == BIAS) {
            return null;
        }
        Convolution c = geometry(at);
        int positions = c.window().positions();
        Tensor x = at.in()[X];
        Tensor seen = at.workspace().tensor(x.rows() * positions, c.inner());
        at.backend().unfold(c.window(), x, seen);
        Tensor cotangent = at.workspace().tensor(outCotangent.rows() * positions, c.channels());
        at.backend().unfold(transposing(c), outCotangent, cotangent);
        return new Factor(cotangent, seen, positions);
    }

    /// The 1 × 1 window over the result, which makes rows of positions of it.
    private static Window transposing(Convolution c) {
        Window w = c.window();
        return Kernel.square(1, 1, 0).over(Shape.of(c.channels(), w.rows().positions(), w.columns().positions()));
    }
}
