package io.plumbline.validate.claim;

import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.stability.FunctionSpace;
import io.plumbline.training.Noise;
import io.plumbline.training.Recipe;
import io.plumbline.training.Replicas;
import io.plumbline.training.Sampling;
import io.plumbline.training.Schedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/// §3.3: with covariance S/B, isotropic noise S = 2σ²L·I_p, σ² = Tr H/p, bounds Tr H ≤ √(pB)/η at a stable minimum, which depends on the number of parameters p; geometry-aware noise
/// S = 2L·H of the same total variance bounds ‖H‖_F ≤ √B/η, which does not.
///
/// Both noises keep E[wwᵀ] diagonal in H's eigenvectors: E[w_a²] becomes (1 − ηλ_a)²E[w_a²] + η²s_aΣ_bλ_bE[w_b²]/B with s_a = σ² or λ_a. A stationary one has
/// Σ_a ηs_a/(2 − ηλ_a) = B, and this η is the largest stable one, η*; directions with λ_a = 0 do not count. Then by the engine's steps: from the stationary second moment
/// E[L] falls below η* and grows above it.
final class IsotropicNoise implements Claim {
    /// Parameters for each dimension of H's range.
    private static final int[] OVERPARAMETERISATIONS = {1, 8, 64};
    private static final double BELOW = 0.7;
    private static final double ABOVE = 1.3;
    private static final int EXAMPLES = 20;

    private final double constant;

    IsotropicNoise() {
        this(1);
    }

    /// The claim with c times both bounds; the paper's c is 1.
    IsotropicNoise(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "isotropic";
    }

    @Override
    public String statement() {
        return "stable under isotropic noise 2σ²L·I/B, σ² = Tr H/p ⇒ Tr H ≤ √(pB)/η; under geometry-aware noise 2L·H/B ⇒ ‖H‖_F ≤ √B/η; tried at the largest stable η";
    }

    @Override
    public String formula() {
        return "S=2\\sigma^2L\\,I_p,\\ \\sigma^2=\\frac{\\operatorname{Tr}H}{p}:\\ \\operatorname{Tr}H\\le\\frac{\\sqrt{pB}}{\\eta};\\qquad S=2L\\,H:\\ \\|H\\|_F\\le\\frac{\\sqrt B}{\\eta}";
    }

    @Override
    public String assumptions() {
        return "the model is linear in θ; square loss; a global minimum with L = 0";
    }

    @Override
    public String source() {
        return "§3.3";
    }

    @Override
    public Optional<String> note() {
        return Optional.of(
                "The printed step E[L⁺] ≥ E[L]·η²Tr(H)²/(nB) fails where p > n; with σ² = Tr H/p it reads η²Tr(H)²/(pB), and that gives the printed √(pB)/η.");
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(100, 400);
        var trials = Features.trials(experiment, Features.ofAllKinds(experiment, n), this::exact);
        for (int p : experiment.scale().choose(List.of(20, 100), List.of(20, 100, 400))) {
            for (Noise.Law law : List.of(Noise.Law.ISOTROPIC_FISHER, Noise.Law.GEOMETRY)) {
                trials.add(() -> sampled(law, p, experiment));
            }
        }
        return trials;
    }

    private List<Measurement> exact(FunctionSpace space, Features.Gram gram) {
        double[] lambda = space.eigenvalues();
        double trace = space.trace();
        // η* is a root to the last bit of a sum of r terms; norms are off by n roundings.
        double rounding = 4 * space.examples() * Precision.F64.unitRoundoff();
        var isotropic = new ArrayList<Measurement>();
        var geometric = new ArrayList<Measurement>();
        var growing = new ArrayList<Measurement>();
        for (int batchSize : List.of(1, 10)) {
            double geometricEta = threshold(lambda, lambda, batchSize);
            double bound = constant * Math.sqrt(batchSize);
            geometric.add(Measurement.exact("geometry-aware: ‖H‖_F·η* ≤ √B", gram.where() + ", B=" + batchSize, space.frobenius() * geometricEta,
                    Relation.AT_MOST, bound, rounding * bound));
            double smallest = geometricEta;
            for (int factor : OVERPARAMETERISATIONS) {
                double p = (double) factor * lambda.length;
                double eta = threshold(lambda, constant(lambda.length, trace / p), batchSize);
                String setting = gram.where() + ", B=" + batchSize + ", p = " + factor + " rank H";
                double isotropicBound = constant * Math.sqrt(p * batchSize);
                isotropic.add(Measurement.exact("isotropic: Tr H·η* ≤ √(pB)", setting, trace * eta, Relation.AT_MOST, isotropicBound,
                        rounding * isotropicBound));
                growing.add(Measurement.exact("isotropic η* over that of fewer p, first of geometry-aware noise", setting, eta / smallest,
                        Relation.AT_LEAST, 1,
                        2 * rounding));
                smallest = eta;
            }
        }
        var all = new ArrayList<>(isotropic);
        all.addAll(geometric);
        all.addAll(growing);
        return all;
    }

    private static double[] constant(int length, double value) {
        double[] all = new double[length];
        Arrays.fill(all, value);
        return all;
    }

    /// The η in (0, 2/λ₁) at which Σ_a ηs_a/(2 − ηλ_a), which grows from 0 to ∞, is B: by bisection.
    private static double threshold(double[] lambda, double[] s, int batchSize) {
        double low = 0;
        double high = 2 / lambda[0];
        for (double middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
            double sum = 0;
            for (int a = 0; a < lambda.length; a++) {
                sum += middle * s[a] / (2 - middle * lambda[a]);
            }
            if (sum < batchSize) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /// A linear model of p parameters with all labels 0: E[L_1]/L_0 from the stationary second moment at both sides of η*; and from the sharpest direction at η = 1/λ₁,
    /// where r = 0 and the noise is all there is.
    private List<Measurement> sampled(Noise.Law law, int p, Experiment experiment) {
        boolean geometry = law == Noise.Law.GEOMETRY;
        var measurements = new ArrayList<Measurement>();
        try (Dataset data = experiment.synthetic("gaussian:n=" + EXAMPLES + ",d=" + p + ",teacher=0"); Backend doubles = experiment.doubles()) {
            Network network = Points.network("linear:" + p + "-1", 1, experiment.seed());
            String name = geometry ? "geometry-aware" : "isotropic";
            String setting = name + ", n=" + EXAMPLES + ", p=" + p;
            var spectrum = ParameterSpectrum.of(network, data, experiment.backend(), doubles);
            double[] lambda = spectrum.values();
            double trace = Arrays.stream(lambda).sum();
            double[] s = geometry ? lambda : constant(lambda.length, trace / p);
            double eta = threshold(lambda, s, 1);
            double[] stationary = new double[lambda.length];
            for (int a = 0; a < lambda.length; a++) {
                // (1 − (1 − ηλ)²)z = η²sΣλz: up to a factor.
                stationary[a] = eta * s[a] / (lambda[a] * (2 - eta * lambda[a]));
            }
            try (LossSurface surface = LossSurface.of(network, data, experiment.backend())) {
                for (double c : new double[] {BELOW, ABOVE}) {
                    Estimate ratio = ratio(surface, spectrum, stationary, law, c * eta, experiment);
                    measurements.add(new Measurement("E[L_1]/L_0 from the stationary second moment at " + c + " η*", setting, ratio.value(),
                            ratio.standardError(),
                            c < 1 ? Relation.AT_MOST : Relation.AT_LEAST, 1, 0));
                }
                if (!geometry) {
                    double[] sharpest = new double[lambda.length];
                    sharpest[0] = 1;
                    double rate = 1 / lambda[0];
                    Estimate ratio = ratio(surface, spectrum, sharpest, law, rate, experiment);
                    double printed = rate * rate * trace * trace / EXAMPLES;
                    double meant = rate * rate * trace * trace / p;
                    measurements.add(new Measurement("isotropic: E[L⁺]/E[L] = η²Tr(H)²/(pB) where r = 0", setting, ratio.value(),
                            ratio.standardError(), Relation.EQUAL,
                            constant * meant, 0.1 * meant));
                    if (p > EXAMPLES) {
                        measurements.add(new Measurement("isotropic: the printed η²Tr(H)²/(nB) is no lower bound", setting, ratio.value(),
                                ratio.standardError(),
                                Relation.AT_MOST, printed, 0));
                    }
                }
            }
        }
        return measurements;
    }

    /// The mean of L_1/L_0 over replicas at Σ_a ±√z_a v_a, whose second moment is Σ_a z_a v_a v_aᵀ and whose L_0 is ½ Σ_a λ_a z_a.
    private static Estimate ratio(LossSurface surface, ParameterSpectrum spectrum, double[] z, Noise.Law law, double eta, Experiment experiment) {
        int count = experiment.scale().choose(1000, 10_000);
        var recipes = new ArrayList<Recipe>();
        var thetas = new ArrayList<HostBuffer>();
        var signs = experiment.random("isotropic.signs");
        for (int r = 0; r < count; r++) {
            recipes.add(new Recipe(eta, Schedule.CONSTANT, 0, 1, Sampling.WITH, new Noise(law, 0), experiment.seed("isotropic." + eta, r)));
            double[] theta = new double[spectrum.vectors()[0].length];
            for (int a = 0; a < z.length; a++) {
                Vectors.axpy(signs.rademacher((long) r * z.length + a) * Math.sqrt(z[a]), spectrum.vectors()[a], theta);
            }
            thetas.add(HostBuffer.of(theta));
        }
        try (Replicas replicas = Replicas.of(surface, recipes, thetas)) {
            double[] before = replicas.losses();
            replicas.advance(1);
            double[] after = replicas.losses();
            Arrays.setAll(after, r -> after[r] / before[r]);
            return Estimate.mean(after);
        } finally {
            thetas.forEach(HostBuffer::close);
        }
    }
}
