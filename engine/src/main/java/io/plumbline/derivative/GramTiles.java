package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.Precision;

/// The walk over the symmetric tiles of M: column tiles ascending, and for each the row tiles up to it. That order is what makes the sums' bits the same for
/// every tile size (see [Backend#gramSums]). Features of all tiles are kept where the memory limit allows; otherwise a row tile's are computed
/// again for each column tile.
final class GramTiles {
    /// Share of the memory that Gram features may take on the two sides of a tile of the fewest examples, as far as there is a choice.
    private static final double FEATURE_SHARE = 0.2;
    private static final double KEPT_SHARE = 0.5;
    private static final double TILE_SHARE = 0.2;

    private final Point point;
    private final Graph graph;
    private final int n;
    private final int tileExamples;
    private final boolean keep;

    /// @param tileExamples in a tile, a multiple of [Backend#TILE_EXAMPLES]
    GramTiles(Point point, int tileExamples) {
        this.point = point;
        this.graph = point.graph();
        this.n = point.surface().dataset().examples();
        this.tileExamples = tileExamples;
        this.keep = keeps(point);
    }

    /// Whether the features of all tiles are kept.
    private static boolean keeps(Point point) {
        long examples = point.surface().dataset().examples();
        return !point.passes().lean() && exampleBytes(point) * examples <= point.surface().limits().memoryBytes() * KEPT_SHARE;
    }

    private static long exampleBytes(Point point) {
        Graph graph = point.graph();
        long k = graph.network().outputs();
        return (graph.valueWidth() + (graph.cotangentWidth() + k) * k + point.gramPlan().width()) * graph.backend().precision().sizeBytes();
    }

    /// Examples in a tile, as the limits have it, and the device's memory so far.
    ///
    /// @throws IllegalArgumentException if the sums over pairs take more than the memory limit
    static int examples(Point point) {
        Limits limits = point.surface().limits();
        int n = point.surface().dataset().examples();
        long k = point.graph().network().outputs();
        long sumsBytes = n * k * k * Double.BYTES;
        if (k > 1 && sumsBytes > limits.memoryBytes()) {
            throw new IllegalArgumentException(
                    "gram pass: n·K² = " + n * k * k + " sums take " + sumsBytes + " bytes, the memory limit is " + limits.memoryBytes());
        }
        int fitting = keeps(point) ? n : limits.examples(TILE_SHARE, exampleBytes(point), Backend.TILE_EXAMPLES);
        // That of the other passes: forward values which those kept serve here too.
        int asked = limits.tileExamples() == 0 ? point.tileExamples() : limits.tileExamples();
        // A tile of M, where it is wanted, has (examples·K)² entries.
        long side = (long) Math.sqrt(limits.memoryBytes() * TILE_SHARE / point.graph().backend().precision().sizeBytes()) / k;
        long most = Math.max(1, Math.min(Math.min(Math.min(asked, point.passes().mostGramExamples()), n), Math.min(fitting, side)));
        return Math.toIntExact((most + Backend.TILE_EXAMPLES - 1) / Backend.TILE_EXAMPLES * Backend.TILE_EXAMPLES);
    }

    /// Numbers that the features of one example may take, so that a tile of the fewest examples fits.
    static long mostWidth(Limits limits, Precision precision) {
        return (long) (limits.memoryBytes() * FEATURE_SHARE) / (2L * Backend.TILE_EXAMPLES * precision.sizeBytes());
    }

    /// A range of examples and their features.
    record Side(int from, int count, GramFeatures features) {}

    interface TileAction {
        void run(Side row, Side column);
    }

    void tiles(Progress progress, TileAction action) {
        int tiles = Math.ceilDiv(n, tileExamples);
        long total = (long) tiles * (tiles + 1) / 2;
        long done = 0;
        Side[] kept = new Side[tiles];
        Workspace workspace = point.scratch();
        try (var _ = workspace.frame()) {
            for (int column = 0; column < tiles; column++) {
                var columnFrame = workspace.frame();
                try {
                    Side columnSide = side(column);
                    if (keep) {
                        kept[column] = columnSide;
                    }
                    for (int row = 0; row <= column; row++) {
                        try (var _ = workspace.frame()) {
                            action.run(row == column ? columnSide : keep ? kept[row] : side(row), columnSide);
                        }
                        progress.at(++done, total);
                    }
                } finally {
                    if (!keep) {
                        columnFrame.close();
                    }
                }
            }
        }
    }

    private Side side(int tile) {
        int from = tile * tileExamples;
        int count = Math.min(tileExamples, n - from);
        Tensor[] known = point.knownValues(from, count);
        var features = GramFeatures.of(graph, point.gramPlan(), point.surface().x().rows(from, count), known,
                (start, outputs) -> point.found().take(from + start, outputs), point.scratch());
        return new Side(from, count, features);
    }
}
