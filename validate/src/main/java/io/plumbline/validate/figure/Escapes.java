package io.plumbline.validate.figure;

import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.Drawing.Value;
import io.plumbline.validate.task.EscapeReport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Figure 4: gradient descent nearly converges, then SGD goes on at the same learning rate.
final class Escapes implements PaperFigure {
    static final int TRAJECTORIES = 200;
    private static final long STEPS = 40;
    private static final long EVERY = 1;

    @Override
    public String id() {
        return "fig-4";
    }

    @Override
    public String title() {
        return "SGD's escape from sharp minima";
    }

    @Override
    public String caption(Setting setting) {
        return "Gradient descent goes down to a small loss (η < 2/λ₁ there), then " + TRAJECTORIES
                + " trajectories of SGD start at that point with the same η. "
                + "η is above the exact threshold η*: they leave, exponentially fast. "
                + String.join("; ", subjects(setting).stream().map(Subject::text).toList())
                + ".";
    }

    /// η between η* of the batch size and 2/λ₁, at the minimum that gradient descent finds with it.
    private static List<Subject> subjects(Setting setting) {
        int n = setting.choose(50, 200);
        return List.of(
                new Subject("linear network", "linear:50-50-1", setting.synthetic("gaussian:n=100,d=50"), 0.02, 1, 20_000, 1e-4),
                new Subject("FCN", "fcn:784-20-1:tanh", setting.twoClasses(n), 0.05, 2, 20_000, 1e-3),
                new Subject(
                        "CNN", "cnn:1x28x28-4-8-16-1:tanh", setting.twoClasses(setting.choose(20, 200)), 0.22, 1, setting.choose(600L, 20_000L),
                        setting.choose(5e-2, 1e-2)));
    }

    @Override
    public List<Run> runs(Setting setting) {
        return subjects(setting).stream().<Run>map(subject -> run(setting, subject)).toList();
    }

    private static Run.Escape run(Setting setting, Subject subject) {
        return subject.escape(setting, TRAJECTORIES, STEPS, EVERY);
    }

    @Override
    public Drawing draw(Setting setting, Runs runs) throws IOException {
        var panels = new ArrayList<Panel>();
        var numbers = new ArrayList<Value>();
        for (Subject subject : subjects(setting)) {
            EscapeReport report = runs.escape(run(setting, subject));
            panels.add(Trajectories.panel(subject, report));
            numbers.addAll(Trajectories.numbers(subject, report));
        }
        return new Drawing(panels, numbers);
    }
}
