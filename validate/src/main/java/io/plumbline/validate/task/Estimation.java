package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonIgnore;
import io.plumbline.flatness.Effort;
import io.plumbline.flatness.ProbedAlignment;

/// How what is not exact is estimated, and with how much effort.
///
/// @param probes        random vectors of an estimate, at most so many if a relative error is given; starts of a spectral density. Null: [#USUAL_PROBES], at most
///     [#MOST_PROBES] for a relative error, [#USUAL_STARTS] starts
/// @param relativeError that trace and Frobenius norm shall have, see [Effort]; null: none
/// @param alignmentByProbes whether the figures of alignment, G and Σ come from products with common probes, not from the pass over all pairs of examples
public record Estimation(Estimator estimator, Integer probes, Double relativeError, boolean alignmentByProbes) {
    /// A third of them sketches.
    public static final int USUAL_PROBES = 30;
    /// The most that a relative error may take.
    public static final int MOST_PROBES = 1000;
    /// Starts of a spectral density.
    public static final int USUAL_STARTS = 8;

    /// @throws IllegalArgumentException if the numbers are out of range or do not fit the estimator
    public Estimation {
        if (alignmentByProbes && estimator == Estimator.EXACT) {
            throw new IllegalArgumentException("alignment: found probes, expected exact: --estimator exact draws none");
        }
        if (alignmentByProbes && probes != null && probes < ProbedAlignment.FEWEST) {
            throw new IllegalArgumentException(
                    "probes: found " + probes + ", expected at least " + ProbedAlignment.FEWEST
                            + " for alignment by probes, whose errors are the jackknife's");
        }
        if (estimator == Estimator.EXACT && (probes != null || relativeError != null)) {
            throw new IllegalArgumentException(
                    (probes != null ? "probes: found " + probes : "relative-error: found " + relativeError)
                            + ", expected none: --estimator exact draws none");
        }
        if (estimator == Estimator.XTRACE && relativeError != null) {
            throw new IllegalArgumentException(
                    "relative-error: found " + relativeError
                            + ", expected none: xtrace's numbers are not independent, so that none can be planned; deflated's are");
        }
        if (relativeError != null && relativeError == 0) {
            throw new IllegalArgumentException("relative-error: found 0, expected a number above 0 and below 1");
        }
        effort(probes, relativeError);
    }

    /// What is done unless something else is asked for.
    public static Estimation usual() {
        return new Estimation(Estimator.AUTO, null, null, false);
    }

    @JsonIgnore
    Effort effort() {
        return effort(probes, relativeError);
    }

    private static Effort effort(Integer probes, Double relativeError) {
        int most = relativeError == null ? USUAL_PROBES : MOST_PROBES;
        return new Effort(probes == null ? most : probes, relativeError == null ? 0 : relativeError);
    }

    /// Of alignment by probes.
    int alignmentProbes() {
        return probes == null ? USUAL_PROBES : probes;
    }

    int starts() {
        return probes == null ? USUAL_STARTS : probes;
    }

    /// Whether an assembled matrix is used if it is `small`.
    boolean assembles(boolean small) {
        return estimator == Estimator.EXACT || estimator == Estimator.AUTO && small;
    }
}
