package io.plumbline.flatness;

/// How many probes an estimate may take: a number, or as many as a relative error needs.
///
/// **By relative error ε** (Stein 1945, two stages). A pilot of [#PILOT] probes, independent of all others, has mean m and variance s². With t the 0.975 quantile of
/// Student's t for PILOT − 1 degrees of freedom, |μ| ≥ ℓ = max(0, |m| − t s/√PILOT) in 97.5 % of cases; then N = ⌈(t s/(ε ℓ))²⌉ **fresh** probes are
/// averaged, and these alone.
///
/// Why that is valid: N is a function of the pilot only, so that given N the estimate is a mean of N independent unbiased numbers. It is unbiased, and the standard
/// error, computed from the same N numbers, is that of a sample of fixed size. For normal samples (mean − μ)√N/s has Student's t distribution given m, since m and s
/// are independent: the error is at most εℓ ≤ ε|μ| with probability at least 0.95 (two events of 0.025 at most). A rule that looks at the estimate while it
/// grows and stops when it seems to have converged has neither property.
///
/// At most `probes` are taken, also if the relative error would need more; the standard error says what was reached.
///
/// @param probes        random vectors, or the most of them
/// @param relativeError ε, or 0: take `probes`
public record Effort(int probes, double relativeError) {
    /// Probes of the first stage.
    public static final int PILOT = 16;
    /// Fewest probes whose scatter gives a standard error.
    public static final int FEWEST = 2;

    /// @throws IllegalArgumentException if there are too few probes for a standard error, or ε is not in [0, 1)
    public Effort {
        if (probes < FEWEST) {
            throw new IllegalArgumentException("probes: found " + probes + ", expected at least " + FEWEST + ": a standard error needs as many");
        }
        if (!(relativeError >= 0 && relativeError < 1)) {
            throw new IllegalArgumentException("relative-error: found " + relativeError + ", expected a number above 0 and below 1");
        }
        if (relativeError > 0 && probes < PILOT + FEWEST) {
            throw new IllegalArgumentException(
                    "probes: found " + probes + ", expected at least " + (PILOT + FEWEST) + ": a relative error is planned with a pilot of " + PILOT);
        }
    }

    /// So many probes.
    public static Effort of(int probes) {
        return new Effort(probes, 0);
    }

    boolean hasPilot() {
        return relativeError > 0;
    }

    /// N for the mean of numbers like the pilot's, plus `known`, to be estimated within `tolerance` times its magnitude; at most `most`.
    static int afterPilot(Sample pilot, double known, double tolerance, int most) {
        double t = StudentT.quantile975(pilot.count() - 1);
        double smallest = Math.max(0, Math.abs(known + pilot.mean()) - t * pilot.standardError());
        double probes = Math.ceil(pilot.variance() * t * t / (tolerance * tolerance * smallest * smallest));
        return pilot.variance() == 0 ? FEWEST : (int) Math.max(FEWEST, Math.min(most, probes));
    }
}
