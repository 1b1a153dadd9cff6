package io.plumbline.flatness;

import io.plumbline.backend.Workspace;
import io.plumbline.flatness.Probes.Law;

/// Tr A = E vᵀAv and ‖A‖_F² = E‖Av‖² for probes with E vvᵀ = I (Hutchinson 1989). One product a probe; unbiased.
///
/// Variance of one Rademacher probe: 2(‖A‖_F² − Σ A_ii²) of vᵀAv, and 2(‖A²‖_F² − Σ (A²)_ii²) of ‖Av‖² = vᵀA²v; of a Gaussian one the same without the subtraction.
/// Since ‖A²‖_F ≤ ‖A‖_F², the relative standard deviation of the mean of m numbers ‖Av‖² is at most √(2/m), whatever A. The standard error is that of the mean
/// of the numbers seen.
public final class Hutchinson {
    private Hutchinson() {}

    /// Both figures with Rademacher probes.
    public static Moments of(SymmetricOperator a, Effort effort, long seed) {
        return of(a, effort, seed, Law.RADEMACHER);
    }

    /// Both figures.
    ///
    /// @throws ArithmeticException if a product is not finite
    public static Moments of(SymmetricOperator a, Effort effort, long seed, Law law) {
        try (var workspace = new Workspace(a.backend())) {
            return new ProbeMoments(a, null, workspace, seed, law).estimate(effort, 0, 0, 0, 0, "hutchinson", "hutchinson");
        }
    }
}
