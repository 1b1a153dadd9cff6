package io.plumbline.validate.claim;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/// One measured number of a claim, and what the claim says of it.
///
/// @param name          what was measured: the same for all settings of one claim
/// @param setting       on which model, data, batch size
/// @param value         the number
/// @param standardError standard deviation of the estimate; 0 where the method is exact
/// @param relation      how the claim says that the value stands to the bound
/// @param bound         the claim's other side
/// @param tolerance     exact methods: how far rounding alone can carry the value across the bound. Sampled equalities: the deviation that matters,
///     which three standard errors must not exceed. 0 for sampled inequalities
public record Measurement(String name, String setting, double value, double standardError, Relation relation, double bound, double tolerance) {
    public Measurement {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(setting, "setting");
        Objects.requireNonNull(relation, "relation");
        if (standardError < 0 || tolerance < 0) {
            throw new IllegalArgumentException(
                    name + ": standard error is " + standardError + " and tolerance " + tolerance + ", expected at least 0");
        }
    }

    /// A value that is exact but for rounding.
    static Measurement exact(String name, String setting, double value, Relation relation, double bound, double tolerance) {
        return new Measurement(name, setting, value, 0, relation, bound, tolerance);
    }

    /// The judgement on this number alone.
    public Verdict verdict() {
        return Verdict.of(this);
    }

    /// The one that speaks for several of the same meaning: of the worst verdict and the least room.
    static Measurement worst(List<Measurement> all) {
        Comparator<Measurement> byVerdict = Comparator.comparing(Measurement::verdict);
        return all.stream().max(byVerdict.thenComparingDouble(each -> -each.room())).orElseThrow();
    }

    private double room() {
        return relation.room(value, standardError, bound, tolerance);
    }

    @Override
    public String toString() {
        return name + ", " + setting + ": " + value + (standardError > 0 ? " ± " + standardError : "") + ", claimed " + relation.symbol() + " "
                + bound;
    }
}
