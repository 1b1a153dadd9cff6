package io.plumbline.validate.figure;

import io.plumbline.validate.task.TrainTrace;
import io.plumbline.validate.task.TrainTrace.Look;
import java.util.Arrays;
import java.util.stream.IntStream;

/// One figure at the ends of several seeds' descents.
///
/// @param mean      over the seeds that did not diverge
/// @param deviation their standard deviation, as the paper's error bars have it; NaN of fewer than two
/// @param error     the mean's standard error
/// @param diverged  seeds that did
record Seeds(double mean, double deviation, double error, int diverged) {
    static Seeds of(TrainTrace trace, int replicas, String figure) {
        Look[] ends = IntStream.range(0, replicas).mapToObj(trace::last).toArray(Look[]::new);
        double[] values = Arrays.stream(ends).filter(look -> !look.status().equals("diverged")).mapToDouble(look -> look.value(figure)).toArray();
        double mean = Arrays.stream(values).average().orElse(Double.NaN);
        double squares = Arrays.stream(values).map(value -> (value - mean) * (value - mean)).sum();
        double deviation = values.length < 2 ? Double.NaN : Math.sqrt(squares / (values.length - 1));
        return new Seeds(mean, deviation, deviation / Math.sqrt(values.length), replicas - values.length);
    }
}
