package io.plumbline.backend.cpu;

import org.apache.commons.numbers.gamma.Erfcx;

/// erfcx(z) = eᶻ² erfc(z) for z ≥ 0 by a polynomial: with q = z/(4 + z),
///
/// (1 + √π z) erfcx(z) = Σ_{k<terms} a_k yᵏ, y = 1 − 2q/Q ∈ [−1, 1] for z ∈ [0, Z], Z = 27.5 (erfc underflows beyond 27.3), Q = Z/(4 + Z).
///
/// erfcx decays like 1/(√π z), so the left side stays between 1 and 1.2 and relative errors with it. It is a Chebyshev series cut off: beyond ½c₀ = 1.09
/// its coefficients are below 0.06 and shrink by 5 a term, so 24 reach 10⁻¹⁷, 13 reach 10⁻⁸, and powers of y are as good a basis (5 > 1 + √2).
/// They are computed here from [Erfcx], at 64 Chebyshev nodes.
final class ScaledErfc {
    /// The scale of q = z/(SCALE + z).
    static final double SCALE = 4;
    /// Z: the polynomial holds for z ≤ LARGEST.
    static final double LARGEST = 27.5;
    /// y = 1 − SLOPE·q.
    static final double SLOPE = 2 * (SCALE + LARGEST) / LARGEST;
    static final double SQRT_PI = Math.sqrt(Math.PI);
    private static final int NODES = 64;

    private ScaledErfc() {}

    /// a₀, …, a_{terms−1}
    static double[] coefficients(int terms) {
        double[] a = new double[terms];
        // T_j and T_{j−1} as polynomials in y; T_{j+1} = 2y T_j − T_{j−1}.
        double[] t = new double[terms];
        double[] previous = new double[terms];
        t[0] = 1;
        for (int j = 0; j < terms; j++) {
            double c = chebyshev(j);
            for (int k = 0; k <= j; k++) {
                a[k] += c * t[k];
            }
            double[] next = new double[terms];
            for (int k = 0; k <= j && k + 1 < terms; k++) {
                next[k + 1] = (j == 0 ? 1 : 2) * t[k];
            }
            for (int k = 0; k < j; k++) {
                next[k] -= previous[k];
            }
            previous = t;
            t = next;
        }
        return a;
    }

    /// ½c₀ or c_j
    private static double chebyshev(int j) {
        double sum = 0;
        for (int node = 0; node < NODES; node++) {
            double angle = Math.PI * (node + 0.5) / NODES;
            // 1 − cos = 2 sin²(angle/2) without cancellation.
            double q = 2 * Math.pow(Math.sin(angle / 2), 2) / SLOPE;
            double z = SCALE * q / (1 - q);
            // The period is taken out in integers: a rounding error of j·angle would count in every coefficient.
            double multiple = Math.PI * (j * (2 * node + 1) % (4 * NODES)) / (2 * NODES);
            sum += (1 + SQRT_PI * z) * Erfcx.value(z) * Math.cos(multiple);
        }
        return sum * (j == 0 ? 1 : 2) / NODES;
    }
}
