package io.plumbline.backend.cpu;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.Window;
import io.plumbline.memory.Precision;

/// Convolutions and their adjoints as products of matrices: what the window sees becomes a matrix (im2col, [WindowKernel]) of some 256 columns, which stays in a
/// core's cache, and
///
/// | | product | m × n × k |
/// |---|---|---|
/// | y | w · X | O × positions × C·taps |
/// | x̄ | folds wᵀ · Ȳ | C·taps × positions × O |
/// | w̄ | Ȳ · Xᵀ | O × C·taps × positions |
///
/// A column is a position; a panel of columns is several output rows of one image, or several whole images where they are small. Rows of X are taken in
/// slices of whole channels. Panels and slices are cut at places that the geometry alone decides, so that the bits do not depend on threads; panels
/// of several images start at multiples of a power of two up to 32 images, so that they do not depend on tiles.
final class Convolutions implements AutoCloseable {
    /// Positions in a panel, unless a single row of the result has more.
    private static final int PANEL = 256;
    /// Rows of X in a slice, unless a single channel has more.
    private static final int SLICE = 576;
    private static final int MOST_IMAGES = Backend.TILE_EXAMPLES;
    private static final int CHUNK = Backend.CHUNK_ROWS;
    /// Pieces of work in a chunk of a gradient's sum.
    private static final int PIECES = 16;
    /// Entries that are worth a thread's while: some 3 to 15 µs.
    private static final int RANGE = 1 << 14;

    private final Precision precision;
    private final Workers workers;
    private final WindowKernel windows;
    private final ProductKernel kernel;
    private final int size;
    private final Scratch[] scratch;
    private final Scratch waiting = new Scratch();

    Convolutions(Precision precision, Workers workers) {
        this.precision = precision;
        this.workers = workers;
        windows = WindowKernel.of(precision);
        kernel = ProductKernel.of(precision);
        size = precision.sizeBytes();
        scratch = new Scratch[workers.threads()];
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = new Scratch();
        }
    }

    /// How the work of one geometry is cut.
    private final class Cut {
        final Convolution c;
        /// Channels of a group, in and out.
        final int in;
        final int out;
        final int taps;
        final int inner;
        final int positions;
        final int sliceChannels;
        /// Images of a panel; with more than one a panel holds them whole.
        final int images;
        /// Output rows of a panel of one image.
        final int lines;
        /// Columns of a full panel.
        final int columns;

        Cut(Convolution c) {
            this.c = c;
            in = c.window().channels() / c.groups();
            out = c.channels() / c.groups();
            taps = c.window().taps();
            inner = c.inner();
            positions = c.window().positions();
            sliceChannels = Math.clamp(SLICE / taps, 1, in);
            int rows = c.window().rows().positions();
            int width = c.window().columns().positions();
            images = Math.clamp(Integer.highestOneBit(Math.max(1, PANEL / positions)), 1, MOST_IMAGES);
            lines = images > 1 ? rows : Math.clamp(PANEL / width, 1, rows);
            columns = images * lines * width;
        }

        int slices() {
            return Math.ceilDiv(in, sliceChannels);
        }

        int sliceCount(int slice) {
            return Math.min(sliceChannels, in - slice * sliceChannels);
        }

        /// Columns of a panel to compute with: all of a panel that is not full, whatever lies in the last ones, for BLAS rounds an entry otherwise where
        /// a matrix is narrower.
        int width(int from, int to) {
            return images > 1 ? columns : (to - from) * c.window().columns().positions();
        }

        /// Where a group's channel of a row of x lies.
        long plane(View x, long row, int group, int channel) {
            return x.rowAddress(row) + (long) (group * in + channel) * c.window().height() * c.window().width() * size;
        }

        /// Where a group's first output channel of a row of y has the first position of an output row.
        long line(View y, long row, int group, int line) {
            return y.rowAddress(row) + ((long) group * out * positions + (long) line * c.window().columns().positions()) * size;
        }

        long weight(long w, int group, int slice) {
            return w + ((long) group * out * inner + (long) slice * sliceChannels * taps) * size;
        }

        /// What the window sees of a slice's channels: a matrix with [#columns] columns at `matrix`.
        void unfold(View x, long row, int count, int group, int slice, int from, int to, long matrix) {
            for (int image = 0; image < count; image++) {
                windows.unfold(c.window(), from, to, sliceCount(slice), plane(x, row + image, group, slice * sliceChannels),
                        matrix + (long) image * positions * size, (long) columns * size);
            }
        }

        /// y of several images as one matrix (out, [#columns]) at `matrix`.
        void join(View y, long row, int count, int group, long matrix) {
            for (int image = 0; image < count; image++) {
                for (int o = 0; o < out; o++) {
                    kernel.scaled(1, line(y, row + image, group, 0) + (long) o * positions * size,
                            matrix + ((long) o * columns + (long) image * positions) * size, positions, false);
                }
            }
        }

        long matrixBytes() {
            return (long) sliceChannels * taps * columns * size;
        }

        long joinedBytes() {
            return images > 1 ? (long) out * columns * size : 0;
        }
    }

    /// y of the panel's images, by panels.
    void convolve(Convolution c, View x, View w, View bias, boolean accumulate, View y) {
        var cut = new Cut(c);
        long m = y.rows();
        workers.run(Math.ceilDiv(m, (long) cut.images), (item, worker) -> {
            long row = item * cut.images;
            int count = (int) Math.min(cut.images, m - row);
            long matrix = scratch[worker].address(cut.matrixBytes() + cut.joinedBytes());
            long joined = matrix + cut.matrixBytes();
            for (int group = 0; group < c.groups(); group++) {
                if (cut.images > 1) {
                    convolvePanel(cut, x, row, count, group, 0, cut.lines, w.address(), matrix, false, joined, cut.columns);
                    split(cut, joined, bias, row, count, group, accumulate, y);
                    continue;
                }
                for (int from = 0; from < c.window().rows().positions(); from += cut.lines) {
                    int to = Math.min(c.window().rows().positions(), from + cut.lines);
                    long target = cut.line(y, row, group, from);
                    if (bias != null) {
                        fillChannels(cut, bias, group, (to - from) * c.window().columns().positions(), accumulate, target);
                    }
                    convolvePanel(cut, x, row, 1, group, from, to, w.address(), matrix, accumulate || bias != null, target, cut.positions);
                }
            }
        });
    }

    private void convolvePanel(
            Cut cut, View x, long row, int count, int group, int from, int to, long w, long matrix, boolean accumulate, long target, int stride) {
        int width = cut.width(from, to);
        for (int slice = 0; slice < cut.slices(); slice++) {
            cut.unfold(x, row, count, group, slice, from, to, matrix);
            multiply(false, false, cut.out, width, cut.sliceCount(slice) * cut.taps, cut.weight(w, group, slice), cut.inner, matrix, cut.columns,
                    accumulate || slice > 0, target, stride);
        }
    }

    /// `count` entries of each of the group's channels of y, from `target` on, become its bias (or +=).
    private void fillChannels(Cut cut, View bias, int group, int count, boolean accumulate, long target) {
        for (int o = 0; o < cut.out; o++) {
            kernel.constant(bias.get(group * cut.out + o), target + (long) o * cut.positions * size, count, accumulate);
        }
    }

    /// The matrix (out, columns) of several images goes where their y is.
    private void split(Cut cut, long joined, View bias, long row, int count, int group, boolean accumulate, View y) {
        for (int image = 0; image < count; image++) {
            long target = cut.line(y, row + image, group, 0);
            if (bias != null) {
                fillChannels(cut, bias, group, cut.positions, accumulate, target);
            }
            for (int o = 0; o < cut.out; o++) {
                kernel.scaled(1, joined + ((long) o * cut.columns + (long) image * cut.positions) * size, target + (long) o * cut.positions * size,
                        cut.positions, accumulate || bias != null);
            }
        }
    }

    void convolveTransposed(Convolution c, View y, View w, boolean accumulate, View x) {
        var cut = new Cut(c);
        long m = y.rows();
        workers.run(Math.ceilDiv(m, (long) cut.images), (item, worker) -> {
            long row = item * cut.images;
            int count = (int) Math.min(cut.images, m - row);
            long matrix = scratch[worker].address(cut.matrixBytes() + cut.joinedBytes());
            long joined = matrix + cut.matrixBytes();
            if (!accumulate) {
                kernel.constant(0, x.rowAddress(row), (long) count * x.columns(), false);
            }
            for (int group = 0; group < c.groups(); group++) {
                if (cut.images > 1) {
                    cut.join(y, row, count, group, joined);
                }
                for (int from = 0; from < c.window().rows().positions(); from += cut.lines) {
                    int to = Math.min(c.window().rows().positions(), from + cut.lines);
                    long cotangent = cut.images > 1 ? joined : cut.line(y, row, group, from);
                    foldPanel(cut, cotangent, cut.images > 1 ? cut.columns : cut.positions, w.address(), row, count, group, from, to, matrix, x);
                }
            }
        });
    }

    private void foldPanel(
            Cut cut, long cotangent, int stride, long w, long row, int count, int group, int from, int to, long matrix, View x) {
        int width = cut.width(from, to);
        for (int slice = 0; slice < cut.slices(); slice++) {
            int channels = cut.sliceCount(slice);
            multiply(true, false, channels * cut.taps, width, cut.out, cut.weight(w, group, slice), cut.inner, cotangent, stride, false, matrix,
                    cut.columns);
            for (int image = 0; image < count; image++) {
                windows.fold(cut.c.window(), from, to, channels, matrix + (long) image * cut.positions * size, (long) cut.columns * size,
                        cut.plane(x, row + image, group, slice * cut.sliceChannels));
            }
        }
    }

    /// g (m, weights): one gradient for each row of y.
    void gradientEach(Convolution c, View y, View x, boolean accumulate, View g) {
        var cut = new Cut(c);
        long served = x.rows() == 0 ? 0 : y.rows() / x.rows();
        int slices = c.groups() * cut.slices();
        workers.run(x.rows() * slices, (item, worker) -> {
            long row = item / slices;
            int group = (int) (item % slices) / cut.slices();
            int slice = (int) (item % slices) % cut.slices();
            long matrix = scratch[worker].address(cut.matrixBytes());
            for (int from = 0; from < c.window().rows().positions(); from += cut.lines) {
                int to = Math.min(c.window().rows().positions(), from + cut.lines);
                cut.unfold(x, row, 1, group, slice, from, to, matrix);
                for (long s = row * served; s < (row + 1) * served; s++) {
                    multiplyOuter(cut, slice, (to - from) * c.window().columns().positions(), cut.line(y, s, group, from), cut.positions, matrix,
                            accumulate || from > 0, cut.weight(g.rowAddress(s), group, slice));
                }
            }
        });
    }

    /// Ȳ · Xᵀ (or +=) for the first `width` columns of the matrices.
    private void multiplyOuter(Cut cut, int slice, int width, long cotangent, int stride, long matrix, boolean accumulate, long target) {
        multiply(false, true, cut.out, cut.sliceCount(slice) * cut.taps, width, cotangent, stride, matrix, cut.columns, accumulate, target,
                cut.inner);
    }

    /// C = A′·B′ (or +=) in one piece, unless BLAS is as fast on micro-tiles: the shape is the geometry's either way.
    private void multiply(
            boolean transposedA, boolean transposedB, int m, int n, int k, long a, int lda, long b, int ldb, boolean accumulate, long c, int ldc) {
        if (OpenBlas.isFastOnSmall()) {
            new MatrixProduct(precision, transposedA, transposedB, n, k).compute(m, a, lda, b, ldb, accumulate, c, ldc);
        } else {
            OpenBlas.multiply(precision, transposedA, transposedB, m, n, k, a, lda, b, ldb, accumulate, c, ldc);
        }
    }

    /// g (1, weights): the sum over rows. A chunk's rows are shared out in parts, each summed by itself, and the parts added in ascending order.
    void gradientSum(Convolution c, View y, View x, boolean accumulate, View g) {
        var cut = new Cut(c);
        long m = y.rows();
        int slices = c.groups() * cut.slices();
        int parts = Math.clamp(Integer.highestOneBit(Math.max(1, PIECES / slices)), 1, CHUNK / MOST_IMAGES);
        int partRows = CHUNK / parts;
        long sums = waiting.address((long) parts * c.weights() * size);
        if (m == 0 && !accumulate) {
            kernel.constant(0, g.address(), g.length(), false);
        }
        for (long chunk = 0; chunk < m; chunk += CHUNK) {
            long start = chunk;
            int rows = (int) Math.min(CHUNK, m - start);
            int used = Math.ceilDiv(rows, partRows);
            workers.run((long) used * slices, (item, worker) -> {
                int part = (int) item / slices;
                int group = (int) (item % slices) / cut.slices();
                int slice = (int) (item % slices) % cut.slices();
                long target = cut.weight(sums + (long) part * c.weights() * size, group, slice);
                sumPart(cut, y, x, start + (long) part * partRows, start + Math.min(rows, (part + 1) * partRows), group, slice, worker, target);
            });
            boolean add = accumulate || chunk > 0;
            workers.run(Math.ceilDiv(c.weights(), RANGE), (item, worker) -> {
                long at = item * RANGE * size;
                int count = (int) Math.min(RANGE, c.weights() - item * RANGE);
                for (int part = 1; part < used; part++) {
                    kernel.scaled(1, sums + (long) part * c.weights() * size + at, sums + at, count, true);
                }
                kernel.scaled(1, sums + at, g.address() + at, count, add);
            });
        }
    }

    private void sumPart(Cut cut, View y, View x, long begin, long end, int group, int slice, int worker, long target) {
        long matrix = scratch[worker].address(cut.matrixBytes() + cut.joinedBytes());
        long joined = matrix + cut.matrixBytes();
        for (long row = begin; row < end; row += cut.images) {
            int count = (int) Math.min(cut.images, end - row);
            if (cut.images > 1) {
                cut.join(y, row, count, group, joined);
            }
            for (int from = 0; from < cut.c.window().rows().positions(); from += cut.lines) {
                int to = Math.min(cut.c.window().rows().positions(), from + cut.lines);
                cut.unfold(x, row, count, group, slice, from, to, matrix);
                multiplyOuter(cut, slice, count * (to - from) * cut.c.window().columns().positions(),
                        cut.images > 1 ? joined : cut.line(y, row, group, from), cut.images > 1 ? cut.columns : cut.positions, matrix,
                        row > begin || from > 0, target);
            }
        }
    }

    void unfold(Window w, View x, View out) {
        workers.run(x.rows(), (row, worker) -> windows.unfoldRows(w, w.channels(), x.rowAddress(row), out.rowAddress(row * w.positions())));
    }

    @Override
    public void close() {
        waiting.close();
        for (Scratch s : scratch) {
            s.close();
        }
    }
}
