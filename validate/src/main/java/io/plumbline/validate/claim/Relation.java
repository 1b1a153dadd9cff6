package io.plumbline.validate.claim;

import com.fasterxml.jackson.annotation.JsonValue;

/// How a claim says that a measured value stands to its bound.
public enum Relation {
    AT_LEAST("≥"),
    AT_MOST("≤"),
    EQUAL("=");

    private final String symbol;

    Relation(String symbol) {
        this.symbol = symbol;
    }

    @JsonValue
    public String symbol() {
        return symbol;
    }

    /// How far the value is on the side that the claim says; at most 0 for an equality.
    double margin(double value, double bound) {
        return switch (this) {
            case AT_LEAST -> value - bound;
            case AT_MOST -> bound - value;
            case EQUAL -> -Math.abs(value - bound);
        };
    }

    /// How much room there is before the claim fails: the margin in standard errors for a sampled value, else in units of the numbers' magnitude;
    /// −∞ if a number is not finite.
    double room(double value, double standardError, double bound, double tolerance) {
        double margin = margin(value, bound);
        double magnitude = Math.abs(value) + Math.abs(bound) + tolerance;
        double room = standardError > 0 ? margin / standardError : magnitude == 0 ? 0 : (margin + tolerance) / magnitude;
        return Double.isFinite(room) ? room : Double.NEGATIVE_INFINITY;
    }
}
