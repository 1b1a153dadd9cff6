package io.plumbline.stability;

import io.plumbline.alignment.Figure;
import io.plumbline.training.Sampling;

/// What theorems say of η*, each solved for the learning rate: a stable η is at most each of them. Where one says nothing it is undefined, with the reason.
///
/// The noise scale q stands where the source has 1/B, which is its value with replacement; without, only this form holds. For K outputs, μ₀ and μ₁ are infima over
/// the row space of J, and the trace bound is K times that for one output: T's quotient at D_i = I ([Resolvent]) is (q/K) Σ ηλ_a/(2 − (1−q)ηλ_a) ≥ qη Tr H/(2K).
/// (n orthogonal gradients for each of K outputs, B = 1: η* = 2, Tr H = K.)
///
/// @param meanField       see [StabilityThreshold#meanField]
/// @param gradientDescent 2/λ₁
/// @param theorem33       1/(√(qμ₀)‖H‖_F)
/// @param proposition34   min(1/√(q(1−q)μ₁), 2/(qμ₁))/‖H‖_F
/// @param trace           2K/(q Tr H) (Wu & Su, arXiv 2305.17490)
public record StabilityBounds(Figure meanField, Figure gradientDescent, Figure theorem33, Figure proposition34, Figure trace) {
    private static final String NO_NOISE = "infinite: the batch is the whole data set, there is no noise";
    private static final String SECULAR = "secular-equation";

    /// @param q the noise scale, [Sampling#noiseScale]
    /// @throws IllegalArgumentException if q is not in [0, 1]
    public static StabilityBounds of(FunctionSpace space, double q) {
        Figure meanField = Figure.exact(StabilityThreshold.meanField(space, q), SECULAR);
        Figure gradientDescent = Figure.exact(2 / space.lambda()[0], Figure.EXACT_DENSE);
        if (q == 0) {
            Figure none = Figure.undefined(NO_NOISE, Figure.EXACT_DENSE);
            return new StabilityBounds(meanField, gradientDescent, none, none, none);
        }
        return new StabilityBounds(
                meanField,
                gradientDescent,
                unless0("mu_0", space.lowestAlignment(), space, mu0 -> 1 / Math.sqrt(q * mu0)),
                unless0("mu_1", space.lowestSecondMomentAlignment(), space, mu1 -> Math.min(1 / Math.sqrt(q * (1 - q) * mu1), 2 / (q * mu1))),
                Figure.exact(2 * space.outputs() / (q * space.trace()), Figure.EXACT_DENSE));
    }

    private interface Bound {
        double at(double alignment);
    }

    /// The bound over ‖H‖_F, if the alignment that it needs is above rounding.
    private static Figure unless0(String name, double alignment, FunctionSpace space, Bound bound) {
        if (alignment <= space.alignmentRounding()) {
            return Figure.undefined("infinite: " + name + " is 0 within rounding, there is a direction without such noise", Figure.EXACT_DENSE);
        }
        return Figure.exact(bound.at(alignment) / space.frobenius(), Figure.EXACT_DENSE);
    }
}
