package io.plumbline.validate.figure;

import io.plumbline.validate.figure.Drawing.Axis;
import io.plumbline.validate.figure.Drawing.Curve;
import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.Drawing.Value;
import io.plumbline.validate.figure.Subjects.Family;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/// Figure 3a: ‖H‖_F and Tr H where SGD converged, against the number of parameters, of the fully connected networks of figure 1b.
final class FlatnessAgainstSize implements PaperFigure {
    private record Shown(String figure, String name) {}

    private static final List<Shown> SHOWN = List.of(
            new Shown("hessian.frobenius", "‖H‖_F"), new Shown("hessian.trace", "Tr H"));

    @Override
    public String id() {
        return "fig-3a";
    }

    @Override
    public String title() {
        return "Frobenius norm and trace of the Hessian against model size";
    }

    @Override
    public String caption(Setting setting) {
        Family family = family(setting);
        return "Of the full Hessian at the end of SGD's descent, B = 5; mean and standard deviation over " + AlignmentAgainstSize.SEEDS
                + " seeds. FCN of widths " + String.join(", ", family.sizes().stream().map(String::valueOf).toList()) + " on " + setting.imagesName()
                + ", two classes. Assembled up to p = 2,000, else by products with random vectors.";
    }

    private static Family family(Setting setting) {
        return Subjects.families(setting).stream().filter(family -> family.kind().equals("FCN")).findFirst().orElseThrow();
    }

    @Override
    public List<Run> runs(Setting setting) {
        Family family = family(setting);
        return family.sizes().stream().<Run>map(size -> AlignmentAgainstSize.run(setting, family.of().apply(size))).toList();
    }

    @Override
    public Drawing draw(Setting setting, Runs runs) throws IOException {
        Family family = family(setting);
        int count = family.sizes().size();
        double[] p = new double[count];
        double[][] means = new double[SHOWN.size()][count];
        double[][] deviations = new double[SHOWN.size()][count];
        var numbers = new ArrayList<Value>();
        for (int i = 0; i < count; i++) {
            Subject subject = family.of().apply(family.sizes().get(i));
            p[i] = AlignmentAgainstSize.size(subject);
            for (int figure = 0; figure < SHOWN.size(); figure++) {
                Seeds seeds = Seeds.of(runs.trace(AlignmentAgainstSize.run(setting, subject)), AlignmentAgainstSize.SEEDS,
                        SHOWN.get(figure).figure());
                means[figure][i] = seeds.mean();
                deviations[figure][i] = seeds.deviation();
                numbers.add(Value.of(SHOWN.get(figure).name(), subject.model(), seeds.mean(), seeds.error()));
            }
        }
        var panels = new ArrayList<Panel>();
        for (int figure = 0; figure < SHOWN.size(); figure++) {
            String name = SHOWN.get(figure).name();
            panels.add(
                    new Panel(name, Axis.logarithmic("number of parameters p"), Axis.linear(name),
                            List.of(Curve.markers(name, p, means[figure], deviations[figure]))));
        }
        return new Drawing(panels, numbers);
    }
}
