package io.plumbline.validate.task;

import io.plumbline.alignment.Figure;
import io.plumbline.alignment.Spectrum;
import io.plumbline.derivative.Point;
import io.plumbline.flatness.BlockLanczos;
import io.plumbline.flatness.DeflatedHutchinson;
import io.plumbline.flatness.DenseHessian;
import io.plumbline.flatness.Estimate;
import io.plumbline.flatness.Hutchinson;
import io.plumbline.flatness.Moments;
import io.plumbline.flatness.PointOperator;
import io.plumbline.flatness.ProbedAlignment;
import io.plumbline.flatness.SpectralDensity;
import io.plumbline.flatness.SymmetricOperator;
import io.plumbline.flatness.XTrace;
import io.plumbline.validate.task.MeasureReport.Densities;
import io.plumbline.validate.task.MeasureReport.Density;
import io.plumbline.validate.task.MeasureReport.HessianFigures;
import java.util.Arrays;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;

/// The figures that may have to be estimated from products with a matrix. Vectors that are kept take a part of the memory limit.
final class Flatness {
    private static final double VECTORS_SHARE = 0.25;
    private static final int FEWEST_VECTORS = 8;
    private static final int DENSITY_STEPS = 40;
    private static final int DENSITY_POINTS = 201;
    /// Width of the broadened density, as a share of the spectrum's, and how many of them lie beside it.
    private static final double WIDTH = 0.01;
    private static final double MARGIN = 3;

    private final Point point;
    private final Estimation estimation;
    private final Phases phases;
    private final long seed;

    Flatness(Point point, Estimation estimation, long seed, Phases phases) {
        this.point = point;
        this.estimation = estimation;
        this.seed = seed;
        this.phases = phases;
    }

    HessianFigures hessian() {
        boolean small = DenseHessian.isSmall(point);
        if (!estimation.assembles(small)) {
            return estimatedHessian();
        }
        if (!small) {
            Measured none = Measured.undefined(DenseHessian.whyNot(point), Figure.EXACT_DENSE);
            return new HessianFigures(none, none, none, none);
        }
        var hessian = DenseHessian.of(point, phases.begin("Hessian products"));
        return new HessianFigures(
                Measured.exact(hessian.trace(), Figure.EXACT_DENSE),
                Measured.exact(hessian.frobenius(), Figure.EXACT_DENSE),
                Measured.exact(hessian.topEigenvalue(), Figure.EXACT_DENSE),
                Measured.exact(hessian.bottomEigenvalue(), Figure.EXACT_DENSE));
    }

    private HessianFigures estimatedHessian() {
        var hessian = PointOperator.hessian(point);
        phases.begin("Hessian trace and norm");
        Moments moments = estimation.estimator() == Estimator.HUTCHINSON
                ? Hutchinson.of(hessian, estimation.effort(), seed)
                : DeflatedHutchinson.of(hessian, estimation.effort(), seed);
        var trace = estimation.estimator() == Estimator.XTRACE ? XTrace.of(hessian, estimation.effort().probes(), seed).trace() : moments.trace();
        var extremes = lanczos(hessian, 1, 1, "Hessian eigenvalues");
        return new HessianFigures(
                Measured.of(trace), Measured.of(moments.frobenius()), Measured.of(extremes.largest()), Measured.of(extremes.smallest()));
    }

    /// λ_max(G), where the spectrum is not there to tell it.
    ///
    /// @param spectrum of G, or null
    Measured fisherTop(Spectrum spectrum) {
        if (spectrum != null && estimation.assembles(true)) {
            return Measured.exact(spectrum.eigenvalues()[0], Figure.EXACT_DENSE);
        }
        if (estimation.estimator() == Estimator.EXACT) {
            return Measured.undefined(Spectrum.whyNot(point), Figure.EXACT_DENSE);
        }
        return Measured.of(lanczos(PointOperator.gaussNewton(point), 1, 0, "Fisher eigenvalue").largest());
    }

    private BlockLanczos.Extremes lanczos(SymmetricOperator a, int top, int bottom, String phase) {
        var options = BlockLanczos.Options.usual(point.surface().backend().precision(), vectors(BlockLanczos.Options.USUAL_BASIS), seed);
        return BlockLanczos.of(a, top, bottom, options, phases.begin(phase));
    }

    /// Vectors like θ that may be kept, at most `wanted`.
    private int vectors(int wanted) {
        double vectorBytes = (double) point.surface().network().parameterCount() * point.surface().backend().precision().sizeBytes();
        return Math.clamp((long) (point.surface().limits().memoryBytes() * VECTORS_SHARE / vectorBytes), FEWEST_VECTORS, wanted);
    }

    /// The figures of alignment, G and Σ without a pass over pairs.
    ProbedAlignment alignment() {
        phases.begin("alignment by probes");
        return ProbedAlignment.of(point, estimation.alignmentProbes(), seed);
    }

    Densities densities() {
        return new Densities(
                density(PointOperator.hessian(point), "Hessian density"),
                density(PointOperator.gaussNewton(point), "Fisher density"),
                density(PointOperator.noiseCovariance(point), "noise density"));
    }

    private Density density(SymmetricOperator a, String phase) {
        var found = SpectralDensity.of(a, estimation.starts(), vectors(DENSITY_STEPS), seed, phases.begin(phase));
        double range = found.largestNode() - found.smallestNode();
        double width = WIDTH * (range > 0 ? range : 1);
        double from = found.smallestNode() - MARGIN * width;
        double step = (range + 2 * MARGIN * width) / (DENSITY_POINTS - 1);
        double[] points = IntStream.range(0, DENSITY_POINTS).mapToDouble(i -> from + i * step).toArray();
        var density = each(points, x -> found.density(x, width));
        var cumulative = each(points, found::cumulative);
        return new Density(
                density[0].method(), found.starts(), found.products(), width, points, values(density), errors(density), values(cumulative),
                errors(cumulative), found.nodes(), found.weights());
    }

    private static Estimate[] each(double[] points, DoubleFunction<Estimate> estimate) {
        return Arrays.stream(points).mapToObj(estimate).toArray(Estimate[]::new);
    }

    private static double[] values(Estimate[] figures) {
        return Arrays.stream(figures).mapToDouble(Estimate::value).toArray();
    }

    private static double[] errors(Estimate[] figures) {
        return Arrays.stream(figures).mapToDouble(Estimate::standardError).toArray();
    }
}
