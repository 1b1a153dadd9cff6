package io.plumbline.stability;

import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.Precision;

/// The δ at which the largest eigenvalue of T(δ) ([Resolvent]) is 1, and its eigenvector, a positive semidefinite block for each example.
///
/// Safeguarded iteration (Werner 1970; Voss 2009, "A minmax principle for nonlinear eigenproblems"): the top eigenvector D of T(δ) by [Lanczos], then δ moves to
/// where its eigenvalue θ is 1 ([ConcaveRoot]); at last to where D's Rayleigh quotient ⟨D, T(δ)D⟩/⟨D, D⟩ is. The quotient is stationary at the eigenvector, so that δ's
/// error is the square of D's; and it is at most T's largest eigenvalue, so that δ comes from below.
///
/// Where examples fall into groups with few or no common directions, T falls apart, and what was the top eigenvector of one group at one δ may be overtaken by another
/// group's at the next, of which the iterates, each begun where the last one ended, know nothing. So unless the Collatz–Wielandt quotient proves that 1 is the largest eigenvalue, it is
/// looked for anew, from D_i = I: of a positive semidefinite eigenvector, Tr D ≥ ‖D‖, that has at least the share 1/√(nK). What is larger takes over.
///
/// A vector has K²n entries, and T applied to it costs K n r² multiply-adds in products of matrices; some 5 to 30 applications.
///
/// @param delta        where the quotient of `blocks` is 1
/// @param blocks       D, ‖D‖ = 1
/// @param residual     ‖T(δ)D − θD‖/θ: T has an eigenvalue within θ times this of θ = 1
/// @param largestRatio the least c with T(δ)D ≤ cD but for nK roundings, in the order of positive semidefinite blocks: no eigenvalue of T(δ) exceeds it (Collatz–Wielandt). +∞ if D is
///                     not positive definite
/// @param applications of T
record FixedPoint(double delta, double[] blocks, double residual, double largestRatio, int applications) {
    private static final double TOLERANCE = 1e-10;
    private static final int MOST_CYCLES = 60;
    /// Of the error in θ that is left, the share that a cycle of Lanczos is asked for.
    private static final double SHARE = 0.1;
    private static final double LOOSEST = 1e-2;
    /// What is left open by a quotient this far above 1 is closed by looking.
    private static final double PROVEN = 1e-6;

    /// T applied to a D of length 1.
    ///
    /// @param image    T(δ)D
    /// @param quotient θ = ⟨D, T(δ)D⟩
    /// @param slope    dθ/dδ at fixed D
    private record Image(double[] image, double quotient, double slope) {}

    /// @throws ArithmeticException if the iteration does not converge, or meets a number that is not finite
    static FixedPoint of(FunctionSpace space, Resolvent resolvent) {
        double[] d = normalisedIdentity(space);
        var root = new ConcaveRoot(resolvent.isotropicRoot(space.lambda(), space.examples(), space.outputs()));
        int applications = 0;
        for (int cycle = 0; cycle < MOST_CYCLES; cycle++) {
            double delta = root.point();
            Image first = apply(space, resolvent, delta, d);
            applications++;
            double error = Math.abs(first.quotient - 1);
            double residual = residual(first, d);
            if (!(residual >= 0 && Double.isFinite(residual))) {
                throw new ArithmeticException("second-moment operator: a number is not finite");
            }
            if (residual <= TOLERANCE && error <= TOLERANCE) {
                // The last step moves x by no more than a share of `error`, because s_ab x ≥ s_abδ + g_ab.
                double rounding = space.examples() * space.outputs() * Precision.F64.unitRoundoff() * first.quotient;
                double ratio = PositiveBlocks.largestRatio(first.image, d, rounding, space) + error;
                if (ratio <= 1 + PROVEN) {
                    return new FixedPoint(delta + (1 - first.quotient) / first.slope, d, residual, ratio, applications);
                }
                double[] start = normalisedIdentity(space);
                var anew = Lanczos.top(x -> apply(space, resolvent, delta, x).image, start, apply(space, resolvent, delta, start).image, TOLERANCE,
                        space.backend());
                applications += 1 + anew.applications();
                if (anew.value() <= 1 + PROVEN) {
                    return new FixedPoint(delta + (1 - first.quotient) / first.slope, d, residual, ratio, applications);
                }
                d = anew.vector();
                root = new ConcaveRoot(delta);
                continue;
            }
            double goal = Math.clamp(SHARE * error, TOLERANCE / 4, LOOSEST);
            var top = Lanczos.top(x -> apply(space, resolvent, delta, x).image, d, first.image, goal, space.backend());
            applications += top.applications();
            d = top.vector();
            root.move(top.value(), first.slope / first.quotient);
        }
        throw new ArithmeticException("second-moment operator: no convergence in " + MOST_CYCLES + " cycles, " + applications + " applications");
    }

    private static double[] normalisedIdentity(FunctionSpace space) {
        double[] d = space.blocks().identity();
        Lanczos.scale(d, 1 / Lanczos.norm(d));
        return d;
    }

    private static double residual(Image image, double[] d) {
        double sum = 0;
        for (int i = 0; i < d.length; i++) {
            double difference = image.image[i] - image.quotient * d[i];
            sum += difference * difference;
        }
        return Math.sqrt(sum) / image.quotient;
    }

    private static Image apply(FunctionSpace space, Resolvent resolvent, double delta, double[] d) {
        var blocks = space.blocks();
        double weight = resolvent.weight();
        double[] sums = new double[2];
        try (var workspace = new Workspace(space.backend())) {
            Tensor image = workspace.zeros((long) space.outputs() * space.outputs(), space.examples());
            blocks.assembleThen(d, (a, b, value) -> {
                double slope = resolvent.slope(a, b);
                double denominator = delta * slope + resolvent.gap(a, b);
                double entry = weight * value / denominator;
                double twice = ExampleBlocks.multiplicity(a, b);
                sums[0] += twice * entry * value;
                sums[1] -= twice * entry * value * slope / denominator;
                return entry;
            }, image);
            return new Image(blocks.symmetric(image), sums[0], sums[1]);
        }
    }
}
