package io.plumbline.derivative;

import io.plumbline.backend.Backend;

/// What one evaluation may hold, and how a pass is cut.
///
/// @param memoryBytes  activations, cotangents and Gram features together stay under this where the method allows (parameters and data come on top). A device may have
///     less room than that: see [LossSurface#retilings()]
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
    /// The rest is for parameters, data, and what calls need meanwhile.
    private static final double DEVICE_SHARE = 0.75;

    /// Of the host: 4 GiB, tiles chosen.
    public static final Limits DEFAULT = new Limits(DEFAULT_MEMORY_BYTES, 0, Contraction.COUNTED);

    public Limits {
        if (memoryBytes < 1) {
            throw new IllegalArgumentException("limits: memory is " + memoryBytes + " bytes, expected at least 1");
        }
        if (tileExamples < 0) {
            throw new IllegalArgumentException("limits: tile of " + tileExamples + " examples, expected at least 1, or 0 to choose");
        }
    }

    /// Those that a backend has unless somebody says otherwise: three quarters of what its own memory has free now, or [#DEFAULT] on the host.
    public static Limits of(Backend backend) {
        return new Limits(memoryBytes(backend), 0, Contraction.COUNTED);
    }

    /// The default of [#memoryBytes()] there.
    public static long memoryBytes(Backend backend) {
        var free = backend.freeBytes();
        return free.isPresent() ? Math.max(1, (long) (free.getAsLong() * DEVICE_SHARE)) : DEFAULT_MEMORY_BYTES;
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
