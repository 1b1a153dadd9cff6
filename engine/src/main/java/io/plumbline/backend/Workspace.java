package io.plumbline.backend;

import io.plumbline.memory.Buffer;
import io.plumbline.memory.HostBuffer;
import java.util.ArrayList;
import java.util.List;

/// Memory for one computation after another: tensors are cut from slabs that stay allocated, so repeated products neither allocate nor fault pages.
///
/// ```
/// slab 0 | frame 1 … | frame 2 … |   slab 1 | frame 2 … | free |
/// ```
///
/// A [Frame] gives back, when it closes, all that was cut since it opened (last opened closes first). One thread at a time.
public final class Workspace implements AutoCloseable {
    private static final long ALIGNMENT = 64;
    private static final long SMALLEST_SLAB = 1 << 16;

    private final Slabs source;
    private final boolean ownsSource;
    private final List<Buffer> slabs = new ArrayList<>();
    private int slab;
    private long cursor;
    private boolean closed;

    /// A workspace with slabs of its own.
    public Workspace(Backend backend) {
        this(new Slabs(backend), true);
    }

    /// A workspace that takes its slabs from `source`, which outlives it, and gives them back when it closes.
    public Workspace(Slabs source) {
        this(source, false);
    }

    private Workspace(Slabs source, boolean ownsSource) {
        this.source = source;
        this.ownsSource = ownsSource;
    }

    /// A tensor with undefined contents, valid until the innermost open frame closes.
    ///
    /// @throws IllegalStateException after [#close()]
    public Tensor tensor(long rows, int columns) {
        requireOpen();
        long length = Math.multiplyExact(rows, (long) columns);
        long needed = (length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        while (slab < slabs.size() && cursor + needed > slabs.get(slab).length()) {
            slab++;
            cursor = 0;
        }
        if (slab == slabs.size()) {
            slabs.add(source.take(Math.max(needed, SMALLEST_SLAB)));
            cursor = 0;
        }
        Buffer buffer = slabs.get(slab);
        var tensor = new Tensor(buffer, cursor, rows, columns);
        if (buffer instanceof HostBuffer host) {
            host.poison(cursor, length);
        }
        cursor += needed;
        return tensor;
    }

    /// A tensor of zeros.
    public Tensor zeros(long rows, int columns) {
        Tensor tensor = tensor(rows, columns);
        source.backend().fill(tensor, 0);
        return tensor;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("workspace: used after it was closed");
        }
    }

    /// Opens a frame; close it to give back what is cut from now on.
    ///
    /// @throws IllegalStateException after [#close()]
    public Frame frame() {
        requireOpen();
        int slabAtStart = slab;
        long cursorAtStart = cursor;
        return () -> {
            slab = slabAtStart;
            cursor = cursorAtStart;
        };
    }

    /// Gives back the slabs of which nothing is cut now, and frees those that no other workspace uses.
    public void release() {
        int used = cursor == 0 ? slab : slab + 1;
        List<Buffer> idle = slabs.subList(Math.min(used, slabs.size()), slabs.size());
        source.give(idle);
        idle.clear();
        source.release();
    }

    /// What was cut from a workspace since this was opened.
    public interface Frame extends AutoCloseable {
        @Override
        void close();
    }

    /// Gives the slabs back. Closing twice is harmless.
    @Override
    public void close() {
        closed = true;
        source.give(slabs);
        slabs.clear();
        if (ownsSource) {
            source.close();
        }
    }
}
