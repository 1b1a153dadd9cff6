package io.plumbline.training;

/// Looks on. Always called on the thread that trains.
@FunctionalInterface
public interface Observer {
    /// A replica is looked at. Moments come by step, then by replica, each once: after a resumption none comes again whose noting was settled.
    void at(Moment moment);

    /// What was noted so far must survive the process.
    ///
    /// @return how much that is: a number that [#resume] is told
    default long settle() {
        return 0;
    }

    /// Training goes on where that much had been noted. What was noted later will come again.
    default void resume(long settled) {}

    /// So far it has come.
    default void progress(long step, long steps) {}
}
