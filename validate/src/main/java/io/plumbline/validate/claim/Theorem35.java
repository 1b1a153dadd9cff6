package io.plumbline.validate.claim;

import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.GrowthRate;
import io.plumbline.stability.SecondMoment;
import io.plumbline.stability.Trajectories;
import io.plumbline.training.Recipe;
import io.plumbline.training.Replicas;
import io.plumbline.training.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/// Theorem 3.5: beyond the bound of Theorem 3.3, η > √(B/μ₀)/‖H‖_F, linearised SGD has E[L_t] ≥ γ₀ᵗE[L₀] with γ₀ = η²μ₀‖H‖_F²/B > 1.
///
/// By induction that says E[L_{t+1}] ≥ γ₀E[L_t] for every second moment of θ. It is tried exactly, by the second moment's recursion from random θ and from all directions
/// alike, and in the long run ([GrowthRate]); by simulated trajectories; and by SGD itself in a network from where gradient descent had nearly converged.
final class Theorem35 implements Claim {
    /// η in units of √(B/μ₀)/‖H‖_F: γ₀ is its square.
    private static final double[] MULTIPLES = {1.2, 2};
    private static final int STEPS = 6;
    private static final List<Integer> BATCH_SIZES = List.of(1, 5);
    private static final int SIMULATED_STEPS = 3;
    private static final int POPULATION = 64;
    private static final int ORTHOGONAL_EXAMPLES = 6;
    private static final int TRUE_BATCH = 2;

    private final double constant;

    Theorem35() {
        this(1);
    }

    /// The claim E[L_{t+1}] ≥ c·γ₀E[L_t]; the theorem's c is 1.
    Theorem35(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "thm-3.5";
    }

    @Override
    public String statement() {
        return "‖H‖_F > √(B/μ₀)/η ⇒ E[L_t] ≥ γ₀ᵗE[L_0], γ₀ = η²μ₀‖H‖_F²/B > 1: linearised SGD leaves a minimum that is too sharp exponentially fast";
    }

    @Override
    public String formula() {
        return "\\|H\\|_F>\\frac1\\eta\\sqrt{\\frac B{\\mu_0}}\\;\\Rightarrow\\;\\mathbb E[L(\\theta_t)]\\ge\\gamma_0^{\\,t}\\,\\mathbb E[L(\\theta_0)],\\qquad \\gamma_0=\\frac{\\eta^2\\mu_0}{B}\\|H\\|_F^2>1";
    }

    @Override
    public String assumptions() {
        return "batches drawn with replacement; one output; a global minimum with L = 0";
    }

    @Override
    public String source() {
        return "Theorem 3.5";
    }

    @Override
    public Optional<String> note() {
        return Optional.of("The printed 1/B is the noise scale of batches drawn with replacement; without, it is q = (n−B)/(B(n−1)).");
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(100, 400);
        var trials = Features.trials(experiment, Features.ofAllKinds(experiment, n), (space, gram) -> exactAndSimulated(space, gram, experiment));
        trials.add(() -> Features.orthogonal(ORTHOGONAL_EXAMPLES).measure(experiment, (space, gram) -> exact(space, gram, experiment)));
        trials.add(() -> network(experiment));
        return trials;
    }

    private List<Measurement> exact(FunctionSpace space, Features.Gram gram, Experiment experiment) {
        var firstSteps = new ArrayList<Measurement>();
        var longRun = new ArrayList<Measurement>();
        for (int batchSize : BATCH_SIZES) {
            double q = Sampling.WITH.noiseScale(batchSize, space.examples());
            for (double multiple : MULTIPLES) {
                double eta = multiple * learningRate(space, q);
                double gamma0 = constant * GrowthRate.lowerBound(space, q, eta);
                String setting = gram.where() + ", B=" + batchSize + ", η = " + multiple + " of Theorem 3.3's";
                firstSteps.add(slowest(space, setting, q, eta, gamma0, experiment));
                GrowthRate growth = GrowthRate.of(space, q, eta);
                double tolerance = rounding(space, eta) * (growth.perStep() + gamma0) + growth.residual() * growth.perStep();
                longRun.add(Measurement.exact("E[L]'s growth a step in the long run ≥ γ₀", setting, growth.perStep(), Relation.AT_LEAST, gamma0,
                        tolerance));
            }
        }
        firstSteps.addAll(longRun);
        return firstSteps;
    }

    private List<Measurement> exactAndSimulated(FunctionSpace space, Features.Gram gram, Experiment experiment) {
        var all = new ArrayList<>(exact(space, gram, experiment));
        for (int batchSize : BATCH_SIZES) {
            double q = Sampling.WITH.noiseScale(batchSize, space.examples());
            double eta = MULTIPLES[0] * learningRate(space, q);
            int population = POPULATION * experiment.scale().choose(1, 16);
            String setting = gram.where() + ", B=" + batchSize + ", T=" + SIMULATED_STEPS;
            var numbers = experiment.random("thm-3.5." + setting);
            Trajectories found = Trajectories.run(eta, SIMULATED_STEPS, random(space, experiment), Sampling.WITH, batchSize, population, numbers);
            double bound = Math.pow(constant * GrowthRate.lowerBound(space, q, eta), SIMULATED_STEPS);
            all.add(new Measurement("simulated E[L_T]/E[L_0] ≥ γ₀ᵀ", setting, found.ratio(), found.standardError(), Relation.AT_LEAST, bound, 0));
        }
        return all;
    }

    /// 1/(√(qμ₀)‖H‖_F).
    ///
    /// @throws UnmetAssumptionException if μ₀ is 0
    private static double learningRate(FunctionSpace space, double q) {
        double mu0 = space.lowestAlignment();
        if (mu0 <= space.alignmentRounding()) {
            throw new UnmetAssumptionException("μ₀ is 0 within rounding: there is a direction without noise");
        }
        return 1 / (Math.sqrt(q * mu0) * space.frobenius());
    }

    /// wwᵀ of random coordinates w at which L = 1.
    private static SecondMoment random(FunctionSpace space, Experiment experiment) {
        double[] w = new double[space.rank()];
        experiment.random("thm-3.5.theta").fillNormal(0, w);
        double scale = 1 / Math.sqrt(SecondMoment.of(space, w).loss());
        return SecondMoment.of(space, Arrays.stream(w).map(entry -> scale * entry).toArray());
    }

    /// The smallest E[L_{t+1}]/E[L_t] of the first steps from a random θ and from isotropic ones.
    private static Measurement slowest(FunctionSpace space, String setting, double q, double eta, double gamma0, Experiment experiment) {
        double lowest = Double.POSITIVE_INFINITY;
        for (SecondMoment start : List.of(random(space, experiment), SecondMoment.isotropic(space))) {
            SecondMoment moment = start;
            for (int t = 0; t < STEPS; t++) {
                SecondMoment next = moment.step(q, eta);
                lowest = Math.min(lowest, next.loss() / moment.loss());
                moment = next;
            }
        }
        return Measurement.exact("the least E[L_{t+1}]/E[L_t] ≥ γ₀", setting, lowest, Relation.AT_LEAST, gamma0,
                rounding(space, eta) * (lowest + gamma0));
    }

    /// n roundings of terms up to (1 + ηλ₁)², and what μ₀ is known to.
    private static double rounding(FunctionSpace space, double eta) {
        double term = 1 + eta * space.eigenvalues()[0];
        return space.examples() * Precision.F64.unitRoundoff() * term * term + space.alignmentRounding() / space.lowestAlignment();
    }

    /// SGD in the network itself from where gradient descent had nearly converged.
    private List<Measurement> network(Experiment experiment) {
        int replicaCount = experiment.scale().choose(400, 4000);
        try (Dataset data = experiment.twoClasses(experiment.scale().choose(30, 100)); Backend doubles = experiment.doubles()) {
            Network network = Points.network("fcn:" + data.width() + "-8-1:tanh", 1, experiment.seed());
            try (LossSurface surface = LossSurface.of(network, data, experiment.backend())) {
                HostBuffer theta = Minima.find(surface, network.initialTheta());
                double q = Sampling.WITH.noiseScale(TRUE_BATCH, data.examples());
                double eta;
                double gamma0;
                try (HostBuffer gram = Features.at(network, theta, data, experiment.backend(), doubles);
                        FunctionSpace space = FunctionSpace.of(gram, 1, doubles)) {
                    eta = MULTIPLES[0] * learningRate(space, q);
                    gamma0 = constant * GrowthRate.lowerBound(space, q, eta);
                }
                var recipes = new ArrayList<Recipe>();
                for (int r = 0; r < replicaCount; r++) {
                    recipes.add(Recipe.sgd(eta, TRUE_BATCH, experiment.seed("thm-3.5.network", r)));
                }
                try (Replicas replicas = Replicas.of(surface, recipes, Collections.nCopies(replicaCount, theta))) {
                    double before = replicas.losses()[0];
                    replicas.advance(1);
                    Estimate ratio = Estimate.mean(Arrays.stream(replicas.losses()).map(after -> after / before).toArray());
                    String setting = "trained " + network.name() + ", " + Lemma22.kind(data) + ", B=" + TRUE_BATCH;
                    return List.of(new Measurement("SGD in a network: E[L_1]/L_0 ≥ γ₀", setting, ratio.value(), ratio.standardError(),
                            Relation.AT_LEAST, gamma0,
                            0));
                }
            }
        }
    }
}
