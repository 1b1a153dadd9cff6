package io.plumbline.training;

import java.util.Locale;

/// Where a replica is.
public enum Status {
    /// On its way.
    MOVING(0),
    /// At the loss that was asked for.
    CONVERGED(1),
    /// At the last step that was asked for.
    FINISHED(2),
    /// A loss was not finite, or above the limit.
    DIVERGED(3),
    /// Out of time: on its way, could go on.
    STOPPED(4);

    private final int code;

    Status(int code) {
        this.code = code;
    }

    /// Its number in checkpoints.
    int code() {
        return code;
    }

    /// The one of this number.
    ///
    /// @throws IllegalArgumentException if there is none
    static Status of(int code) {
        for (Status status : values()) {
            if (status.code == code) {
                return status;
            }
        }
        throw new IllegalArgumentException("status: found number " + code + ", expected 0 to " + (values().length - 1));
    }

    /// The word in reports.
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
