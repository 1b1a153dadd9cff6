package io.plumbline.validate.claim;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.data.Dataset;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.StabilityThreshold;
import io.plumbline.stability.Trajectories;
import io.plumbline.training.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

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
    public String assumptions() {
        return "batches drawn with replacement (without: q = (n−B)/(B(n−1)) in place of 1/B); one output; a global minimum with L = 0";
    }

    @Override
    public String source() {
        return "Theorem 3.3; η* by Mulayoff & Michaeli, arXiv 2306.07850";
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(200, 400);
        return List.of(
                () -> measure("isotropic features", "linear:d-1", () -> experiment.synthetic("gaussian:n=" + n + ",d=400"), experiment),
                () -> measure("ReLU features", "rfm:d-1000", () -> experiment.synthetic("sphere:n=" + n + ",d=5"), experiment),
                () -> measure(
                        "power-law features", "linear:d-1", () -> experiment.synthetic("gaussian:n=" + n + ",d=400,exponent=1"), experiment),
                () -> measure("ReLU features", "rfm:d-500", () -> experiment.twoClasses(n), experiment),
                () -> withoutReplacement(experiment));
    }

    private List<Measurement> measure(String features, String model, Supplier<Dataset> source, Experiment experiment) {
        try (Dataset data = source.get(); Backend doubles = experiment.doubles()) {
            String where = features + ", " + Lemma22.kind(data);
            Network network = Points.network(model.replace(":d", ":" + data.width()), 1, experiment.seed());
            try (FunctionSpace space = functionSpace(network, data, experiment, doubles)) {
                return measure(space, where, experiment);
            }
        }
    }

    private List<Measurement> measure(FunctionSpace space, String where, Experiment experiment) {
        double mu0 = space.lowestAlignment();
        var bounds = new ArrayList<Measurement>();
        var below = new ArrayList<Measurement>();
        var above = new ArrayList<Measurement>();
        for (int batchSize : experiment.scale().choose(List.of(1, 2, 5), List.of(1, 2, 5, 10, 40))) {
            StabilityThreshold threshold = StabilityThreshold.of(space, Sampling.WITH.noiseScale(batchSize, space.examples()));
            bounds.add(bound("‖H‖_F·η* ≤ √(B/μ₀)", where + ", B=" + batchSize, space, threshold, mu0, Math.sqrt(batchSize / mu0)));
            below.add(simulate(BELOW, Relation.AT_MOST, threshold, batchSize, experiment, where));
            above.add(simulate(ABOVE, Relation.AT_LEAST, threshold, batchSize, experiment, where));
        }
        bounds.addAll(below);
        bounds.addAll(above);
        return bounds;
    }

    /// The function space of the model's gradients at its initial θ: their Gram matrix in double, whatever precision they were computed in, so that it
    /// is positive semidefinite and its small eigenvalues are those of these gradients.
    private static FunctionSpace functionSpace(Network network, Dataset data, Experiment experiment, Backend doubles) {
        if (network.outputs() != 1) {
            throw new UnmetAssumptionException(network.name() + " has " + network.outputs() + " outputs, expected 1");
        }
        int n = data.examples();
        try (var workspace = new Workspace(doubles); HostBuffer gram = HostBuffer.allocate(Precision.F64, (long) n * n)) {
            Tensor gradients = workspace.tensor(n, (int) network.parameterCount());
            Points.atInitial(network, data, experiment.backend(), point -> doubles.upload(point.perExampleGradients(0, n), gradients));
            Tensor products = workspace.tensor(n, n);
            doubles.multiply(gradients, gradients, true, false, products);
            doubles.download(products, gram);
            return FunctionSpace.of(gram, 1, doubles);
        }
    }

    /// ‖H‖_F·η* ≤ c·(the bound's numerator). Both sides come from one matrix in double: n·u each for norm and eigenvalues, the residual
    /// of η*, and what μ₀ is known to, of which the root takes half.
    private Measurement bound(String name, String setting, FunctionSpace space, StabilityThreshold threshold, double mu0, double numerator) {
        double value = space.frobenius() * threshold.eta();
        double rounding = space.examples() * Precision.F64.unitRoundoff() + threshold.residual();
        double ofMu0 = space.alignmentRounding() / mu0;
        double tolerance = rounding * (value + numerator) + 0.5 * ofMu0 * constant * numerator;
        return Measurement.exact(name, setting, value, Relation.AT_MOST, constant * numerator, tolerance);
    }

    /// E[L_T]/E[L_0] of simulated SGD at c·η*: below 1 for c < 1, above 1 for c > 1.
    private static Measurement simulate(
            double c, Relation relation, StabilityThreshold threshold, int batchSize, Experiment experiment, String where) {
        long work = experiment.scale().choose(1_000_000L, 20_000_000L);
        var random = experiment.random("thm-3.3." + where + "." + batchSize + "." + c);
        Trajectories simulated = Trajectories.at(c, threshold, Sampling.WITH, batchSize, work, random);
        String setting = where + ", B=" + batchSize + ", T=" + simulated.steps();
        return new Measurement("E[L_T]/E[L_0] at " + c + " η*", setting, simulated.ratio(), simulated.standardError(), relation, 1, 0);
    }

    /// Orthogonal gradients, M = I: the printed bound fails, the one with q holds.
    private List<Measurement> withoutReplacement(Experiment experiment) {
        int n = ORTHOGONAL_EXAMPLES;
        double[] identity = new double[n * n];
        for (int i = 0; i < n; i++) {
            identity[i * n + i] = 1;
        }
        var measurements = new ArrayList<Measurement>();
        try (Backend doubles = experiment.doubles();
                HostBuffer gram = HostBuffer.of(identity);
                FunctionSpace space = FunctionSpace.of(gram, 1, doubles)) {
            double mu0 = space.lowestAlignment();
            for (int batchSize = 2; batchSize <= n; batchSize += 2) {
                double q = Sampling.WITHOUT.noiseScale(batchSize, n);
                StabilityThreshold threshold = StabilityThreshold.of(space, q);
                double value = space.frobenius() * threshold.eta();
                double printed = Math.sqrt(batchSize / mu0);
                String setting = n + " orthogonal gradients, B=" + batchSize + " without replacement";
                measurements.add(
                        Measurement.exact("without replacement: ‖H‖_F over the printed bound", setting, value / printed, Relation.AT_LEAST, 1, 0));
                if (q > 0) {
                    measurements.add(bound("without replacement: ‖H‖_F·η* ≤ 1/√(qμ₀)", setting, space, threshold, mu0, Math.sqrt(1 / (q * mu0))));
                }
            }
        }
        return measurements;
    }
}
