package io.plumbline.stability;

import io.plumbline.training.Sampling;

/// By how much E[L] of linearised SGD grows, or falls, a step in the long run, at any learning rate: the spectral radius of Z ↦ Z − η𝓛Z + η²𝒬Z on symmetric matrices
/// over the row space of J ([StabilityThreshold] has the maps). Above 1 beyond η*.
///
/// The operator maps positive semidefinite matrices to such matrices, so its radius is its largest eigenvalue x, ΛZ and Z as in [Resolvent] with s_ab = 1, ω = η²q/n;
/// the pole is the largest φ_aa of φ_ab = 1 − η(λ_a + λ_b) + (1−q)η²λ_aλ_b, at the largest or at the smallest λ.
///
/// Below η* the slowest direction decides: there it is close to 1 − 2ηλ_r.
///
/// @param perStep      the radius
/// @param residual     of its eigenvector, relative to what the radius exceeds the pole by
/// @param applications of the operator
public record GrowthRate(double perStep, double residual, int applications) {
    private record Growing(double q, double eta, double[] lambda, int n, int slowest) implements Resolvent {
        static Growing of(double q, double eta, double[] lambda, int n) {
            int last = lambda.length - 1;
            return new Growing(q, eta, lambda, n, rate(q, eta, lambda[0]) >= rate(q, eta, lambda[last]) ? 0 : last);
        }

        /// φ at λ_a = λ_b = λ.
        static double rate(double q, double eta, double lambda) {
            return 1 - 2 * eta * lambda + (1 - q) * eta * lambda * eta * lambda;
        }

        @Override
        public double weight() {
            return eta * eta * q / n;
        }

        @Override
        public double slope(int a, int b) {
            return 1;
        }

        /// φ_pole − φ_ab, by differences of eigenvalues.
        @Override
        public double gap(int a, int b) {
            double first = lambda[a] - lambda[slowest];
            double second = lambda[b] - lambda[slowest];
            return Math.max(0, eta * ((first + second) * (1 - (1 - q) * eta * lambda[slowest]) - (1 - q) * eta * first * second));
        }

        @Override
        public double pole() {
            return rate(q, eta, lambda[slowest]);
        }
    }

    /// @param q   the noise scale, [Sampling#noiseScale]
    /// @param eta the learning rate, positive
    /// @throws IllegalArgumentException if q is not in [0, 1] or η is not positive and finite
    /// @throws ArithmeticException if the iteration does not converge
    public static GrowthRate of(FunctionSpace space, double q, double eta) {
        StabilityThreshold.requireNoiseScale(q);
        if (!(eta > 0 && Double.isFinite(eta))) {
            throw new IllegalArgumentException("learning rate: found " + eta + ", expected a positive number");
        }
        var resolvent = Growing.of(q, eta, space.lambda(), space.examples());
        if (q == 0) {
            return new GrowthRate(resolvent.pole(), 0, 0);
        }
        FixedPoint point = FixedPoint.of(space, resolvent);
        return new GrowthRate(resolvent.pole() + point.delta(), point.residual(), point.applications());
    }

    /// γ₀ = η²qμ₀‖H‖_F² (Theorem 3.5, which has 1/B for q): E[L_t] ≥ γ₀ᵗE[L₀]. Never above the radius.
    public static double lowerBound(FunctionSpace space, double q, double eta) {
        return eta * eta * q * space.lowestAlignment() * space.squaredFrobenius();
    }
}
