package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plumbline.alignment.Figure;
import io.plumbline.training.Moment;
import io.plumbline.training.Status;
import io.plumbline.validate.task.MeasureReport.AlignmentFigures;
import io.plumbline.validate.task.MeasureReport.Densities;
import io.plumbline.validate.task.MeasureReport.FisherFigures;
import io.plumbline.validate.task.MeasureReport.HessianFigures;
import io.plumbline.validate.task.MeasureReport.NoiseFigures;
import io.plumbline.validate.task.Measurement.Figures;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/// A line of a run's `trace.jsonl`. Groups of figures that were not asked for, or not at this step, are left out. Everything but the last field is the same
/// whenever and however often the run is interrupted.
///
/// @param step         updates made
/// @param status       `moving`, or what the replica came to here
/// @param learningRate of the step to come
/// @param loss         L over all examples
/// @param undefined    why there are no figures where some were asked for: a number on the way to them was not finite
/// @param elapsedSeconds since the run began
@JsonInclude(JsonInclude.Include.NON_NULL)
record TraceLine(
        int replica,
        long step,
        String status,
        double learningRate,
        Measured loss,
        Measured gradientNorm,
        AlignmentFigures alignment,
        FisherFigures fisher,
        NoiseFigures noise,
        HessianFigures hessian,
        Densities density,
        String undefined,
        double elapsedSeconds) {
    /// @param quantities what is wanted besides the loss
    /// @param seed       of the probes of figures that are estimated
    static TraceLine of(Moment moment, Set<Quantity> quantities, Estimation estimation, long seed) {
        if (quantities.isEmpty() || moment.status() == Status.DIVERGED) {
            return of(moment, null, null, quantities);
        }
        try {
            return of(moment, Measurement.at(moment.point(), quantities, estimation, seed, Phases.SILENT), null, quantities);
        } catch (ArithmeticException notFinite) {
            return of(moment, null, notFinite.getMessage(), quantities);
        }
    }

    private static TraceLine of(Moment moment, Figures figures, String undefined, Set<Quantity> quantities) {
        return new TraceLine(
                moment.replica(),
                moment.step(),
                moment.status().toString(),
                moment.learningRate(),
                loss(moment.loss()),
                asked(figures, quantities, Figures::gradientNorm, Quantity.LOSS),
                asked(figures, quantities, Figures::alignment, Quantity.ALIGNMENT),
                asked(figures, quantities, Figures::fisher, Quantity.FISHER, Quantity.SPECTRUM),
                asked(figures, quantities, Figures::noise, Quantity.NOISE),
                asked(figures, quantities, Figures::hessian, Quantity.HESSIAN),
                asked(figures, quantities, Figures::density, Quantity.DENSITY),
                undefined,
                moment.elapsedSeconds());
    }

    private static <T> T asked(Figures figures, Set<Quantity> quantities, Function<Figures, T> group, Quantity... any) {
        return figures != null && Stream.of(any).anyMatch(quantities::contains) ? group.apply(figures) : null;
    }

    static Measured loss(double loss) {
        return Double.isFinite(loss) ? Measured.exact(loss, Figure.EXACT) : Measured.undefined("the loss, or theta, is not finite", Figure.EXACT);
    }
}
