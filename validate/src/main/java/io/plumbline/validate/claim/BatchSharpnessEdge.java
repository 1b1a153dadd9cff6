package io.plumbline.validate.claim;

import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.flatness.BlockLanczos;
import io.plumbline.flatness.BlockLanczos.Options;
import io.plumbline.flatness.PointOperator;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Network;
import io.plumbline.training.BatchSharpness;
import io.plumbline.training.Plan;
import io.plumbline.training.Recipe;
import io.plumbline.training.Replicas;
import io.plumbline.training.Sampling;
import io.plumbline.training.Status;
import io.plumbline.training.Training;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/// Andreyev & Beneventano: where SGD's training sharpens the loss, what stops at 2/η is batch sharpness, s = E_B[g_BᵀH_Bg_B/‖g_B‖²], while λ₁ of the full Hessian stays below.
///
/// A statement about what trainings tend to, with no bound printed: "stabilises at 2/η" is read as ηs/2 within 1 ± 1/3 in the mean over the last third of training and over seeds. It says something only where s would rise
/// beyond 2/η if it were free to: so each seed also trains at a learning rate η/3 from the same θ, and its s must end above 2/η.
final class BatchSharpnessEdge implements Claim {
    private static final int BATCH = 8;
    /// Most that trainings from random θ survive.
    private static final double RATE = 0.7;
    private static final double SLOWER = 3;
    private static final double NEAR = 1.0 / 3;
    private static final int LOOKS = 9;
    /// Looks before the last third.
    private static final int EARLY = 6;

    private final double constant;
    private final double rate;

    BatchSharpnessEdge() {
        this(1, RATE);
    }

    /// The claim that batch sharpness stabilises at c·2/η; the right c is 1.
    ///
    /// @param rate η in units of 2/s at random θ
    BatchSharpnessEdge(double constant, double rate) {
        this.constant = constant;
        this.rate = rate;
    }

    @Override
    public String id() {
        return "batch-sharpness";
    }

    @Override
    public String statement() {
        return "training with SGD sharpens until E_B[g_BᵀH_Bg_B/‖g_B‖²] stabilises at 2/η (within a third), while λ₁(H) stays below 2/η";
    }

    @Override
    public String formula() {
        return "\\mathbb E_B\\bigg[\\frac{g_B^{\\mathsf T}H_B\\,g_B}{\\|g_B\\|^2}\\bigg]\\;\\longrightarrow\\;\\frac2\\eta";
    }

    @Override
    public String assumptions() {
        return "constant η, at which training at a smaller one would become sharper than 2/η; late in training, which has not diverged";
    }

    @Override
    public String source() {
        return "Andreyev & Beneventano, arXiv 2412.20553";
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        return List.of(() -> measure(experiment));
    }

    /// A training's batch sharpness late, mean of its looks, and λ₁ at its end.
    private record Found(double sharpness, double top) {}

    private List<Measurement> measure(Experiment experiment) {
        int seeds = experiment.scale().choose(3, 12);
        int steps = experiment.scale().choose(1350, 9000);
        try (Dataset data = experiment.synthetic("gaussian:n=100,d=8,noise=1")) {
            var networks = IntStream.range(0, seeds).mapToObj(s -> Points.network("fcn:8-40-1:tanh", 1, experiment.seed() + s)).toList();
            double[] rates = networks.stream().mapToDouble(one -> rate * 2 / sharpness(one, data, one.initialTheta(), experiment)).toArray();
            double[] slower = Arrays.stream(rates).map(eta -> eta / SLOWER).toArray();
            var fast = train(networks, data, rates, steps, experiment);
            var slow = train(networks, data, slower, steps, experiment);
            String setting = networks.getFirst().name() + ", " + Lemma22.kind(data) + ", B=" + BATCH + ", mean of " + seeds + " seeds";
            return List.of(
                    measurement("ηs/2, late in training", setting, fast, rates, Found::sharpness, Relation.AT_LEAST, constant * (1 - NEAR)),
                    measurement("ηs/2, late in training", setting, fast, rates, Found::sharpness, Relation.AT_MOST, constant * (1 + NEAR)),
                    measurement("ηλ₁/2, late in training", setting, fast, rates, Found::top, Relation.AT_MOST, constant),
                    measurement("ηs/2 where η/3 leads", setting, slow, rates, Found::sharpness, Relation.AT_LEAST, constant));
        }
    }

    private static double sharpness(Network network, Dataset data, HostBuffer theta, Experiment experiment) {
        int draws = experiment.scale().choose(25, 200);
        return Lemma22.defined(
                BatchSharpness.of(network, data, experiment.backend(), theta, Sampling.WITH, BATCH, draws,
                        experiment.seed("batch-sharpness.look", 0)),
                "batch sharpness");
    }

    /// What each network's training at its learning rate finds.
    private static Found[] train(List<Network> networks, Dataset data, double[] rates, int steps, Experiment experiment) {
        var recipes = new ArrayList<Recipe>();
        var thetas = new ArrayList<HostBuffer>();
        for (int s = 0; s < rates.length; s++) {
            recipes.add(Recipe.sgd(rates[s], BATCH, experiment.seed("batch-sharpness", s)));
            thetas.add(networks.get(s).initialTheta());
        }
        double[] sums = new double[rates.length];
        double[] tops = new double[rates.length];
        try (LossSurface surface = LossSurface.of(networks.getFirst(), data, experiment.backend());
                Replicas replicas = Replicas.of(surface, recipes, thetas)) {
            Training.run(replicas, Plan.of(steps, steps / LOOKS), moment -> {
                if (moment.status() == Status.DIVERGED) {
                    throw new UnmetAssumptionException("training diverged at step " + moment.step() + " with η = " + moment.learningRate());
                }
                if (moment.step() > steps * (long) EARLY / LOOKS) {
                    sums[moment.replica()] += sharpness(surface.network(), data, moment.theta(), experiment);
                }
                if (moment.isLast()) {
                    tops[moment.replica()] = topEigenvalue(moment.point(), experiment);
                }
            });
        }
        var found = new Found[rates.length];
        Arrays.setAll(found, s -> new Found(sums[s] / (LOOKS - EARLY), tops[s]));
        return found;
    }

    private static double topEigenvalue(Point point, Experiment experiment) {
        var options = Options.usual(point.surface().backend().precision(), Options.USUAL_BASIS, experiment.seed());
        return BlockLanczos.of(PointOperator.hessian(point), 1, 0, options, Progress.NONE).largest().value();
    }

    /// The mean over seeds of η/2 times the figure.
    private static Measurement measurement(
            String name, String setting, Found[] found, double[] rates, ToDoubleFunction<Found> figure, Relation relation, double bound) {
        Estimate mean = Estimate.mean(IntStream.range(0, rates.length).mapToDouble(s -> rates[s] / 2 * figure.applyAsDouble(found[s])).toArray());
        return new Measurement(name, setting, mean.value(), mean.standardError(), relation, bound, 0);
    }
}
