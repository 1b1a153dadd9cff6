package io.plumbline.flatness;

/// Quantiles of Student's t distribution.
public final class StudentT {
    /// z with Φ(z) = 0.975.
    private static final double NORMAL = 1.959963984540054;

    /// For 1, 2, 3, 4 degrees of freedom.
    private static final double[] TABLE = {12.706204736432095, 4.302652729911275, 3.182446305284263, 2.7764451051977987};

    private StudentT() {}

    /// The 0.975 quantile for `freedom` degrees of freedom: a mean of freedom + 1 normal numbers is within so many standard errors of its expectation with
    /// probability 0.95. Cornish–Fisher expansion (Abramowitz & Stegun 26.7.5) to the fourth power of 1/freedom: within 10⁻³ from 5 degrees of freedom on; a table
    /// below.
    ///
    /// @throws IllegalArgumentException if `freedom` is below 1
    public static double quantile975(int freedom) {
        if (freedom < 1) {
            throw new IllegalArgumentException("t: degrees of freedom are " + freedom + ", expected at least 1");
        }
        if (freedom <= TABLE.length) {
            return TABLE[freedom - 1];
        }
        double z = NORMAL;
        double z2 = z * z;
        double n = freedom;
        double g1 = z * (z2 + 1) / 4;
        double g2 = z * ((5 * z2 + 16) * z2 + 3) / 96;
        double g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
        double g4 = z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160;
        return z + (g1 + (g2 + (g3 + g4 / n) / n) / n) / n;
    }
}
