package io.plumbline.training;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// How the B examples of a step are drawn from n.
public enum Sampling {
    /// Each uniformly, independently of all others: the theory's SGD, whose noise has covariance Σ/B.
    WITH,
    /// A uniform subset, drawn afresh each step: covariance qΣ with q = (n−B)/(B(n−1)).
    WITHOUT,
    /// Epochs of ⌈n/B⌉ steps, each through a new uniform permutation of the examples. The last batch of an epoch has what is left, n − (⌈n/B⌉ − 1)·B examples,
    /// and its gradient is their mean.
    EPOCHS;

    /// Reads `with`, `without` or `epochs`.
    ///
    /// @throws IllegalArgumentException if it is none of them
    public static Sampling parse(String text) {
        for (Sampling sampling : values()) {
            if (sampling.toString().equals(text)) {
                return sampling;
            }
        }
        throw new IllegalArgumentException(
                "sampling: found '" + text + "', expected " + Arrays.stream(values()).map(Sampling::toString).collect(Collectors.joining(", ")));
    }

    /// q: the covariance of a batch's gradient is qΣ.
    ///
    /// @throws IllegalArgumentException if B is no batch size of n examples, or batches of an epoch, which depend on each other, are asked for
    public double noiseScale(int batchSize, int examples) {
        requireBatch(batchSize, examples);
        return switch (this) {
            case WITH -> 1.0 / batchSize;
            case WITHOUT -> examples == 1 ? 0 : (double) (examples - batchSize) / ((double) batchSize * (examples - 1));
            case EPOCHS ->
                throw new IllegalArgumentException("sampling: found epochs, expected with or without: batches of an epoch have no one covariance");
        };
    }

    /// @throws IllegalArgumentException if B is below 1, or above n without replacement
    void requireBatch(int batchSize, int examples) {
        if (batchSize < 1) {
            throw new IllegalArgumentException("batch size: found " + batchSize + ", expected at least 1");
        }
        if (this != WITH && batchSize > examples) {
            throw new IllegalArgumentException(
                    "batch size: found " + batchSize + ", expected at most " + examples + ", the number of examples, without replacement");
        }
    }

    /// The name on the command line.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
