package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Repetition;
import io.plumbline.backend.Workspace;
import java.util.HashMap;
import java.util.Map;

/// Pieces of work that are done again and again, each known by a key: work is the same, call by call and tensor by tensor, whenever its key is.
final class Repetitions implements AutoCloseable {
    private static final int MOST = 8;

    private final Backend backend;
    private final Workspace scratch;
    private final Map<Object, Repetition> known = new HashMap<>();

    /// @param scratch what work cuts from it, in a frame of its own, begins behind a tensor that the key holds
    Repetitions(Backend backend, Workspace scratch) {
        this.backend = backend;
        this.scratch = scratch;
    }

    void run(Object key, Runnable work) {
        if (known.size() == MOST && !known.containsKey(key)) {
            close();
        }
        known.computeIfAbsent(key, k -> backend.repetition()).run(() -> {
            try (var _ = scratch.frame()) {
                work.run();
            }
        });
    }

    /// Forgets all work: its memory goes elsewhere.
    @Override
    public void close() {
        known.values().forEach(Repetition::close);
        known.clear();
    }
}
