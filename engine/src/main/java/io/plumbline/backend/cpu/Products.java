package io.plumbline.backend.cpu;

import io.plumbline.backend.Backend;
import io.plumbline.memory.Precision;

/// out = α · a ∘ b (or +=) with broadcasting and with sums over rows and columns, cut at fixed places and shared out.
///
/// Entries: fl(fl(α·a)·b). Sums: in double, by chunks of [Backend#CHUNK_ROWS] rows from the start of a group and by segments of [#SEGMENT] columns;
/// a chunk's sum is rounded once and added to what the chunks before it left.
final class Products implements AutoCloseable {
    /// Entries that are worth a thread's while: some 3 to 15 µs.
    private static final long PIECE = 1 << 14;
    /// Columns that a sum over columns takes at a time.
    private static final int SEGMENT = 1 << 14;
    /// Chunk sums that wait to be added, at most, in numbers.
    private static final long WAITING = 1 << 20;
    private static final int CHUNK = Backend.CHUNK_ROWS;

    /// What a worker needs to describe the rows of a chunk.
    private static final class Rows {
        final double[] s = new double[CHUNK];
        final long[] x = new long[CHUNK];
        final long[] y = new long[CHUNK];
        final double[] lanes;

        Rows(int lanes) {
            this.lanes = new double[lanes];
        }
    }

    private final Precision precision;
    private final Workers workers;
    private final ProductKernel kernel;
    private final int size;
    private final Rows[] rowsOf;
    private final Scratch waiting = new Scratch();

    Products(Precision precision, Workers workers) {
        this.precision = precision;
        this.workers = workers;
        kernel = ProductKernel.of(precision);
        size = precision.sizeBytes();
        rowsOf = new Rows[workers.threads()];
        for (int i = 0; i < rowsOf.length; i++) {
            rowsOf[i] = new Rows(kernel.lanes());
        }
    }

    void fill(View out, double value) {
        long length = out.length();
        workers.run(Math.ceilDiv(length, PIECE), (item, worker) -> {
            long from = item * PIECE;
            kernel.constant(value, out.address() + from * size, Math.min(PIECE, length - from), false);
        });
    }

    /// target[i] += source[i], i < count.
    void add(long source, long target, long count) {
        workers.run(Math.ceilDiv(count, PIECE), (item, worker) -> {
            long from = item * PIECE;
            kernel.scaled(1, source + from * size, target + from * size, Math.min(PIECE, count - from), true);
        });
    }

    /// @param b null for 1; rows of a, b and out divide the largest of them, columns equal the largest or are 1
    void product(double alpha, View a, View b, boolean accumulate, View out) {
        long m = Math.max(out.rows(), Math.max(a.rows(), b == null ? 0 : b.rows()));
        int c = Math.max(out.columns(), Math.max(a.columns(), b == null ? 0 : b.columns()));
        if (out.length() == 0) {
            return;
        }
        double rounded = round(alpha);
        if (out.columns() < c) {
            sumColumns(rounded, a, b, accumulate, out, m, c);
        } else if (out.rows() < m || m == 1 && b != null && rounded != 1) {
            // A single row is a sum over one row: the same bits as in a longer sum.
            sumRows(rounded, a, b, accumulate, out, m, c);
        } else {
            entries(rounded, a, b, accumulate, out, m, c);
        }
    }

    private double round(double value) {
        return precision == Precision.F32 ? (float) value : value;
    }

    private void entries(double alpha, View a, View b, boolean accumulate, View out, long m, int c) {
        if (a.rows() == m && a.columns() == c && (b == null || b.rows() == m && b.columns() == c)) {
            long length = m * c;
            workers.run(Math.ceilDiv(length, PIECE), (item, worker) -> {
                long from = item * PIECE;
                long count = Math.min(PIECE, length - from);
                range(alpha, a.address() + from * size, b == null ? 0 : b.address() + from * size, accumulate, out.address() + from * size, count);
            });
            return;
        }
        long rowsAnItem = Math.max(1, PIECE / c);
        int columnsAnItem = (int) Math.min(c, PIECE);
        int segments = Math.ceilDiv(c, columnsAnItem);
        workers.run(Math.ceilDiv(m, rowsAnItem) * segments, (item, worker) -> {
            int from = (int) (item % segments) * columnsAnItem;
            int count = Math.min(columnsAnItem, c - from);
            long first = item / segments * rowsAnItem;
            for (long row = first; row < Math.min(m, first + rowsAnItem); row++) {
                long target = out.rowAddress(row) + (long) from * size;
                boolean aIsFull = a.columns() == c;
                boolean bIsFull = b != null && b.columns() == c;
                long x = a.serving(row, m) + (aIsFull ? (long) from * size : 0);
                long y = b == null ? 0 : b.serving(row, m) + (bIsFull ? (long) from * size : 0);
                if (aIsFull && (bIsFull || b == null)) {
                    range(alpha, x, y, accumulate, target, count);
                } else if (aIsFull) {
                    kernel.scaledTwice(alpha, Memory.get(precision, y), x, target, count, accumulate);
                } else {
                    double s = round(alpha * Memory.get(precision, x));
                    if (bIsFull) {
                        kernel.scaled(s, y, target, count, accumulate);
                    } else {
                        kernel.constant(b == null ? s : s * Memory.get(precision, y), target, count, accumulate);
                    }
                }
            }
        });
    }

    private void range(double alpha, long x, long y, boolean accumulate, long out, long count) {
        if (y == 0) {
            kernel.scaled(alpha, x, out, count, accumulate);
        } else {
            kernel.product(alpha, x, y, out, count, accumulate);
        }
    }

    /// out (o, c), o < m.
    private void sumRows(double alpha, View a, View b, boolean accumulate, View out, long m, int c) {
        long group = m / out.rows();
        long chunks = Math.ceilDiv(group, (long) CHUNK);
        int columnsAnItem = (int) Math.min(c, PIECE / 4);
        int segments = Math.ceilDiv(c, columnsAnItem);
        if (chunks == 1) {
            long rowsAnItem = Math.max(1, PIECE / (group * c));
            workers.run(Math.ceilDiv(out.rows(), rowsAnItem) * segments, (item, worker) -> {
                int column = (int) (item % segments) * columnsAnItem;
                long first = item / segments * rowsAnItem;
                for (long row = first; row < Math.min(out.rows(), first + rowsAnItem); row++) {
                    sumChunk(
                            worker, alpha, a, b, row * group, (int) group, m, c, column, Math.min(columnsAnItem, c - column), accumulate,
                            out.rowAddress(row) + (long) column * size);
                }
            });
            return;
        }
        long wave = Math.max(1, Math.min(chunks, WAITING / c));
        long sums = waiting.address(wave * c * size);
        for (long row = 0; row < out.rows(); row++) {
            long start = row * group;
            long target = out.rowAddress(row);
            for (long from = 0; from < chunks; from += wave) {
                long first = from;
                long count = Math.min(wave, chunks - from);
                boolean direct = first == 0 && !accumulate;
                workers.run(count * segments, (item, worker) -> {
                    int column = (int) (item % segments) * columnsAnItem;
                    long chunk = item / segments;
                    long done = (first + chunk) * CHUNK;
                    long into = direct && chunk == 0 ? target : sums + chunk * c * size;
                    sumChunk(
                            worker, alpha, a, b, start + done, (int) Math.min(CHUNK, group - done), m, c, column, Math.min(columnsAnItem, c - column),
                            false,
                            into + (long) column * size);
                });
                workers.run(segments, (item, worker) -> {
                    int column = (int) item * columnsAnItem;
                    for (long chunk = direct ? 1 : 0; chunk < count; chunk++) {
                        kernel.scaled(
                                1, sums + (chunk * c + column) * size, target + (long) column * size, Math.min(columnsAnItem, c - column), true);
                    }
                });
            }
        }
    }

    private void sumChunk(
            int worker, double alpha, View a, View b, long from, int rows, long m, int c, int column, int count, boolean accumulate, long target) {
        Rows r = rowsOf[worker];
        View x = describe(r, alpha, a, b, from, rows, m, c, column);
        if (x == null) {
            double sum = 0;
            for (int row = 0; row < rows; row++) {
                sum += r.s[row];
            }
            kernel.constant(sum, target, count, accumulate);
        } else {
            kernel.sumOfRows(rows, r.s, r.x, x == a && b != null && b.columns() == c ? r.y : null, target, count, accumulate);
        }
    }

    /// Fills in scalars and addresses of the rows; returns what x stands for: a, else b, else nothing (null), whichever has all columns.
    private View describe(Rows r, double alpha, View a, View b, long from, int rows, long m, int c, int column) {
        boolean aIsFull = a.columns() == c;
        boolean bIsFull = b != null && b.columns() == c;
        for (int i = 0; i < rows; i++) {
            double s = alpha;
            long p = a.serving(from + i, m);
            if (aIsFull) {
                r.x[i] = p + (long) column * size;
            } else {
                s *= Memory.get(precision, p);
            }
            if (b != null) {
                long q = b.serving(from + i, m);
                if (bIsFull) {
                    (aIsFull ? r.y : r.x)[i] = q + (long) column * size;
                } else {
                    s *= Memory.get(precision, q);
                }
            }
            r.s[i] = s;
        }
        return aIsFull ? a : bIsFull ? b : null;
    }

    /// out (o, 1), o ≤ m: columns are summed, and rows where o < m.
    private void sumColumns(double alpha, View a, View b, boolean accumulate, View out, long m, int c) {
        long group = m / out.rows();
        long chunks = Math.ceilDiv(group, (long) CHUNK);
        int segments = Math.ceilDiv(c, SEGMENT);
        long partsARow = chunks * segments;
        long parts = out.rows() * partsARow;
        long partsAnItem = Math.max(1, PIECE / (Math.min(group, CHUNK) * Math.min(c, SEGMENT)));
        // Whole output rows a wave.
        long rowsAWave = Math.max(1, Math.min(out.rows(), WAITING / partsARow));
        double[] sums = new double[Math.toIntExact(rowsAWave * partsARow)];
        for (long row = 0; row < out.rows(); row += rowsAWave) {
            long first = row * partsARow;
            long count = Math.min(parts - first, rowsAWave * partsARow);
            workers.run(Math.ceilDiv(count, partsAnItem), (item, worker) -> {
                for (long part = item * partsAnItem; part < Math.min(count, (item + 1) * partsAnItem); part++) {
                    long index = first + part;
                    int segment = (int) (index % segments);
                    long chunk = index / segments % chunks;
                    long start = index / partsARow * group + chunk * CHUNK;
                    sums[(int) part] = sumBlock(worker, alpha, a, b, start, (int) Math.min(CHUNK, group - chunk * CHUNK), m, c, segment * SEGMENT);
                }
            });
            for (long at = 0; at < count; at += segments) {
                double sum = 0;
                for (int segment = 0; segment < segments; segment++) {
                    sum += sums[(int) at + segment];
                }
                long index = first + at;
                boolean isFirst = index / segments % chunks == 0;
                kernel.constant(sum, out.rowAddress(index / partsARow), 1, accumulate || !isFirst);
            }
        }
    }

    /// Σ over `rows` rows and the segment's columns.
    private double sumBlock(int worker, double alpha, View a, View b, long from, int rows, long m, int c, int column) {
        Rows r = rowsOf[worker];
        View x = describe(r, alpha, a, b, from, rows, m, c, column);
        long[] y = x == a && b != null && b.columns() == c ? r.y : null;
        return kernel.sum(rows, r.s, r.x, y, Math.min(SEGMENT, c - column), r.lanes);
    }

    @Override
    public void close() {
        waiting.close();
    }
}
