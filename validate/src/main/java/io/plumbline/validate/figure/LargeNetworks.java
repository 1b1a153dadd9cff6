package io.plumbline.validate.figure;

import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.Drawing.Value;
import io.plumbline.validate.task.EscapeReport;
import io.plumbline.validate.task.Quantity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Figure 5: VGG nets and residual networks on colour images; alignment during training, with one output and with ten, and the escape.
final class LargeNetworks implements PaperFigure {
    private static final int LOOKS = 10;
    private static final long STEPS = 20;
    private static final long EVERY = 1;

    @Override
    public String id() {
        return "fig-5";
    }

    @Override
    public String title() {
        return "VGG nets and residual networks: alignment and escape";
    }

    @Override
    public String caption(Setting setting) {
        return "α, β and μ during training (with K outputs and isotropic residuals μ is about 1/K), and " + escapes(setting)
                + " trajectories of SGD from where gradient descent stood at a small loss. No normalisation, no regularisation; residual networks with Fixup's "
                + "biases and multipliers. " + String.join("; ", trained(setting).stream().map(Subject::text).toList()) + ". Data: "
                + setting.colourName() + ".";
    }

    private static int escapes(Setting setting) {
        return setting.choose(50, Escapes.TRAJECTORIES);
    }

    private static Subject vgg(Setting setting) {
        return Subjects.vgg(setting, setting.choose(11, 19));
    }

    private static List<Subject> trained(Setting setting) {
        return List.of(vgg(setting), Subjects.tenClasses(setting, vgg(setting)), Subjects.resnet(setting, setting.choose(20, 110)));
    }

    /// At a larger learning rate than training's, where gradient descent is stable still.
    private static Subject escaping(Setting setting) {
        return vgg(setting).with(2, setting.choose(0.03, 0.015));
    }

    private static Run.Descents run(Setting setting, Subject subject) {
        return subject.along(setting, 1, Math.max(1, subject.steps() / LOOKS), Quantity.ALIGNMENT);
    }

    private static Run.Escape escape(Setting setting) {
        return escaping(setting).escape(setting, escapes(setting), STEPS, EVERY);
    }

    @Override
    public List<Run> runs(Setting setting) {
        var all = new ArrayList<Run>();
        trained(setting).forEach(subject -> all.add(run(setting, subject)));
        all.add(escape(setting));
        return all;
    }

    @Override
    public Drawing draw(Setting setting, Runs runs) throws IOException {
        var panels = new ArrayList<Panel>();
        var numbers = new ArrayList<Value>();
        for (Subject subject : trained(setting)) {
            var trace = runs.trace(run(setting, subject));
            panels.add(AlongTraining.panel(subject, trace, "alignment factors", AlongTraining.ALIGNMENT));
            numbers.add(Value.exact("μ at the end", subject.kind(), trace.last(0).value("alignment.mu")));
            numbers.add(Value.exact("L at the end", subject.kind(), trace.last(0).loss()));
        }
        EscapeReport report = runs.escape(escape(setting));
        panels.add(Trajectories.panel(escaping(setting), report));
        numbers.addAll(Trajectories.numbers(escaping(setting), report));
        return new Drawing(panels, numbers);
    }
}
