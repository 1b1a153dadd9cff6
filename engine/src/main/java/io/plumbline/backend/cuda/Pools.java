package io.plumbline.backend.cuda;

import io.plumbline.backend.StridedMap;
import io.plumbline.backend.StridedMap.Axis;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import java.util.List;

/// Windows that slide over images: their entries, their largest and their mean, and the adjoints.
final class Pools {
    private static final int THREADS = 256;
    private static final int WARP = 32;
    /// Rows that a warp unfolds at a time (unfold.cu).
    private static final int UNIT_ROWS = 32;

    private final Launcher launcher;
    private final DeviceScratch scratch;
    private final Moves moves;

    Pools(Launcher launcher, DeviceScratch scratch, Moves moves) {
        this.launcher = launcher;
        this.scratch = scratch;
        this.moves = moves;
    }

    /// One tap without padding or strides transposes each image.
    void unfold(Window w, Tensor x, Tensor out) {
        if (w.taps() == 1 && w.positions() == w.height() * w.width()) {
            var map = new StridedMap(0, 0, List.of(new Axis(w.positions(), 1, w.channels()), new Axis(w.channels(), w.positions(), 1)));
            moves.copy(map, 1, x, false, out.reshape(x.rows(), x.columns()));
            return;
        }
        long rowTiles = Math.ceilDiv(out.rows(), UNIT_ROWS);
        long columnTiles = Math.ceilDiv(out.columns(), WARP);
        launcher.kernel("unfold").window(w).tensor(x).i64(x.rows()).tensor(out).share(rowTiles * columnTiles * WARP, THREADS);
    }

    void max(Window w, Tensor x, Tensor source, boolean accumulate, Tensor out) {
        launcher.kernel("max_pool").window(w).tensor(x).i64(x.rows()).tensor(source).i32(group(x, out)).tensor(out).i32(accumulate ? 1 : 0)
                .share(x.rows() * w.channels() * w.positions(), THREADS);
    }

    void maxTransposed(Window w, Tensor x, Tensor y, boolean accumulate, Tensor out) {
        long windows = x.rows() * w.channels() * w.positions();
        long indices = scratch.address("largest of windows", windows * Integer.BYTES);
        launcher.kernel("max_pool_indices").window(w).tensor(x).i64(x.rows()).address(indices).share(windows, THREADS);
        launcher.kernel("max_pool_transposed").window(w).address(indices).i32(group(x, out)).tensor(y).i64(out.rows()).tensor(out)
                .i32(accumulate ? 1 : 0).share(out.length(), THREADS);
    }

    /// Rows of `out` that a row of x serves.
    private static int group(Tensor x, Tensor out) {
        return x.rows() == 0 ? 0 : Math.toIntExact(out.rows() / x.rows());
    }

    void average(Window w, boolean includePadding, Tensor x, boolean accumulate, Tensor y) {
        average("average_pool", w, includePadding, x, accumulate, y);
    }

    void averageTransposed(Window w, boolean includePadding, Tensor y, boolean accumulate, Tensor x) {
        average("average_pool_transposed", w, includePadding, y, accumulate, x);
    }

    private void average(String kernel, Window w, boolean includePadding, Tensor from, boolean accumulate, Tensor to) {
        launcher.kernel(kernel).window(w).i32(includePadding ? 1 : 0).tensor(from).i64(from.rows() * w.channels()).tensor(to).i32(accumulate ? 1 : 0)
                .share(to.length(), THREADS);
    }
}
