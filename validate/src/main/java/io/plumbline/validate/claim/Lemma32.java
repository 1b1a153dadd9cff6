package io.plumbline.validate.claim;

import io.plumbline.alignment.Alignment;
import io.plumbline.data.Dataset;
import io.plumbline.data.Philox;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
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
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/// Lemma 3.2: a step θ⁺ = θ − η(∇L + ξ) of the linearised model, E ξ = 0, E ξξᵀ = S, has E[L⁺] = rL + η²ν with ν = Tr(HS)/2 and
/// r = 1 − 2ηa₁ + η²a₂ ≥ 0, a_k = vᵀH^{k+1}v/vᵀHv; r ≤ 1 if η ≤ 2/λ₁.
///
/// Exactly, in function space: E[L⁺] is the mean over every batch of one example, and over both values of a two-point noise ±s, s random, that has nothing to do
/// with the model. Then by the engine's own steps, under each of its noise laws.
///
/// a₂ ≥ a₁² (Cauchy–Schwarz), so r ≥ (1 − ηa₁)²; r − 1 = −η vᵀH²(2 − ηH)v/vᵀHv.
final class Lemma32 implements Claim {
    private static final int RANDOM_POINTS = 3;
    /// η in units of 1/λ₁.
    private static final double[] RATES = {0.3, 1, 2};
    private static final int BATCH = 4;
    /// A deviation of the sampled E[L⁺]/L that would matter, relative.
    private static final double RESOLUTION = 0.05;

    private final double constant;

    Lemma32() {
        this(1);
    }

    /// The claim E[L⁺] = rL + c·η²ν; the lemma's c is 1.
    Lemma32(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "lemma-3.2";
    }

    @Override
    public String statement() {
        return "one step under any noise of mean 0 and covariance S: E[L⁺] = rL + η²Tr(HS)/2, r = 1 − 2ηa₁ + η²a₂ ≥ 0, and r ≤ 1 if η ≤ 2/λ₁(H)";
    }

    @Override
    public String formula() {
        return "\\mathbb E[L(\\theta_{t+1})]=\\mathbb E\\big[r(\\theta_t)L(\\theta_t)+\\tfrac{\\eta^2}{2}\\operatorname{Tr}(HS(\\theta_t))\\big],\\qquad r=1-2\\eta\\,\\frac{\\theta^{\\mathsf T}H^2\\theta}{\\theta^{\\mathsf T}H\\theta}+\\eta^2\\,\\frac{\\theta^{\\mathsf T}H^3\\theta}{\\theta^{\\mathsf T}H\\theta}\\ge 0";
    }

    @Override
    public String assumptions() {
        return "the model is linear in θ; square loss; a global minimum with L = 0";
    }

    @Override
    public String source() {
        return "Lemma 3.2";
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(100, 400);
        var trials = Features.trials(experiment, Features.ofAllKinds(experiment, n), (space, gram) -> exact(space, gram, experiment));
        for (String noise : List.of("sampling", "gaussian", "geometry", "isotropic", "isotropic-fisher", "bounded:0.5")) {
            trials.add(() -> sampled(Noise.parse(noise), experiment));
        }
        return trials;
    }

    private List<Measurement> exact(FunctionSpace space, Features.Gram gram, Experiment experiment) {
        var batches = new ArrayList<Measurement>();
        var twoPoint = new ArrayList<Measurement>();
        var lowest = new ArrayList<Measurement>();
        var highest = new ArrayList<Measurement>();
        double[] lambda = space.eigenvalues();
        for (double[] w : points(space, experiment)) {
            double[] noise = normal(space.rank(), experiment.random("lemma-3.2.noise"));
            for (double rate : RATES) {
                double eta = rate / lambda[0];
                double r = linear(lambda, w, eta);
                String setting = gram.where() + ", the tightest of " + (RANDOM_POINTS + 2) + " θ and " + RATES.length + " η";
                batches.add(overBatches(setting, space, gram, w, eta, r));
                twoPoint.add(overTwoPoints(setting, lambda, w, noise, eta, r));
                // r is a sum of three terms of magnitudes 1, 2ηa₁ ≤ 2ηλ₁ and η²a₂ ≤ (ηλ₁)², each a quotient of sums of r terms.
                double rounding = space.rank() * Precision.F64.unitRoundoff() * (1 + rate) * (1 + rate);
                lowest.add(Measurement.exact("r ≥ 0", setting, r, Relation.AT_LEAST, 0, rounding));
                highest.add(Measurement.exact("r ≤ 1 at η ≤ 2/λ₁", setting, r, Relation.AT_MOST, 1, rounding));
            }
        }
        return List.of(
                Measurement.worst(batches), Measurement.worst(twoPoint), Measurement.worst(lowest), Measurement.worst(highest));
    }

    /// Random coordinates, and the sharpest and the flattest direction.
    private static List<double[]> points(FunctionSpace space, Experiment experiment) {
        int rank = space.rank();
        var all = new ArrayList<double[]>();
        for (int t = 0; t < RANDOM_POINTS; t++) {
            all.add(normal(rank, experiment.random("lemma-3.2.theta." + t)));
        }
        for (int a : new int[] {0, rank - 1}) {
            double[] direction = new double[rank];
            direction[a] = 1;
            all.add(direction);
        }
        return all;
    }

    private static double[] normal(int length, Philox random) {
        double[] numbers = new double[length];
        random.fillNormal(0, numbers);
        return numbers;
    }

    /// r.
    private static double linear(double[] lambda, double[] w, double eta) {
        double loss = quadratic(lambda, w, value -> 1);
        return 1 - 2 * eta * quadratic(lambda, w, value -> value) / loss + eta * eta * quadratic(lambda, w, value -> value * value) / loss;
    }

    /// wᵀΛf(Λ)w.
    private static double quadratic(double[] lambda, double[] w, DoubleUnaryOperator f) {
        return IntStream.range(0, w.length).mapToDouble(a -> lambda[a] * f.applyAsDouble(lambda[a]) * w[a] * w[a]).sum();
    }

    /// The mean over all n batches of one example, u ↦ u − ηM_{:,i}u_i, against rL + η²Tr(HΣ)/2.
    ///
    /// The change is up to ηn‖𝒦‖ ≤ 2n of u's length. Eigenvectors are accurate to n roundings of M, so F is and with it what M makes of u: n² roundings of a term
    /// whose size is the root of the result; 16 for the terms.
    private Measurement overBatches(String setting, FunctionSpace space, Features.Gram gram, double[] w, double eta, double r) {
        int n = space.examples();
        double[] u = space.residuals(w);
        double loss = Vectors.dot(u, u) / (2.0 * n);
        double mean = 0;
        double secondMoment = 0;
        for (int i = 0; i < n; i++) {
            double after = 0;
            double chi = 0;
            for (int j = 0; j < n; j++) {
                double moved = u[j] - eta * gram.get(j, i) * u[i];
                after += moved * moved;
                chi += gram.get(j, i) * gram.get(j, i);
            }
            mean += after / (2.0 * n) / n;
            secondMoment += u[i] * u[i] * chi / n / n;
        }
        double nu = (secondMoment - quadratic(space.eigenvalues(), w, value -> value * value)) / 2;
        double expected = r + constant * eta * eta * nu / loss;
        double tolerance = 16.0 * n * n * Precision.F64.unitRoundoff() * (mean / loss + expected);
        return Measurement.exact("E[L⁺]/L over every batch of one", setting, mean / loss, Relation.EQUAL, expected, tolerance);
    }

    /// The mean over ±s, in the coordinates of w: (1 − ηΛ)w ± ηs.
    private Measurement overTwoPoints(String setting, double[] lambda, double[] w, double[] noise, double eta, double r) {
        double mean = 0;
        for (int sign = -1; sign <= 1; sign += 2) {
            double[] moved = new double[w.length];
            for (int a = 0; a < w.length; a++) {
                moved[a] = (1 - eta * lambda[a]) * w[a] + sign * eta * noise[a];
            }
            mean += quadratic(lambda, moved, value -> 1) / 2;
        }
        double doubleLoss = quadratic(lambda, w, value -> 1);
        double nu = quadratic(lambda, noise, value -> 1) / 2;
        double expected = r + constant * eta * eta * 2 * nu / doubleLoss;
        // The cross terms of ±s cancel: they and all else are sums of r terms no larger than what is left and the loss.
        double tolerance = 8.0 * w.length * Precision.F64.unitRoundoff() * (mean / doubleLoss + expected + 1);
        return Measurement.exact("E[L⁺]/L under ± a random vector", setting, mean / doubleLoss, Relation.EQUAL, expected, tolerance);
    }

    /// One step of many replicas from one θ of a linear model that can fit all labels.
    private List<Measurement> sampled(Noise noise, Experiment experiment) {
        int count = experiment.scale().choose(2000, 40_000);
        try (Dataset data = experiment.synthetic("gaussian:n=40,d=60,noise=0.1")) {
            Network network = Points.network("linear:60-1", 1, experiment.seed());
            try (LossSurface surface = LossSurface.of(network, data, experiment.backend())) {
                double eta;
                double loss;
                double expected;
                try (Point point = surface.at(network.initialTheta())) {
                    Alignment alignment = Alignment.of(point);
                    eta = 1 / alignment.fisherFrobenius().value();
                    loss = alignment.loss().value();
                    expected = linear(point, loss, eta) + constant * eta * eta * traceWithNoise(noise, alignment, network) / (2 * loss);
                }
                var recipes = new ArrayList<Recipe>();
                for (int r = 0; r < count; r++) {
                    recipes.add(new Recipe(eta, Schedule.CONSTANT, 0, BATCH, Sampling.WITH, noise, experiment.seed("lemma-3.2." + noise, r)));
                }
                try (Replicas replicas = Replicas.of(surface, recipes, Collections.nCopies(count, network.initialTheta()))) {
                    replicas.advance(1);
                    double[] ratios = Arrays.stream(replicas.losses()).map(after -> after / loss).toArray();
                    Estimate mean = Estimate.mean(ratios);
                    return List.of(new Measurement("E[L⁺]/L of the engine's steps", "noise " + noise + ", B=" + BATCH, mean.value(),
                            mean.standardError(), Relation.EQUAL, expected, RESOLUTION * expected));
                }
            }
        }
    }

    /// r, from ∇L = Hv: vᵀH²v = ‖∇L‖², vᵀH³v = ∇LᵀG∇L.
    private static double linear(Point point, double loss, double eta) {
        HostBuffer gradient = point.gradient();
        double[] g = gradient.toArray();
        return 1 - eta * Vectors.dot(g, g) / loss + eta * eta * Vectors.dot(g, point.gaussNewtonVector(gradient).toArray()) / (2 * loss);
    }

    /// Tr(HS), by the table of [Noise].
    private static double traceWithNoise(Noise noise, Alignment at, Network network) {
        double trace = at.fisherTrace().value();
        double twiceLoss = 2 * at.loss().value();
        double p = network.parameterCount();
        return switch (noise.law()) {
            case SAMPLING, GAUSSIAN -> at.noiseTraceWithFisher().value() / BATCH;
            case GEOMETRY -> twiceLoss * at.fisherFrobenius().value() * at.fisherFrobenius().value() / BATCH;
            case ISOTROPIC -> at.noiseTrace().value() * trace / (BATCH * p);
            case ISOTROPIC_FISHER -> twiceLoss * trace * trace / (BATCH * p);
            case ISOTROPIC_SCALED -> noise.scale() * twiceLoss * trace / BATCH;
            case BOUNDED -> noise.scale() * noise.scale() * trace / p;
            case NONE -> 0;
        };
    }
}
