package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plumbline.alignment.Figure;

/// A [Figure] as JSON has it: `{"value", "standardError", "method", "probes"}`, and where the value is null `"undefined"`: why.
public record Measured(
        @JsonInclude(JsonInclude.Include.ALWAYS) Double value,
        double standardError,
        String method,
        int probes,
        @JsonInclude(JsonInclude.Include.NON_NULL) String undefined) {
    static Measured of(Figure figure) {
        return new Measured(figure.isDefined() ? figure.value() : null, figure.standardError(), figure.method(), figure.probes(), figure.undefined());
    }

    static Measured exact(double value, String method) {
        return of(Figure.exact(value, method));
    }

    static Measured undefined(String why, String method) {
        return of(Figure.undefined(why, method));
    }

    /// A figure of a group that nobody asked for.
    static Measured notAsked(Quantity quantity) {
        return undefined("not asked for, see --quantities " + quantity, "none");
    }
}
