package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.plumbline.alignment.Figure;
import io.plumbline.flatness.Estimate;

/// A [Figure] as JSON has it: `{"value", "standardError", "method", "probes"}`, where the value is null `"undefined"`: why, and where it is an [Estimate] of products
/// with a matrix `"products"`: how many there were.
public record Measured(
        @JsonInclude(JsonInclude.Include.ALWAYS) Double value,
        double standardError,
        String method,
        int probes,
        @JsonInclude(JsonInclude.Include.NON_NULL) String undefined,
        @JsonInclude(JsonInclude.Include.NON_NULL) Long products) {
    static Measured of(Figure figure) {
        Double value = figure.isDefined() ? figure.value() : null;
        return new Measured(value, figure.standardError(), figure.method(), figure.probes(), figure.undefined(), null);
    }

    static Measured of(Estimate estimate) {
        return new Measured(estimate.value(), estimate.standardError(), estimate.method(), estimate.probes(), null, estimate.products());
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
