package io.plumbline.backend.cpu;

import io.plumbline.backend.Window;
import io.plumbline.backend.Window.Span;
import io.plumbline.memory.Precision;
import java.util.stream.IntStream;

/// Pooling of rows of (C, H, W) arrays, one channel of one row at a time, shared out by those.
///
/// Largest entries: their indices first, in vector instructions wherever a window sees all its columns; values are then read, or cotangents
/// added, there. Means: sums of the window's rows, column by column, then sums of its columns; the adjoint the other way round; all in double.
final class Pools implements AutoCloseable {
    /// Entries that are worth a thread's while: some 3 to 15 µs.
    private static final int PIECE = 1 << 14;

    /// What a worker needs.
    private static final class Work {
        final Scratch scratch = new Scratch();
        final double[] one = {1};
        final double[] lanes;
        /// Addresses of what is summed.
        long[] terms = new long[1];

        Work(int lanes) {
            this.lanes = new double[lanes];
        }

        long[] terms(int count) {
            if (terms.length < count) {
                terms = new long[count];
            }
            return terms;
        }
    }

    /// One channel's array (part `x` of all) and what the window makes of it.
    private interface Channel {
        void compute(long part, Work work);
    }

    private final Precision precision;
    private final Workers workers;
    private final PoolKernel kernel;
    private final PoolKernel doubles;
    private final ProductKernel products;
    private final int size;
    private final Work[] works;
    private final Scratch divisors = new Scratch();

    Pools(Precision precision, Workers workers) {
        this.precision = precision;
        this.workers = workers;
        kernel = PoolKernel.of(precision);
        doubles = PoolKernel.of(Precision.F64);
        products = ProductKernel.of(precision);
        size = precision.sizeBytes();
        works = new Work[workers.threads()];
        for (int i = 0; i < works.length; i++) {
            works[i] = new Work(products.lanes());
        }
    }

    private void share(Window w, long rows, Channel channel) {
        long parts = rows * w.channels();
        long partsAnItem = Math.max(1, PIECE / Math.max(1, area(w)));
        workers.run(Math.ceilDiv(parts, partsAnItem), (item, worker) -> {
            for (long part = item * partsAnItem; part < Math.min(parts, (item + 1) * partsAnItem); part++) {
                channel.compute(part, works[worker]);
            }
        });
    }

    private static int area(Window w) {
        return w.height() * w.width();
    }

    /// Every window sees an entry. What is largest in a row of x is found once for all rows that it serves.
    void max(Window w, View x, View source, boolean accumulate, View out) {
        var largest = new Largest(w);
        long group = x.rows() == 0 ? 0 : out.rows() / x.rows();
        share(w, x.rows(), (part, work) -> {
            long at = work.scratch.address(largest.scratchBytes);
            largest.find(x, part, at);
            for (long row = part / w.channels() * group; row < (part / w.channels() + 1) * group; row++) {
                long index = row * w.channels() + part % w.channels();
                kernel.pick(source.address() + index * area(w) * size, at, w.positions(), accumulate, out.address() + index * w.positions() * size);
            }
        });
    }

    /// Every window sees an entry. What is largest in a row of x is found once for all rows that it serves.
    void maxTransposed(Window w, View x, View y, boolean accumulate, View out) {
        var largest = new Largest(w);
        long group = x.rows() == 0 ? 0 : out.rows() / x.rows();
        boolean overlap = w.rows().stride() < w.rows().reach() || w.columns().stride() < w.columns().reach();
        share(w, x.rows(), (part, work) -> {
            long at = work.scratch.address(largest.scratchBytes + (long) area(w) * Double.BYTES);
            long sums = at + largest.scratchBytes;
            largest.find(x, part, at);
            for (long row = part / w.channels() * group; row < (part / w.channels() + 1) * group; row++) {
                long index = row * w.channels() + part % w.channels();
                long from = y.address() + index * w.positions() * size;
                long target = out.address() + index * area(w) * size;
                if (overlap) {
                    clear(sums, area(w));
                    kernel.addAt(from, at, w.positions(), sums);
                    work.terms[0] = sums;
                    kernel.roundedSums(1, work.terms, area(w), accumulate, target);
                } else {
                    if (!accumulate) {
                        products.constant(0, target, area(w), false);
                    }
                    kernel.place(from, at, w.positions(), accumulate, target);
                }
            }
        });
    }

    private static void clear(long doubles, long count) {
        Memory.ALL.asSlice(doubles, count * Double.BYTES).fill((byte) 0);
    }

    /// Finds the largest entries of one channel's array; what windows see of it is computed once.
    private final class Largest {
        private final Window w;
        private final int[] firstRow;
        private final int[] endRow;
        private final int[] firstColumn;
        private final int[] endColumn;
        /// Positions from `from` to `to` − 1 see all their columns.
        private int from;
        private int to;
        private final long indexBytes;
        /// The indices, and behind them room for an array.
        private final long scratchBytes;

        Largest(Window w) {
            this.w = w;
            indexBytes = wholeDoubles((long) w.positions() * size);
            scratchBytes = indexBytes + wholeDoubles((long) area(w) * size);
            firstRow = first(w.rows());
            endRow = end(w.rows(), w.height());
            firstColumn = first(w.columns());
            endColumn = end(w.columns(), w.width());
            while (from < firstColumn.length && firstColumn[from] > 0) {
                from++;
            }
            to = from;
            while (to < firstColumn.length && endColumn[to] == w.columns().size()) {
                to++;
            }
        }

        private static int[] first(Span span) {
            int[] first = new int[span.positions()];
            for (int position = 0; position < first.length; position++) {
                first[position] = span.firstTap(position);
            }
            return first;
        }

        private static int[] end(Span span, int extent) {
            int[] end = new int[span.positions()];
            for (int position = 0; position < end.length; position++) {
                end[position] = span.endTap(position, extent);
            }
            return end;
        }

        private static long wholeDoubles(long sizeBytes) {
            return Math.ceilDiv(sizeBytes + PoolKernel.SLACK_BYTES, (long) Double.BYTES) * Double.BYTES;
        }

        /// Writes the indices of part `part` of x to `at`. The last arrays of x are copied first, so that nothing is read beyond them.
        void find(View x, long part, long at) {
            long sizeBytes = (long) area(w) * size;
            long plane = x.address() + part * sizeBytes;
            if (plane + sizeBytes + PoolKernel.SLACK_BYTES > x.address() + x.length() * size) {
                Memory.copy(plane, at + indexBytes, sizeBytes);
                plane = at + indexBytes;
            }
            find(plane, at);
        }

        /// Row by row: what is written beyond a row is overwritten by the next one.
        private void find(long x, long at) {
            int positions = firstColumn.length;
            for (int a = 0; a < firstRow.length; a++) {
                int rows = endRow[a] - firstRow[a];
                int row = w.rows().at(a, firstRow[a]) * w.width();
                long into = at + (long) a * positions * size;
                for (int b = 0; b < from; b++) {
                    find(x, row, rows, b, 1, into);
                }
                find(x, row, rows, from, to - from, into);
                for (int b = to; b < positions; b++) {
                    find(x, row, rows, b, 1, into);
                }
            }
        }

        private void find(long x, int row, int rows, int b, int count, long into) {
            if (count > 0) {
                Span columns = w.columns();
                kernel.largest(x, row + columns.at(b, firstColumn[b]), rows, w.rows().dilation() * w.width(), endColumn[b] - firstColumn[b],
                        columns.dilation(), columns.stride(), count, into + (long) b * size);
            }
        }
    }

    /// Whether there is one window and it is the array.
    private static boolean isWhole(Window w) {
        return w.positions() == 1 && isWhole(w.rows(), w.height()) && isWhole(w.columns(), w.width());
    }

    private static boolean isWhole(Span span, int extent) {
        return span.size() == extent && (span.dilation() == 1 || extent == 1) && span.padBefore() == 0;
    }

    private long divisors(Window w, boolean includePadding) {
        long address = divisors.address((long) w.positions() * Double.BYTES);
        for (int position = 0; position < w.positions(); position++) {
            Memory.setDouble(address + (long) position * Double.BYTES, w.divisor(position, includePadding));
        }
        return address;
    }

    void average(Window w, boolean includePadding, View x, boolean accumulate, View y) {
        long divisor = divisors(w, includePadding);
        Span span = w.columns();
        // The columns that windows reach over, beginning with padding, and of those at which one begins if positions were next to each other.
        int starts = (span.positions() - 1) * span.stride() + 1;
        int reached = Math.max(span.padBefore() + w.width(), starts + (int) span.reach() - 1);
        share(w, y.rows(), (part, work) -> {
            long plane = x.address() + part * area(w) * size;
            long target = y.address() + part * w.positions() * size;
            if (isWhole(w)) {
                work.terms[0] = plane;
                double sum = products.sum(1, work.one, work.terms, null, area(w), work.lanes);
                products.constant(sum / Memory.getDouble(divisor), target, 1, accumulate);
                return;
            }
            int lines = w.rows().positions();
            long columns = work.scratch.address(((long) lines * reached + starts + w.positions()) * Double.BYTES);
            long all = columns + (long) lines * reached * Double.BYTES;
            long sums = all + (long) starts * Double.BYTES;
            clear(columns, (long) lines * reached);
            for (int a = 0; a < lines; a++) {
                int first = w.rows().firstTap(a);
                int rows = Math.max(0, w.rows().endTap(a, w.height()) - first);
                kernel.columnSums(plane + (long) w.rows().at(a, first) * w.width() * size, rows, (long) w.rows().dilation() * w.width(), w.width(),
                        columns + ((long) a * reached + span.padBefore()) * Double.BYTES);
            }
            for (int a = 0; a < lines; a++) {
                slide(span, columns + (long) a * reached * Double.BYTES, starts, all, sums + (long) a * span.positions() * Double.BYTES);
            }
            kernel.quotients(sums, divisor, w.positions(), accumulate, target);
        });
    }

    /// sums[b] = Σ_l columns[b·stride + l·dilation]
    private void slide(Span span, long columns, int starts, long all, long sums) {
        if (span.stride() == 1) {
            doubles.columnSums(columns, span.size(), span.dilation(), starts, sums);
            return;
        }
        doubles.columnSums(columns, span.size(), span.dilation(), starts, all);
        for (int b = 0; b < span.positions(); b++) {
            Memory.setDouble(sums + (long) b * Double.BYTES, Memory.getDouble(all + (long) b * span.stride() * Double.BYTES));
        }
    }

    void averageTransposed(Window w, boolean includePadding, View y, boolean accumulate, View x) {
        long divisor = divisors(w, includePadding);
        Span rows = w.rows();
        Span columns = w.columns();
        int[][] covering = covering(rows, w.height());
        // Quotients of a row where their windows end, with zeros between them and on both sides.
        int last = (columns.positions() - 1) * columns.stride() + (int) columns.reach() - 1;
        int apart = Math.max(last, columns.padBefore() + w.width() - 1) + (int) columns.reach();
        share(w, y.rows(), (part, work) -> {
            long plane = x.address() + part * area(w) * size;
            long from = y.address() + part * w.positions() * size;
            if (isWhole(w)) {
                products.constant(Memory.get(precision, from) / Memory.getDouble(divisor), plane, area(w), accumulate);
                return;
            }
            int lines = rows.positions();
            long quotients = work.scratch.address((w.positions() + (long) lines * (apart + w.width())) * Double.BYTES);
            long spread = quotients + (long) w.positions() * Double.BYTES;
            long sums = spread + (long) lines * apart * Double.BYTES;
            kernel.wideQuotients(from, divisor, w.positions(), quotients);
            clear(spread, (long) lines * apart);
            for (int a = 0; a < lines; a++) {
                long first = spread + (a * (long) apart + columns.reach() - 1) * Double.BYTES;
                for (int b = 0; b < columns.positions(); b++) {
                    Memory.setDouble(first + (long) b * columns.stride() * Double.BYTES,
                            Memory.getDouble(quotients + (long) (a * columns.positions() + b) * Double.BYTES));
                }
            }
            for (int a = 0; a < lines; a++) {
                doubles.columnSums(spread + (a * (long) apart + columns.padBefore()) * Double.BYTES, columns.size(), columns.dilation(), w.width(),
                        sums + (long) a * w.width() * Double.BYTES);
            }
            long[] terms = work.terms(rows.size());
            for (int row = 0; row < w.height(); row++) {
                for (int i = 0; i < covering[row].length; i++) {
                    terms[i] = sums + (long) covering[row][i] * w.width() * Double.BYTES;
                }
                kernel.roundedSums(covering[row].length, terms, w.width(), accumulate, plane + (long) row * w.width() * size);
            }
        });
    }

    /// For each row of the array, which rows of positions have a tap on it.
    private static int[][] covering(Span span, int extent) {
        int[][] covering = new int[extent][];
        for (int row = 0; row < extent; row++) {
            int at = row;
            covering[row] = IntStream.range(0, span.positions()).filter(a -> {
                int distance = at - span.at(a, 0);
                return distance % span.dilation() == 0 && distance >= 0 && distance / span.dilation() < span.size();
            }).toArray();
        }
        return covering;
    }

    @Override
    public void close() {
        for (Work work : works) {
            work.scratch.close();
        }
        divisors.close();
    }
}
