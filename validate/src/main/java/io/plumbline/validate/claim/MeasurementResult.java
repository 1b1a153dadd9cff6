package io.plumbline.validate.claim;

import java.util.Comparator;

/// One [Measurement]; a number that is not finite is null.
public record MeasurementResult(
        String name,
        String setting,
        Double value,
        Double standardError,
        Double bound,
        Relation relation,
        Double tolerance,
        Verdict verdict) {
    /// From the one that the claim stands best by to the worst.
    static final Comparator<MeasurementResult> BY_ROOM = Comparator.comparing(MeasurementResult::verdict)
            .thenComparingDouble(figure -> -figure.room());

    static MeasurementResult of(Measurement m) {
        return new MeasurementResult(
                m.name(),
                m.setting(),
                finite(m.value()),
                finite(m.standardError()),
                finite(m.bound()),
                m.relation(),
                finite(m.tolerance()),
                m.verdict());
    }

    /// See [Relation#room]; −∞ if a number is missing.
    double room() {
        boolean complete = value != null && standardError != null && bound != null && tolerance != null;
        return complete ? relation.room(value, standardError, bound, tolerance) : Double.NEGATIVE_INFINITY;
    }

    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }
}
