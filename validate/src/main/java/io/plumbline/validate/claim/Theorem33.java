package io.plumbline.validate.claim;

import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.StabilityThreshold;
import io.plumbline.training.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Theorem 3.3: a global minimum at which SGD is linearly stable has ‖H‖_F ≤ √(B/μ₀)/η, μ₀ = inf μ(θ) of the linearised model.
///
/// For features every global minimum has the same linearisation. The exact η* ([StabilityThreshold]) decides stability, so the theorem says
/// ‖H‖_F ≤ √(B/μ₀)/η*, with the exact μ₀ ([FunctionSpace#lowestAlignment()]); simulated SGD shows that η* is what it is taken for.
///
/// The theorem's 1/B is the noise scale of sampling with replacement. Without, the printed bound can fail: for n orthogonal gradients of one norm,
/// M = cI, η* = 2B/c, μ₀ = 1 − 1/n, and ‖H‖_F exceeds it by 2√(Bμ₀/n). With q = (n−B)/(B(n−1)) in place of 1/B it holds.
final class Theorem33 implements Claim {
    private static final double BELOW = 0.97;
    private static final double ABOVE = 1.03;
    private static final int ORTHOGONAL_EXAMPLES = 6;

    private final double constant;

    Theorem33() {
        this(1);
    }

    /// The claim ‖H‖_F ≤ c·√(B/μ₀)/η; the theorem's c is 1.
    Theorem33(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "thm-3.3";
    }

    @Override
    public String statement() {
        return "linearised SGD stable at a global minimum ⇒ ‖H‖_F ≤ √(B/μ₀)/η, μ₀ = inf_θ μ(θ); tried at the largest stable η, η*(B)";
    }

    @Override
    public String formula() {
        return "\\text{linearly stable}\\;\\Rightarrow\\;\\|H(\\theta^*)\\|_F\\le\\frac1\\eta\\sqrt{\\frac{B}{\\mu_0}},\\qquad \\mu_0=\\inf_\\theta\\mu(\\theta)";
    }

    @Override
    public String assumptions() {
        return "batches drawn with replacement (without: q = (n−B)/(B(n−1)) in place of 1/B); one output; a global minimum with L = 0";
    }

    @Override
    public String source() {
        return "Theorem 3.3; η* by Mulayoff & Michaeli, arXiv 2306.07850";
    }

    @Override
    public Optional<String> note() {
        return Optional.of(
                "The printed 1/B is the noise scale of batches drawn with replacement. Without, the printed bound can fail, by 2√(Bμ₀/n) for n orthogonal "
                        + "gradients; with q = (n−B)/(B(n−1)) in place of 1/B it holds.");
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(200, 400);
        var trials = Features.trials(experiment, Features.ofAllKinds(experiment, n), (space, gram) -> measure(space, gram.where(), experiment));
        trials.add(() -> Features.orthogonal(ORTHOGONAL_EXAMPLES).measure(experiment, this::withoutReplacement));
        return trials;
    }

    private List<Measurement> measure(FunctionSpace space, String where, Experiment experiment) {
        double mu0 = space.lowestAlignment();
        var bounds = new ArrayList<Measurement>();
        var below = new ArrayList<Measurement>();
        var above = new ArrayList<Measurement>();
        for (int batchSize : experiment.scale().choose(List.of(1, 2, 5), List.of(1, 2, 5, 10, 40))) {
            StabilityThreshold threshold = StabilityThreshold.of(space, Sampling.WITH.noiseScale(batchSize, space.examples()));
            bounds.add(bound("‖H‖_F·η* ≤ √(B/μ₀)", where + ", B=" + batchSize, space, threshold, mu0, Math.sqrt(batchSize / mu0)));
            below.add(Thresholds.simulate(id(), BELOW, threshold, Sampling.WITH, batchSize, experiment, where));
            above.add(Thresholds.simulate(id(), ABOVE, threshold, Sampling.WITH, batchSize, experiment, where));
        }
        bounds.addAll(below);
        bounds.addAll(above);
        return bounds;
    }

    /// ‖H‖_F·η* ≤ c·(the bound's numerator), whose root takes half of what μ₀ is off by.
    private Measurement bound(String name, String setting, FunctionSpace space, StabilityThreshold threshold, double mu0, double numerator) {
        double ofRoot = space.alignmentRounding() / mu0 / 2;
        return Thresholds.atMost(name, setting, space, space.frobenius(), threshold, constant * numerator, ofRoot);
    }

    /// Orthogonal gradients, M = I: the printed bound fails, the one with q holds.
    private List<Measurement> withoutReplacement(FunctionSpace space, Features.Gram gram) {
        int n = space.examples();
        double mu0 = space.lowestAlignment();
        var measurements = new ArrayList<Measurement>();
        for (int batchSize = 2; batchSize <= n; batchSize += 2) {
            double q = Sampling.WITHOUT.noiseScale(batchSize, n);
            StabilityThreshold threshold = StabilityThreshold.of(space, q);
            double value = space.frobenius() * threshold.eta();
            double printed = Math.sqrt(batchSize / mu0);
            String setting = gram.where() + ", B=" + batchSize + " without replacement";
            measurements.add(
                    Measurement.exact("without replacement: ‖H‖_F over the printed bound", setting, value / printed, Relation.AT_LEAST, 1, 0));
            if (q > 0) {
                measurements.add(bound("without replacement: ‖H‖_F·η* ≤ 1/√(qμ₀)", setting, space, threshold, mu0, Math.sqrt(1 / (q * mu0))));
            }
        }
        return measurements;
    }
}
