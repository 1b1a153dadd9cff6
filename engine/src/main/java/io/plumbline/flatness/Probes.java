package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.data.Philox;
import java.util.Objects;
import java.util.stream.LongStream;

/// Random vectors v_k ∈ ℝᵖ, k = 0, 1, …, with E vvᵀ = I, each from a stream of its own: v_k depends on (seed, purpose, law, k) alone, not on how many are drawn
/// or in what blocks.
///
/// @param purpose names the streams: estimates that must be independent of each other draw for different purposes
public record Probes(long seed, String purpose, Law law) {
    /// Rows of a block at most: enough to make products of matrices of many tangents.
    private static final int MOST_ROWS = 32;
    /// Numbers of a block, about, if p is large.
    private static final long BLOCK_ENTRIES = 1 << 24;

    /// How entries are distributed, independently.
    public enum Law {
        /// −1 or 1. Of all such laws the one with the least variance of vᵀAv, and of ‖Av‖².
        RADEMACHER,
        /// Standard normal: no direction has probability 0.
        GAUSSIAN
    }

    /// What is done with a block of probes.
    interface Action {
        /// @param first index of the first probe
        /// @param v     (m, p)
        void accept(int first, Tensor v);
    }

    public Probes {
        Objects.requireNonNull(purpose, "purpose");
        Objects.requireNonNull(law, "law");
    }

    /// v (m, p) = probes `first` to `first + m − 1`.
    public void fill(long first, Backend backend, Tensor v) {
        long[] streams = LongStream.range(first, first + v.rows()).map(k -> Philox.stream("flatness/" + purpose + "/" + k)).toArray();
        switch (law) {
            case RADEMACHER -> backend.randomSigns(seed, streams, v);
            case GAUSSIAN -> backend.randomNormals(seed, streams, v);
        }
    }

    /// Rows that are worked on at a time where vectors have p entries.
    static int blockRows(int p) {
        return Math.clamp(BLOCK_ENTRIES / p, 1, MOST_ROWS);
    }

    /// Draws the probes `from` to `from + count − 1` block by block, each block in a frame of the workspace.
    void forEachBlock(int from, int count, int p, Backend backend, Workspace workspace, Action action) {
        int rows = blockRows(p);
        for (int done = 0; done < count; done += rows) {
            try (var _ = workspace.frame()) {
                Tensor v = workspace.tensor(Math.min(rows, count - done), p);
                fill(from + done, backend, v);
                action.accept(from + done, v);
            }
        }
    }
}
