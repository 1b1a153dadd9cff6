package io.plumbline.alignment;

import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;

/// How large SGD's noise is in one direction, beside the curvature there (Wang & Wu, arXiv 2310.00692): g(θ, v) = vᵀΣv/(2L·vᵀGv), 1 for every v where Σ = 2LG.
///
/// With s = Jv (n, K): vᵀGv = ‖s‖²/n, and vᵀΣv is the variance over examples of r_iᵀs_i, taken about its mean so that nothing cancels. One Jacobian product; the length of v does not matter.
public final class DirectionalAlignment {
    private DirectionalAlignment() {}

    /// g(θ, v); undefined where L = 0 or Jv = 0, or the residuals are lost in rounding ([Point#lostInRounding]).
    ///
    /// @param v p numbers
    /// @throws IllegalArgumentException if v does not have p entries or one is not finite
    /// @throws ArithmeticException if an output or g is not finite
    public static Figure of(Point point, HostBuffer v) {
        double[] residuals = point.residuals();
        double[] s = point.jacobianVector(v);
        int outputs = point.surface().network().outputs();
        int n = residuals.length / outputs;
        double[] slopes = new double[n];
        double doubleLoss = 0;
        double curvature = 0;
        double mean = 0;
        for (int i = 0; i < residuals.length; i++) {
            slopes[i / outputs] += residuals[i] * s[i];
            doubleLoss += residuals[i] * residuals[i] / n;
            curvature += s[i] * s[i] / n;
            mean += residuals[i] * s[i] / n;
        }
        if (doubleLoss == 0 || curvature == 0) {
            return Figure.undefined(doubleLoss == 0 ? "the loss is 0" : "G is 0 along the direction", Figure.EXACT);
        }
        String lost = point.lostInRounding();
        if (lost != null) {
            return Figure.undefined(lost, Figure.EXACT);
        }
        double variance = 0;
        for (double slope : slopes) {
            variance += (slope - mean) * (slope - mean) / n;
        }
        return Figure.exact(variance / (doubleLoss * curvature), Figure.EXACT);
    }
}
