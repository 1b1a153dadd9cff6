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
import io.plumbline.training.Recipe;
import io.plumbline.training.Replicas;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Zhang, Yang & Tu: along the eigenvectors of H, Σ follows a power law of the curvature, vᵀΣv ∝ (vᵀHv)^ζ with 1 ≤ ζ ≤ 2.
///
/// What is tried: ζ is the least-squares slope of log vᵀΣv in log vᵀHv over H's top eigenvectors, of all parameters together, after some training; mean over seeds with its standard error.
final class PowerLaw implements Claim {
    private static final int DIRECTIONS = 12;
    private static final int BASIS = 60;
    private static final int BATCH = 10;
    /// η in units of 1/λ₁(G) at the start.
    private static final double RATE = 0.5;

    private final double constant;

    PowerLaw() {
        this(1);
    }

    /// The claim c ≤ ζ ≤ 2c; the right c is 1.
    PowerLaw(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "power-law";
    }

    @Override
    public String statement() {
        return "vᵀΣv ∝ (vᵀHv)^ζ over the eigenvectors v of H, with 1 ≤ ζ ≤ 2";
    }

    @Override
    public String formula() {
        return "v^{\\mathsf T}\\Sigma v\\;\\propto\\;\\big(v^{\\mathsf T}Hv\\big)^{\\zeta},\\qquad 1\\le\\zeta\\le2";
    }

    @Override
    public String assumptions() {
        return "trained networks; the " + DIRECTIONS + " sharpest directions, where vᵀHv > 0; square loss";
    }

    @Override
    public String source() {
        return "Zhang, Yang & Tu, arXiv 2602.05600";
    }

    @Override
    public Optional<String> note() {
        return Optional.of("The source fits a ζ to each fully connected layer; tried here is one ζ for all parameters together.");
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(100, 1000);
        var trials = new ArrayList<Trial>();
        for (String model : experiment.scale().choose(List.of("fcn:d-24-24-1:relu"), List.of("fcn:d-24-24-1:relu", "fcn:d-24-1:tanh"))) {
            trials.add(() -> measure(model, () -> experiment.twoClasses(n), experiment));
        }
        return trials;
    }

    private List<Measurement> measure(String model, Supplier<Dataset> source, Experiment experiment) {
        int seeds = experiment.scale().choose(10, 24);
        int steps = experiment.scale().choose(150, 2000);
        try (Dataset data = source.get()) {
            String fitted = model.replace(":d", ":" + data.width());
            Network network = Points.network(fitted, 1, experiment.seed());
            double[] exponents = new double[seeds];
            try (LossSurface surface = LossSurface.of(network, data, experiment.backend())) {
                double eta = RATE / Minima.topEigenvalue(surface, network.initialTheta());
                var recipes = new ArrayList<Recipe>();
                var thetas = new ArrayList<HostBuffer>();
                for (int s = 0; s < seeds; s++) {
                    recipes.add(Recipe.sgd(eta, BATCH, experiment.seed("power-law", s)));
                    thetas.add(Points.network(fitted, 1, experiment.seed() + s).initialTheta());
                }
                try (Replicas replicas = Replicas.of(surface, recipes, thetas)) {
                    replicas.advance(steps);
                    for (int s = 0; s < seeds; s++) {
                        try (Point point = surface.at(replicas.theta(s))) {
                            exponents[s] = exponent(point, experiment);
                        }
                    }
                }
            }
            Estimate mean = Estimate.mean(exponents);
            String setting = fitted + ", " + Lemma22.kind(data) + ", " + steps + " steps, mean of " + seeds + " seeds";
            return List.of(
                    new Measurement("ζ ≥ 1", setting, mean.value(), mean.standardError(), Relation.AT_LEAST, constant, 0),
                    new Measurement("ζ ≤ 2", setting, mean.value(), mean.standardError(), Relation.AT_MOST, 2 * constant, 0));
        }
    }

    /// ζ at a point.
    ///
    /// @throws UnmetAssumptionException if H does not curve up, or there is no noise, in one of the directions
    private static double exponent(Point point, Experiment experiment) {
        // Both forms are taken of the vectors found, so a residual of 10⁻³ of λ₁ is small enough.
        var options = new Options(1, BASIS, BASIS, 1e-3, experiment.seed());
        var pairs = BlockLanczos.of(PointOperator.hessian(point), DIRECTIONS, 0, options, Progress.NONE).top();
        double[] x = new double[pairs.size()];
        double[] y = new double[pairs.size()];
        for (int a = 0; a < x.length; a++) {
            HostBuffer v = pairs.get(a).vector();
            double noise = Vectors.dot(v.toArray(), point.noiseCovarianceVector(v).toArray());
            if (!(pairs.get(a).value() > 0 && noise > 0)) {
                throw new UnmetAssumptionException(
                        "direction " + a + ": vᵀHv is " + pairs.get(a).value() + " and vᵀΣv " + noise + ", expected positive numbers");
            }
            x[a] = Math.log(pairs.get(a).value());
            y[a] = Math.log(noise);
        }
        return Vectors.slope(x, y);
    }
}
