package io.plumbline.backend;

import io.plumbline.memory.Buffer;
import io.plumbline.memory.Scope;
import java.util.ArrayList;
import java.util.List;

/// Buffers that one [Workspace] after another is made of: what one gives back the next one takes. New memory costs more than most computations on it, since the
/// system fills it with zeros page by page.
///
/// Safe for several threads.
public final class Slabs implements AutoCloseable {
    /// A slab serves a request for as much as this times less.
    private static final long LARGEST_EXCESS = 2;

    private final Backend backend;
    private final Scope scope = new Scope();
    private final List<Buffer> free = new ArrayList<>();

    /// Slabs in the backend's memory; none yet.
    public Slabs(Backend backend) {
        this.backend = backend;
    }

    Backend backend() {
        return backend;
    }

    /// The smallest free buffer of at least `length` entries, unless it is much larger; else a new one.
    synchronized Buffer take(long length) {
        Buffer best = null;
        for (Buffer candidate : free) {
            boolean fits = candidate.length() >= length && candidate.length() <= LARGEST_EXCESS * length;
            if (fits && (best == null || candidate.length() < best.length())) {
                best = candidate;
            }
        }
        if (best != null) {
            free.remove(best);
            return best;
        }
        try {
            return scope.own(backend.allocate(length));
        } catch (DeviceMemoryException full) {
            if (free.isEmpty()) {
                throw full;
            }
            release();
            return scope.own(backend.allocate(length));
        }
    }

    /// Frees the slabs that nobody uses.
    synchronized void release() {
        free.forEach(scope::close);
        free.clear();
    }

    /// Takes back what [#take] gave.
    synchronized void give(List<Buffer> buffers) {
        free.addAll(buffers);
    }

    /// Frees all slabs, those in use too.
    @Override
    public synchronized void close() {
        free.clear();
        scope.close();
    }
}
