package io.plumbline.validate.task;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/// The looks of a training run, as its folder's trace has them: by step, then by replica.
public record TrainTrace(List<Look> looks) {
    public TrainTrace {
        looks = List.copyOf(looks);
    }

    /// One replica at one step.
    ///
    /// @param status  `moving`, or what the replica came to here
    /// @param loss    L over all examples; NaN where it is not finite
    /// @param figures the line: groups of figures as `measure` has them
    public record Look(int replica, long step, String status, double loss, JsonNode figures) {
        /// The figure `group.name`; NaN where it is not defined or was not asked for.
        public double value(String figure) {
            return number(figure, "value");
        }

        /// Its standard error.
        public double standardError(String figure) {
            return number(figure, "standardError");
        }

        private double number(String figure, String part) {
            JsonNode node = figures;
            for (String name : figure.split("\\.")) {
                node = node.path(name);
            }
            return node.path(part).asDouble(Double.NaN);
        }

        /// Whether any figures were asked for here.
        public boolean isMeasured() {
            return figures.hasNonNull("alignment") || figures.hasNonNull("fisher") || figures.hasNonNull("hessian");
        }
    }

    /// Of the run in `folder`.
    ///
    /// @throws IOException if the trace cannot be read, or a line is none
    public static TrainTrace read(Path folder) throws IOException {
        return new TrainTrace(Json.readLines(folder.resolve(RunFolder.TRACE)).stream().map(TrainTrace::look).toList());
    }

    private static Look look(JsonNode line) {
        return new Look(
                line.path("replica").asInt(),
                line.path("step").asLong(),
                line.path("status").asText(),
                line.path("loss").path("value").asDouble(Double.NaN),
                line);
    }

    /// The looks at one replica.
    public List<Look> of(int replica) {
        return looks.stream().filter(look -> look.replica() == replica).toList();
    }

    /// The last look at one replica.
    public Look last(int replica) {
        return of(replica).getLast();
    }
}
