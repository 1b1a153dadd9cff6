package io.plumbline.training;

import java.util.Locale;

/// Where a replica is.
public enum Status {
    /// On its way.
    MOVING,
    /// At the loss that was asked for.
    CONVERGED,
    /// At the last step that was asked for.
    FINISHED,
    /// A loss was not finite, or above the limit.
    DIVERGED,
    /// Out of time: on its way, could go on.
    STOPPED;

    /// The word in reports.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
