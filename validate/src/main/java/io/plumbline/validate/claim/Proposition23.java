package io.plumbline.validate.claim;

import io.plumbline.alignment.Alignment;
import io.plumbline.data.Dataset;
import io.plumbline.data.GaussianLaw;
import io.plumbline.data.Philox;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Proposition 2.3: for f(x; θ) = F(θ)ᵀx with x ~ N(0, S) and n = ∞, Σ = ∇L∇Lᵀ + 2LG and μ₁ ≥ μ ≥ 1 at every θ.
///
/// It is tried with labels wˢᵀx, a correlated S, and F linear, deep linear and diagonal linear, in four ways: the Gaussian expectation by a cubature that is
/// exact for it; samples of n, whose deviation must shrink as n^(−½); the pooled sample's μ against the closed form; the engine's figures on a sample
/// against that sample's moments.
final class Proposition23 implements Claim {
    private static final int DIMENSION = 8;
    private static final int SEEDS = 32;
    private static final int[] SAMPLE_SIZES = {100, 200, 500, 1000, 2000, 5000, 10_000, 20_000};
    /// Divides all sample sizes, and the last is a multiple of each.
    private static final int BLOCK = SAMPLE_SIZES[0];
    private static final int ENGINE_EXAMPLES = 400;
    /// Deviations of a sampled slope and of a sampled μ, relative, that would matter.
    private static final double SLOPE_RESOLUTION = 0.1;
    private static final double MU_RESOLUTION = 0.05;

    private final double factor;

    Proposition23() {
        this(1);
    }

    /// The claim Σ = ∇L∇Lᵀ + c·2LG; the proposition's c is 1.
    Proposition23(double factor) {
        this.factor = factor;
    }

    @Override
    public String id() {
        return "prop-2.3";
    }

    @Override
    public String statement() {
        return "over-parameterised linear model f = F(θ)ᵀx, x ~ N(0,S), n = ∞: Σ = ∇L∇Lᵀ + 2LG and μ₁ ≥ μ ≥ 1 at every θ";
    }

    @Override
    public String formula() {
        return "x\\sim\\mathcal N(0,S),\\ n=\\infty:\\qquad \\Sigma(\\theta)=\\nabla L\\,\\nabla L^{\\mathsf T}+2L\\,G,\\qquad \\mu_1(\\theta)\\ge\\mu(\\theta)\\ge 1";
    }

    @Override
    public String assumptions() {
        return "Gaussian inputs; labels linear in x; L > 0 and G ≠ 0";
    }

    @Override
    public String source() {
        return "Proposition 2.3";
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        return List.of(
                () -> measure("linear:" + DIMENSION + "-1", experiment),
                () -> measure("linear:" + DIMENSION + "-6-1", experiment),
                () -> measure("diagonal:" + DIMENSION, experiment));
    }

    private List<Measurement> measure(String model, Experiment experiment) {
        GaussianLaw law = GaussianLaw.withCovariance(covariance(), DIMENSION);
        Network network = Points.network(model, 1, experiment.seed());
        double[] teacher = new double[DIMENSION];
        experiment.random("prop-2.3.teacher").fillNormal(0, teacher);
        LinearModel linear = LinearModel.of(network);
        double[] e = linear.weights().clone();
        Vectors.axpy(-1, teacher, e);
        LinearMoments exact = LinearMoments.gaussian(law.covariance(), e, factor);
        var measurements = new ArrayList<Measurement>();
        measurements.add(cubature(model, law, e, exact, linear.metric()));
        double mu = exact.mu(linear.metric());
        double rounding = DIMENSION * DIMENSION * Precision.F64.unitRoundoff();
        measurements.add(Measurement.exact("μ ≥ 1, closed form", model, mu, Relation.AT_LEAST, 1, rounding * mu));
        measurements.add(Measurement.exact("μ₁ ≥ μ, closed form", model, exact.mu1(linear.metric()), Relation.AT_LEAST, mu, rounding * mu));
        measurements.addAll(sampled(model, law, e, exact, linear.metric(), experiment));
        measurements.addAll(engine(model, law, teacher, e, network, linear.metric(), experiment));
        return measurements;
    }

    /// S_ij = ½^|i−j|.
    private static double[] covariance() {
        double[] s = new double[DIMENSION * DIMENSION];
        for (int i = 0; i < DIMENSION; i++) {
            for (int j = 0; j < DIMENSION; j++) {
                s[i * DIMENSION + j] = Math.pow(0.5, Math.abs(i - j));
            }
        }
        return s;
    }

    /// E over N(0,S) by the product of three-point Gauss–Hermite rules, nodes 0 and ±√3 of weights ⅔ and ⅙: exact for polynomials of degree up to 5 in
    /// each coordinate, and ∇L_i∇L_iᵀ has degree 4.
    private static Measurement cubature(String model, GaussianLaw law, double[] e, LinearMoments exact, double[][] metric) {
        var moments = new LinearMoments(DIMENSION);
        int nodes = (int) Math.pow(3, DIMENSION);
        double[] x = new double[DIMENSION];
        for (int node = 0; node < nodes; node++) {
            double weight = 1;
            for (int j = 0, rest = node; j < DIMENSION; j++, rest /= 3) {
                x[j] = (rest % 3 - 1) * Math.sqrt(3);
                weight *= x[j] == 0 ? 2.0 / 3 : 1.0 / 6;
            }
            law.transform(x);
            moments.add(x, Vectors.dot(e, x), weight);
        }
        // Sums of `nodes` terms of mixed sign, whose magnitudes add up to a few times the result; d products of matrices of d terms.
        double tolerance = 8 * (Math.sqrt(nodes) + DIMENSION * DIMENSION) * Precision.F64.unitRoundoff();
        return Measurement.exact(
                "‖Σ − ∇L∇Lᵀ − 2LG‖_F/‖2LG‖_F at n = ∞, by cubature", model, moments.deviation(exact, metric), Relation.EQUAL, 0, tolerance);
    }

    /// How the deviation of Σ_n shrinks with n, and μ of all samples together; standard errors by the jackknife over seeds.
    private List<Measurement> sampled(
            String model, GaussianLaw law, double[] e, LinearMoments exact, double[][] metric, Experiment experiment) {
        int seeds = SEEDS * experiment.scale().choose(1, 8);
        double[][] squaredError = new double[seeds][SAMPLE_SIZES.length];
        var pooled = new LinearMoments[seeds];
        for (int s = 0; s < seeds; s++) {
            pooled[s] = sample(law, e, exact, metric, experiment.random("prop-2.3." + model + "." + s), squaredError[s]);
        }
        Estimate slope = Estimate.jackknife(seeds, without -> slope(squaredError, without));
        Estimate mu = Estimate.jackknife(seeds, without -> LinearMoments.sum(pooled, without).mu(metric));
        double bound = exact.mu(metric);
        return List.of(
                new Measurement(
                        "slope of log‖Σ_n − Σ‖_F against log n, n = 100 … 20,000", model, slope.value(), slope.standardError(), Relation.EQUAL, -0.5,
                        SLOPE_RESOLUTION),
                new Measurement(
                        "μ of samples of 20,000 against closed form", model + ", " + seeds + " seeds", mu.value(), mu.standardError(), Relation.EQUAL,
                        bound,
                        MU_RESOLUTION * bound));
    }

    /// Draws the largest sample in blocks and adds up, for each sample size, the mean over its disjoint samples of the squared relative deviation.
    private static LinearMoments sample(
            GaussianLaw law, double[] e, LinearMoments exact, double[][] metric, Philox random, double[] squaredError) {
        int largest = SAMPLE_SIZES[SAMPLE_SIZES.length - 1];
        var sums = new LinearMoments[SAMPLE_SIZES.length];
        Arrays.setAll(sums, k -> new LinearMoments(DIMENSION));
        double[] x = new double[DIMENSION];
        LinearMoments last = null;
        for (int from = 0; from < largest; from += BLOCK) {
            var block = new LinearMoments(DIMENSION);
            for (int i = from; i < from + BLOCK; i++) {
                random.fillNormal((long) i * DIMENSION, x);
                law.transform(x);
                block.add(x, Vectors.dot(e, x), 1);
            }
            for (int k = 0; k < sums.length; k++) {
                sums[k].add(block);
                if ((from + BLOCK) % SAMPLE_SIZES[k] == 0) {
                    double deviation = sums[k].deviation(exact, metric);
                    squaredError[k] += deviation * deviation * SAMPLE_SIZES[k] / largest;
                    last = sums[k];
                    sums[k] = new LinearMoments(DIMENSION);
                }
            }
        }
        return last;
    }

    /// The least-squares slope of ½ log(mean squared deviation) in log n, leaving one seed out (or none, −1).
    private static double slope(double[][] squaredError, int without) {
        int m = SAMPLE_SIZES.length;
        double[] x = new double[m];
        double[] y = new double[m];
        for (int k = 0; k < m; k++) {
            double sum = 0;
            int count = 0;
            for (int s = 0; s < squaredError.length; s++) {
                sum += s == without ? 0 : squaredError[s][k];
                count += s == without ? 0 : 1;
            }
            x[k] = Math.log(SAMPLE_SIZES[k]);
            y[k] = Math.log(sum / count) / 2;
        }
        return Vectors.slope(x, y);
    }

    /// The engine's L, μ and ‖Σ‖_F on a sample against those that follow from the sample's moments.
    private static List<Measurement> engine(
            String model, GaussianLaw law, double[] teacher, double[] e, Network network, double[][] metric, Experiment experiment) {
        double[][] x = new double[ENGINE_EXAMPLES][DIMENSION];
        double[][] y = new double[ENGINE_EXAMPLES][1];
        var moments = new LinearMoments(DIMENSION);
        Philox random = experiment.random("prop-2.3.engine");
        for (int i = 0; i < ENGINE_EXAMPLES; i++) {
            random.fillNormal((long) i * DIMENSION, x[i]);
            law.transform(x[i]);
            y[i][0] = Vectors.dot(teacher, x[i]);
            moments.add(x[i], Vectors.dot(e, x[i]), 1);
        }
        var measured = new Alignment[1];
        try (Dataset data = Dataset.copyOf("gaussian", x, y)) {
            Points.atInitial(network, data, experiment.backend(), point -> measured[0] = Alignment.of(point));
        }
        // Inner products of d terms, d·u; sums over n² pairs whose roundings are independent, √n·u at most; 8 for what cancels in f − y and Σ₁ − Σ₂.
        double rounding = 8 * (Math.sqrt(ENGINE_EXAMPLES) + DIMENSION) * experiment.backend().arithmetic().unitRoundoff();
        double mu = moments.mu(metric);
        double noise = moments.noiseFrobenius(metric);
        String setting = model + ", n=" + ENGINE_EXAMPLES;
        return List.of(
                Measurement.exact("the engine's μ against the sample's moments", setting, Lemma22.defined(measured[0].mu(), "μ"), Relation.EQUAL, mu,
                        rounding * mu),
                Measurement.exact("the engine's ‖Σ‖_F against the sample's moments", setting, measured[0].noiseFrobenius().value(), Relation.EQUAL,
                        noise, rounding * noise));
    }

    /// F(θ) at the network's initial θ, and the metric ∂F ∂Fᵀ (d, d) that θ lays on weights: ∇_θL = ∂Fᵀ∇_wL, so traces of products of Σ and G in θ are
    /// those in w with the metric between factors.
    private record LinearModel(double[] weights, double[][] metric) {
        static LinearModel of(Network network) {
            double[] theta = theta(network);
            int d = network.input().size();
            double[] weights = new double[d];
            double[][] metric = new double[d][d];
            if (network.name().startsWith("diagonal:")) {
                for (int j = 0; j < d; j++) {
                    weights[j] = theta[j] * theta[j] - theta[d + j] * theta[d + j];
                    metric[j][j] = 4 * (theta[j] * theta[j] + theta[d + j] * theta[d + j]);
                }
            } else if (theta.length == d) {
                System.arraycopy(theta, 0, weights, 0, d);
                for (int j = 0; j < d; j++) {
                    metric[j][j] = 1;
                }
            } else {
                twoLayers(theta, d, weights, metric);
            }
            return new LinearModel(weights, metric);
        }

        /// F = W₁ᵀW₂ᵀ: ∂F∂Fᵀ = ‖W₂‖²I + W₁ᵀW₁.
        private static void twoLayers(double[] theta, int d, double[] weights, double[][] metric) {
            int hidden = theta.length / (d + 1);
            for (int k = 0; k < hidden; k++) {
                double[] row = Arrays.copyOfRange(theta, k * d, (k + 1) * d);
                double w2 = theta[hidden * d + k];
                Vectors.axpy(w2, row, weights);
                for (int j = 0; j < d; j++) {
                    metric[j][j] += w2 * w2;
                    Vectors.axpy(row[j], row, metric[j]);
                }
            }
        }

        private static double[] theta(Network network) {
            HostBuffer theta = network.initialTheta();
            return theta.toArray();
        }
    }
}
