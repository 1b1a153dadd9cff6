package io.plumbline.backend.cuda;

import static io.plumbline.backend.Backend.CHUNK_ROWS;

import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;

/// Products of matrices, along directions too: a batch of them, whose rows lie `directions` apart.
///
/// Tiles of 128 × 128 cost less an entry; where there are few, tiles of 64 × 64 keep more multiprocessors busy. An entry has the same bits either way. Products of which
/// one side has few columns, or an entry few summands, have kernels of their own (multiply_few.cu, sum_outer_few.cu): those sizes decide, which belong to the network.
final class Products {
    private static final int THREADS = 256;
    private static final int SMALL_TILE = 64;
    private static final int LARGE_TILE = 128;
    /// Columns, or summands, that are few: a tile of 64 would be padding for three quarters or more.
    private static final int FEW = 16;
    /// Of the few columns of a sum of outer products those that a block takes, and the columns of the other side in packs (sum_outer_few.cu).
    private static final int FEW_AT_ONCE = 4;
    private static final int PACKS = 32;
    private static final int WARP = 32;
    /// Of an entry of a small tile, relative to a large one: instructions counted in the source (tiling.cuh).
    private static final double SMALL_COST_F32 = 1.5;
    private static final double SMALL_COST_F64 = 1.2;
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

    /// Whether the multiprocessor with most to do is done earlier with large tiles.
    private boolean isLarge(long rows, long columns, long batch) {
        double small = launcher.precision() == Precision.F32 ? SMALL_COST_F32 : SMALL_COST_F64;
        return cost(true, rows, columns, batch) <= small * cost(false, rows, columns, batch);
    }

    /// Entries that one multiprocessor computes, at most.
    private double cost(boolean large, long rows, long columns, long batch) {
        long tile = large ? LARGE_TILE : SMALL_TILE;
        return (double) Math.ceilDiv(tiles(large, rows, columns) * batch, multiprocessors) * tile * across(large);
    }

    private long tiles(boolean large, long rows, long columns) {
        return Math.ceilDiv(rows, large ? LARGE_TILE : SMALL_TILE) * Math.ceilDiv(columns, across(large));
    }

    /// Columns of a tile: in double a large one is 128 × 64.
    private long across(boolean large) {
        return large && launcher.precision() == Precision.F32 ? LARGE_TILE : SMALL_TILE;
    }

    private static String sized(String kernel, boolean large) {
        return kernel + (large ? "_large" : "_small");
    }

    void multiply(int directions, Tensor x, Tensor w, boolean transposed, Tensor bias, boolean accumulate, Tensor y) {
        long inner = x.columns();
        long matrices = inner * y.columns() == 0 ? 1 : w.length() / (inner * y.columns());
        boolean biases = bias != null && bias.rows() > 1;
        // With one matrix and one bias for all, and x along the directions, rows are rows.
        int batch = matrices == 1 && x.rows() == y.rows() && !biases ? 1 : directions;
        boolean along = batch > 1 && x.rows() == y.rows();
        long rows = y.rows() / batch;
        if (inner <= FEW || y.columns() <= FEW) {
            boolean isShort = inner <= FEW;
            launcher.kernel(isShort ? "multiply_short" : "multiply_columns")
                    .tensor(x).i64(along ? inner : 0).i64(along ? batch * inner : inner)
                    .tensor(w).i64(matrices == 1 ? 0 : inner * y.columns()).i64(transposed ? inner : 1).i64(transposed ? 1 : y.columns())
                    .tensor(bias).i64(biases ? y.columns() : 0)
                    .tensor(y).i64(y.columns()).i64((long) batch * y.columns())
                    .i64(rows).i32(y.columns()).i32(x.columns()).i32(accumulate ? 1 : 0)
                    .share(rows * (isShort ? Math.ceilDiv(y.columns(), launcher.packWidth()) : WARP), batch, THREADS);
            return;
        }
        boolean large = isLarge(rows, y.columns(), batch);
        launcher.kernel(sized(transposed ? "multiply_transposed" : "multiply", large))
                .tensor(x).i64(along ? inner : 0).i64(along ? batch * inner : inner)
                .tensor(w).i64(matrices == 1 ? 0 : inner * y.columns())
                .tensor(bias).i64(biases ? y.columns() : 0)
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
                .tensor(null).i64(0)
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
        long chunks = Math.ceilDiv(part, CHUNK_ROWS);
        if (Math.min(a.columns(), b.columns()) <= FEW) {
            boolean isFirst = a.columns() <= b.columns();
            Tensor few = isFirst ? a : b;
            Tensor many = isFirst ? b : a;
            launcher.kernel("sum_outer_few");
            factor(directions, from, rows, few);
            factor(directions, from, rows, many);
            launcher.address(out).i64(isFirst ? many.columns() : 1).i64(isFirst ? 1 : few.columns())
                    .i64(part).i32(few.columns()).i32(many.columns()).i32(add ? 1 : 0)
                    .launch(Math.ceilDiv(many.columns(), PACKS * launcher.packWidth()) * (long) Math.ceilDiv(few.columns(), FEW_AT_ONCE),
                            chunks, directions, THREADS, 0);
            return;
        }
        boolean large = isLarge(a.columns(), b.columns(), directions * chunks);
        launcher.kernel(sized("sum_outer", large));
        factor(directions, from, rows, a);
        factor(directions, from, rows, b);
        launcher.address(out).i64(part).i32(a.columns()).i32(b.columns()).i32(add ? 1 : 0)
                .launch(tiles(large, a.columns(), b.columns()), chunks, directions, THREADS, 0);
    }

    /// A factor from a row on, of `rows` along each direction or for all of them.
    private void factor(int directions, long from, long rows, Tensor t) {
        boolean along = directions > 1 && t.rows() != rows;
        long stride = (along ? directions : 1L) * t.columns();
        launcher.address(Launcher.address(t, launcher.precision()) + from * stride * launcher.precision().sizeBytes())
                .i64(along ? t.columns() : 0).i64(stride);
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
