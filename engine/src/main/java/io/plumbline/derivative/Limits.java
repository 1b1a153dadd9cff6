package io.plumbline.derivative;

import io.plumbline.backend.Backend;

/// What one evaluation may hold, and how a pass is cut.
///
/// @param memoryBytes  activations, cotangents and Gram features together stay under this where the method allows (parameters and data come on top)
/// @param tileExamples examples in a Gram tile, rounded up to a multiple of [Backend#TILE_EXAMPLES]; 0 chooses. Results' bits do not depend on it
/// @param contraction  how parameters enter Gram tiles
public record Limits(long memoryBytes, int tileExamples, Contraction contraction) {
    /// How the choice of [GramPlan] is made.
    public enum Contraction {
        /// Whichever costs fewer multiply-adds for a pair of examples.
        COUNTED,
        /// Factored wherever a parameter's gradients have factors.
        FACTORED,
        /// Explicit per-example gradients throughout.
        EXPLICIT
    }

    private static final long DEFAULT_MEMORY_BYTES = 4L << 30;

    /// 4 GiB, tiles chosen.
    public static final Limits DEFAULT = new Limits(DEFAULT_MEMORY_BYTES, 0, Contraction.COUNTED);

    public Limits {
        if (memoryBytes < 1) {
            throw new IllegalArgumentException("limits: memory is " + memoryBytes + " bytes, expected at least 1");
        }
        if (tileExamples < 0) {
            throw new IllegalArgumentException("limits: tile of " + tileExamples + " examples, expected at least 1, or 0 to choose");
        }
    }

    /// Contractions chosen by counting.
    public Limits(long memoryBytes, int tileExamples) {
        this(memoryBytes, tileExamples, Contraction.COUNTED);
    }

    /// The largest number of examples, a multiple of `unit` (at least one unit), whose `bytesEach` fit a `share` of the memory.
    int examples(double share, long bytesEach, int unit) {
        long fit = (long) (memoryBytes * share) / Math.max(1, bytesEach);
        return (int) Math.max(unit, Math.min(fit, Integer.MAX_VALUE / 2) / unit * unit);
    }
}
