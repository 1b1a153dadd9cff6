package io.plumbline.backend.cuda;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Backend;
import io.plumbline.backend.Shapes;
import io.plumbline.backend.Tensor;
import java.util.Locale;
import java.util.function.Consumer;

/// What is computed entry by entry, and sums over entries.
final class Elementwise {
    private static final int THREADS = 256;
    private static final int WARP = 32;
    /// Partial sums of a chunk of rows (product.cu).
    private static final int PARTIAL_SUMS = 8;
    /// Columns that are summed at a time (product.cu).
    private static final int SEGMENT_COLUMNS = 2048;
    /// Columns that one thread sums where a row has few.
    private static final int THREAD_COLUMNS = 4;
    /// Bytes of a row that are multiplied at a time (row_products.cu).
    private static final int SEGMENT_BYTES = 1 << 14;
    /// Rows of each side whose products one block computes (row_products.cu), unless both sides have one.
    private static final int BLOCK_ROWS = 4;

    private final Launcher launcher;
    private final DeviceScratch scratch;

    Elementwise(Launcher launcher, DeviceScratch scratch) {
        this.launcher = launcher;
        this.scratch = scratch;
    }

    void fill(Tensor t, double value) {
        launcher.kernel("fill").tensor(t).i64(t.length()).real(value).share(t.length(), THREADS);
    }

    void activate(Activation f, int order, Tensor x, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        map("activate_" + f.kind().name().toLowerCase(Locale.ROOT), launch -> launch.real(f.parameter()).i32(order), accumulate, out, x, a, b);
    }

    /// Entry by entry: `operands` broadcast over those of `out`. Where none of them has to, the matrix is one row, however long.
    private void map(String kernel, Consumer<Launcher> parameters, boolean accumulate, Tensor out, Tensor... operands) {
        if (out.length() == 0) {
            return;
        }
        boolean flat = true;
        for (Tensor t : operands) {
            flat &= t == null || t.length() == 1 || t.length() == out.length();
        }
        long rows = flat ? 1 : out.rows();
        long columns = flat ? out.length() : out.columns();
        boolean packed = launcher.packs(out) && (flat || launcher.packs(columns));
        launcher.kernel(kernel).tensor(out).i64(rows).i64(columns);
        for (Tensor t : operands) {
            packed &= t == null || (flat ? t.length() : t.columns()) == 1 || launcher.packs(t);
            operand(t, rows, flat);
        }
        parameters.accept(launcher);
        long steps = packed ? Math.ceilDiv(columns, launcher.packWidth()) : columns;
        launcher.i32(accumulate ? 1 : 0).i32(packed ? 1 : 0).share(rows * steps, THREADS);
    }

    /// What an `Operand` is made of (broadcast.cuh), of a computation over `rows` rows, or over one row that holds all entries.
    private Launcher operand(Tensor t, long rows, boolean flat) {
        if (t == null) {
            return launcher.tensor(null).i64(1).i64(1);
        }
        return flat ? launcher.tensor(t).i64(1).i64(t.length()) : launcher.tensor(t).i64(rows / t.rows()).i64(t.columns());
    }

    void product(double alpha, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        long rows = Shapes.productRows(a, b, out);
        int columns = Shapes.productColumns(a, b, out);
        if (rows == 0 || columns == 0) {
            return;
        }
        boolean sumsRows = out.rows() < rows;
        boolean sumsColumns = out.columns() < columns;
        if (!sumsRows && !sumsColumns) {
            map("product", launch -> launch.real(alpha), accumulate, out, a, b);
        } else if (!sumsColumns) {
            long group = rows / out.rows();
            sumRows("product_rows", out.rows(), group, columns, accumulate, out,
                    launch -> operands(a, b, rows).f64(alpha));
        } else {
            int segments = Math.ceilDiv(columns, SEGMENT_COLUMNS);
            int lanes = Math.clamp(Integer.highestOneBit(2 * Math.ceilDiv(columns, THREAD_COLUMNS) - 1), 1, WARP);
            boolean parts = sumsRows || segments > 1;
            long sums = parts ? scratch.address("sums of columns", rows * segments * Double.BYTES) : 0;
            launcher.kernel("product_columns").address(sums).tensor(out).i64(rows).i64(columns);
            operands(a, b, rows).f64(alpha).i32(accumulate ? 1 : 0).i32(lanes).share(rows * segments * lanes, THREADS);
            if (sumsRows) {
                sumRows("sum_rows", out.rows(), rows / out.rows(), segments, accumulate, out, launch -> launch.address(sums));
            } else if (parts) {
                addChunks(sums, rows, 1, segments, accumulate, out);
            }
        }
    }

    private Launcher operands(Tensor a, Tensor b, long rows) {
        operand(a, rows, false);
        return operand(b, rows, false);
    }

    /// Sums of groups of `groupRows` rows of a matrix, which `matrix` passes; columns are summed after that where `out` has 1.
    private void sumRows(String kernel, long groups, long groupRows, int columns, boolean accumulate, Tensor out, Consumer<Launcher> matrix) {
        long chunks = Math.ceilDiv(groupRows, (long) Backend.CHUNK_ROWS);
        long sums = groups * chunks * columns;
        boolean parts = sums > out.length();
        long addresses = parts ? scratch.address("sums of chunks", sums * Double.BYTES) : 0;
        // The same bits either way: several threads a sum where there are few sums.
        int lanes = groupRows > PARTIAL_SUMS && sums < launcher.wholeDeviceThreads() ? PARTIAL_SUMS : 1;
        launcher.kernel(kernel).address(addresses).tensor(out).i64(groups).i64(groupRows).i64(columns);
        matrix.accept(launcher);
        launcher.i32(accumulate ? 1 : 0).i32(lanes).share(sums * lanes, THREADS);
        if (parts) {
            addChunks(addresses, groups, chunks, columns / out.columns(), accumulate, out);
        }
    }

    private void addChunks(long sums, long groups, long chunks, int segments, boolean accumulate, Tensor out) {
        launcher.kernel("add_chunks").address(sums).i64(groups).i64(chunks).i64(segments).i64(out.columns()).tensor(out).i32(accumulate ? 1 : 0)
                .share(out.length(), THREADS);
    }

    double[] rowProducts(Tensor a, Tensor b) {
        int m = Math.toIntExact(a.rows());
        int l = Math.toIntExact(b.rows());
        int entries = Math.multiplyExact(m, l);
        if (entries == 0) {
            return new double[0];
        }
        long columns = a.columns();
        long segments = Math.ceilDiv(columns * launcher.precision().sizeBytes(), (long) SEGMENT_BYTES);
        int rows = entries == 1 ? 1 : BLOCK_ROWS;
        long parts = scratch.address("row products of segments", entries * segments * Double.BYTES);
        long products = scratch.address("row products", (long) entries * Double.BYTES);
        boolean packed = launcher.packs(a) && launcher.packs(b) && launcher.packs(columns);
        launcher.kernel("row_products").tensor(a).i32(m).tensor(b).i32(l).i64(columns).i32(packed ? 1 : 0).i32(rows).address(parts)
                .launch(segments, Math.ceilDiv(m, rows), Math.ceilDiv(l, rows), THREADS, 0);
        launcher.kernel("add_segments").address(parts).i64(entries).i64(segments).address(products).share((long) entries * WARP, THREADS);
        return scratch.download(products, entries);
    }
}
