package io.plumbline.validate.figure;

import io.plumbline.validate.figure.Drawing.Axis;
import io.plumbline.validate.figure.Drawing.Curve;
import io.plumbline.validate.figure.Drawing.Kind;
import io.plumbline.validate.figure.Drawing.Panel;
import io.plumbline.validate.figure.Drawing.Value;
import io.plumbline.validate.task.EscapeReport;
import io.plumbline.validate.task.Measured;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/// SGD's trajectories from where gradient descent nearly converged, as figures 4 and 5b have them: all of them thin, their mean, on a logarithmic scale; and beside
/// them what the model linearised there expects.
final class Trajectories {
    private static final double BEYOND = 10;

    private Trajectories() {}

    static Panel panel(Subject subject, EscapeReport report) {
        EscapeReport.Losses losses = report.losses();
        var curves = new ArrayList<Curve>();
        if (losses != null) {
            List<Double> steps = Arrays.stream(losses.step()).asDoubleStream().boxed().toList();
            curves.add(new Curve("trajectories", Kind.BUNDLE, steps, losses.trajectories(), null));
            curves.add(new Curve("their mean", Kind.LINE, steps, List.of(losses.mean()), null));
            if (losses.expected() != null) {
                curves.add(new Curve("E[L_t] of the linearised model", Kind.THEORY, steps, List.of(near(losses)), null));
            }
        }
        return new Panel(subject.kind(), Axis.linear("step"), Axis.logarithmic("L(θ_t)"), curves);
    }

    /// The expectation as long as it is at most ten times the largest loss: beyond, it would leave the losses no room.
    private static List<Double> near(EscapeReport.Losses losses) {
        double largest = losses.trajectories().stream().flatMap(List::stream).filter(Objects::nonNull).mapToDouble(Double::doubleValue).max()
                .orElse(0);
        return losses.expected().stream().map(loss -> loss == null || loss > BEYOND * largest ? null : loss).toList();
    }

    /// Rates of escape and where the learning rate stands.
    static List<Value> numbers(Subject subject, EscapeReport report) {
        var numbers = new ArrayList<Value>();
        String setting = subject.kind();
        numbers.add(Value.exact("L where gradient descent ended", setting, report.descent().loss().value()));
        if (report.linearised() != null) {
            EscapeReport.Linearised linear = report.linearised();
            numbers.add(number("η*, exactly", setting, linear.criticalLearningRate()));
            numbers.add(number("2/λ₁", setting, linear.gdBound()));
            numbers.add(number("growth a step of the linearised model, exactly", setting, linear.growth()));
            numbers.add(number("γ₀ of Theorem 3.5", setting, linear.gamma0()));
        }
        if (report.growth() != null) {
            numbers.add(number("growth a step of the mean", setting, report.growth().mean()));
            numbers.add(number("expected of it in the linearised model", setting, report.growth().expected()));
            numbers.add(number("growth a step of a typical trajectory", setting, report.growth().typical()));
            numbers.add(Value.exact("trajectories that rose tenfold", setting, report.growth().escaped()));
        }
        return numbers;
    }

    private static Value number(String name, String setting, Measured figure) {
        return Value.of(name, setting, figure.value() == null ? Double.NaN : figure.value(), figure.standardError());
    }
}
