package io.plumbline.memory;

import java.util.concurrent.atomic.AtomicLong;

/// What this process holds in buffers that have an owner, in bytes: now, and at most since the last [#resetPeak()]. Results and other buffers that the garbage
/// collector frees are not counted.
public final class OffHeap {
    private static final AtomicLong CURRENT = new AtomicLong();
    private static final AtomicLong PEAK = new AtomicLong();

    private OffHeap() {}

    /// Bytes held by buffers that are open.
    public static long currentBytes() {
        return CURRENT.get();
    }

    /// The largest value of [#currentBytes()] since the start or the last reset.
    public static long peakBytes() {
        return PEAK.get();
    }

    /// Starts a new measurement of the peak from what is held now.
    public static void resetPeak() {
        PEAK.set(CURRENT.get());
    }

    static void acquired(long bytes) {
        long now = CURRENT.addAndGet(bytes);
        PEAK.accumulateAndGet(now, Math::max);
    }

    static void released(long bytes) {
        CURRENT.addAndGet(-bytes);
    }
}
