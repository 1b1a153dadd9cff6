package io.plumbline.alignment;

/// A measured number, how it was found and how far to trust it; or the reason why there is none.
///
/// @param value         the number; NaN exactly if undefined
/// @param standardError standard deviation of the estimate; 0 for exact methods
/// @param method        `exact-gram`, `exact-dense`, …
/// @param probes        random probes used, or examples drawn; 0 for exact methods
/// @param undefined     why there is no number, or null
public record Figure(double value, double standardError, String method, int probes, String undefined) {
    /// Exact, from the Gram pass.
    public static final String EXACT_GRAM = "exact-gram";
    /// Exact, from an assembled matrix.
    public static final String EXACT_DENSE = "exact-dense";
    /// Exact, from one pass over the examples.
    public static final String EXACT = "exact";

    /// @throws ArithmeticException if `value` is not finite: a figure is a number or says why not
    public static Figure exact(double value, String method) {
        if (!Double.isFinite(value)) {
            throw new ArithmeticException("a figure by " + method + " is " + value + ": the sums overflowed");
        }
        return new Figure(value, 0, method, 0, null);
    }

    /// An estimate with its standard error.
    ///
    /// @throws ArithmeticException if either is not finite
    public static Figure estimated(double value, double standardError, String method, int probes) {
        if (!Double.isFinite(value) || !Double.isFinite(standardError)) {
            throw new ArithmeticException(
                    "a figure by " + method + " is " + value + " with standard error " + standardError + ": the sums overflowed");
        }
        return new Figure(value, standardError, method, probes, null);
    }

    public static Figure undefined(String why, String method) {
        return new Figure(Double.NaN, 0, method, 0, why);
    }

    public boolean isDefined() {
        return undefined == null;
    }

    /// The number, or `undefined: why`.
    @Override
    public String toString() {
        return isDefined() ? Double.toString(value) : "undefined: " + undefined;
    }
}
