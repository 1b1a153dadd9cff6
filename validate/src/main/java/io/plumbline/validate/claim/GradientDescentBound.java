package io.plumbline.validate.claim;

import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.flatness.DenseHessian;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.SecondMoment;
import java.util.ArrayList;
import java.util.List;

/// The bound for gradient descent beside which the paper puts its own (§3.1): a minimum at which GD is linearly stable has λ₁(H) ≤ 2/η, hence ‖H‖_F ≤ 2√p/η.
///
/// Linearised, the component along an eigenvector is multiplied by 1 − ηλ each step: GD at multiples of 2/λ₁ from directions of all kinds, and the largest multiple
/// that it bears. Then in a network whose GD at a small η finds a minimum that is too sharp for a larger one: GD at that larger η must end at a flatter one.
final class GradientDescentBound implements Claim {
    private static final double[] RATES = {0.5, 0.9, 0.99, 1.01, 1.1, 2};
    private static final int STEPS = 100;
    /// L at which a network's descent counts as converged.
    private static final double CONVERGED = 1e-5;
    private static final int MOST_STEPS = 60_000;
    /// η of the network's descents, in units of 1/λ₁ of the minimum that the first, slow one finds.
    private static final double[] MULTIPLES = {1, 1.8, 2.5, 3};
    private static final double SLOW = 0.3;

    private final double constant;

    GradientDescentBound() {
        this(1);
    }

    /// The claim λ₁ ≤ c·2/η; the right c is 1.
    GradientDescentBound(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "gd-bound";
    }

    @Override
    public String statement() {
        return "gradient descent linearly stable at a minimum ⇒ λ₁(H) ≤ 2/η, hence ‖H‖_F ≤ 2√p/η";
    }

    @Override
    public String formula() {
        return "\\text{GD linearly stable}\\;\\Rightarrow\\;\\lambda_1(H)\\le\\frac2\\eta\\;\\Rightarrow\\;\\|H\\|_F\\le\\frac{2\\sqrt p}{\\eta}";
    }

    @Override
    public String assumptions() {
        return "constant η; networks: gradient descent has converged";
    }

    @Override
    public String source() {
        return "§3.1, after Theorem 3.3; Wu, Ma & E (2018)";
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(40, 400);
        var trials = Features.trials(experiment, Features.ofAllKinds(experiment, n), (space, gram) -> linearised(space, gram, experiment));
        for (int replica = 0; replica < experiment.scale().choose(1, 6); replica++) {
            long seed = experiment.seed() + replica;
            trials.add(() -> network(seed, experiment));
        }
        return trials;
    }

    private List<Measurement> linearised(FunctionSpace space, Features.Gram gram, Experiment experiment) {
        double top = space.eigenvalues()[0];
        double[] random = new double[space.rank()];
        experiment.random("gd-bound.theta").fillNormal(0, random);
        double[] sharpest = new double[space.rank()];
        sharpest[0] = 1;
        double stable = 0;
        double sharpestRatio = 0;
        for (double rate : RATES) {
            double eta = 2 * rate / top;
            double growth = Math.max(ratio(space, random, eta), ratio(space, sharpest, eta));
            stable = growth <= 1 ? Math.max(stable, rate) : stable;
            sharpestRatio = growth > 1 && sharpestRatio == 0 ? growth : sharpestRatio;
        }
        // λ₁ is known to n roundings, and (1 − ηλ₁)^2T to 2T times as many.
        double rounding = space.examples() * Precision.F64.unitRoundoff();
        return List.of(
                Measurement.exact("η·λ₁ of the largest η that GD bears, linearised", gram.where(), 2 * stable, Relation.AT_MOST, 2 * constant,
                        2 * rounding),
                Measurement.exact("L_T/L_0 of GD at the smallest η tried above 2/λ₁", gram.where() + ", T=" + STEPS, sharpestRatio, Relation.AT_LEAST,
                        1,
                        2 * STEPS * rounding));
    }

    /// L_T/L_0.
    private static double ratio(FunctionSpace space, double[] w, double eta) {
        SecondMoment moment = SecondMoment.of(space, w);
        double before = moment.loss();
        for (int t = 0; t < STEPS; t++) {
            moment = moment.step(0, eta);
        }
        return moment.loss() / before;
    }

    /// λ₁ and ‖H‖_F where descents at several η end.
    private List<Measurement> network(long seed, Experiment experiment) {
        try (Dataset data = experiment.synthetic("gaussian:n=30,d=8,noise=0.5")) {
            Network network = Points.network("fcn:8-20-1:tanh", 1, seed);
            try (LossSurface surface = LossSurface.of(network, data, experiment.backend())) {
                HostBuffer start = network.initialTheta();
                double slow = SLOW / Minima.topEigenvalue(surface, start);
                double sharpest = hessian(surface, Minima.find(surface, start, slow, CONVERGED, MOST_STEPS)).topEigenvalue();
                var measurements = new ArrayList<Measurement>();
                for (double multiple : MULTIPLES) {
                    double eta = multiple / sharpest;
                    DenseHessian found = hessian(surface, Minima.find(surface, start, eta, CONVERGED, MOST_STEPS));
                    String setting = network.name() + ", seed " + seed + ", η = " + multiple + "/λ₁ of the slow descent's minimum";
                    // Rounding of p Hessian products and of the p² entries' eigenvalues.
                    double rounding = 4 * network.parameterCount() * experiment.backend().arithmetic().unitRoundoff();
                    measurements
                            .add(Measurement.exact("η·λ₁(H) where GD converged", setting, eta * found.topEigenvalue(), Relation.AT_MOST, 2 * constant,
                                    2 * rounding));
                    double bound = 2 * constant * Math.sqrt((double) network.parameterCount());
                    measurements.add(Measurement.exact("η·‖H‖_F ≤ 2√p where GD converged", setting, eta * found.frobenius(), Relation.AT_MOST, bound,
                            bound * rounding));
                }
                return measurements;
            }
        }
    }

    private static DenseHessian hessian(LossSurface surface, HostBuffer theta) {
        try (Point point = surface.at(theta)) {
            return DenseHessian.of(point, Progress.NONE);
        }
    }
}
