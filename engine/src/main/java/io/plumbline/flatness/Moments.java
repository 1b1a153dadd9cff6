package io.plumbline.flatness;

/// Tr A and ‖A‖_F² from the same products. The two estimates are correlated; each one's standard error is its own.
public record Moments(Estimate trace, Estimate squaredFrobenius) {
    /// ‖A‖_F, by the delta method.
    public Estimate frobenius() {
        return squaredFrobenius.root();
    }
}
