package io.plumbline.validate.figure;

import io.plumbline.validate.figure.Drawing.Axis;
import io.plumbline.validate.figure.Drawing.Curve;
import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.Drawing.Value;
import io.plumbline.validate.task.Quantity;
import io.plumbline.validate.task.TrainTrace;
import io.plumbline.validate.task.TrainTrace.Look;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// Figures 1a and 2: alignment factors, and the uniformity of gradient norms, at every look of a descent. One panel for each of the four kinds of models, and one of K = 10.
///
/// @param names figures of `measure`, group.name, and what a curve of each is called
record AlongTraining(String id, String title, String what, String label, List<Shown> names) implements PaperFigure {
    private static final int LOOKS = 20;

    /// @param figure as `measure` names it
    /// @param name   as curves are called
    record Shown(String figure, String name) {}

    static final List<Shown> ALIGNMENT = List.of(
            new Shown("alignment.alpha", "α"), new Shown("alignment.beta", "β"), new Shown("alignment.mu", "μ"));

    /// Figure 1a.
    static AlongTraining alignment() {
        return new AlongTraining(
                "fig-1a", "Alignment factors during training", "α, β and μ = αβ", "alignment factors", ALIGNMENT);
    }

    /// Figure 2. With γ the μ₁ that it bounds from below.
    static AlongTraining uniformity() {
        return new AlongTraining(
                "fig-2", "Uniformity of model gradients' norms during training", "γ, and the μ₁ that it bounds from below (Lemma 2.2),", "γ",
                List.of(new Shown("alignment.gamma", "γ"), new Shown("alignment.mu1", "μ₁")));
    }

    @Override
    public String caption(Setting setting) {
        return what + " at up to " + (LOOKS + 1) + " steps of SGD (with replacement, no momentum), exactly, from the Gram matrix of all gradients. "
                + Subjects.kinds(setting).stream().map(Subject::text).collect(Collectors.joining("; ")) + ". FCN and CNN: " + setting.imagesName()
                + ", two classes.";
    }

    static Run.Descents run(Setting setting, Subject subject) {
        return subject.along(setting, 1, Math.max(1, subject.steps() / LOOKS), Quantity.ALIGNMENT);
    }

    @Override
    public List<Run> runs(Setting setting) {
        return Subjects.kinds(setting).stream().<Run>map(subject -> run(setting, subject)).toList();
    }

    @Override
    public Drawing draw(Setting setting, Runs runs) throws IOException {
        var panels = new ArrayList<Panel>();
        var numbers = new ArrayList<Value>();
        for (Subject subject : Subjects.kinds(setting)) {
            TrainTrace trace = runs.trace(run(setting, subject));
            panels.add(panel(subject, trace, label, names));
            for (Shown shown : names) {
                double least = trace.looks().stream().filter(Look::isMeasured).mapToDouble(look -> look.value(shown.figure())).min()
                        .orElse(Double.NaN);
                numbers.add(Value.exact("least " + shown.name(), subject.kind(), least));
            }
            numbers.add(Value.exact("L at the end", subject.kind(), trace.last(0).loss()));
        }
        return new Drawing(panels, numbers);
    }

    /// The figures of replica 0 over steps.
    static Panel panel(Subject subject, TrainTrace trace, String label, List<Shown> names) {
        List<Look> looks = trace.of(0).stream().filter(Look::isMeasured).toList();
        double[] steps = looks.stream().mapToDouble(look -> (double) look.step()).toArray();
        var curves = names.stream()
                .map(shown -> Curve.markers(shown.name(), steps, looks.stream().mapToDouble(look -> look.value(shown.figure())).toArray(), null))
                .toList();
        return new Panel(subject.kind(), Axis.linear("step"), Axis.linear(label), curves);
    }
}
