package io.plumbline.validate.selfcheck;

import java.util.Arrays;

/// How far the worst of many entries is off.
///
/// @param reason what else is wrong, or null
record Deviation(double error, double bound, String reason) {
    /// The entry with the largest share of its bound. Entries that are equally infinite or both NaN have no bound, and agree.
    static Deviation worst(double[] found, double[] expected, double[] bounds) {
        if (found.length != expected.length) {
            return new Deviation(Double.NaN, 0, found.length + " entries, expected " + expected.length);
        }
        Deviation worst = null;
        for (int i = 0; i < found.length; i++) {
            boolean same = Double.compare(found[i], expected[i]) == 0;
            double error = same ? 0 : Math.abs(found[i] - expected[i]);
            if (same && !Double.isFinite(found[i])) {
                continue;
            }
            if (worst == null || share(error, bounds[i]) > share(worst.error, worst.bound)) {
                worst = new Deviation(error, bounds[i], null);
            }
        }
        return worst == null ? new Deviation(0, 0, null) : worst;
    }

    /// Bits that must be equal: the largest difference, and 0.
    static Deviation ofBits(double[] found, double[] expected, String reason) {
        var worst = worst(found, expected, new double[expected.length]);
        return Arrays.equals(found, expected) ? worst : new Deviation(worst.error, 0, reason);
    }

    /// The same with something wrong beside the numbers, if there is something.
    Deviation but(String wrong) {
        return reason == null && wrong != null ? new Deviation(error, bound, wrong) : this;
    }

    /// The one with the larger share.
    static Deviation worse(Deviation a, Deviation b) {
        boolean second = a.passed() && (!b.passed() || share(b.error, b.bound) > share(a.error, a.bound));
        return second ? b : a;
    }

    /// NaN fails.
    boolean passed() {
        return error <= bound && reason == null;
    }

    /// What part of the bound the error is: 0 for none, ∞ for one that has no room or that is no number.
    static double share(double error, double bound) {
        if (error == 0) {
            return 0;
        }
        double share = error / bound;
        return Double.isNaN(share) ? Double.POSITIVE_INFINITY : share;
    }
}
