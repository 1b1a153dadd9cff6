package io.plumbline.validate.figure;

import io.plumbline.validate.figure.Drawing.Axis;
import io.plumbline.validate.figure.Drawing.Curve;
import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.Drawing.Value;
import io.plumbline.validate.figure.Subjects.Family;
import io.plumbline.validate.task.Model;
import io.plumbline.validate.task.Quantity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Figure 1b: μ where SGD converged, against the number of parameters. Five seeds; error bars are their standard deviation, as in the paper.
final class AlignmentAgainstSize implements PaperFigure {
    static final int SEEDS = 5;
    private static final int LOOKS = 100;

    @Override
    public String id() {
        return "fig-1b";
    }

    @Override
    public String title() {
        return "Alignment at convergence against model size";
    }

    @Override
    public String caption(Setting setting) {
        return "μ at the end of SGD's descent, B = 5, mean and standard deviation over " + SEEDS + " seeds of initialisation and batches. Sizes: "
                + String.join("; ", Subjects.families(setting).stream().map(family -> family.kind() + " " + models(family)).toList()) + ".";
    }

    private static String models(Family family) {
        return String.join(", ", family.sizes().stream().map(size -> family.of().apply(size).model()).toList());
    }

    static Run.Descents run(Setting setting, Subject subject) {
        long every = Math.max(1, subject.steps() / LOOKS);
        return subject.kind().equals("FCN")
                ? subject.toTheEnd(setting, SEEDS, every, Quantity.ALIGNMENT, Quantity.FISHER, Quantity.HESSIAN)
                : subject.toTheEnd(setting, SEEDS, every, Quantity.ALIGNMENT);
    }

    /// p.
    static double size(Subject subject) throws IOException {
        return Model.of(subject.model()).network().parameterCount();
    }

    @Override
    public List<Run> runs(Setting setting) {
        return Subjects.families(setting).stream()
                .flatMap(family -> family.sizes().stream().<Run>map(size -> run(setting, family.of().apply(size)))).toList();
    }

    @Override
    public Drawing draw(Setting setting, Runs runs) throws IOException {
        var curves = new ArrayList<Curve>();
        var numbers = new ArrayList<Value>();
        for (Family family : Subjects.families(setting)) {
            int count = family.sizes().size();
            double[] p = new double[count];
            double[] mu = new double[count];
            double[] deviation = new double[count];
            for (int i = 0; i < count; i++) {
                Subject subject = family.of().apply(family.sizes().get(i));
                Seeds seeds = Seeds.of(runs.trace(run(setting, subject)), SEEDS, "alignment.mu");
                p[i] = size(subject);
                mu[i] = seeds.mean();
                deviation[i] = seeds.deviation();
                numbers.add(Value.of("μ", subject.model(), mu[i], seeds.error()));
                numbers.add(Value.exact("seeds that diverged", subject.model(), seeds.diverged()));
            }
            curves.add(Curve.markers(family.kind(), p, mu, deviation));
        }
        return new Drawing(List.of(new Panel("", Axis.logarithmic("number of parameters p"), Axis.linear("μ"), curves)), numbers);
    }
}
