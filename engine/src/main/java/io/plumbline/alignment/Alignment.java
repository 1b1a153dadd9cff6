package io.plumbline.alignment;

import io.plumbline.backend.Backend;
import io.plumbline.backend.GramSums;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.Locale;

/// Every alignment figure at a point, exactly, from one pass over the pairs of examples (sums in double, O(nK²) memory besides activations).
///
/// With G = (1/n) Σ J_iᵀJ_i, Σ₁ = (1/n) Σ ∇L_i∇L_iᵀ, Σ₂ = ∇L∇Lᵀ, Σ = Σ₁ − Σ₂, χ_i = Tr(J_i G J_iᵀ), χ̄ = mean χ_i = ‖G‖_F²:
///
/// | figure | is |
/// |---|---|
/// | alpha | Tr(GΣ) / (‖G‖_F ‖Σ‖_F) |
/// | beta | ‖Σ‖_F / (2L ‖G‖_F) |
/// | mu = alpha·beta | Tr(ΣG) / (2L ‖G‖_F²); mu1 and mu2 with Σ₁ and Σ₂ |
/// | gamma | min_i χ_i / χ̄ |
/// | gammaLambda | min_i λ_min(J_i G J_iᵀ) / χ̄: what bounds mu1 from below when K > 1; gamma at K = 1 |
///
/// L = 0 leaves beta, mu, mu1, mu2 undefined; G = 0 all ratios; Σ = 0 alpha, while beta = mu = 0 there if L > 0.
///
/// **Rounding.** Σ's figures are differences of Σ₁'s and Σ₂'s. With u the backend's unit roundoff, Σ counts as 0 where Tr Σ ≤ [#ROUNDINGS] · u · Tr Σ₁: what
/// is left of a difference of equal numbers. A difference of which rounding may have taken more than [#LARGEST_ERROR], relatively, is undefined and says so: that
/// happens where the mean gradient dwarfs the noise. And where residuals themselves are lost in rounding ([Point#lostInRounding]), as in f32 at a loss of 10⁻¹³, so are
/// alpha, beta and the mu's.
///
/// @param loss                 L
/// @param gradientNorm         ‖∇L‖
/// @param fisherTrace          Tr G
/// @param fisherFrobenius      ‖G‖_F
/// @param noiseTrace           Tr Σ
/// @param noiseFrobenius       ‖Σ‖_F
/// @param noiseTraceWithFisher Tr(ΣG)
/// @param chi                  χ_i (n)
/// @param exampleGradientNorm  ‖∇L_i‖ (n)
public record Alignment(
        Figure loss,
        Figure gradientNorm,
        Figure alpha,
        Figure beta,
        Figure mu,
        Figure mu1,
        Figure mu2,
        Figure gamma,
        Figure gammaLambda,
        Figure fisherTrace,
        Figure fisherFrobenius,
        Figure noiseTrace,
        Figure noiseFrobenius,
        Figure noiseTraceWithFisher,
        double[] chi,
        double[] exampleGradientNorm) {
    /// Σ is taken for 0 below this many roundings of Σ₁'s trace.
    public static final int ROUNDINGS = 64;
    /// The largest relative rounding error of a figure that is given.
    public static final double LARGEST_ERROR = 1e-3;

    /// Measures at `point`.
    ///
    /// @throws ArithmeticException if the network's output or a sum is not finite
    public static Alignment of(Point point, Progress progress) {
        return new Moments(point.gramSums(progress), point.residuals(), point.surface().backend()).figures(point.lostInRounding());
    }

    /// Measures at `point`.
    public static Alignment of(Point point) {
        return of(point, Progress.NONE);
    }

    /// From the sums over all pairs.
    ///
    /// @param residuals r (n, K)
    /// @param backend   whose precision the sums' Gram entries had, and whose eigenvalue routine serves gammaLambda
    public static Alignment of(GramSums sums, double[] residuals, Backend backend) {
        return new Moments(sums, residuals, backend).figures(null);
    }

    /// The sums of THEORY-style traces and norms, under their mathematical names.
    private static final class Moments {
        private final Backend backend;
        private final GramSums sums;
        private final double loss;
        private final double squaredGradient;
        private final double traceG;
        private final double squaredFrobeniusG;
        private final double traceSecondMoment;
        private final double squaredFrobeniusSecondMoment;
        private final double traceSecondMomentG;
        private final double traceMeanG;
        private final double gradientFormSecondMoment;

        Moments(GramSums sums, double[] r, Backend backend) {
            this.backend = backend;
            this.sums = sums;
            double n = sums.examples;
            int k = sums.outputs;
            double squaredResidual = 0;
            double form = 0;
            double squaredForm = 0;
            double squaredProduct = 0;
            for (int i = 0; i < sums.examples; i++) {
                double rs = 0;
                for (int a = i * k; a < (i + 1) * k; a++) {
                    squaredResidual += r[a] * r[a];
                    rs += r[a] * sums.product[a];
                    squaredProduct += sums.product[a] * sums.product[a];
                }
                form += rs;
                squaredForm += rs * rs;
            }
            loss = squaredResidual / (2 * n);
            squaredGradient = Math.max(0, form / (n * n));
            traceG = sum(sums.diagonalTrace) / n;
            squaredFrobeniusG = sum(sums.squaredNorm) / (n * n);
            traceSecondMoment = sum(sums.diagonalForm) / n;
            squaredFrobeniusSecondMoment = sum(sums.squaredForm) / (n * n);
            traceSecondMomentG = sum(sums.squaredProduct) / (n * n);
            traceMeanG = squaredProduct / (n * n * n);
            gradientFormSecondMoment = squaredForm / (n * n * n);
        }

        /// @param lost why residuals are, or null
        Alignment figures(String lost) {
            double u = backend.arithmetic().unitRoundoff();
            boolean noNoise = traceSecondMoment - squaredGradient <= ROUNDINGS * u * traceSecondMoment;
            Figure traceNoise = difference(noNoise, "Tr Σ", traceSecondMoment - squaredGradient, u * traceSecondMoment);
            Figure traceNoiseG = difference(noNoise, "Tr(ΣG)", traceSecondMomentG - traceMeanG, u * traceSecondMomentG);
            // Gram entries carry u each; the sums over them, whose difference cancels to second order, are rounded in double.
            double squaredNoise = squaredFrobeniusSecondMoment - 2 * gradientFormSecondMoment + squaredGradient * squaredGradient;
            double entries = u * Math.sqrt(squaredFrobeniusSecondMoment * Math.max(0, squaredNoise));
            double added = Precision.F64.unitRoundoff() * squaredFrobeniusSecondMoment;
            Figure squared = difference(noNoise, "‖Σ‖_F²", squaredNoise, entries + added);
            Figure noise = squared.isDefined() ? exact(Math.sqrt(squared.value())) : squared;
            double frobenius = Math.sqrt(squaredFrobeniusG);
            String flat = squaredFrobeniusG == 0 ? "G is 0" : null;
            String noLoss = flat != null ? flat : loss == 0 ? "the loss is 0" : lost;
            String noDirection = flat != null ? flat : noNoise ? "the noise covariance is 0" : lost;
            double scale = 2 * loss * squaredFrobeniusG;
            return new Alignment(
                    Figure.exact(loss, Figure.EXACT),
                    exact(Math.sqrt(squaredGradient)),
                    ratio(traceNoiseG, frobenius * noise.value(), noDirection != null ? noDirection : noise.undefined()),
                    ratio(noise, 2 * loss * frobenius, noLoss),
                    ratio(traceNoiseG, scale, noLoss),
                    ratio(exact(traceSecondMomentG), scale, noLoss),
                    ratio(exact(traceMeanG), scale, noLoss),
                    ratio(exact(Arrays.stream(sums.squaredNorm).min().orElseThrow() / sums.examples), squaredFrobeniusG, flat),
                    ratio(exact(flat == null ? smallestEigenvalue() : 0), squaredFrobeniusG, flat),
                    exact(traceG),
                    exact(frobenius),
                    traceNoise,
                    noise,
                    traceNoiseG,
                    Arrays.stream(sums.squaredNorm).map(norm -> norm / sums.examples).toArray(),
                    Arrays.stream(sums.diagonalForm).map(square -> Math.sqrt(Math.max(0, square))).toArray());
        }

        /// A difference that is 0 if there is no noise, and undefined if `ROUNDINGS` times `rounding` is too much of it.
        private static Figure difference(boolean zero, String name, double value, double rounding) {
            if (zero) {
                return exact(0);
            }
            double error = ROUNDINGS * rounding;
            if (!(error <= LARGEST_ERROR * value)) {
                return Figure.undefined(
                        String.format(Locale.ROOT, "the mean gradient dwarfs the noise: %s is %.1e with a rounding error up to %.1e", name, value,
                                error),
                        Figure.EXACT_GRAM);
            }
            return exact(value);
        }

        /// min_i λ_min(J_i G J_iᵀ), J_i G J_iᵀ = (1/n) Σ_j M_ij M_ijᵀ.
        private double smallestEigenvalue() {
            int k = sums.outputs;
            if (k == 1) {
                return Arrays.stream(sums.squaredNorm).min().orElseThrow() / sums.examples;
            }
            double smallest = Double.POSITIVE_INFINITY;
            for (int i = 0; i < sums.examples; i++) {
                try (HostBuffer block = HostBuffer.of(Arrays.copyOfRange(sums.block, i * k * k, (i + 1) * k * k))) {
                    smallest = Math.min(smallest, backend.symmetricEigenvalues(block, k)[0]);
                }
            }
            return smallest / sums.examples;
        }

        private static Figure exact(double value) {
            return Figure.exact(value, Figure.EXACT_GRAM);
        }

        private static Figure ratio(Figure numerator, double denominator, String undefined) {
            String why = undefined != null ? undefined : numerator.undefined();
            return why == null ? exact(numerator.value() / denominator) : Figure.undefined(why, Figure.EXACT_GRAM);
        }

        private static double sum(double[] terms) {
            double sum = 0;
            for (double term : terms) {
                sum += term;
            }
            return sum;
        }
    }
}
