package io.plumbline.validate.figure;

import io.plumbline.validate.figure.AlongTraining.Shown;
import io.plumbline.validate.figure.Drawing.Axis;
import io.plumbline.validate.figure.Drawing.Curve;
import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.Drawing.Value;
import io.plumbline.validate.task.MeasureReport;
import io.plumbline.validate.task.Measured;
import io.plumbline.validate.task.Quantity;
import io.plumbline.validate.task.StabilityReport;
import io.plumbline.validate.task.TrainTrace.Look;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/// The nearest published protocol of the authors' line (Wu, Ma & E, NeurIPS 2018, "How SGD selects the global minima"): two classes of Fashion-MNIST with a fully connected
/// network at η = 0.1, and of CIFAR-10 with VGG-11 at η = 0.01, trained to a small loss; here with every quantity of the later paper, for several batch sizes.
///
/// Weights start as PyTorch's default has them: variance 1/(3·fan_in), lecun at scale 1/√3. At He's, η = 0.1 is above 2/λ₁ from the first step on.
final class Protocol implements PaperFigure {
    private static final String INIT = "lecun:0.57735";
    private static final List<Shown> ALONG = List.of(
            new Shown("alignment.alpha", "α"), new Shown("alignment.beta", "β"), new Shown("alignment.mu", "μ"), new Shown("alignment.gamma", "γ"));
    private static final String NORM = "‖H‖_F";
    private static final String BOUND = "√(B/μ)/η";

    /// A network, its batch sizes, how often it is looked at, and what captions call its data.
    private record Case(Subject subject, List<Integer> batchSizes, long every, String data) {
        List<Subject> sweep() {
            return batchSizes.stream().map(b -> subject.with(b, subject.learningRate())).toList();
        }

        Run.Descents run(Setting setting, Subject one) {
            return one.along(setting, 1, every, Quantity.ALIGNMENT);
        }

        Run.End end(Setting setting, Subject one) {
            return new Run.End(run(setting, one), 0, Set.of(Quantity.LOSS, Quantity.ALIGNMENT, Quantity.HESSIAN));
        }

        Run.Thresholds thresholds(Setting setting, Subject one) {
            return new Run.Thresholds(run(setting, one), 0, List.of(one.batchSize()));
        }
    }

    private final String id;
    private final String title;
    private final Function<Setting, Case> chosen;

    private Protocol(String id, String title, Function<Setting, Case> chosen) {
        this.id = id;
        this.title = title;
        this.chosen = chosen;
    }

    /// Fashion-MNIST, η = 0.1.
    static Protocol fullyConnected() {
        return new Protocol(
                "protocol-fcn", "A fully connected network trained to a small loss: alignment, flatness, bound and threshold against the batch size",
                setting -> new Case(
                        new Subject(
                                "FCN", setting.choose("fcn:784-32-32-1", "fcn:784-500-500-1"), INIT, setting.twoClasses(setting.choose(60, 1_000)),
                                0.1, 10,
                                setting.choose(600L, 40_000L), setting.choose(1e-2, 1e-4)),
                        setting.choose(List.of(4, 10, 30), List.of(4, 10, 100)), setting.choose(50L, 500L), setting.imagesName()));
    }

    /// CIFAR-10, η = 0.01.
    static Protocol vgg() {
        return new Protocol(
                "protocol-vgg", "VGG-11 trained to a small loss: alignment, flatness, bound and threshold against the batch size",
                setting -> new Case(
                        new Subject(
                                "VGG-11", "vgg11:width=" + setting.choose("0.0625", "0.25") + ",input=" + setting.colourShape(),
                                setting.twoClassesOfColour(setting.choose(30, 500)), 0.01, 10, setting.choose(300L, 10_000L),
                                setting.choose(2e-2, 1e-4)),
                        setting.choose(List.of(4, 10, 30), List.of(4, 10, 100)), setting.choose(30L, 250L), setting.colourName()));
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public String title() {
        return title;
    }

    @Override
    public String caption(Setting setting) {
        Case one = chosen.apply(setting);
        return "α, β, μ and γ during training at the second batch size, and against the batch size B, where training ended: ‖H‖_F of the full Hessian, Theorem 3.3's bound "
                + "√(B/μ)/η, their ratio, and η over the exact η* of the minimum. " + one.subject().text() + ", and other B. Data: " + one.data()
                + ", two classes.";
    }

    @Override
    public List<Run> runs(Setting setting) {
        Case one = chosen.apply(setting);
        var all = new ArrayList<Run>();
        for (Subject subject : one.sweep()) {
            all.add(one.run(setting, subject));
            all.add(one.end(setting, subject));
            all.add(one.thresholds(setting, subject));
        }
        return all;
    }

    @Override
    public Drawing draw(Setting setting, Runs runs) throws IOException {
        Case one = chosen.apply(setting);
        var numbers = new ArrayList<Value>();
        Subject middle = one.sweep().get(1);
        Panel along = AlongTraining.panel(middle, runs.trace(one.run(setting, middle)), "at θ_t", ALONG);
        var panels = new ArrayList<Panel>();
        panels.add(new Panel("B = " + middle.batchSize(), along.x(), along.y(), along.curves()));
        panels.addAll(against(setting, one, runs, numbers));
        return new Drawing(panels, numbers);
    }

    private static List<Panel> against(Setting setting, Case one, Runs runs, List<Value> numbers) throws IOException {
        int count = one.batchSizes().size();
        double[] b = one.batchSizes().stream().mapToDouble(Integer::doubleValue).toArray();
        double[] norm = new double[count];
        double[] error = new double[count];
        double[] bound = new double[count];
        double[] ratio = new double[count];
        double[] threshold = new double[count];
        for (int i = 0; i < count; i++) {
            Subject subject = one.sweep().get(i);
            String where = "B = " + subject.batchSize();
            Look last = runs.trace(one.run(setting, subject)).last(0);
            MeasureReport end = runs.end(one.end(setting, subject));
            StabilityReport.Result at = runs.thresholds(one.thresholds(setting, subject)).results().getFirst();
            norm[i] = value(end.hessian().frobenius());
            error[i] = end.hessian().frobenius().standardError();
            bound[i] = Math.sqrt(subject.batchSize() / value(end.alignment().mu())) / subject.learningRate();
            ratio[i] = norm[i] / bound[i];
            threshold[i] = subject.learningRate() / value(at.criticalLearningRate());
            numbers.add(Value.exact("steps", where, (double) last.step()));
            numbers.add(Value.exact("L", where, value(end.loss())));
            numbers.add(Value.exact("α", where, value(end.alignment().alpha())));
            numbers.add(Value.exact("β", where, value(end.alignment().beta())));
            numbers.add(Value.exact("μ", where, value(end.alignment().mu())));
            numbers.add(Value.exact("γ", where, value(end.alignment().gamma())));
            numbers.add(Value.of("λ₁(H)", where, value(end.hessian().topEigenvalue()), end.hessian().topEigenvalue().standardError()));
            numbers.add(Value.of(NORM, where, norm[i], error[i]));
            numbers.add(Value.exact(BOUND, where, bound[i]));
            numbers.add(Value.exact("‖H‖_F over the bound", where, ratio[i]));
            numbers.add(Value.exact("η*, exactly", where, value(at.criticalLearningRate())));
            numbers.add(Value.exact("η/η*", where, threshold[i]));
        }
        Axis x = Axis.logarithmic("batch size B");
        return List.of(
                new Panel(
                        "flatness and bound", x, Axis.logarithmic(NORM),
                        List.of(Curve.markers(NORM, b, norm, error), Curve.markers(BOUND, b, bound, null))),
                new Panel(
                        "tightness", x, Axis.linear("ratio"),
                        List.of(Curve.markers("‖H‖_F over the bound", b, ratio, null), Curve.markers("η/η*", b, threshold, null))));
    }

    private static double value(Measured figure) {
        return figure.value() == null ? Double.NaN : figure.value();
    }
}
