package io.plumbline.validate.claim;

import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.StabilityThreshold;
import io.plumbline.training.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Proposition 3.4: a global minimum at which SGD is linearly stable has ‖H‖_F ≤ min(B/√((B−1)μ₁), 2B/μ₁)/η, μ₁ = inf μ₁(θ) of the linearised model.
///
/// Like Theorem 3.3 it is tried at the largest stable η, η*(B) ([StabilityThreshold], which the claim exact-threshold is about), with the exact infimum
/// ([FunctionSpace#lowestSecondMomentAlignment()]); at random features and at a trained network. From E[L⁺]/L = 1 − 2ηa₁ + η²[(1−q)a₂ + qμ₁(θ)‖H‖_F²] with a₂ ≥ a₁² and
/// a₁ ≤ ‖H‖_F: the first bound is the minimum over a₁ of the right side at most 1, the second drops a₂ and takes a₁ ≤ ‖H‖_F.
///
/// B and B/√(B−1) stand for 1/q and 1/√(q(1−q)) at q = 1/B; without replacement only the form with q holds: n orthogonal gradients have η*‖H‖_F = 2B/√n and μ₁ = 1.
final class Proposition34 implements Claim {
    private static final int ORTHOGONAL_EXAMPLES = 6;

    private final double constant;

    Proposition34() {
        this(1);
    }

    /// The claim with c times the bound; the proposition's c is 1.
    Proposition34(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "prop-3.4";
    }

    @Override
    public String statement() {
        return "linearised SGD stable at a global minimum ⇒ ‖H‖_F ≤ min(B/√((B−1)μ₁), 2B/μ₁)/η, μ₁ = inf_θ μ₁(θ); tried at the largest stable η, η*(B)";
    }

    @Override
    public String formula() {
        return "\\text{linearly stable}\\;\\Rightarrow\\;\\|H(\\theta^*)\\|_F\\le\\min\\Big(\\frac{B}{\\sqrt{(B-1)\\mu_1}},\\frac{2B}{\\mu_1}\\Big)\\frac1\\eta,\\qquad \\mu_1=\\inf_\\theta\\mu_1(\\theta)";
    }

    @Override
    public String assumptions() {
        return "batches drawn with replacement (without: 1/√(q(1−q)μ₁) and 2/(qμ₁), q = (n−B)/(B(n−1))); one output; a global minimum with L = 0";
    }

    @Override
    public String source() {
        return "Proposition 3.4; η* by Mulayoff & Michaeli, arXiv 2306.07850";
    }

    @Override
    public Optional<String> note() {
        return Optional.of(
                "The printed bound is that of batches drawn with replacement. Without, it can fail, as for n orthogonal gradients; with q = (n−B)/(B(n−1)) it "
                        + "reads min(1/√(q(1−q)μ₁), 2/(qμ₁))/η and holds.");
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(200, 400);
        var features = new ArrayList<>(Features.ofAllKinds(experiment, n));
        features.add(Features.trained(experiment, experiment.scale().choose(40, 100)));
        var trials = Features.trials(experiment, features, (space, gram) -> withReplacement(space, gram.where(), experiment));
        trials.add(() -> Features.orthogonal(ORTHOGONAL_EXAMPLES).measure(experiment, this::withoutReplacement));
        return trials;
    }

    private List<Measurement> withReplacement(FunctionSpace space, String where, Experiment experiment) {
        double mu1 = space.lowestSecondMomentAlignment();
        var measurements = new ArrayList<Measurement>();
        for (int batchSize : experiment.scale().choose(List.of(1, 2, 5, 20), List.of(1, 2, 5, 10, 20, 40))) {
            double q = Sampling.WITH.noiseScale(batchSize, space.examples());
            measurements.add(bound("‖H‖_F·η* ≤ min(B/√((B−1)μ₁), 2B/μ₁)", where + ", B=" + batchSize, space, q, numerator(q, mu1)));
        }
        return measurements;
    }

    /// The two regimes meet at μ₁ = 4(1−q)/q.
    private static double numerator(double q, double mu1) {
        return Math.min(1 / Math.sqrt(q * (1 - q) * mu1), 2 / (q * mu1));
    }

    private Measurement bound(String name, String setting, FunctionSpace space, double q, double numerator) {
        double ofAlignment = space.alignmentRounding() / space.lowestSecondMomentAlignment();
        StabilityThreshold threshold = StabilityThreshold.of(space, q);
        return Thresholds.atMost(name, setting, space, space.frobenius(), threshold, constant * numerator, ofAlignment);
    }

    private List<Measurement> withoutReplacement(FunctionSpace space, Features.Gram gram) {
        double mu1 = space.lowestSecondMomentAlignment();
        var measurements = new ArrayList<Measurement>();
        for (int batchSize = 2; batchSize < space.examples(); batchSize += 2) {
            double q = Sampling.WITHOUT.noiseScale(batchSize, space.examples());
            String setting = gram.where() + ", B=" + batchSize + " without replacement";
            measurements.add(bound("without replacement: ‖H‖_F·η* ≤ min(1/√(q(1−q)μ₁), 2/(qμ₁))", setting, space, q, numerator(q, mu1)));
        }
        int large = space.examples() - 2;
        double value = space.frobenius() * StabilityThreshold.of(space, Sampling.WITHOUT.noiseScale(large, space.examples())).eta();
        measurements.add(
                Measurement.exact("without replacement: ‖H‖_F over the printed bound", gram.where() + ", B=" + large,
                        value / numerator(1.0 / large, mu1),
                        Relation.AT_LEAST, 1, 0));
        return measurements;
    }
}
