package io.plumbline.validate.figure;

import io.plumbline.validate.figure.Drawing.Axis;
import io.plumbline.validate.figure.Drawing.Curve;
import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.Drawing.Value;
import io.plumbline.validate.task.Quantity;
import io.plumbline.validate.task.StabilityReport;
import io.plumbline.validate.task.TrainTrace.Look;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Figure 6: ‖H‖_F of SGD's solutions beside Theorem 3.3's bound √(B/μ)/η, for networks of several depths; and their ratio against the batch size. Beside the paper:
/// η over the exact threshold η* of the minimum found, which no stable one exceeds.
final class Tightness implements PaperFigure {
    private static final int LOOKS = 100;

    @Override
    public String id() {
        return "fig-6";
    }

    @Override
    public String title() {
        return "Flatness, its upper bound, and how tight it is";
    }

    @Override
    public String caption(Setting setting) {
        return "Left: ‖H‖_F of the full Hessian where SGD ended, and the bound √(B/μ)/η, for "
                + String.join("; ", networks(setting).stream().map(Subject::text).toList())
                + ". Right: ‖H‖_F over the bound, and η over the exact η* of the minimum found, against B, for " + swept(setting).kind() + ". Data: "
                + setting.colourName() + ", two classes.";
    }

    private static List<Subject> networks(Setting setting) {
        List<Integer> vgg = setting.choose(List.of(11, 13), List.of(11, 13, 16, 19));
        List<Integer> resnet = setting.choose(List.of(), List.of(20, 56, 110));
        return Stream.concat(vgg.stream().map(depth -> Subjects.vgg(setting, depth)), resnet.stream().map(depth -> Subjects.resnet(setting, depth)))
                .toList();
    }

    private static Subject swept(Setting setting) {
        return networks(setting).getFirst();
    }

    private static List<Integer> batchSizes(Setting setting) {
        return setting.choose(List.of(1, 5, 20), List.of(4, 10, 25, 100));
    }

    private static Run.Descents run(Setting setting, Subject subject) {
        return subject.toTheEnd(setting, 1, Math.max(1, subject.steps() / LOOKS), Quantity.ALIGNMENT, Quantity.HESSIAN);
    }

    private static Run.Thresholds thresholds(Setting setting, Subject subject) {
        return new Run.Thresholds(run(setting, subject), 0, List.of(subject.batchSize()));
    }

    private static List<Subject> sweep(Setting setting) {
        Subject subject = swept(setting);
        return batchSizes(setting).stream().map(b -> subject.with(b, subject.learningRate())).toList();
    }

    @Override
    public List<Run> runs(Setting setting) {
        var all = new ArrayList<Run>();
        networks(setting).forEach(subject -> all.add(run(setting, subject)));
        for (Subject subject : sweep(setting)) {
            all.add(run(setting, subject));
            all.add(thresholds(setting, subject));
        }
        return all;
    }

    @Override
    public Drawing draw(Setting setting, Runs runs) throws IOException {
        var numbers = new ArrayList<Value>();
        List<Subject> networks = networks(setting);
        double[] index = IntStream.rangeClosed(1, networks.size()).asDoubleStream().toArray();
        double[] norms = new double[networks.size()];
        double[] bounds = new double[networks.size()];
        for (int i = 0; i < networks.size(); i++) {
            Subject subject = networks.get(i);
            Look end = runs.trace(run(setting, subject)).last(0);
            norms[i] = end.value("hessian.frobenius");
            bounds[i] = bound(subject, end);
            numbers.add(Value.of("‖H‖_F", subject.kind(), norms[i], end.standardError("hessian.frobenius")));
            numbers.add(Value.exact("√(B/μ)/η", subject.kind(), bounds[i]));
            numbers.add(Value.exact("L at the end", subject.kind(), end.loss()));
        }
        var names = String.join(", ", IntStream.range(0, networks.size()).mapToObj(i -> (i + 1) + ": " + networks.get(i).kind()).toList());
        var left = new Panel(
                "flatness and bound", Axis.linear("network (" + names + ")"), Axis.logarithmic("‖H‖_F"),
                List.of(Curve.markers("‖H‖_F", index, norms, null), Curve.markers("√(B/μ)/η", index, bounds, null)));
        return new Drawing(List.of(left, right(setting, runs, numbers)), numbers);
    }

    private static Panel right(Setting setting, Runs runs, List<Value> numbers) throws IOException {
        List<Subject> sweep = sweep(setting);
        double[] b = sweep.stream().mapToDouble(Subject::batchSize).toArray();
        double[] ratio = new double[b.length];
        double[] exact = new double[b.length];
        for (int i = 0; i < b.length; i++) {
            Subject subject = sweep.get(i);
            Look end = runs.trace(run(setting, subject)).last(0);
            StabilityReport.Result at = runs.thresholds(thresholds(setting, subject)).results().getFirst();
            ratio[i] = end.value("hessian.frobenius") / bound(subject, end);
            exact[i] = subject.learningRate() / at.criticalLearningRate().value();
            String where = subject.kind() + ", B = " + subject.batchSize();
            numbers.add(Value.of("‖H‖_F", where, end.value("hessian.frobenius"), end.standardError("hessian.frobenius")));
            numbers.add(Value.exact("μ", where, end.value("alignment.mu")));
            numbers.add(Value.exact("‖H‖_F over the bound", where, ratio[i]));
            numbers.add(Value.exact("η*, exactly", where, at.criticalLearningRate().value()));
            numbers.add(Value.exact("η/η*", where, exact[i]));
            numbers.add(Value.exact("L at the end", where, end.loss()));
        }
        return new Panel(
                "tightness", Axis.logarithmic("batch size B"), Axis.linear("ratio"),
                List.of(Curve.markers("‖H‖_F over the bound", b, ratio, null), Curve.markers("η/η*", b, exact, null)));
    }

    private static double bound(Subject subject, Look end) {
        return Math.sqrt(subject.batchSize() / end.value("alignment.mu")) / subject.learningRate();
    }
}
