package io.plumbline.stability;

/// What the second moments of the examples' residuals, D_i = E[u_iu_iᵀ], have to reproduce for Z to be an eigenvector of SGD's second-moment operator: eliminating
///
/// Z_ab = ω [Σ_i F_iᵀD_iF_i]_ab / (δ s_ab + g_ab)
///
/// leaves D = T(δ) D, T(δ): D ↦ (F_i Z F_iᵀ)_i. Here x = pole + δ is what is sought (1/η for the threshold, the growth factor for a rate), and the denominator is
/// written as a distance from the pole, the x at which its smallest entry vanishes, so that nothing cancels near it.
///
/// For δ > 0 the entries 1/(δ s_ab + g_ab) form a positive semidefinite matrix (a geometric series of rank-one matrices), so that by Schur's product theorem T maps
/// positive semidefinite blocks to such blocks; it is symmetric, and falls as δ grows.
interface Resolvent {
    /// ω.
    double weight();

    /// s_ab.
    double slope(int a, int b);

    /// g_ab ≥ 0, 0 at the pole.
    double gap(int a, int b);

    /// The x from which δ counts.
    double pole();

    /// The δ > 0 at which D_i = I, which makes Σ_i F_iᵀD_iF_i = nΛ, reproduces itself in the mean:
    ///
    /// ⟨I, T(δ)I⟩/⟨I, I⟩ = (ωn/K) Σ_a λ_a²/(δ s_aa + g_aa) = 1,
    ///
    /// a Rayleigh quotient of T, hence at most the root that is sought. By bisection in log δ to the last bit.
    default double isotropicRoot(double[] lambda, int n, int outputs) {
        double high = 0;
        double low = 0;
        for (int a = 0; a < lambda.length; a++) {
            double term = weight() * n / outputs * lambda[a] * lambda[a] / slope(a, a);
            high += term;
            low = Math.max(low, gap(a, a) == 0 ? term : 0);
        }
        while (true) {
            double middle = Math.sqrt(low) * Math.sqrt(high);
            if (!(middle > low && middle < high)) {
                return middle;
            }
            double sum = 0;
            for (int a = 0; a < lambda.length; a++) {
                sum += weight() * n / outputs * lambda[a] * lambda[a] / (middle * slope(a, a) + gap(a, a));
            }
            if (sum >= 1) {
                low = middle;
            } else {
                high = middle;
            }
        }
    }
}
