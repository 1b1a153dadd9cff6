package io.plumbline.validate.claim;

import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.StabilityThreshold;
import io.plumbline.training.Sampling;
import java.util.ArrayList;
import java.util.List;

/// Wu & Su: a global minimum at which SGD with batches of one is linearly stable has Tr H ≤ 2/η; generally Tr H ≤ 2/(qη), q the noise scale.
///
/// Tried at the largest stable η, η*(B) ([StabilityThreshold]). The second-moment operator's quotient at S = I is q Σ ηλ_a/(2 − (1−q)ηλ_a) ≥ qη Tr H/2, and at η* none exceeds 1. No alignment is assumed.
final class TraceBound implements Claim {
    private final double constant;

    TraceBound() {
        this(1);
    }

    /// The claim Tr H ≤ c·2/(qη); the right c is 1.
    TraceBound(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "trace-bound";
    }

    @Override
    public String statement() {
        return "linearised SGD stable at a global minimum ⇒ Tr H ≤ 2/η for B = 1, Tr H ≤ 2/(qη) in general; tried at the largest stable η, η*(B)";
    }

    @Override
    public String formula() {
        return "\\text{linearly stable}\\;\\Rightarrow\\;\\operatorname{Tr}H\\le\\frac{2}{q\\,\\eta}\\qquad(q=1/B\\text{ with replacement})";
    }

    @Override
    public String assumptions() {
        return "one output; a fresh batch each step, with replacement (q = 1/B) or without (q = (n−B)/(B(n−1))); a global minimum with L = 0";
    }

    @Override
    public String source() {
        return "Wu & Su, arXiv 2305.17490";
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(150, 400);
        var features = new ArrayList<>(Features.ofAllKinds(experiment, n));
        features.add(Features.trained(experiment, experiment.scale().choose(40, 100)));
        features.add(Features.orthogonal(6));
        return Features.trials(experiment, features, (space, gram) -> measure(space, gram.where(), experiment));
    }

    private List<Measurement> measure(FunctionSpace space, String where, Experiment experiment) {
        var measurements = new ArrayList<Measurement>();
        for (Sampling sampling : List.of(Sampling.WITH, Sampling.WITHOUT)) {
            for (int batchSize : experiment.scale().choose(List.of(1, 5), List.of(1, 2, 5, 10, 40))) {
                double q = sampling.noiseScale(batchSize, space.examples());
                String setting = where + ", B=" + batchSize + " " + sampling + " replacement";
                measurements
                        .add(Thresholds.atMost("Tr H·η* ≤ 2/q", setting, space, space.trace(), StabilityThreshold.of(space, q), constant * 2 / q, 0));
            }
        }
        return measurements;
    }
}
