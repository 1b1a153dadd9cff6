package io.plumbline.validate.claim;

import io.plumbline.stability.FunctionSpace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/// Proposition 2.5: random ReLU features of x uniform on the sphere in ℝᵈ, m ≥ n ≳ d⁵: with high probability μ₁(θ) ≥ 1 and μ(θ) ≳ 1/d at every θ.
///
/// Both infima are exact ([FunctionSpace]), over θ in the row space. Where M has full rank, residuals can be any, and inf μ₁ = γ ≤ 1: "μ₁ ≥ 1" can only mean ≳ 1. Read so: inf μ₁ ≥ 1/2 where
/// n ≥ d⁵, and 1 − inf μ₁ falls with n (faster than n^(−1/4), where its fluctuations fall as n^(−1/2) but for logarithms); inf μ·d ≥ 1/2, and inf μ falls no faster than 1/d.
final class Proposition25 implements Claim {
    /// Features for each example: m = 2n.
    private static final int FEATURES = 2;
    private static final double AWAY_FROM_0 = 0.5;
    private static final double SLOWEST = -0.25;
    private static final int[] DIMENSIONS = {2, 3, 4, 6, 8};

    private final double constant;
    private final double radius;

    Proposition25() {
        this(1, 1);
    }

    /// The claims inf μ₁ ≥ c/2 and inf μ·d ≥ c/2, 1 being this reading's c and 2 the printed claim, for x on a sphere of this radius.
    Proposition25(double constant, double radius) {
        this.constant = constant;
        this.radius = radius;
    }

    @Override
    public String id() {
        return "prop-2.5";
    }

    @Override
    public String statement() {
        return "random ReLU features of x on the sphere in ℝᵈ, m ≥ n ≳ d⁵: inf_θ μ₁ ≳ 1 (≥ 1/2, and nearer to 1 with n) and inf_θ μ ≳ 1/d (≥ 1/(2d), and falling no faster than 1/d)";
    }

    @Override
    public String formula() {
        return "\\varphi_j(x)=\\mathrm{ReLU}(w_j^{\\mathsf T}x),\\ m\\ge n\\gtrsim d^5\\log(1/\\delta)\\;\\Rightarrow\\;\\mu_1(\\theta)\\gtrsim 1,\\quad\\mu(\\theta)\\gtrsim\\frac1d";
    }

    @Override
    public String assumptions() {
        return "weights and x uniform on spheres; m ≥ n ≥ d⁵; θ − θ* in the row space";
    }

    @Override
    public String source() {
        return "Proposition 2.5";
    }

    @Override
    public Optional<String> note() {
        return Optional.of(
                "Printed as μ₁(θ) ≥ 1. For m ≥ n the features' Gram matrix may have full rank, and then inf_θ μ₁ = γ ≤ 1, with equality only if all χ_i are the same: what can be meant is "
                        + "μ₁ ≳ 1.");
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        return List.of(
                () -> bounds(2, 100, experiment),
                () -> bounds(3, experiment.scale().choose(250, 1000), experiment),
                () -> List.of(withExamples(experiment)),
                () -> List.of(withDimension(experiment)));
    }

    /// What the infima are, and what they should be.
    ///
    /// @param rank     of M
    /// @param rounding of the infima
    private record Infima(int examples, int rank, double mu1, double mu, double gamma, double rounding) {
        static Infima of(FunctionSpace space, Features.Gram gram) {
            int n = space.examples();
            double[] chi = new double[n];
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < n; j++) {
                    chi[i] += gram.get(i, j) * gram.get(i, j);
                }
            }
            double gamma = Arrays.stream(chi).min().orElseThrow() / Arrays.stream(chi).average().orElseThrow();
            return new Infima(n, space.rank(), space.lowestSecondMomentAlignment(), space.lowestAlignment(), gamma, space.alignmentRounding());
        }
    }

    private Infima infima(int d, int n, int seed, Experiment experiment) {
        var found = new Infima[1];
        var world = experiment.withSeed(experiment.seed("prop-2.5", seed));
        Features.of("", "rfm:d-" + FEATURES * n, () -> world.synthetic("sphere:n=" + n + ",d=" + d + ",radius=" + radius)).measure(world,
                (space, gram) -> {
                    found[0] = Infima.of(space, gram);
                    return List.of();
                });
        return found[0];
    }

    private List<Infima> infima(int d, int n, Experiment experiment) {
        var all = new ArrayList<Infima>();
        for (int s = 0; s < seeds(experiment); s++) {
            all.add(infima(d, n, s, experiment));
        }
        return all;
    }

    private static int seeds(Experiment experiment) {
        return experiment.scale().choose(6, 12);
    }

    private List<Measurement> bounds(int d, int n, Experiment experiment) {
        var all = infima(d, n, experiment);
        String setting = "d=" + d + ", n=" + n + ", m=" + FEATURES * n;
        var measurements = new ArrayList<Measurement>();
        measurements.add(sampled("inf μ₁ ≥ 1/2", setting, all, Infima::mu1, constant * AWAY_FROM_0));
        measurements.add(sampled("inf μ·d ≥ 1/2", setting, all, one -> one.mu() * d, constant * AWAY_FROM_0));
        String tightest = setting + ", the tightest of " + all.size() + " seeds";
        measurements.add(Measurement.worst(all.stream().map(
                one -> Measurement.exact("inf μ₁ ≤ 1: the printed bound is at most attained", tightest, one.mu1(), Relation.AT_MOST, 1,
                        one.rounding()))
                .toList()));
        var ofFullRank = all.stream().filter(one -> one.rank() == one.examples()).map(
                one -> Measurement.exact("inf μ₁ = γ where M has full rank", tightest, one.mu1(), Relation.EQUAL, one.gamma(), 2 * one.rounding()))
                .toList();
        if (!ofFullRank.isEmpty()) {
            measurements.add(Measurement.worst(ofFullRank));
        }
        return measurements;
    }

    private static Measurement sampled(String name, String setting, List<Infima> all, ToDoubleFunction<Infima> figure, double bound) {
        Estimate mean = Estimate.mean(all.stream().mapToDouble(figure).toArray());
        return new Measurement(name, setting + ", mean of " + all.size() + " seeds", mean.value(), mean.standardError(), Relation.AT_LEAST, bound, 0);
    }

    /// The exponent of 1 − inf μ₁ in n.
    private Measurement withExamples(Experiment experiment) {
        List<Integer> sizes = experiment.scale().choose(List.of(40, 80, 160, 320), List.of(60, 120, 250, 500, 1000));
        Estimate slope = slope(sizes, sizes.stream().map(n -> infima(3, n, experiment)).toList(), one -> 1 - one.mu1());
        return new Measurement("exponent of 1 − inf μ₁ in n", "d=3, n = " + sizes, slope.value(), slope.standardError(), Relation.AT_MOST, SLOWEST,
                0);
    }

    /// The exponent of inf μ in d.
    private Measurement withDimension(Experiment experiment) {
        int n = experiment.scale().choose(200, 1000);
        List<Integer> dimensions = Arrays.stream(DIMENSIONS).boxed().toList();
        Estimate slope = slope(dimensions, dimensions.stream().map(d -> infima(d, n, experiment)).toList(), Infima::mu);
        return new Measurement("exponent of inf μ in d", "n=" + n + ", d = " + dimensions, slope.value(), slope.standardError(), Relation.AT_LEAST,
                -1, 0);
    }

    /// The least-squares slope of log(mean figure) in log size, by the jackknife over seeds.
    private static Estimate slope(List<Integer> sizes, List<List<Infima>> found, ToDoubleFunction<Infima> figure) {
        double[] x = sizes.stream().mapToDouble(Math::log).toArray();
        return Estimate.jackknife(found.getFirst().size(), without -> {
            double[] y = new double[x.length];
            for (int k = 0; k < x.length; k++) {
                List<Infima> all = found.get(k);
                double sum = 0;
                for (int s = 0; s < all.size(); s++) {
                    sum += s == without ? 0 : figure.applyAsDouble(all.get(s));
                }
                y[k] = Math.log(sum / (all.size() - (without < 0 ? 0 : 1)));
            }
            return Vectors.slope(x, y);
        });
    }
}
