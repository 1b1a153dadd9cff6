package io.plumbline.validate.figure;

import io.plumbline.validate.figure.Drawing.Axis;
import io.plumbline.validate.figure.Drawing.Curve;
import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.Drawing.Value;
import io.plumbline.validate.task.Quantity;
import io.plumbline.validate.task.TrainTrace.Look;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Figure 3b: ‖H(θ_t)‖_F over Theorem 3.3's bound √(B/μ(θ_t))/η along training, for B = 5 and 40.
final class BoundAlongTraining implements PaperFigure {
    private static final List<Integer> BATCH_SIZES = List.of(5, 40);
    private static final int LOOKS = 12;
    private static final String RATIO = "‖H‖_F over √(B/μ)/η";

    @Override
    public String id() {
        return "fig-3b";
    }

    @Override
    public String title() {
        return "Flatness over its upper bound during training";
    }

    @Override
    public String caption(Setting setting) {
        return "‖H‖_F of the full Hessian over the bound √(B/μ)/η of Theorem 3.3, both at θ_t: below 1 where the bound holds. "
                + String.join("; ", subjects(setting).stream().map(Subject::text).toList()) + ", each also with B = 40 at the same η.";
    }

    private static List<Subject> subjects(Setting setting) {
        return List.of(Subjects.linear(setting, 50), Subjects.fullyConnected(setting, setting.choose(32, 256)));
    }

    private static Run.Descents run(Setting setting, Subject subject, int batchSize) {
        return subject.with(batchSize, subject.learningRate())
                .along(setting, 1, Math.max(1, subject.steps() / LOOKS), Quantity.ALIGNMENT, Quantity.HESSIAN);
    }

    @Override
    public List<Run> runs(Setting setting) {
        return subjects(setting).stream().flatMap(subject -> BATCH_SIZES.stream().<Run>map(b -> run(setting, subject, b))).toList();
    }

    @Override
    public Drawing draw(Setting setting, Runs runs) throws IOException {
        var panels = new ArrayList<Panel>();
        var numbers = new ArrayList<Value>();
        for (Subject subject : subjects(setting)) {
            var curves = new ArrayList<Curve>();
            for (int batchSize : BATCH_SIZES) {
                List<Look> looks = runs.trace(run(setting, subject, batchSize)).of(0).stream().filter(Look::isMeasured).toList();
                double scale = subject.learningRate() / Math.sqrt(batchSize);
                double[] steps = looks.stream().mapToDouble(look -> (double) look.step()).toArray();
                double[] ratio = looks.stream()
                        .mapToDouble(look -> look.value("hessian.frobenius") * scale * Math.sqrt(look.value("alignment.mu"))).toArray();
                curves.add(Curve.markers("B = " + batchSize, steps, ratio, null));
                numbers.add(Value.exact("largest ratio", subject.kind() + ", B = " + batchSize, Arrays.stream(ratio).max().orElse(Double.NaN)));
                numbers.add(Value.exact("ratio at the end", subject.kind() + ", B = " + batchSize, ratio[ratio.length - 1]));
            }
            panels.add(new Panel(subject.kind(), Axis.linear("step"), Axis.linear(RATIO), curves));
        }
        return new Drawing(panels, numbers);
    }
}
