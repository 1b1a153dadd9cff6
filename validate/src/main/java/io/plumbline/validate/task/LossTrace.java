package io.plumbline.validate.task;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;

/// The losses in a run's `trace.jsonl`.
///
/// @param steps  of the looks at replicas that move, ascending
/// @param losses (replicas, looks): L; NaN from where a replica diverged on
record LossTrace(long[] steps, double[][] losses) {
    /// @throws IOException if the file cannot be read, or a line is none of a trace
    static LossTrace read(Path file, int replicas, long every) throws IOException {
        List<JsonNode> lines = Json.readLines(file);
        var looks = new TreeSet<Long>();
        for (JsonNode line : lines) {
            long step = line.path("step").asLong();
            // Divergence is found between looks.
            if (!line.path("status").asText().equals("diverged") || step % every == 0) {
                looks.add(step);
            }
        }
        long[] steps = looks.stream().mapToLong(Long::longValue).toArray();
        double[][] losses = new double[replicas][steps.length];
        for (double[] row : losses) {
            Arrays.fill(row, Double.NaN);
        }
        for (JsonNode line : lines) {
            int look = Arrays.binarySearch(steps, line.path("step").asLong());
            if (look >= 0 && !line.path("status").asText().equals("diverged")) {
                losses[line.path("replica").asInt()][look] = line.path("loss").path("value").asDouble(Double.NaN);
            }
        }
        return new LossTrace(steps, losses);
    }

    int diverged() {
        return (int) Arrays.stream(losses).filter(row -> Double.isNaN(row[row.length - 1])).count();
    }

    /// @param expected beside them, or null
    EscapeReport.Losses report(double[] expected) {
        var mean = new ArrayList<Double>();
        var error = new ArrayList<Double>();
        var median = new ArrayList<Double>();
        for (int look = 0; look < steps.length; look++) {
            int at = look;
            double[] column = Arrays.stream(losses).mapToDouble(row -> row[at]).toArray();
            // From the first one on, so that equal losses have no standard error.
            double average = column[0] + Arrays.stream(column).map(loss -> loss - column[0]).average().orElseThrow();
            double squares = Arrays.stream(column).map(loss -> (loss - average) * (loss - average)).sum();
            mean.add(finite(average));
            error.add(column.length < 2 ? null : finite(Math.sqrt(squares / (column.length * (column.length - 1.0)))));
            median.add(finite(median(column)));
        }
        var all = Arrays.stream(losses).map(row -> Arrays.stream(row).mapToObj(LossTrace::finite).toList()).toList();
        var beside = expected == null ? null : Arrays.stream(expected).mapToObj(LossTrace::finite).toList();
        return new EscapeReport.Losses(steps, mean, error, median, beside, all);
    }

    /// Losses that are not there are larger than all others, as diverged ones are.
    private static double median(double[] column) {
        double[] sorted = column.clone();
        Arrays.sort(sorted);
        return IntStream.of((sorted.length - 1) / 2, sorted.length / 2).mapToDouble(i -> sorted[i]).average().orElseThrow();
    }

    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
