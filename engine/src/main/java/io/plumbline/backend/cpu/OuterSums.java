package io.plumbline.backend.cpu;

import io.plumbline.backend.Backend;
import io.plumbline.memory.Precision;

/// g = aᵀ·b (or +=) over many rows: a (m,r), b (m,c), g (r,c). Rows are taken in chunks of [Backend#CHUNK_ROWS], a chunk and a tile of g being one BLAS
/// call, and chunks are added in ascending order. Along several directions each g is cut as if it were alone.
///
/// Where g has many tiles each is one piece of work that adds its chunks where they go. Where it has few, chunks are computed side by side
/// and added afterwards. Which of the two depends on r and c alone, and so do the bits.
final class OuterSums implements AutoCloseable {
    private static final int CHUNK = Backend.CHUNK_ROWS;
    private static final int NARROW = 16;
    private static final int MANY_TILES = 64;
    /// Chunk sums that wait to be added, at most.
    private static final int WAVE = 64;
    private static final double SMALL_WORK = 1 << 19;

    private final Precision precision;
    private final Workers workers;
    private final Products products;
    private final int size;
    private final Scratch waiting = new Scratch();

    OuterSums(Precision precision, Workers workers, Products products) {
        this.precision = precision;
        this.workers = workers;
        this.products = products;
        size = precision.sizeBytes();
    }

    /// @param g the directions' matrices below each other
    void compute(int directions, View a, View b, boolean accumulate, View g) {
        var tiling = new Tiling(directions, a, b);
        long m = tiling.rows;
        int tiles = tiling.rowTiles * tiling.columnTiles * directions;
        if (g.length() == 0) {
            return;
        }
        if (m == 0) {
            if (!accumulate) {
                products.fill(g, 0);
            }
            return;
        }
        boolean small = (double) m * g.length() < SMALL_WORK;
        if (tiling.rowTiles * tiling.columnTiles >= MANY_TILES) {
            workers.run(small ? 1 : tiles, (item, worker) -> {
                for (int tile = small ? 0 : (int) item; tile < (small ? tiles : item + 1); tile++) {
                    for (long row = 0; row < m; row += CHUNK) {
                        tiling.multiply(tile, row, accumulate || row > 0, g.address());
                    }
                }
            });
            return;
        }
        long chunks = Math.ceilDiv(m, (long) CHUNK);
        long wave = Math.min(chunks, WAVE);
        long sums = chunks == 1 && !accumulate ? 0 : waiting.address(wave * g.length() * size);
        for (long from = 0; from < chunks; from += wave) {
            long first = from;
            long count = Math.min(wave, chunks - from);
            boolean direct = first == 0 && !accumulate;
            long items = count * tiles;
            workers.run(small ? 1 : items, (item, worker) -> {
                for (long i = small ? 0 : item; i < (small ? items : item + 1); i++) {
                    long chunk = i / tiles;
                    tiling.multiply(
                            (int) (i % tiles), (first + chunk) * CHUNK, false, direct && chunk == 0 ? g.address() : sums + chunk * g.length() * size);
                }
            });
            for (long chunk = direct ? 1 : 0; chunk < count; chunk++) {
                products.add(sums + chunk * g.length() * size, g.address(), g.length());
            }
        }
    }

    private final class Tiling {
        final Interleaved a;
        final Interleaved b;
        final int r;
        final int c;
        final long rows;
        final int tileRows;
        final int tileColumns;
        final int rowTiles;
        final int columnTiles;

        Tiling(int directions, View a, View b) {
            rows = Math.max(a.rows(), b.rows()) / directions;
            this.a = new Interleaved(a, rows);
            this.b = new Interleaved(b, rows);
            r = a.columns();
            c = b.columns();
            // 32 × 64 × 256 packs nothing in OpenBLAS and measured best; narrow matrices take taller tiles of the same size.
            tileRows = c <= NARROW ? 128 : 32;
            tileColumns = c <= NARROW ? NARROW : 64;
            rowTiles = Math.ceilDiv(r, tileRows);
            columnTiles = Math.ceilDiv(c, tileColumns);
        }

        /// The tile, counted through all directions, of the product of the chunk that starts at `row`.
        void multiply(int tile, long row, boolean accumulate, long g) {
            int direction = tile / (rowTiles * columnTiles);
            int i = tile % rowTiles * tileRows;
            int j = tile / rowTiles % columnTiles * tileColumns;
            OpenBlas.multiply(
                    precision,
                    true,
                    false,
                    Math.min(tileRows, r - i),
                    Math.min(tileColumns, c - j),
                    (int) Math.min(CHUNK, rows - row),
                    a.address(row, direction) + (long) i * size,
                    a.stride(),
                    b.address(row, direction) + (long) j * size,
                    b.stride(),
                    accumulate,
                    g + (((long) direction * r + i) * c + j) * size,
                    c);
        }
    }

    @Override
    public void close() {
        waiting.close();
    }
}
