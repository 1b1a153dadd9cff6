package io.plumbline.stability;

/// The δ > 0 at which a positive function θ that falls with δ is 1, from one value at a time: by secants of h = 1/θ − 1, which for eigenvalues of a [Resolvent]'s T is
/// concave and nearly linear, inside the bracket that the values seen so far give. The first move has no secant and takes a slope.
///
/// A value is a Ritz value, at most the eigenvalue: θ ≥ 1 shows that the root is not below, while θ < 1 may only mean that another eigenvalue was missed. So the bracket's upper end gives
/// way where a secant from below, which by concavity ends before the root, leads past it, and where nothing is left of the bracket.
final class ConcaveRoot {
    /// How far a bracket is trusted: values of θ come from an iteration that was stopped.
    private static final double SLACK = 1e-6;
    private static final double STRIDE = 8;

    private double point;
    private double low;
    private double high = Double.POSITIVE_INFINITY;
    private double lastPoint = Double.NaN;
    private double last = Double.NaN;

    ConcaveRoot(double start) {
        point = start;
    }

    /// Where θ is to be evaluated next.
    double point() {
        return point;
    }

    /// Moves on from [#point()].
    ///
    /// @param theta            θ there
    /// @param logarithmicSlope an estimate of d ln θ/dδ, for the first move
    void move(double theta, double logarithmicSlope) {
        if (theta >= 1) {
            low = Math.max(low, point);
        } else {
            high = Math.min(high, point);
        }
        double h = 1 / theta - 1;
        double slope = Double.isNaN(last) ? -logarithmicSlope / theta : (h - last) / (point - lastPoint);
        double next = slope > 0 ? point - h / slope : Double.NaN;
        if (theta >= 1 && next > high * (1 + SLACK)) {
            high = Double.POSITIVE_INFINITY;
        }
        lastPoint = point;
        last = h;
        point = next >= low * (1 - SLACK) && next <= high * (1 + SLACK) && next > 0 ? next : inside();
    }

    private double inside() {
        if (high <= low * (1 + SLACK)) {
            high = Double.POSITIVE_INFINITY;
        }
        return high == Double.POSITIVE_INFINITY ? low * STRIDE : low == 0 ? high / STRIDE : Math.sqrt(low) * Math.sqrt(high);
    }
}
