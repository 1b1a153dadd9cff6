package io.plumbline.flatness;

/// A number that was estimated, and how far to trust it.
///
/// @param value         the estimate
/// @param standardError of the estimate, itself estimated; `lanczos`: the residual ‖Ax − θx‖/‖x‖, within which A has an eigenvalue
/// @param method        `hutchinson`, `deflated-hutchinson`, `hutch++`, `xtrace`, `lanczos`, …
/// @param probes        random vectors
/// @param products      products with the operator
/// @param seed          of the random vectors
public record Estimate(double value, double standardError, String method, int probes, long products, long seed) {
    /// @throws ArithmeticException if the value or the error is not finite
    public Estimate {
        if (!Double.isFinite(value) || !Double.isFinite(standardError)) {
            throw new ArithmeticException(
                    method + ": the estimate is " + value + " with standard error " + standardError + ", the products overflowed");
        }
    }

    /// √value, by the delta method: its standard error is standardError/(2√value). Its bias, −(standardError/value)²/8 relative to it, is left in: a share of
    /// standardError/value/4 of the error that is reported.
    Estimate root() {
        double root = Math.sqrt(Math.max(0, value));
        return new Estimate(root, standardError == 0 ? 0 : standardError / (2 * root), method, probes, products, seed);
    }
}
