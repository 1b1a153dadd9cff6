package io.plumbline.stability;

/// What one step of SGD does to the loss in the mean, at θ:
///
/// E[L⁺]/L = 1 − 2ηa₁ + η²[(1−q)a₂ + q μ₁‖H‖_F²],  a_k = vᵀH^{k+1}v/vᵀHv, v = θ − θ*.
///
/// @param a1                a₁
/// @param a2                a₂ ≥ a₁²
/// @param mu1               μ₁(θ)
/// @param squaredFrobenius  ‖H‖_F²
public record OneStep(double a1, double a2, double mu1, double squaredFrobenius) {
    /// At the coordinates w, r of them.
    ///
    /// @throws IllegalArgumentException if w does not have r entries
    /// @throws ArithmeticException if w is 0: the loss is
    public static OneStep at(FunctionSpace space, double... w) {
        double[] u = space.residuals(w);
        double[] lambda = space.lambda();
        double[] powers = new double[3];
        for (int a = 0; a < w.length; a++) {
            double term = lambda[a] * w[a] * w[a];
            for (int k = 0; k < powers.length; k++) {
                powers[k] += term;
                term *= lambda[a];
            }
        }
        if (powers[0] == 0) {
            throw new ArithmeticException("one step: the loss is 0");
        }
        int n = space.examples();
        int outputs = space.outputs();
        double[] c = space.fisherBlocks();
        double form = 0;
        for (int k = 0; k < outputs; k++) {
            for (int l = 0; l < outputs; l++) {
                for (int i = 0; i < n; i++) {
                    form += u[i * outputs + k] * c[(k * outputs + l) * n + i] * u[i * outputs + l];
                }
            }
        }
        // 2L = ‖u‖²/n = wᵀΛw, Tr(Σ₁G) = (1/n) Σ u_iᵀ C_i u_i.
        double mu1 = form / n / (powers[0] * space.squaredFrobenius());
        return new OneStep(powers[1] / powers[0], powers[2] / powers[0], mu1, space.squaredFrobenius());
    }

    /// E[L⁺]/L at learning rate η and noise scale q.
    public double lossRatio(double q, double eta) {
        return 1 - 2 * eta * a1 + eta * eta * ((1 - q) * a2 + q * mu1 * squaredFrobenius);
    }
}
