package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.HostBuffer;
import java.util.function.IntFunction;

/// M = J Jᵀ at a point, and sums over it, from one pass over symmetric tiles.
final class GramMatrix {
    private final Point point;
    private final Backend backend;
    private final int n;
    private final int outputs;

    GramMatrix(Point point) {
        this.point = point;
        backend = point.surface().backend();
        n = point.surface().dataset().examples();
        outputs = point.surface().network().outputs();
    }

    /// M, row-major (nK, nK).
    HostBuffer entries(Progress progress) {
        long size = (long) n * outputs;
        HostBuffer gram = HostBuffer.collected(backend.precision(), Math.multiplyExact(size, size));
        return overTiles(tileExamples -> {
            new GramTiles(point, tileExamples).tiles(progress, (row, column) -> putEntries(row, column, gram));
            return gram;
        });
    }

    /// A pass over pairs of tiles, which comes across all outputs.
    private <T> T overTiles(IntFunction<T> attempt) {
        T result = point.passes().overPairs("gram pass", point, () -> GramTiles.examples(point), tileExamples -> {
            point.found().passBegins();
            return attempt.apply(tileExamples);
        });
        point.found().passEnded();
        return result;
    }

    private void putEntries(GramTiles.Side row, GramTiles.Side column, HostBuffer gram) {
        Workspace scratch = point.scratch();
        try (var _ = scratch.frame();
                HostBuffer block = HostBuffer.allocate(backend.precision(), (long) row.count() * outputs * column.count() * outputs)) {
            Tensor tile = scratch.tensor((long) row.count() * outputs, column.count() * outputs);
            backend.gramTile(GramFeatures.terms(row.features(), column.features()), outputs, tile);
            backend.download(tile, block);
            copySymmetric(block, row, column, gram, (long) n * outputs);
        }
    }

    /// Copies a tile and its mirror image. Within a diagonal tile blocks of [Backend#TILE_EXAMPLES] above the diagonal are what other tile sizes compute.
    private void copySymmetric(HostBuffer block, GramTiles.Side row, GramTiles.Side column, HostBuffer gram, long size) {
        long unit = (long) Backend.TILE_EXAMPLES * outputs;
        long columns = (long) column.count() * outputs;
        long rowFrom = (long) row.from() * outputs;
        long columnFrom = (long) column.from() * outputs;
        for (long r = 0; r < (long) row.count() * outputs; r++) {
            for (long c = rowFrom == columnFrom ? r / unit * unit : 0; c < columns; c++) {
                double value = block.get(r * columns + c);
                gram.set((rowFrom + r) * size + columnFrom + c, value);
                gram.set((columnFrom + c) * size + rowFrom + r, value);
            }
        }
    }

    /// The sums from which every alignment figure follows; M is never stored.
    GramSums sums(Progress progress) {
        return overTiles(tileExamples -> sums(tileExamples, progress));
    }

    private GramSums sums(int tileExamples, Progress progress) {
        double[] residuals = new double[Math.multiplyExact(n, outputs)];
        var sums = new GramSums(n, outputs);
        new GramTiles(point, tileExamples).tiles(progress, (row, column) -> {
            if (row.from() == 0) {
                point.found().residuals(column.from(), column.count(), residuals);
            }
            var terms = GramFeatures.terms(row.features(), column.features());
            backend.gramSums(terms, row.from(), row.count(), column.from(), column.count(), residuals, sums);
        });
        return sums;
    }
}
