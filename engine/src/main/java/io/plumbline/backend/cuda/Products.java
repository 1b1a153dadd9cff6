package io.plumbline.backend.cuda;

import static io.plumbline.backend.Backend.CHUNK_ROWS;

import io.plumbline.backend.Tensor;

/// Products of matrices, along directions too: a batch of them, whose rows lie `directions` apart.
///
/// Many tiles of 128 × 128 keep all multiprocessors busy with fewer reads; where there are few, tiles of 64 × 64 keep more of them busy. An entry has the same bits
/// either way.
final class Products {
    private static final int THREADS = 256;
    private static final int SMALL_TILE = 64;
    private static final int LARGE_TILE = 128;
    /// Sums of chunks that wait for their addition take no more than this.
    private static final long PARTS_BYTES = 256L << 20;
    private static final int MOST_BLOCKS_Y = 65_535;

    private final Launcher launcher;
    private final DeviceScratch scratch;
    private final int multiprocessors;

    Products(Launcher launcher, DeviceScratch scratch) {
        this.launcher = launcher;
        this.scratch = scratch;
        multiprocessors = launcher.context().multiprocessors();
    }

    /// Whether so many rows and columns make enough tiles of 128 × 128.
    private boolean isLarge(long rows, long columns, long batch) {
        return rows >= LARGE_TILE && columns >= LARGE_TILE
                && Math.ceilDiv(rows, LARGE_TILE) * Math.ceilDiv(columns, LARGE_TILE) * batch >= multiprocessors;
    }

    private long tiles(boolean large, long rows, long columns) {
        long tile = large ? LARGE_TILE : SMALL_TILE;
        // In double a large tile is 128 × 64.
        long across = large && launcher.precision().sizeBytes() == Double.BYTES ? SMALL_TILE : tile;
        return Math.ceilDiv(rows, tile) * Math.ceilDiv(columns, across);
    }

    private static String sized(String kernel, boolean large) {
        return kernel + (large ? "_large" : "_small");
    }

    void multiply(int directions, Tensor x, Tensor w, boolean transposed, boolean accumulate, Tensor y) {
        long inner = x.columns();
        long matrices = inner * y.columns() == 0 ? 1 : w.length() / (inner * y.columns());
        // With one matrix for all, and x along the directions, rows are rows.
        int batch = matrices == 1 && x.rows() == y.rows() ? 1 : directions;
        boolean along = batch > 1 && x.rows() == y.rows();
        long rows = y.rows() / batch;
        boolean large = isLarge(rows, y.columns(), batch);
        launcher.kernel(sized(transposed ? "multiply_transposed" : "multiply", large))
                .tensor(x).i64(along ? inner : 0).i64(along ? batch * inner : inner)
                .tensor(w).i64(matrices == 1 ? 0 : inner * y.columns())
                .tensor(y).i64(y.columns()).i64((long) batch * y.columns())
                .i64(rows).i32(y.columns()).i32(x.columns()).i32(accumulate ? 1 : 0)
                .launch(tiles(large, rows, y.columns()), 1, batch, THREADS, 0);
    }

    /// y = x·wᵀ, between addresses: x (rows, inner), w (columns, inner), y (rows, columns) with rows `stride` numbers apart.
    void multiplyTransposed(long x, long w, long rows, int columns, int inner, long y, long stride) {
        boolean large = isLarge(rows, columns, 1);
        launcher.kernel(sized("multiply_transposed", large))
                .address(x).i64(0).i64(inner)
                .address(w).i64(0)
                .address(y).i64(0).i64(stride)
                .i64(rows).i32(columns).i32(inner).i32(0)
                .launch(tiles(large, rows, columns), 1, 1, THREADS, 0);
    }

    void sumOuter(int directions, Tensor a, Tensor b, boolean accumulate, Tensor g) {
        long rows = Math.max(a.rows(), b.rows()) / directions;
        if (rows == 0) {
            if (!accumulate) {
                launcher.kernel("fill").tensor(g).i64(g.length()).real(0).launch(Math.ceilDiv(g.length(), THREADS), 1, 1, THREADS, 0);
            }
            return;
        }
        long chunks = Math.ceilDiv(rows, CHUNK_ROWS);
        long partBytes = Math.max(1, g.length() * launcher.precision().sizeBytes());
        long atOnce = Math.min(MOST_BLOCKS_Y, Math.clamp(PARTS_BYTES / partBytes, 1, chunks));
        for (long chunk = 0; chunk < chunks; chunk += atOnce) {
            long count = Math.min(atOnce, chunks - chunk);
            boolean add = accumulate || chunk > 0;
            long from = chunk * CHUNK_ROWS;
            long part = Math.min(count * CHUNK_ROWS, rows - from);
            if (count == 1) {
                sumOuter(directions, from, part, rows, a, b, add, Launcher.address(g, launcher.precision()));
            } else {
                long parts = scratch.address("sumOuter", count * partBytes);
                sumOuter(directions, from, part, rows, a, b, false, parts);
                fold(launcher, parts, (int) count, add, g);
            }
        }
    }

    private void sumOuter(int directions, long from, long part, long rows, Tensor a, Tensor b, boolean add, long out) {
        boolean large = isLarge(a.columns(), b.columns(), directions * Math.ceilDiv(part, CHUNK_ROWS));
        launcher.kernel(sized("sum_outer", large));
        for (Tensor t : new Tensor[] {a, b}) {
            boolean along = directions > 1 && t.rows() != rows;
            long stride = (along ? directions : 1L) * t.columns();
            long first = Launcher.address(t, launcher.precision()) + from * stride * launcher.precision().sizeBytes();
            launcher.address(first).i64(along ? t.columns() : 0).i64(stride);
        }
        launcher.address(out).i64(part).i32(a.columns()).i32(b.columns()).i32(add ? 1 : 0)
                .launch(tiles(large, a.columns(), b.columns()), Math.ceilDiv(part, CHUNK_ROWS), directions, THREADS, 0);
    }

    /// out = the sum of `count` parts of as many numbers each, in ascending order (or +=).
    static void fold(Launcher launcher, long parts, int count, boolean accumulate, Tensor out) {
        launcher.kernel("fold").address(parts).i32(count).i64(out.length()).i32(accumulate ? 1 : 0).tensor(out)
                .launch(Math.min(Math.ceilDiv(out.length(), THREADS), Integer.MAX_VALUE), 1, 1, THREADS, 0);
    }

    void sumOuterEach(int terms, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        long m = out.rows();
        if (m == 0) {
            return;
        }
        long servedByA = m * terms / a.rows();
        long servedByB = m * terms / b.rows();
        if (terms == 1) {
            long vectors = Math.ceilDiv(out.columns(), 4);
            long parts = Math.clamp(Math.ceilDiv(vectors, 4 * THREADS), 1, Math.max(1, Integer.MAX_VALUE / m));
            launcher.kernel("outer_each").tensor(a).i64(servedByA).tensor(b).i64(servedByB).tensor(out)
                    .i32((int) parts).i32(a.columns()).i32(b.columns()).i32(accumulate ? 1 : 0)
                    .launch(m * parts, 1, 1, THREADS, 0);
        } else {
            launcher.kernel("sum_outer_each").tensor(a).i64(servedByA).tensor(b).i64(servedByB).tensor(out)
                    .i32(terms).i32(a.columns()).i32(b.columns()).i32(accumulate ? 1 : 0)
                    .launch(m * tiles(false, a.columns(), b.columns()), 1, 1, THREADS, 0);
        }
    }
}
