package io.plumbline.validate.claim;

import java.util.Collection;

/// What a measurement says about a claim. The one rule, for a value v with standard error s against its bound, margin m = v − bound (for ≥),
/// bound − v (for ≤) or −|v − bound| (for =), and tolerance t:
///
/// | | SUPPORTED | REFUTED | INCONCLUSIVE |
/// |---|---|---|---|
/// | exact, s = 0: ≥ ≤ = | m ≥ −t | m < −t | |
/// | sampled, s > 0: ≥ ≤ | m ≥ 3s | m < −3s | between |
/// | sampled, s > 0: = | m ≥ −3s and 3s ≤ t | m < −5s | otherwise |
///
/// INVALID where v, s, bound or t is not finite, or an assumption of the claim is not met: nothing was learnt about the claim.
/// An equality that holds is 3 standard errors off once in 370 measurements, 5 once in two million: hence the gap before it counts as refuted.
///
/// Several measurements: the worst decides, in the order of the constants (best first). Nothing measured is INVALID.
public enum Verdict {
    SUPPORTED,
    INCONCLUSIVE,
    INVALID,
    REFUTED;

    /// Standard errors that an inequality must hold by, or fail by.
    static final double DECISIVE = 3;
    /// Standard errors beyond which an equality is refuted.
    static final double BEYOND_CHANCE = 5;

    static Verdict of(Measurement m) {
        double margin = m.relation().margin(m.value(), m.bound());
        double s = m.standardError();
        if (!Double.isFinite(m.value()) || !Double.isFinite(m.bound()) || !Double.isFinite(s) || !Double.isFinite(m.tolerance())) {
            return INVALID;
        }
        if (s == 0) {
            return margin >= -m.tolerance() ? SUPPORTED : REFUTED;
        }
        if (m.relation() == Relation.EQUAL) {
            boolean resolved = DECISIVE * s <= m.tolerance();
            return margin < -BEYOND_CHANCE * s ? REFUTED : resolved && margin >= -DECISIVE * s ? SUPPORTED : INCONCLUSIVE;
        }
        return margin >= DECISIVE * s ? SUPPORTED : margin < -DECISIVE * s ? REFUTED : INCONCLUSIVE;
    }

    /// The worst of several, INVALID if there is none.
    static Verdict worst(Collection<Verdict> verdicts) {
        return verdicts.stream().max(Verdict::compareTo).orElse(INVALID);
    }
}
