package io.plumbline.validate.claim;

import io.plumbline.alignment.Alignment;
import io.plumbline.alignment.Spectrum;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
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
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// Lemma 3.6: under noise with Tr(HS(θ)) ≤ 2σ² at every θ and η ≤ 2/λ₁, E[L_t] − E[L_0] ≤ η²σ²t: escape is at most linear in time.
///
/// Exactly: under a constant S, E[w_a²] along the eigenvector of λ_a becomes (1 − ηλ_a)²E[w_a²] + η²S_aa, and E[L] = ½ Σ λ_a E[w_a²]. Noise along the sharpest direction
/// at η = 2/λ₁ attains the bound, and so does any noise from the minimum as η → 0. Then by the engine's descent under noise of bounded length.
final class Lemma36 implements Claim {
    private static final int STEPS = 100;
    /// η in units of 1/λ₁.
    private static final double[] RATES = {0.01, 0.5, 1, 2};
    private static final int SAMPLED_STEPS = 20;
    private static final double[] SAMPLED_RATES = {0.02, 1, 1.9};
    private static final double LENGTH = 0.1;

    private final double constant;

    Lemma36() {
        this(1);
    }

    /// The claim E[L_t] − E[L_0] ≤ c·η²σ²t; the lemma's c is 1.
    Lemma36(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "lemma-3.6";
    }

    @Override
    public String statement() {
        return "Tr(HS(θ)) ≤ 2σ² and η ≤ 2/λ₁(H) ⇒ E[L_t − L_0] ≤ η²σ²t: bounded noise lets the loss grow at most linearly in time";
    }

    @Override
    public String formula() {
        return "\\eta\\le\\frac{2}{\\lambda_1(H)},\\ \\operatorname{Tr}(HS(\\theta))\\le2\\sigma^2\\;\\Rightarrow\\;\\mathbb E[L(\\theta_t)-L(\\theta_0)]\\le\\eta^2\\sigma^2t";
    }

    @Override
    public String assumptions() {
        return "the model is linear in θ; square loss; a global minimum with L = 0";
    }

    @Override
    public String source() {
        return "Lemma 3.6";
    }

    @Override
    public Optional<String> note() {
        return Optional.of("Printed as E[HS(θ)] ≤ 2σ², a matrix against a number; the proof, by Lemma 3.2, needs Tr(HS(θ)) ≤ 2σ².");
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(100, 400);
        var trials = Features.trials(experiment, Features.ofAllKinds(experiment, n), (space, gram) -> List.of(exact(space, gram, experiment)));
        for (double rate : SAMPLED_RATES) {
            trials.add(() -> List.of(sampled(rate, experiment)));
        }
        return trials;
    }

    /// The largest (E[L_t] − L_0)/(η²σ²t) over starts, noises, η and t ≤ 100.
    private Measurement exact(FunctionSpace space, Features.Gram gram, Experiment experiment) {
        double[] lambda = space.eigenvalues();
        int rank = lambda.length;
        double[] random = new double[rank];
        experiment.random("lemma-3.6.theta").fillNormal(0, random);
        double[] squares = Arrays.stream(random).map(w -> w * w).toArray();
        double[] isotropic = new double[rank];
        Arrays.fill(isotropic, 1);
        double[] sharpest = new double[rank];
        sharpest[0] = 1;
        var all = new ArrayList<Measurement>();
        String setting = gram.where() + ", the tightest of 2 θ₀, 4 noises, " + RATES.length + " η and t ≤ " + STEPS;
        for (double rate : RATES) {
            for (double[] start : List.of(new double[rank], squares)) {
                for (double[] noise : List.of(isotropic, lambda, sharpest, squares)) {
                    double largest = largestGrowth(lambda, start, noise, rate / lambda[0]);
                    // Sums of r terms over t steps; L_0 and what it decays to, up to L_0/(η²σ²) larger than the result, cancel.
                    double cancelled = half(lambda, start) / (rate * rate / lambda[0] / lambda[0] * half(lambda, noise));
                    double tolerance = (rank + 4.0 * STEPS) * Precision.F64.unitRoundoff() * (largest + constant + cancelled);
                    all.add(Measurement.exact("(E[L_t] − L_0)/(η²σ²t), exactly", setting, largest, Relation.AT_MOST, constant, tolerance));
                }
            }
        }
        return Measurement.worst(all);
    }

    /// @param z E[w_a²]
    /// @param s S_aa, σ² = ½ Σ λ_a S_aa
    private static double largestGrowth(double[] lambda, double[] z, double[] s, double eta) {
        double before = half(lambda, z);
        double perStep = eta * eta * half(lambda, s);
        double[] moment = z.clone();
        double largest = Double.NEGATIVE_INFINITY;
        for (int t = 1; t <= STEPS; t++) {
            for (int a = 0; a < lambda.length; a++) {
                double kept = 1 - eta * lambda[a];
                moment[a] = kept * kept * moment[a] + eta * eta * s[a];
            }
            largest = Math.max(largest, (half(lambda, moment) - before) / (perStep * t));
        }
        return largest;
    }

    /// ½ Σ λ_a z_a.
    private static double half(double[] lambda, double[] z) {
        return Vectors.dot(lambda, z) / 2;
    }

    /// Descent of a linear model from a minimum, θ = 0 with all labels 0, under noise of length R: S = R²/p·I, σ² = R²Tr H/(2p).
    private Measurement sampled(double rate, Experiment experiment) {
        int count = experiment.scale().choose(1000, 10_000);
        try (Dataset data = experiment.synthetic("gaussian:n=40,d=60,teacher=0")) {
            Network network = Points.network("linear:60-1", 1, experiment.seed());
            try (LossSurface surface = LossSurface.of(network, data, experiment.backend())) {
                HostBuffer minimum = HostBuffer.collected(Precision.F64, network.parameterCount());
                minimum.segment().fill((byte) 0);
                double eta;
                double variance;
                try (Point point = surface.at(minimum)) {
                    eta = rate / Spectrum.of(point, Progress.NONE).eigenvalues()[0];
                    variance = LENGTH * LENGTH * Alignment.of(point).fisherTrace().value() / (2 * network.parameterCount());
                }
                var recipes = new ArrayList<Recipe>();
                for (int r = 0; r < count; r++) {
                    recipes.add(new Recipe(eta, Schedule.CONSTANT, 0, 1, Sampling.WITH, new Noise(Noise.Law.BOUNDED, LENGTH),
                            experiment.seed("lemma-3.6." + rate, r)));
                }
                try (Replicas replicas = Replicas.of(surface, recipes, Collections.nCopies(count, minimum))) {
                    replicas.advance(SAMPLED_STEPS);
                    double scale = 1 / (eta * eta * variance * SAMPLED_STEPS);
                    Estimate ratio = Estimate.mean(Arrays.stream(replicas.losses()).map(loss -> scale * loss).toArray());
                    String setting = "gaussian n=40, η = " + rate + "/λ₁, T=" + SAMPLED_STEPS;
                    return new Measurement("(E[L_T] − L_0)/(η²σ²T) of the engine's steps", setting, ratio.value(), ratio.standardError(),
                            Relation.AT_MOST, constant,
                            0);
                }
            }
        }
    }
}
