package io.plumbline.backend.cpu;

import io.plumbline.memory.Precision;

/// out[i·l + j] = Σ_c a[i,c]·b[j,c] in double (products of floats are exact there), by segments of [#SEGMENT] columns, whose sums are added in ascending order.
///
/// A segment of some hundred rows stays in a core's caches while its m·l sums are taken, so that each row is read from memory once. Where a and b are one
/// matrix, so is out's upper triangle the lower one.
final class RowProducts {
    /// Columns that are worth a thread's while, and of which some rows fit the caches.
    private static final int SEGMENT = 1 << 12;

    /// What a worker describes a row with.
    private static final class Row {
        final double[] s = {1};
        final long[] x = new long[1];
        final long[] y = new long[1];
        final double[] lanes;

        Row(int lanes) {
            this.lanes = new double[lanes];
        }
    }

    private final Workers workers;
    private final ProductKernel kernel;
    private final int size;
    private final Row[] rowOf;

    RowProducts(Precision precision, Workers workers) {
        this.workers = workers;
        kernel = ProductKernel.of(precision);
        size = precision.sizeBytes();
        rowOf = new Row[workers.threads()];
        for (int i = 0; i < rowOf.length; i++) {
            rowOf[i] = new Row(kernel.lanes());
        }
    }

    /// @param out m·l zeros
    void compute(View a, View b, double[] out) {
        int columns = a.columns();
        int segments = Math.ceilDiv(columns, SEGMENT);
        if (out.length == 0 || segments == 0) {
            return;
        }
        boolean symmetric = a.equals(b);
        double[][] sums = new double[segments][];
        workers.run(segments, (segment, worker) -> {
            int from = (int) segment * SEGMENT;
            sums[(int) segment] = segment(rowOf[worker], a, b, symmetric, from, Math.min(SEGMENT, columns - from));
        });
        for (double[] part : sums) {
            for (int i = 0; i < out.length; i++) {
                out[i] += part[i];
            }
        }
    }

    private double[] segment(Row row, View a, View b, boolean symmetric, int from, int count) {
        int m = (int) a.rows();
        int l = (int) b.rows();
        double[] out = new double[m * l];
        for (int i = 0; i < m; i++) {
            row.x[0] = a.rowAddress(i) + (long) from * size;
            for (int j = symmetric ? i : 0; j < l; j++) {
                row.y[0] = b.rowAddress(j) + (long) from * size;
                out[i * l + j] = kernel.sum(1, row.s, row.x, row.y, count, row.lanes);
                if (symmetric) {
                    out[j * l + i] = out[i * l + j];
                }
            }
        }
        return out;
    }
}
