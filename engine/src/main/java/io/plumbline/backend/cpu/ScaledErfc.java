package io.plumbline.backend.cpu;

import org.apache.commons.numbers.gamma.Erfcx;

/// erfcx(z) = eᶻ² erfc(z) for z ≥ 0 as a Chebyshev series: with t = 4/(4 + z),
///
/// erfcx(z) = t (½c₀ + Σ_{j≥1} c_j T_j(y)), y the affine image of t ∈ [4/(4 + Z), 1] on [−1, 1], Z = 27.5 (erfc underflows beyond 27.3).
///
/// Dividing by t takes the decay 1/(z√π) out; what is left falls from 1 to 0.16 and is smooth, its coefficients shrink by 5 a term:
/// 22 reach 10⁻¹⁷, 11 reach 10⁻⁸. They are computed here from [Erfcx], at 64 Chebyshev nodes.
final class ScaledErfc {
    /// The scale of t = SCALE/(SCALE + z).
    static final double SCALE = 4;
    /// Z: the series holds for z ≤ LARGEST.
    static final double LARGEST = 27.5;
    private static final double LEAST_T = SCALE / (SCALE + LARGEST);
    /// y = SLOPE · t + INTERCEPT.
    static final double SLOPE = 2 / (1 - LEAST_T);
    static final double INTERCEPT = -(1 + LEAST_T) / (1 - LEAST_T);
    private static final int NODES = 64;

    private ScaledErfc() {}

    /// ½c₀, c₁, …, c_{terms−1}
    static double[] coefficients(int terms) {
        double[] c = new double[terms];
        for (int j = 0; j < terms; j++) {
            for (int node = 0; node < NODES; node++) {
                double angle = Math.PI * (node + 0.5) / NODES;
                double t = (Math.cos(angle) - INTERCEPT) / SLOPE;
                double z = SCALE * (1 - t) / t;
                c[j] += Erfcx.value(z) / t * Math.cos(j * angle) * (j == 0 ? 1 : 2) / NODES;
            }
        }
        return c;
    }
}
