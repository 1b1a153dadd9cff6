package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.flatness.Probes.Law;

/// Tr A and ‖A‖_F² with the dominant directions taken out exactly. With S (p × s) random, Q = orth(AS) and P = QQᵀ,
///
/// ‖A‖_F² = ‖AQ‖_F² + E‖A(I−P)v‖²,  Tr A = Tr QᵀAQ + E vᵀ(I−P)A(I−P)v:
///
/// the trace is Hutch++ (Meyer, Musco, Musco & Woodruff 2021), the norm the same idea. Given Q both are means of independent unbiased numbers, and so is their
/// standard error. Spectra with a few outliers, as Hessians have, leave little to estimate.
///
/// **Split of the products.** s for AS, s for AQ, g for the probes: B = 2s + g. With |λ_1| ≥ |λ_2| ≥ … the variance is about 2Σ_{i>s} λ_i⁴/g, and since
/// Σ_{i>s} λ_i⁴ ≤ λ_{s+1}² Σ_{i>s} λ_i² ≤ ‖A‖_F⁴/(s + 1), at most 2‖A‖_F⁴/(s g). Under B = 2s + g the least bound has s = B/4, g = B/2: a relative
/// standard deviation of ‖A‖_F² of at most 4/B, against √(2/B) without deflation. (The same for Tr A of a semidefinite A, with Σ_{i>s} λ_i² ≤ (Tr A)²/s.) So of
/// N = s + g probes, a third sketches. A relative error is planned with a sketch of [#SKETCH].
///
/// Memory: s vectors. Cost beside the products: 4 s p multiply-adds a probe.
public final class DeflatedHutchinson {
    /// Sketch where the number of probes follows from a relative error.
    public static final int SKETCH = 10;
    private static final int SHARE = 3;

    private DeflatedHutchinson() {}

    /// Both figures with Rademacher probes.
    public static Moments of(SymmetricOperator a, Effort effort, long seed) {
        return of(a, effort, seed, Law.RADEMACHER);
    }

    /// Both figures.
    ///
    /// @throws ArithmeticException if a product is not finite
    public static Moments of(SymmetricOperator a, Effort effort, long seed, Law law) {
        Backend backend = a.backend();
        int p = a.size();
        int sketch = Math.min(p, effort.hasPilot()
                ? Math.min(SKETCH, (effort.probes() - Effort.PILOT - Effort.FEWEST) / SHARE)
                : Math.min(effort.probes() / SHARE, effort.probes() - Effort.FEWEST));
        try (var workspace = new Workspace(backend)) {
            var basis = new Basis(backend, workspace, Math.max(1, sketch), p);
            sketch(a, new Probes(seed, "sketch", law), sketch, basis, workspace);
            double trace = 0;
            double squaredFrobenius = 0;
            int rows = Probes.blockRows(p);
            for (int from = 0; from < basis.size(); from += rows) {
                try (var _ = workspace.frame()) {
                    Tensor q = basis.vectors(from, Math.min(rows, basis.size() - from));
                    Tensor image = workspace.tensor(q.rows(), p);
                    a.apply(q, image);
                    for (double form : Basis.dots(backend, q, image)) {
                        trace += form;
                    }
                    for (double square : Basis.dots(backend, image, image)) {
                        squaredFrobenius += square;
                    }
                }
            }
            return new ProbeMoments(a, basis, workspace, seed, law)
                    .estimate(effort, sketch, sketch + basis.size(), trace, squaredFrobenius, "hutch++", "deflated-hutchinson");
        }
    }

    private static void sketch(SymmetricOperator a, Probes probes, int count, Basis basis, Workspace workspace) {
        probes.forEachBlock(0, count, a.size(), a.backend(), workspace, (first, v) -> {
            Tensor image = workspace.tensor(v.rows(), v.columns());
            a.apply(v, image);
            for (int row = 0; row < image.rows(); row++) {
                basis.append(image.rows(row, 1));
            }
        });
    }
}
