package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// How the Hessian's figures, and the Fisher matrix's top eigenvalue, are found.
public enum Estimator {
    /// From the assembled matrix where it is small, else as `deflated`.
    AUTO,
    /// From the assembled matrix or not at all.
    EXACT,
    /// Plain probes; Lanczos for eigenvalues.
    HUTCHINSON,
    /// Deflated probes for the norm, Hutch++ for the trace; Lanczos for eigenvalues.
    DEFLATED,
    /// As `deflated`, but XTrace for the trace.
    XTRACE;

    /// Reads a name.
    ///
    /// @throws IllegalArgumentException if there is no such estimator
    public static Estimator parse(String name) {
        for (Estimator estimator : values()) {
            if (estimator.toString().equals(name)) {
                return estimator;
            }
        }
        String names = Arrays.stream(values()).map(Estimator::toString).collect(Collectors.joining(", "));
        throw new IllegalArgumentException("estimator: found '" + name + "', expected one of " + names);
    }

    /// The name in `--estimator`.
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
