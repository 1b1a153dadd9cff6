package io.plumbline.backend.cpu;

import io.plumbline.memory.Precision;

/// C = A′·B′ (or +=) over row-major matrices by address, cut into micro-tiles that are one BLAS call each.
///
/// Cuts lie at fixed places: output rows at multiples of 32, output columns and the inner dimension at multiples that depend on n and k alone. So the
/// bits of an entry do not change with the number of rows in a call or with the threads. Inner slices are added in ascending order.
///
/// 32 × 32 with an inner dimension below 10⁶/32² stays on OpenBLAS's path for small matrices, which packs nothing: 95–105 GFLOP/s in float on a core that
/// peaks at 117, where one call over 1000 × 256 × 784 reaches 85–92. Narrow inner dimensions write more than they read: wider tiles there. Kernels without such a
/// path pack both sides on every call: wider tiles pack the rows less often (AVX2: by 1.1 to 1.3 in float, 1.3 to 1.5 in double). Rows stay 32: those kernels
/// round an entry by where its row lies in the call.
///
/// @param precision   of all three
/// @param transposedA whether A lies in memory as (k,m)
/// @param transposedB whether B lies there as (n,k)
/// @param n           columns of C
/// @param k           inner dimension
record MatrixProduct(Precision precision, boolean transposedA, boolean transposedB, int n, int k) {
    /// Rows of C in a micro-tile.
    static final int TILE_ROWS = 32;
    private static final int LARGEST_SLICE = 960;
    private static final int NARROW_INNER = 32;
    private static final int STRIPES_A_BLOCK = 4;

    private int tileColumns() {
        return k < NARROW_INNER || !OpenBlas.isFastOnSmall() ? 256 : 32;
    }

    /// The least equal slices, multiples of 16, that the inner dimension needs.
    int slice() {
        int slices = Math.ceilDiv(k, LARGEST_SLICE);
        return slices <= 1 ? k : Math.ceilDiv(Math.ceilDiv(k, slices), 16) * 16;
    }

    /// All of C on this thread.
    void compute(long m, long a, int lda, long b, int ldb, boolean accumulate, long c, int ldc) {
        compute(0, m, 0, n, a, lda, b, ldb, accumulate, c, ldc);
    }

    /// All of C, shared out in blocks of stripes by columns.
    void compute(Workers workers, long m, long a, int lda, long b, int ldb, boolean accumulate, long c, int ldc) {
        compute(workers, 1, m, new Matrix(a, 0, lda), new Matrix(b, 0, ldb), accumulate, new Matrix(c, 0, ldc));
    }

    /// Several matrices of a shape: one `stepBytes` behind the other in memory, rows `ld` numbers apart; interleaved rows are such, and so is one that serves all.
    record Matrix(long address, long stepBytes, int ld) {
        private long at(long part) {
            return address + part * stepBytes;
        }
    }

    /// Several products C (m,n), each cut as it is alone.
    void compute(Workers workers, int parts, long m, Matrix a, Matrix b, boolean accumulate, Matrix c) {
        long stripes = Math.ceilDiv(m, (long) TILE_ROWS);
        int columnTiles = Math.ceilDiv(n, tileColumns());
        long pieces = Math.ceilDiv(4L * workers.threads(), parts);
        // Large jobs in blocks of four stripes, which read B from memory once; few stripes are cut by columns instead.
        long stripesABlock = stripes >= STRIPES_A_BLOCK * pieces ? STRIPES_A_BLOCK : 1;
        long rowBlocks = Math.ceilDiv(stripes, stripesABlock);
        long columnBlocks = smallWork(m) ? 1 : Math.min(columnTiles, Math.ceilDiv(pieces, rowBlocks));
        long tilesABlock = Math.ceilDiv(columnTiles, columnBlocks);
        long items = smallWork(m) ? 1 : rowBlocks * columnBlocks;
        long rowsAnItem = items == 1 ? m : stripesABlock * TILE_ROWS;
        long columnsAnItem = items == 1 ? n : tilesABlock * tileColumns();
        long itemsAtOnce = smallWork(m * parts) ? parts * items : 1;
        workers.run(Math.ceilDiv(parts * items, itemsAtOnce), (job, worker) -> {
            for (long item = job * itemsAtOnce; item < Math.min(parts * items, (job + 1) * itemsAtOnce); item++) {
                long part = item / items;
                long row = item % items / columnBlocks * rowsAnItem;
                long column = item % items % columnBlocks * columnsAnItem;
                compute(row, Math.min(m, row + rowsAnItem), (int) Math.min(n, column), (int) Math.min(n, column + columnsAnItem), a.at(part), a.ld,
                        b.at(part), b.ld, accumulate, c.at(part), c.ld);
            }
        });
    }

    /// Whether sharing out costs more than it saves: below some 10 µs.
    private boolean smallWork(long m) {
        return (double) m * n * k < 1 << 19;
    }

    private void compute(
            long rowFrom, long rowTo, int columnFrom, int columnTo, long a, int lda, long b, int ldb, boolean accumulate, long c, int ldc) {
        int size = precision.sizeBytes();
        int columns = tileColumns();
        int slice = slice();
        for (int j = columnFrom; j < columnTo; j += columns) {
            int width = Math.min(columns, columnTo - j);
            for (long i = rowFrom; i < rowTo; i += TILE_ROWS) {
                int height = (int) Math.min(TILE_ROWS, rowTo - i);
                long tile = c + (i * ldc + j) * size;
                for (int from = 0; from < k; from += slice) {
                    OpenBlas.multiply(
                            precision,
                            transposedA,
                            transposedB,
                            height,
                            width,
                            Math.min(slice, k - from),
                            a + (transposedA ? (long) from * lda + i : i * lda + from) * size,
                            lda,
                            b + (transposedB ? (long) j * ldb + from : (long) from * ldb + j) * size,
                            ldb,
                            accumulate || from > 0,
                            tile,
                            ldc);
                }
            }
        }
    }
}
