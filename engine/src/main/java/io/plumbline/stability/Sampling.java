package io.plumbline.stability;

/// How the B examples of a batch are drawn.
public enum Sampling {
    /// Each independently of the others.
    WITH_REPLACEMENT,
    /// A fresh uniform subset each step (not an epoch's reshuffling).
    WITHOUT_REPLACEMENT;

    /// q: the covariance of the batch gradient is qΣ. 1/B with replacement, (n−B)/(B(n−1)) without.
    ///
    /// @throws IllegalArgumentException if B is not a batch size of n examples
    public double noiseScale(int batchSize, int n) {
        if (batchSize < 1 || this == WITHOUT_REPLACEMENT && batchSize > n) {
            throw new IllegalArgumentException("batch size: found " + batchSize + ", expected "
                    + (this == WITH_REPLACEMENT ? "at least 1" : "1 to " + n + ", the examples that there are to draw without replacement"));
        }
        if (this == WITH_REPLACEMENT) {
            return 1.0 / batchSize;
        }
        return n == 1 ? 0 : (double) (n - batchSize) / ((double) batchSize * (n - 1));
    }
}
