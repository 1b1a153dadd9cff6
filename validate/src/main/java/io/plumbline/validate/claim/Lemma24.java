package io.plumbline.validate.claim;

import io.plumbline.alignment.Alignment;
import io.plumbline.alignment.Spectrum;
import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.data.Philox;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.network.Network.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/// Lemma 2.4: for a model that is linear in θ, f(x; θ) = ⟨θ, Φ(x)⟩, at every θ
/// μ₁ ≥ γ (γ_λ for K > 1), μ₂ ≤ τ = λ₁²(G)/Σλ_i²(G), and μ = μ₁ − μ₂ ≥ γ − τ.
///
/// The second: ∇L = Jᵀr/n, so ‖∇L‖² ≤ λ₁‖r‖²/n = 2Lλ₁ and Tr(Σ₂G) = ∇LᵀG∇L ≤ 2Lλ₁².
final class Lemma24 implements Claim {
    private static final int QUICK_EXAMPLES = 128;
    private static final int FULL_EXAMPLES = 1000;
    private static final int TWO_CLASS_EXAMPLES = 200;
    private static final int TEN_CLASS_EXAMPLES = 200;
    private static final int POINTS = 5;

    private final double constant;

    Lemma24() {
        this(1);
    }

    /// The claims μ₁ ≥ c·γ, μ₂ ≤ τ/c, μ ≥ c·γ − τ/c; the lemma's c is 1.
    Lemma24(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "lemma-2.4";
    }

    @Override
    public String statement() {
        return "features, f = ⟨θ, Φ(x)⟩: μ₁(θ) ≥ γ, μ₂(θ) ≤ τ = λ₁²(G)/Σ_i λ_i²(G), μ(θ) ≥ γ − τ at every θ";
    }

    @Override
    public String formula() {
        return "\\mu_1(\\theta)\\ge\\gamma,\\qquad \\mu_2(\\theta)\\le\\tau(G)=\\frac{\\lambda_1^2(G)}{\\sum_i\\lambda_i^2(G)},\\qquad \\mu(\\theta)\\ge\\gamma-\\tau(G)";
    }

    @Override
    public String assumptions() {
        return "the model is linear in θ; square loss; L > 0 and G ≠ 0";
    }

    @Override
    public String source() {
        return "Lemma 2.4";
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(QUICK_EXAMPLES, FULL_EXAMPLES);
        Supplier<Dataset> sphere = () -> experiment.synthetic("sphere:n=" + n + ",d=10,noise=0.1");
        Supplier<Dataset> two = () -> experiment.twoClasses(experiment.scale().choose(TWO_CLASS_EXAMPLES, FULL_EXAMPLES));
        Supplier<Dataset> ten = () -> experiment.tenClasses(experiment.scale().choose(TEN_CLASS_EXAMPLES, TWO_CLASS_EXAMPLES));
        return List.of(
                () -> measure("random ReLU features", sphere, data -> builtIn("rfm:" + data.width() + "-160", experiment), experiment),
                () -> measure("last hidden layer of fcn d-48-96-1 tanh", sphere, data -> lastLayer(data, experiment, 48, 96), experiment),
                () -> measure("random ReLU features", two, data -> builtIn("rfm:" + data.width() + "-256", experiment), experiment),
                () -> measure("last hidden layer of fcn d-128-64-1 tanh", two, data -> lastLayer(data, experiment, 128, 64), experiment),
                () -> measure("random ReLU features, K=10", ten, data -> builtIn("rfm:" + data.width() + "-96-10", experiment), experiment));
    }

    private static Network builtIn(String model, Experiment experiment) {
        return Points.network(model, 1, experiment.seed());
    }

    /// A network with tanh layers of these widths, all frozen, and a linear layer on top, which is θ.
    private static Network lastLayer(Dataset data, Experiment experiment, int... widths) {
        var builder = Network.builder("last layer", Shape.of(data.width()));
        var weights = new ArrayList<Value>();
        int in = data.width();
        for (int l = 0; l < widths.length; l++) {
            weights.add(weight(builder, "hidden" + l, false, widths[l], in, experiment));
            in = widths[l];
        }
        Value last = weight(builder, "last", true, data.outputs(), in, experiment);
        Value x = builder.input();
        for (Value w : weights) {
            x = builder.apply("tanh", new Activate(Activation.of(Kind.TANH)), builder.apply("dense", new Dense(true), x, w));
        }
        return builder.build(builder.apply("last", new Dense(true), x, last));
    }

    private static Value weight(Network.Builder builder, String name, boolean trainable, int out, int in, Experiment experiment) {
        HostBuffer values = HostBuffer.collected(Precision.F64, (long) out * in);
        experiment.random("lemma-2.4." + name).fillNormal(values, 1 / Math.sqrt(in));
        return builder.parameter(name, Shape.of(out, in), trainable, values);
    }

    private List<Measurement> measure(String features, Supplier<Dataset> source, Function<Dataset, Network> model, Experiment experiment) {
        var mu1 = new ArrayList<Measurement>();
        var mu2 = new ArrayList<Measurement>();
        var mu = new ArrayList<Measurement>();
        try (Dataset data = source.get()) {
            String setting = features + ", " + Lemma22.kind(data) + ", the tightest of " + POINTS + " θ";
            Network network = model.apply(data);
            try (LossSurface surface = LossSurface.of(network, data, experiment.backend())) {
                Spectrum spectrum = spectrum(surface);
                for (int t = 0; t < POINTS; t++) {
                    try (Point point = surface.at(randomTheta(network, experiment.random("lemma-2.4.theta." + t), t))) {
                        Alignment alignment = Alignment.of(point);
                        mu1.add(Lemma22.measure(setting, point, alignment, constant));
                        mu2.add(secondFactor(setting, alignment, spectrum, experiment.backend()));
                        mu.add(difference(alignment, mu1.getLast(), mu2.getLast()));
                    }
                }
            }
            return List.of(Measurement.worst(mu1), Measurement.worst(mu2), Measurement.worst(mu));
        }
    }

    private static Spectrum spectrum(LossSurface surface) {
        try (Point point = surface.at(surface.network().initialTheta())) {
            return Spectrum.of(point, Progress.NONE);
        }
    }

    /// Normal numbers of standard deviation 10^(t−2)/√p: from residuals that are the targets to residuals that are the outputs.
    private static HostBuffer randomTheta(Network network, Philox random, int t) {
        HostBuffer theta = HostBuffer.collected(Precision.F64, network.parameterCount());
        random.fillNormal(theta, Math.pow(10, t - 2) / Math.sqrt((double) network.parameterCount()));
        return theta;
    }

    /// μ₂ ≤ τ/c. Eigenvalues are off by at most n·u·Tr G, so τ by 4·n·u·Tr G/λ₁ of itself, which also covers the sums in μ₂.
    private Measurement secondFactor(String setting, Alignment alignment, Spectrum spectrum, Backend backend) {
        double top = spectrum.eigenvalues()[0];
        double tau = top * top / Arrays.stream(spectrum.eigenvalues()).map(value -> value * value).sum() / constant;
        double mu2 = Lemma22.defined(alignment.mu2(), "μ₂");
        double rounding = 4 * alignment.chi().length * backend.arithmetic().unitRoundoff() * alignment.fisherTrace().value() / top;
        return Measurement.exact("μ₂ ≤ τ", setting, mu2, Relation.AT_MOST, tau, rounding * (mu2 + tau));
    }

    private static Measurement difference(Alignment alignment, Measurement mu1, Measurement mu2) {
        double mu = Lemma22.defined(alignment.mu(), "μ");
        String name = mu1.name().replace("μ₁ ≥ γ", "μ ≥ γ").replaceFirst("γ_λ|γ", "$0 − τ");
        return Measurement.exact(name, mu1.setting(), mu, Relation.AT_LEAST, mu1.bound() - mu2.bound(), mu1.tolerance() + mu2.tolerance());
    }
}
