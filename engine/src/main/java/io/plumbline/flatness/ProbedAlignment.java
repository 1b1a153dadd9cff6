package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.derivative.Point;
import io.plumbline.flatness.Probes.Law;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.function.ToDoubleFunction;

/// α, β, μ, μ₁, μ₂ by common probes, where no pass over pairs of examples is affordable. For each probe v
///
/// g = ‖Gv‖² → ‖G‖_F²,  s = ‖Σv‖² → ‖Σ‖_F²,  c = (Σv)·(Gv) → Tr(ΣG);
///
/// μ = c̄/(2Lḡ), α = c̄/√(ḡ s̄), β = √s̄/(2L√ḡ); with Tr(Σ₂G) = ∇LᵀG∇L, exact from one product, μ₂ = ∇LᵀG∇L/(2Lḡ) and μ₁ = μ + μ₂. The same probes serve numerator and
/// denominator, whose errors then largely cancel in the ratios.
///
/// Ratios of means of m numbers are biased by O(1/m): the values are the jackknife's (Quenouille 1956), m R − (m−1)R̄, biased by O(1/m²), with R_(j) the ratio without probe
/// j, R̄ their mean, and their standard errors √((m−1)/m Σ(R_(j) − R̄)²) (Tukey 1958). Products: m with G, m with Σ, one more with G.
///
/// β, μ, μ₁, μ₂ need L > 0, all of them G ≠ 0 and residuals that are not lost in rounding ([Point#lostInRounding]), and α needs Σ ≠ 0: what is not there is null. Where Σ = 0, its figures, β and μ are 0.
///
/// **Rounding.** A product Σv = (1/n) Σ ∇L_i c_i takes c_i, each ∇L_i·v less their mean, from numbers with the backend's rounding u each and a mean in double. Alike rows
/// leave c_i of up to a few u each, which add u² Tr Σ₁ to Tr Σ, and a common shift by the mean's rounding u₆₄, which adds u₆₄ Tr Σ₁. So Σ counts as 0 where the
/// estimate of Tr Σ is at most max(k u₆₄, (k u)²) Tr Σ₁, with k = [#ROUNDINGS] and Tr Σ₁ = Tr Σ + ‖∇L‖².
///
/// @param fisher          Tr G, ‖G‖_F
/// @param noise           Tr Σ, ‖Σ‖_F
/// @param noiseWithFisher Tr(ΣG)
public record ProbedAlignment(
        Estimate alpha, Estimate beta, Estimate mu, Estimate mu1, Estimate mu2, Moments fisher, Moments noise, Estimate noiseWithFisher) {
    /// The method in its figures.
    public static final String METHOD = "common-probes";
    /// Probes that a jackknife needs.
    public static final int FEWEST = 3;
    /// Σ is taken for 0 below what this many roundings leave of it.
    public static final int ROUNDINGS = 64;

    /// What the ratios are made of.
    private record Means(double c, double g, double s) {}

    /// Measures at a point.
    ///
    /// @throws IllegalArgumentException if there are fewer than 3 probes: the jackknife needs as many
    /// @throws ArithmeticException if a product is not finite
    public static ProbedAlignment of(Point point, int probes, long seed) {
        if (probes < FEWEST) {
            throw new IllegalArgumentException("probes: found " + probes + ", expected at least " + FEWEST + " for a jackknife");
        }
        HostBuffer gradient = point.gradient();
        var fisher = PointOperator.gaussNewton(point);
        Backend backend = fisher.backend();
        double squaredGradient;
        double form;
        try (var workspace = new Workspace(backend)) {
            Tensor v = workspace.tensor(1, fisher.size());
            Tensor image = workspace.tensor(1, fisher.size());
            backend.upload(gradient, v);
            fisher.apply(v, image);
            form = backend.rowProducts(v, image)[0];
            squaredGradient = backend.rowProducts(v, v)[0];
        }
        var all = of(fisher, PointOperator.noiseCovariance(point), point.loss(), squaredGradient, form, probes, seed);
        return point.lostInRounding() == null
                ? all
                : new ProbedAlignment(null, null, null, null, null, all.fisher, all.noise, all.noiseWithFisher);
    }

    /// From G and Σ as operators.
    ///
    /// @param loss            L
    /// @param squaredGradient ‖∇L‖²
    /// @param form            ∇LᵀG∇L
    static ProbedAlignment of(
            SymmetricOperator fisher, SymmetricOperator noise, double loss, double squaredGradient, double form, int probes, long seed) {
        double[] c = new double[probes];
        double[] g = new double[probes];
        double[] s = new double[probes];
        double[] traceG = new double[probes];
        double[] traceS = new double[probes];
        Backend backend = fisher.backend();
        try (var workspace = new Workspace(backend)) {
            new Probes(seed, "alignment", Law.RADEMACHER).forEachBlock(0, probes, fisher.size(), backend, workspace, (first, v) -> {
                Tensor gv = workspace.tensor(v.rows(), v.columns());
                Tensor sv = workspace.tensor(v.rows(), v.columns());
                fisher.apply(v, gv);
                noise.apply(v, sv);
                put(Basis.dots(backend, sv, gv), c, first);
                put(Basis.dots(backend, gv, gv), g, first);
                put(Basis.dots(backend, sv, sv), s, first);
                put(Basis.dots(backend, v, gv), traceG, first);
                put(Basis.dots(backend, v, sv), traceS, first);
            });
        }
        double traceNoise = Sample.of(traceS).mean();
        boolean noNoise = Sample.of(s).mean() == 0 || traceNoise <= rounding(backend) * (traceNoise + squaredGradient);
        if (noNoise) {
            for (double[] sums : new double[][] {c, s, traceS}) {
                Arrays.fill(sums, 0);
            }
        }
        boolean flat = Sample.of(g).mean() == 0;
        boolean ratios = !flat && loss > 0;
        long products = 2L * probes + 1;
        return new ProbedAlignment(
                flat || noNoise ? null : jackknife(c, g, s, products, seed, m -> m.c / Math.sqrt(m.g * m.s)),
                !ratios ? null : jackknife(c, g, s, products, seed, m -> Math.sqrt(m.s / m.g) / (2 * loss)),
                !ratios ? null : jackknife(c, g, s, products, seed, m -> m.c / (2 * loss * m.g)),
                !ratios ? null : jackknife(c, g, s, products, seed, m -> (m.c + form) / (2 * loss * m.g)),
                !ratios ? null : jackknife(c, g, s, products, seed, m -> form / (2 * loss * m.g)),
                moments(traceG, g, seed),
                moments(traceS, s, seed),
                mean(c, seed));
    }

    /// What alike rows may leave of Tr Σ, relative to Tr Σ₁.
    private static double rounding(Backend backend) {
        double entries = ROUNDINGS * backend.arithmetic().unitRoundoff();
        return Math.max(ROUNDINGS * Precision.F64.unitRoundoff(), entries * entries);
    }

    private static void put(double[] values, double[] target, int first) {
        System.arraycopy(values, 0, target, first, values.length);
    }

    private static Moments moments(double[] forms, double[] squares, long seed) {
        return new Moments(mean(forms, seed), mean(squares, seed));
    }

    private static Estimate mean(double[] values, long seed) {
        var sample = Sample.of(values);
        return new Estimate(sample.mean(), sample.standardError(), METHOD, values.length, values.length, seed);
    }

    private static Estimate jackknife(double[] c, double[] g, double[] s, long products, long seed, ToDoubleFunction<Means> ratio) {
        int m = c.length;
        var all = new Means(Sample.of(c).mean(), Sample.of(g).mean(), Sample.of(s).mean());
        double[] without = new double[m];
        for (int j = 0; j < m; j++) {
            without[j] = ratio.applyAsDouble(new Means(without(all.c, c, j), without(all.g, g, j), without(all.s, s, j)));
        }
        var sample = Sample.of(without);
        double value = m * ratio.applyAsDouble(all) - (m - 1) * sample.mean();
        return new Estimate(value, Math.sqrt((m - 1.0) / m * (m - 1) * sample.variance()), METHOD, m, products, seed);
    }

    private static double without(double mean, double[] values, int j) {
        return mean + (mean - values[j]) / (values.length - 1);
    }
}
