package io.plumbline.validate.claim;

import io.plumbline.alignment.Alignment;
import io.plumbline.alignment.Figure;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.Point;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/// Lemma 2.2: μ₁(θ) ≥ γ(θ), and with K > 1 outputs μ₁(θ) ≥ γ_λ(θ).
///
/// With χ_i = ‖g_i‖²_G: Tr(Σ₁G) = (1/n) Σ r_i² χ_i ≥ min χ_i · 2L. It holds for the Gram matrix as rounded, whatever its precision: both sides are
/// sums over the same entries, so only the sums' own rounding can carry one across the other.
final class Lemma22 implements Claim {
    private static final int QUICK_EXAMPLES = 96;
    private static final int FULL_EXAMPLES = 1000;
    private static final int TWO_CLASS_EXAMPLES = 200;
    private static final int TEN_CLASS_EXAMPLES = 400;

    private final double constant;

    Lemma22() {
        this(1);
    }

    /// The claim μ₁ ≥ c·γ; the lemma's c is 1.
    Lemma22(double constant) {
        this.constant = constant;
    }

    @Override
    public String id() {
        return "lemma-2.2";
    }

    @Override
    public String statement() {
        return "μ₁(θ) ≥ γ(θ) at every θ: Tr(Σ₁G)/(2L‖G‖_F²) ≥ min_i χ_i / mean_i χ_i, χ_i = g_iᵀGg_i; with K > 1 outputs ≥ γ_λ = "
                + "min_i λ_min(J_iGJ_iᵀ) / mean_i χ_i";
    }

    @Override
    public String formula() {
        return "\\mu_1(\\theta)=\\frac{\\operatorname{Tr}(\\Sigma_1 G)}{2L\\,\\|G\\|_F^2}\\;\\ge\\;\\gamma(\\theta)=\\frac{\\min_i\\chi_i}{\\frac1n\\sum_i\\chi_i},\\qquad \\chi_i=g_i^{\\mathsf T}G\\,g_i";
    }

    @Override
    public String assumptions() {
        return "square loss; L > 0 and G ≠ 0";
    }

    @Override
    public String source() {
        return "Lemma 2.2 (K > 1: the same proof with λ_min in place of χ_i)";
    }

    @Override
    public List<Trial> trials(Experiment experiment) {
        int n = experiment.scale().choose(QUICK_EXAMPLES, FULL_EXAMPLES);
        var trials = new ArrayList<Trial>();
        Supplier<Dataset> gaussian = () -> experiment.synthetic("gaussian:n=" + n + ",d=20,teacher=1,noise=0.1");
        for (String model : List.of("fcn:20-24-16-1:relu", "fcn:20-24-16-1:tanh", "linear:20-12-1", "diagonal:20", "rfm:20-64")) {
            trials.add(() -> measure(model, gaussian, experiment));
        }
        trials.add(() -> measure("fcn:20-24-3:tanh", () -> experiment.synthetic("gaussian:n=" + n + ",d=20,k=3,noise=0.1"), experiment));
        Supplier<Dataset> two = () -> experiment.twoClasses(experiment.scale().choose(TWO_CLASS_EXAMPLES, FULL_EXAMPLES));
        for (String model : List.of("fcn:d-64-32-1:relu", "fcn:d-64-1:tanh", "linear:d-32-1", "diagonal:d", "rfm:d-256")) {
            trials.add(() -> measure(model, two, experiment));
        }
        Supplier<Dataset> ten = () -> experiment.tenClasses(experiment.scale().choose(TEN_CLASS_EXAMPLES, FULL_EXAMPLES));
        for (String model : List.of("fcn:d-64-10:tanh", "rfm:d-128-10")) {
            trials.add(() -> measure(model, ten, experiment));
        }
        return trials;
    }

    /// @param model with `d` for the width of the data
    private List<Measurement> measure(String model, Supplier<Dataset> source, Experiment experiment) {
        var all = new ArrayList<Measurement>();
        try (Dataset data = source.get()) {
            String fitted = model.replace(":d", ":" + data.width());
            String setting = fitted + ", " + kind(data) + ", the tightest of " + Points.COUNT + " θ";
            Points.visit(fitted, data, experiment, (point, alignment) -> all.add(measure(setting, point, alignment, constant)));
            return List.of(Measurement.worst(all));
        }
    }

    /// μ₁ ≥ c·γ_λ at a point, where γ_λ is γ for K = 1.
    ///
    /// The inequality holds for any symmetric M, so the backend's rounding of its entries does not count, but for the asymmetry it leaves: 2 roundings of M_ij and
    /// M_ji, twice as much in their squares. Both sides are sums of (nK)² non-negative terms in double, each off by about √((nK)²)·2⁻⁵³ of itself. γ_λ is
    /// an eigenvalue besides, off by no more of its matrix's trace χ_i.
    static Measurement measure(String setting, Point point, Alignment alignment, double constant) {
        double mu1 = defined(alignment.mu1(), "μ₁");
        double gamma = constant * defined(alignment.gammaLambda(), "γ");
        double chi = Arrays.stream(alignment.chi()).average().orElseThrow();
        double largest = Arrays.stream(alignment.chi()).max().orElseThrow() / chi;
        int outputs = point.surface().network().outputs();
        double sums = alignment.chi().length * outputs * Precision.F64.unitRoundoff();
        double rounding = sums + 4 * point.surface().backend().arithmetic().unitRoundoff();
        return Measurement.exact(outputs == 1 ? "μ₁ ≥ γ" : "μ₁ ≥ γ_λ (K > 1)", setting, mu1, Relation.AT_LEAST, gamma,
                rounding * (mu1 + largest));
    }

    /// The figure's number.
    ///
    /// @throws UnmetAssumptionException if it has none: says why
    static double defined(Figure figure, String name) {
        if (!figure.isDefined()) {
            throw new UnmetAssumptionException(name + " is undefined: " + figure.undefined());
        }
        return figure.value();
    }

    /// The data's kind without its parameters: `gaussian`, `fashion-mnist-sample`.
    static String kind(Dataset data) {
        int colon = data.name().indexOf(':');
        return (colon < 0 ? data.name() : data.name().substring(0, colon)) + " n=" + data.examples();
    }
}
