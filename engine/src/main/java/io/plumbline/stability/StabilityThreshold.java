package io.plumbline.stability;

import io.plumbline.training.Sampling;

/// η*, the largest learning rate at which linearised SGD is stable in mean square, exactly (Mulayoff & Michaeli, arXiv 2306.07850, brought from p² × p² matrices
/// to one K × K block for each example): E[L] stays bounded ⇔ η ≤ η*.
///
/// Z = E[wwᵀ] takes the step Z − η𝓛Z + η²𝒬Z with 𝓛Z = ΛZ + ZΛ and 𝒬Z = (1−q)ΛZΛ + (q/n) Σ_i F_iᵀ(F_iZF_iᵀ)F_i, both symmetric, so that it is bounded ⇔ η𝒬 ≤ 𝓛.
/// On symmetric Z over the range of H: η* = 1/λ_max(𝓛⁻¹𝒬). At η* the second moment Z* is stationary: 𝓛Z* = η*𝒬Z*, which is a [Resolvent] with x = 1/η, s_ab = λ_a + λ_b, ω = q/n and the pole (1−q)λ₁/2.
///
/// Without noise (q = 0: the batch is the whole data set) it is gradient descent's 2/λ₁.
public final class StabilityThreshold {
    private final FunctionSpace space;
    private final double q;
    private final double eta;
    private final double lowerBound;
    private final double residual;
    private final int applications;
    private final FixedPoint fixedPoint;

    private record Stationary(double q, double[] lambda, int n) implements Resolvent {
        @Override
        public double weight() {
            return q / n;
        }

        @Override
        public double slope(int a, int b) {
            return lambda[a] + lambda[b];
        }

        /// (1−q)[λ₁(λ_a + λ_b)/2 − λ_aλ_b], without cancellation.
        @Override
        public double gap(int a, int b) {
            return (1 - q) / 2 * (lambda[a] * (lambda[0] - lambda[b]) + lambda[b] * (lambda[0] - lambda[a]));
        }

        @Override
        public double pole() {
            return (1 - q) * lambda[0] / 2;
        }
    }

    private StabilityThreshold(FunctionSpace space, double q) {
        this.space = space;
        this.q = q;
        if (q == 0) {
            fixedPoint = null;
            eta = 2 / space.lambda()[0];
            lowerBound = eta;
            residual = 0;
            applications = 0;
        } else {
            var resolvent = resolvent(space, q);
            fixedPoint = FixedPoint.of(space, resolvent);
            eta = 1 / (resolvent.pole() + fixedPoint.delta());
            lowerBound = eta / Math.max(1, fixedPoint.largestRatio());
            residual = fixedPoint.residual();
            applications = fixedPoint.applications();
        }
    }

    private static Resolvent resolvent(FunctionSpace space, double q) {
        return new Stationary(q, space.lambda(), space.examples());
    }

    /// @param q the noise scale, [Sampling#noiseScale]
    /// @throws IllegalArgumentException if q is not in [0, 1]
    /// @throws ArithmeticException if the iteration does not converge
    public static StabilityThreshold of(FunctionSpace space, double q) {
        requireNoiseScale(q);
        return new StabilityThreshold(space, q);
    }

    static void requireNoiseScale(double q) {
        if (!(q >= 0 && q <= 1)) {
            throw new IllegalArgumentException("noise scale: found " + q + ", expected 0 to 1");
        }
    }

    /// The mean-field threshold: (q/K) Σ_a ηλ_a/(2 − (1−q)ηλ_a) = 1, what η* would be were the examples' residuals all alike (D_i = I in [Resolvent]). With K = 1 and
    /// B = 1 it reads Tr H = 2/η. A Rayleigh quotient: never below η*. 2/λ₁ for q = 0.
    ///
    /// @throws IllegalArgumentException if q is not in [0, 1]
    public static double meanField(FunctionSpace space, double q) {
        requireNoiseScale(q);
        if (q == 0) {
            return 2 / space.lambda()[0];
        }
        var resolvent = resolvent(space, q);
        return 1 / (resolvent.pole() + resolvent.isotropicRoot(space.lambda(), space.examples(), space.outputs()));
    }

    /// η*. A Rayleigh quotient: but for rounding not below the true one, and above it by about the square of [#residual()].
    public double eta() {
        return eta;
    }

    /// Proven: η* is not below it (Collatz–Wielandt: T(η)/η grows with η in the order of positive maps). 0 if the eigenvector has an example whose block is not positive
    /// definite, as where examples fall into groups without common directions; then the residual speaks, and a search from all examples alike that found no larger eigenvalue.
    public double lowerBound() {
        return lowerBound;
    }

    /// ‖TD − D‖/‖D‖ of the eigenvector found: T has an eigenvalue as near to 1.
    public double residual() {
        return residual;
    }

    /// How often the operator was applied, each time K n r² multiply-adds.
    public int applications() {
        return applications;
    }

    FunctionSpace space() {
        return space;
    }

    /// Z*, ½Tr(ΛZ*) = 1: at η* it is stationary.
    public SecondMoment secondMoment() {
        if (fixedPoint == null) {
            double[] w = new double[space.rank()];
            w[0] = Math.sqrt(2 / space.lambda()[0]);
            return SecondMoment.of(space, w);
        }
        var resolvent = resolvent(space, q);
        double delta = fixedPoint.delta();
        var z = new SecondMoment(space, space.blocks().assembled(
                fixedPoint.blocks(), (a, b, value) -> value / (delta * resolvent.slope(a, b) + resolvent.gap(a, b))));
        return z.times(1 / z.loss());
    }
}
