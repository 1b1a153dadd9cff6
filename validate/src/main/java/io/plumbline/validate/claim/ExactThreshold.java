package io.plumbline.validate.claim;

import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.GrowthRate;
import io.plumbline.stability.StabilityThreshold;
import io.plumbline.training.Sampling;
import java.util.ArrayList;
import java.util.List;

/// Mulayoff & Michaeli: E[L] of SGD linearised at a global minimum stays bounded ⇔ η ≤ η*, where at η* the second-moment operator has the eigenvalue 1.
///
/// η* is the root of one eigenproblem ([StabilityThreshold]), E[L]'s growth a step in the long run the eigenvalue of another ([GrowthRate]): it must be below 1 just below η*, and above it
/// just above. Simulated SGD, which knows neither, must fall and grow there too. With and without replacement, and with two outputs.
final class ExactThreshold implements Claim {
    /// How close to η* E[L]'s growth is judged exactly.
    private static final double NEAR = 1e-3;
    private static final double SIMULATED = 0.03;
    private static final int BATCH = 2;
    private static final int OUTPUTS = 2;

    private final double constant;

    ExactThreshold() {
        this(1);
    }

    /// The claim with c·q in place of the noise scale; the right c is 1.
    ExactThreshold(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "exact-threshold";
    }

    @Override
    public String statement() {
        return "linearised SGD is stable in mean square ⇔ η ≤ η*(B), the root of the second-moment operator's top eigenvalue = 1";
    }

    @Override
    public String formula() {
        return "\\sup_t\\frac{\\mathbb E[L(\\theta_t)]}{\\mathbb E[L(\\theta_0)]}<\\infty\\;\\Leftrightarrow\\;\\eta\\le\\eta^*(B)=\\frac{1}{\\lambda_{\\max}\\big(\\mathcal L^{-1}\\mathcal Q\\big)},\\qquad "
                + "\\mathcal LZ=HZ+ZH,\\ \\mathcal QZ=(1-q)\\,HZH+\\frac qn\\sum_iH_iZH_i";
    }

    @Override
    public String assumptions() {
        return "a fresh batch each step, with replacement (q = 1/B) or without (q = (n−B)/(B(n−1))); a global minimum with L = 0";
    }

    @Override
    public String source() {
        return "Mulayoff & Michaeli, arXiv 2306.07850, in function space";
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(100, 400);
        var trials = new ArrayList<Trial>();
        trials.add(() -> Features.isotropic(experiment, n).measure(experiment,
                (space, gram) -> measure(space, gram.where(), Sampling.WITHOUT, experiment)));
        trials.add(() -> Features.relu(experiment, n).measure(experiment, (space, gram) -> measure(space, gram.where(), Sampling.WITH, experiment)));
        trials.add(() -> Features.images(experiment, n).measure(experiment,
                (space, gram) -> measure(space, gram.where(), Sampling.WITHOUT, experiment)));
        trials.add(() -> severalOutputs(n / 2, experiment));
        return trials;
    }

    private List<Measurement> severalOutputs(int n, Experiment experiment) {
        var gram = new HostBuffer[1];
        try (Dataset data = experiment.synthetic("sphere:n=" + n + ",d=5,k=" + OUTPUTS); Backend doubles = experiment.doubles()) {
            Network network = Points.network("fcn:5-40-" + OUTPUTS + ":tanh", 1, experiment.seed());
            Points.atInitial(network, data, experiment.backend(), point -> gram[0] = point.gram(Progress.NONE));
            try (FunctionSpace space = FunctionSpace.of(gram[0], OUTPUTS, doubles)) {
                return measure(space, network.name() + ", " + Lemma22.kind(data) + ", K=" + OUTPUTS, Sampling.WITH, experiment);
            }
        }
    }

    private List<Measurement> measure(FunctionSpace space, String where, Sampling sampling, Experiment experiment) {
        double q = sampling.noiseScale(BATCH, space.examples());
        StabilityThreshold threshold = StabilityThreshold.of(space, Math.min(1, constant * q));
        String setting = where + ", B=" + BATCH + " " + sampling + " replacement";
        return List.of(
                growth(1 - NEAR, space, q, threshold, setting, Relation.AT_MOST),
                growth(1 + NEAR, space, q, threshold, setting, Relation.AT_LEAST),
                Thresholds.simulate(id(), 1 - SIMULATED, threshold, sampling, BATCH, experiment, where),
                Thresholds.simulate(id(), 1 + SIMULATED, threshold, sampling, BATCH, experiment, where));
    }

    /// Below η* the slowest direction may keep the growth as close to 1 as 2ηλ_r, so it is compared with 1 to n roundings of the operator's norm.
    private static Measurement growth(double c, FunctionSpace space, double q, StabilityThreshold threshold, String setting, Relation relation) {
        double eta = c * threshold.eta();
        GrowthRate growth = GrowthRate.of(space, q, eta);
        double top = eta * space.eigenvalues()[0];
        double tolerance = space.examples() * space.outputs() * Precision.F64.unitRoundoff() * (1 + top) * (1 + top);
        return Measurement.exact("E[L]'s growth a step at " + c + " η*", setting, growth.perStep(), relation, 1, tolerance);
    }
}
