package io.plumbline.memory;

import java.util.ArrayDeque;
import java.util.Deque;

/// Owns resources and closes them, last opened first. A failure while closing does not keep the others open: the first is thrown, later ones are
/// suppressed in it. Closing twice is harmless. One thread at a time.
public final class Scope implements AutoCloseable {
    private final Deque<AutoCloseable> owned = new ArrayDeque<>();
    private boolean closed;

    /// Takes ownership of `resource` and returns it.
    ///
    /// @throws IllegalStateException if this scope is closed; the resource is closed before that is thrown
    public <T extends AutoCloseable> T own(T resource) {
        if (closed) {
            var failure = new IllegalStateException("scope is closed");
            close(resource, failure);
            throw failure;
        }
        owned.push(resource);
        return resource;
    }

    /// Closes one of them now; does nothing if it is not its own.
    public void close(AutoCloseable resource) {
        if (owned.remove(resource)) {
            RuntimeException failure = close(resource, null);
            if (failure != null) {
                throw failure;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        RuntimeException first = null;
        while (!owned.isEmpty()) {
            first = close(owned.pop(), first);
        }
        if (first != null) {
            throw first;
        }
    }

    private static RuntimeException close(AutoCloseable resource, RuntimeException first) {
        try {
            resource.close();
            return first;
        } catch (Exception failure) {
            RuntimeException unchecked = failure instanceof RuntimeException e ? e : new IllegalStateException("closing " + resource, failure);
            if (first == null) {
                return unchecked;
            }
            first.addSuppressed(unchecked);
            return first;
        }
    }
}
