package io.plumbline.validate.task;

import io.plumbline.alignment.Alignment;
import io.plumbline.alignment.Figure;
import io.plumbline.alignment.Spectrum;
import io.plumbline.backend.DeviceException;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Retiling;
import io.plumbline.flatness.Estimate;
import io.plumbline.flatness.ProbedAlignment;
import io.plumbline.memory.HostBuffer;
import io.plumbline.validate.task.MeasureReport.AlignmentFigures;
import io.plumbline.validate.task.MeasureReport.Densities;
import io.plumbline.validate.task.MeasureReport.Eigenvalues;
import io.plumbline.validate.task.MeasureReport.ExamplesDetail;
import io.plumbline.validate.task.MeasureReport.FisherFigures;
import io.plumbline.validate.task.MeasureReport.HessianFigures;
import io.plumbline.validate.task.MeasureReport.Method;
import io.plumbline.validate.task.MeasureReport.NoiseFigures;
import io.plumbline.validate.task.MeasureReport.Stop;
import io.plumbline.validate.task.MeasureReport.Walk;
import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import java.util.function.Function;

/// The alignment and flatness figures of a model on data.
public final class Measurement {
    private static final String NO_RATIO = "L, G or S is 0, or lost in rounding";
    private static final String NEEDS_PAIRS = "needs the pass over all pairs of examples, see --alignment exact";
    private static final Set<Quantity> FROM_PAIRS = Set.of(Quantity.ALIGNMENT, Quantity.FISHER, Quantity.NOISE);

    private final Set<Quantity> quantities;
    private final Estimation estimation;
    private final Phases phases;
    private final Point point;
    private final Flatness flatness;
    private Alignment alignment;
    private ProbedAlignment probed;
    private Spectrum spectrum;

    private Measurement(Set<Quantity> quantities, Estimation estimation, long seed, Phases phases, Point point) {
        this.quantities = quantities;
        this.estimation = estimation;
        this.phases = phases;
        this.point = point;
        flatness = new Flatness(point, estimation, seed, phases);
    }

    /// Measures what is asked for.
    ///
    /// @throws IOException if a file cannot be read or understood
    /// @throws IllegalArgumentException if model, data and options do not fit each other
    /// @throws ArithmeticException if the network's output or a figure is not finite
    /// @throws DeviceException if the device is not there
    public static MeasureReport of(MeasureRequest request, Phases phases) throws IOException {
        try (var session = new Session(request.model(), request.data(), request.resources(), phases)) {
            return new Measurement(request.quantities(), request.estimation(), request.model().seed(), phases, session.point()).report(request,
                    session);
        }
    }

    /// The groups of figures that are asked for at a point.
    ///
    /// @param seed of the probes, where figures are estimated
    /// @throws ArithmeticException if the network's output or a figure is not finite
    static Figures at(Point point, Set<Quantity> quantities, Estimation estimation, long seed, Phases phases) {
        return new Measurement(quantities, estimation, seed, phases, point).figures(false);
    }

    /// Groups of figures at one point. A figure that nobody asked for says so; densities are null then.
    record Figures(
            Measured loss, Measured gradientNorm, AlignmentFigures alignment, FisherFigures fisher, NoiseFigures noise, HessianFigures hessian,
            Densities density) {}

    /// @param pairs whether the pass over pairs is needed in any case
    private Figures figures(boolean pairs) {
        var loss = asks(Quantity.LOSS) ? Measured.exact(point.loss(), Figure.EXACT) : Measured.notAsked(Quantity.LOSS);
        var gradientNorm = asks(Quantity.LOSS) ? Measured.exact(norm(point.gradient()), Figure.EXACT) : Measured.notAsked(Quantity.LOSS);
        if (pairs || quantities.stream().anyMatch(FROM_PAIRS::contains)) {
            if (estimation.alignmentByProbes()) {
                probed = flatness.alignment();
            } else {
                alignment = Alignment.of(point, phases.begin("pairs of examples"));
            }
        }
        return new Figures(loss, gradientNorm, alignmentFigures(), fisherFigures(), noiseFigures(), hessianFigures(),
                asks(Quantity.DENSITY) ? flatness.densities() : null);
    }

    private MeasureReport report(MeasureRequest request, Session session) {
        var backend = session.backend();
        Integer traced = request.traceExample();
        if (traced != null && (traced < 0 || traced >= session.dataset().examples())) {
            throw new IllegalArgumentException(
                    "trace-example: found " + traced + ", expected 0 to " + (session.dataset().examples() - 1) + ", the examples of "
                            + session.dataset().name());
        }
        boolean pairs = request.perExample() || traced != null;
        if (pairs && estimation.alignmentByProbes()) {
            throw new IllegalArgumentException("alignment: found probes, expected exact: figures of examples come from the pass over all pairs");
        }
        var figures = figures(pairs);
        var detail = request.perExample() ? new ExamplesDetail(alignment.chi(), alignment.exampleGradientNorm()) : null;
        return new MeasureReport(
                MeasureReport.SCHEMA,
                backend.name(),
                backend.arithmetic().label(),
                request.model().seed(),
                session.elapsedSeconds(),
                Session.peakBytes(),
                session.dataset().examples(),
                session.network().outputs(),
                session.network().parameterCount(),
                figures.loss,
                figures.gradientNorm,
                figures.alignment,
                figures.fisher,
                figures.noise,
                figures.hessian,
                figures.density,
                detail,
                traced == null ? null : walk(traced),
                method(request, session));
    }

    private Walk walk(int example) {
        var stops = point.trace(example).stops().stream().map(stop -> new Stop(stop.name(), stop.layer(), stop.norm(), stop.values())).toList();
        int outputs = point.surface().network().outputs();
        int examples = point.surface().dataset().examples();
        double[] slopes = point.jacobianVector(point.gradient());
        double[] product = Arrays.stream(slopes, example * outputs, (example + 1) * outputs).map(slope -> examples * slope).toArray();
        return new Walk(example, stops, alignment.chi()[example], product, alignment.exampleGradientNorm()[example]);
    }

    private Method method(MeasureRequest request, Session session) {
        var limits = point.surface().limits();
        return new Method(
                request.model().name(),
                session.dataset().name(),
                session.backend().description(),
                session.backend().threads(),
                limits.memoryBytes(),
                limits.tileExamples(),
                point.gramPlan().pairCost(),
                point.gramPlan().choices(),
                point.surface().retilings().stream().map(Retiling::toString).toList());
    }

    private boolean asks(Quantity quantity) {
        return quantities.contains(quantity);
    }

    /// A figure of the pass over pairs, or by probes (null: it does not exist), if its group is asked for.
    private Measured figure(Quantity group, Function<Alignment, Figure> exact, Function<ProbedAlignment, Estimate> estimated) {
        if (!asks(group)) {
            return Measured.notAsked(group);
        }
        if (probed == null) {
            return Measured.of(exact.apply(alignment));
        }
        Estimate estimate = estimated.apply(probed);
        return estimate == null ? Measured.undefined(NO_RATIO, ProbedAlignment.METHOD) : Measured.of(estimate);
    }

    /// A figure that only the pass over pairs gives.
    private Measured figure(Quantity group, Function<Alignment, Figure> exact) {
        return probed != null && asks(group) ? Measured.undefined(NEEDS_PAIRS, ProbedAlignment.METHOD) : figure(group, exact, one -> null);
    }

    private AlignmentFigures alignmentFigures() {
        return new AlignmentFigures(
                figure(Quantity.ALIGNMENT, Alignment::alpha, ProbedAlignment::alpha),
                figure(Quantity.ALIGNMENT, Alignment::beta, ProbedAlignment::beta),
                figure(Quantity.ALIGNMENT, Alignment::mu, ProbedAlignment::mu),
                figure(Quantity.ALIGNMENT, Alignment::mu1, ProbedAlignment::mu1),
                figure(Quantity.ALIGNMENT, Alignment::mu2, ProbedAlignment::mu2),
                figure(Quantity.ALIGNMENT, Alignment::gamma),
                figure(Quantity.ALIGNMENT, Alignment::gammaLambda));
    }

    private FisherFigures fisherFigures() {
        boolean wanted = asks(Quantity.FISHER) || asks(Quantity.SPECTRUM);
        if ((asks(Quantity.SPECTRUM) || wanted && estimation.assembles(true)) && Spectrum.isSmall(point)) {
            spectrum = Spectrum.of(point, phases.begin("spectrum"));
        }
        Measured top = wanted ? flatness.fisherTop(spectrum) : Measured.notAsked(Quantity.FISHER);
        return new FisherFigures(
                figure(Quantity.FISHER, Alignment::fisherTrace, one -> one.fisher().trace()),
                figure(Quantity.FISHER, Alignment::fisherFrobenius, one -> one.fisher().frobenius()),
                top,
                asks(Quantity.SPECTRUM) ? new Eigenvalues(spectrum == null ? null : spectrum.eigenvalues()) : null);
    }

    private NoiseFigures noiseFigures() {
        return new NoiseFigures(
                figure(Quantity.NOISE, Alignment::noiseTrace, one -> one.noise().trace()),
                figure(Quantity.NOISE, Alignment::noiseFrobenius, one -> one.noise().frobenius()),
                figure(Quantity.NOISE, Alignment::noiseTraceWithFisher, ProbedAlignment::noiseWithFisher));
    }

    private HessianFigures hessianFigures() {
        if (!asks(Quantity.HESSIAN)) {
            Measured none = Measured.notAsked(Quantity.HESSIAN);
            return new HessianFigures(none, none, none, none);
        }
        return flatness.hessian();
    }

    static double norm(HostBuffer vector) {
        double sum = 0;
        for (long i = 0; i < vector.length(); i++) {
            sum += vector.get(i) * vector.get(i);
        }
        return Math.sqrt(sum);
    }
}
