package io.plumbline.derivative;

/// Hears how far long work is. Called from the thread that asked for the work; may throw to stop it.
@FunctionalInterface
public interface Progress {
    /// Hears nothing.
    Progress NONE = (done, total) -> {};

    /// `done` of `total` units, in the work's own unit (pairs of tiles, say).
    void at(long done, long total);
}
