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
}
