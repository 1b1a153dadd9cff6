package io.plumbline.validate.claim;

import io.plumbline.alignment.DirectionalAlignment;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.flatness.BlockLanczos;
import io.plumbline.flatness.BlockLanczos.Options;
import io.plumbline.flatness.PointOperator;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.SecondMoment;
import io.plumbline.stability.StabilityThreshold;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Wang & Wu: in every direction the noise is as large as the curvature there, g(θ, v) = vᵀΣv/(2L·vᵀGv) ≈ 1, and so SGD leaves a minimum along flat directions too, gradient descent along the
/// sharpest alone.
///
/// A linear model with Gaussian x, n = ∞, has Σ = 2LG + ∇L∇Lᵀ (Proposition 2.3), hence g = 1 + (∇L·v)²/(2L vᵀGv) ∈ [1, 2] by Cauchy–Schwarz: for samples, in the directions of G's eigenvectors, the deviation from this
/// interval must fall with n. Networks: along the top eigenvectors of G at random θ, g is bounded below (≥ 1/10).
///
/// Escape: at η = 1.1η*, B = 1, from the sharpest direction, the exact second moment Z has after T steps D_k = Σ_{a>k}Z_aa/Σ_{a≤k}Z_aa ≥ ½Σ_{a>k}λ_a/Σ_{a≤k}λ_a for every k: along v_a noise enters in proportion
/// to λ_ag, g ∈ [1, 2], and what is flatter decays no faster. Gradient descent beyond 2/λ₁, from all directions alike, has D₁ → 0.
final class DirectionalAlignmentClaim implements Claim {
    private static final int DIMENSION = 10;
    private static final int STEPS = 30;
    private static final double BEYOND = 1.1;
    private static final int DIRECTIONS = 5;
    private static final double SHARE = 0.5;
    private static final double BOUNDED_BELOW = 0.1;
    private static final double SLOWEST = -0.25;

    private final double constant;

    DirectionalAlignmentClaim() {
        this(1);
    }

    /// The claims with c times the lower bounds of g and D_k; the right c is 1.
    DirectionalAlignmentClaim(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "directional-alignment";
    }

    @Override
    public String statement() {
        return "g(θ,v) = vᵀΣv/(2L·vᵀGv) is bounded below in every direction v (linear, Gaussian x: 1 ≤ g ≤ 2 but for O(n^-½)); so SGD escapes along flat directions as well, "
                + "Σ_{a>k}E[w_a²]/Σ_{a≤k}E[w_a²] ≥ ½Σ_{a>k}λ_a/Σ_{a≤k}λ_a, GD along the sharpest alone";
    }

    @Override
    public String formula() {
        return "g(\\theta,v)=\\frac{v^{\\mathsf T}\\Sigma(\\theta)v}{2L(\\theta)\\,v^{\\mathsf T}G(\\theta)v}\\;\\ge\\;g_0>0\\quad\\text{for every direction }v";
    }

    @Override
    public String assumptions() {
        return "linear models with Gaussian inputs, n ≫ d; networks at random θ in the directions of G's top eigenvectors; escape: linearised SGD with B = 1";
    }

    @Override
    public String source() {
        return "Wang & Wu, arXiv 2310.00692; the constants ½ and 1/10 are this claim's";
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(100, 400);
        var trials = new ArrayList<Trial>();
        trials.add(() -> Features.of("power-law features", "linear:d-1", () -> experiment.synthetic("gaussian:n=" + 2 * n + ",d=20,exponent=1"))
                .measure(experiment,
                        this::escape));
        trials.add(() -> List.of(largeSamples(experiment)));
        for (String model : List.of("fcn:d-16-1:tanh", "fcn:d-16-1:relu")) {
            trials.add(() -> List.of(network(model, n, experiment)));
        }
        return trials;
    }

    private List<Measurement> escape(FunctionSpace space, Features.Gram gram) {
        double[] lambda = space.eigenvalues();
        double[] sharpest = new double[lambda.length];
        sharpest[0] = 1;
        double eta = BEYOND * StabilityThreshold.of(space, 1).eta();
        double[] z = diagonal(lambda.length, SecondMoment.of(space, sharpest), 1, eta);
        double least = Double.POSITIVE_INFINITY;
        for (int k = 1; k < lambda.length; k++) {
            least = Math.min(least, tail(z, k) / tail(lambda, k));
        }
        double[] descent = diagonal(lambda.length, SecondMoment.isotropic(space), 0, BEYOND * 2 / lambda[0]);
        String setting = gram.where() + ", T=" + STEPS;
        // STEPS products of n roundings each, of positive terms but for 1 − η(λ_a + λ_b), below (1 + ηλ₁)².
        double rounding = STEPS * space.examples() * Precision.F64.unitRoundoff() * Math.pow(1 + eta * lambda[0], 2);
        return List.of(
                Measurement.exact("SGD: the least D_k over Σ_{a>k}λ_a/Σ_{a≤k}λ_a", setting + ", η = 1.1η*", least, Relation.AT_LEAST,
                        constant * SHARE, rounding * least),
                Measurement.exact("GD: D₁ over Σ_{a>1}λ_a/λ₁", setting + ", η = 1.1·2/λ₁", tail(descent, 1) / tail(lambda, 1), Relation.AT_MOST, 0.01,
                        0.01 * rounding));
    }

    /// Z_aa after the steps.
    private static double[] diagonal(int rank, SecondMoment start, double q, double eta) {
        SecondMoment moment = start;
        for (int t = 0; t < STEPS; t++) {
            moment = moment.step(q, eta);
        }
        SecondMoment last = moment;
        return IntStream.range(0, rank).mapToDouble(a -> last.get(a, a)).toArray();
    }

    /// Σ_{a>k}/Σ_{a≤k}, a from 1.
    private static double tail(double[] values, int k) {
        return Arrays.stream(values, k, values.length).sum() / Arrays.stream(values, 0, k).sum();
    }

    /// The exponent in n of how far g leaves [1, 2] along G's eigenvectors, root mean square over seeds and directions.
    private static Measurement largeSamples(Experiment experiment) {
        List<Integer> sizes = experiment.scale().choose(List.of(100, 400, 1600), List.of(100, 400, 1600, 6400));
        int seeds = experiment.scale().choose(8, 32);
        double[][] squares = new double[sizes.size()][seeds];
        for (int k = 0; k < sizes.size(); k++) {
            for (int s = 0; s < seeds; s++) {
                Experiment world = experiment.withSeed(experiment.seed("directional-alignment", s));
                int n = sizes.get(k);
                try (Dataset data = world.synthetic("gaussian:n=" + n + ",d=" + DIMENSION + ",exponent=1")) {
                    for (double g : along(Points.network("linear:" + DIMENSION + "-1", 1, world.seed()), data, DIMENSION, world)) {
                        double outside = Math.max(0, Math.max(1 - g, g - 2));
                        squares[k][s] += outside * outside / DIMENSION;
                    }
                }
            }
        }
        Estimate slope = Estimate.jackknife(seeds, without -> {
            double[] x = sizes.stream().mapToDouble(Math::log).toArray();
            double[] y = Arrays.stream(squares).mapToDouble(
                    of -> Math.log(IntStream.range(0, seeds).filter(s -> s != without).mapToDouble(s -> of[s]).average().orElseThrow()) / 2)
                    .toArray();
            return Vectors.slope(x, y);
        });
        return new Measurement("exponent in n of g's deviation from [1, 2]", "linear, d=" + DIMENSION + ", n = " + sizes, slope.value(),
                slope.standardError(), Relation.AT_MOST, SLOWEST, 0);
    }

    private Measurement network(String model, int n, Experiment experiment) {
        int seeds = experiment.scale().choose(4, 12);
        double[] least = new double[seeds];
        try (Dataset data = experiment.twoClasses(n)) {
            String fitted = model.replace(":d", ":" + data.width());
            for (int s = 0; s < seeds; s++) {
                least[s] = Arrays.stream(along(Points.network(fitted, 1, experiment.seed() + s), data, DIRECTIONS, experiment)).min().orElseThrow();
            }
            Estimate mean = Estimate.mean(least);
            return new Measurement("the least g along G's top " + DIRECTIONS + " eigenvectors",
                    fitted + ", " + Lemma22.kind(data) + ", mean of " + seeds + " seeds", mean.value(),
                    mean.standardError(), Relation.AT_LEAST, constant * BOUNDED_BELOW, 0);
        }
    }

    /// g at the initial θ along G's top eigenvectors.
    private static double[] along(Network network, Dataset data, int count, Experiment experiment) {
        try (LossSurface surface = LossSurface.of(network, data, experiment.backend()); Point point = surface.at(network.initialTheta())) {
            var options = Options.usual(point.surface().backend().precision(), Options.USUAL_BASIS, experiment.seed());
            return BlockLanczos.of(PointOperator.gaussNewton(point), count, 0, options, Progress.NONE).top().stream()
                    .mapToDouble(pair -> g(point, pair.vector())).toArray();
        }
    }

    private static double g(Point point, HostBuffer v) {
        return Lemma22.defined(DirectionalAlignment.of(point, v), "g");
    }
}
