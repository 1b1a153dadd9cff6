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
/// of several images start at multiples of a power of two up to 32 images, so that they do not depend on tiles. Along several directions a panel's images are
/// along one of them, cut as if it were alone; what the window sees of images that have no directions is written once for all.
final class Convolutions implements AutoCloseable {
    private static final int CHUNK = Backend.CHUNK_ROWS;
    /// Pieces of work in a chunk of a gradient's sum.
    private static final int PIECES = 16;
    /// Entries that are worth a thread's while: some 3 to 15 µs.
    private static final int RANGE = 1 << 14;
    /// Numbers of a gradient's partial sums, unless one direction has more.
    private static final long MOST_SUMS = 1 << 22;

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

    private interface PanelWork {
        void compute(Cut.Panel panel, int worker);
    }

    /// Shares out panels: of one direction each where the operand that is read has directions, else of all of them.
    private void share(Cut cut, long examples, Interleaved read, int directions, PanelWork work) {
        int apart = read.hasDirections() ? directions : 1;
        workers.run(Math.ceilDiv(examples, (long) cut.images) * apart, (item, worker) -> {
            long row = item / apart * cut.images;
            int first = (int) (item % apart);
            work.compute(new Cut.Panel(row, (int) Math.min(cut.images, examples - row), first, apart == 1 ? directions : first + 1), worker);
        });
    }

    /// Where the numbers along `direction` are, of `count` that serve all or of as many for each.
    private long along(View v, long count, int direction) {
        return v.length() == count ? v.address() : v.address() + direction * count * size;
    }

    /// y of the panel's images, by panels.
    void convolve(int directions, Convolution c, View x, View w, View bias, boolean accumulate, View y) {
        var cut = new Cut(c, precision);
        long examples = y.rows() / directions;
        var from = new Interleaved(x, examples);
        var to = new Interleaved(y, examples);
        share(cut, examples, from, directions, (panel, worker) -> {
            long matrix = scratch[worker].address(cut.matrixBytes() + cut.joinedBytes() * (panel.end() - panel.first()));
            long joined = matrix + cut.matrixBytes();
            for (int group = 0; group < c.groups(); group++) {
                if (cut.images > 1) {
                    convolveImages(cut, from, panel, group, w, bias, accumulate, to, matrix, joined);
                } else {
                    convolveLines(cut, from, panel, group, w, bias, accumulate, to, matrix);
                }
            }
        });
    }

    private void convolveImages(
            Cut cut, Interleaved x, Cut.Panel panel, int group, View w, View bias, boolean accumulate, Interleaved y, long matrix, long joined) {
        for (int slice = 0; slice < cut.slices(); slice++) {
            cut.unfold(x, panel, panel.first(), group, slice, 0, cut.lines, matrix);
            for (int k = panel.first(); k < panel.end(); k++) {
                multiply(false, false, cut.out, cut.columns, cut.sliceCount(slice) * cut.taps, cut.weight(along(w, cut.c.weights(), k), group, slice),
                        cut.inner, matrix, cut.columns, slice > 0, joined + cut.joinedBytes() * (k - panel.first()), cut.columns);
            }
        }
        for (int k = panel.first(); k < panel.end(); k++) {
            split(cut, joined + cut.joinedBytes() * (k - panel.first()), bias, panel, k, group, accumulate, y);
        }
    }

    private void convolveLines(
            Cut cut, Interleaved x, Cut.Panel panel, int group, View w, View bias, boolean accumulate, Interleaved y, long matrix) {
        int rows = cut.c.window().rows().positions();
        for (int from = 0; from < rows; from += cut.lines) {
            int to = Math.min(rows, from + cut.lines);
            int width = cut.width(from, to);
            for (int slice = 0; slice < cut.slices(); slice++) {
                cut.unfold(x, panel, panel.first(), group, slice, from, to, matrix);
                for (int k = panel.first(); k < panel.end(); k++) {
                    long target = cut.line(y.address(panel.row(), k), group, from);
                    if (bias != null && slice == 0) {
                        fillChannels(cut, along(bias, cut.c.channels(), k), group, width, accumulate, target);
                    }
                    multiply(false, false, cut.out, width, cut.sliceCount(slice) * cut.taps, cut.weight(along(w, cut.c.weights(), k), group, slice),
                            cut.inner, matrix, cut.columns, accumulate || bias != null || slice > 0, target, cut.positions);
                }
            }
        }
    }

    /// `count` entries of each of the group's channels of y, from `target` on, become its bias (or +=).
    private void fillChannels(Cut cut, long bias, int group, int count, boolean accumulate, long target) {
        for (int o = 0; o < cut.out; o++) {
            double value = Memory.get(precision, bias + (long) (group * cut.out + o) * size);
            kernel.constant(value, target + (long) o * cut.positions * size, count, accumulate);
        }
    }

    /// The matrix (out, columns) of several images goes where their y is.
    private void split(Cut cut, long joined, View bias, Cut.Panel panel, int direction, int group, boolean accumulate, Interleaved y) {
        for (int image = 0; image < panel.count(); image++) {
            long target = cut.line(y.address(panel.row() + image, direction), group, 0);
            if (bias != null) {
                fillChannels(cut, along(bias, cut.c.channels(), direction), group, cut.positions, accumulate, target);
            }
            for (int o = 0; o < cut.out; o++) {
                kernel.scaled(1, joined + ((long) o * cut.columns + (long) image * cut.positions) * size, target + (long) o * cut.positions * size,
                        cut.positions, accumulate || bias != null);
            }
        }
    }

    void convolveTransposed(int directions, Convolution c, View y, View w, boolean accumulate, View x) {
        var cut = new Cut(c, precision);
        long examples = x.rows() / directions;
        var read = new Interleaved(y, examples);
        var written = new Interleaved(x, examples);
        share(cut, examples, read, directions, (panel, worker) -> {
            long matrix = scratch[worker].address(cut.matrixBytes() + cut.joinedBytes());
            long joined = matrix + cut.matrixBytes();
            for (int image = 0; !accumulate && image < panel.count(); image++) {
                for (int k = panel.first(); k < panel.end(); k++) {
                    kernel.constant(0, written.address(panel.row() + image, k), x.columns(), false);
                }
            }
            for (int group = 0; group < c.groups(); group++) {
                if (cut.images > 1) {
                    cut.join(read, panel, panel.first(), group, joined);
                }
                for (int from = 0; from < c.window().rows().positions(); from += cut.lines) {
                    int to = Math.min(c.window().rows().positions(), from + cut.lines);
                    long cotangent = cut.images > 1 ? joined : cut.line(read.address(panel.row(), panel.first()), group, from);
                    for (int k = panel.first(); k < panel.end(); k++) {
                        foldPanel(cut, cotangent, cut.images > 1 ? cut.columns : cut.positions, along(w, c.weights(), k), panel, k, group, from, to,
                                matrix, written);
                    }
                }
            }
        });
    }

    private void foldPanel(
            Cut cut, long cotangent, int stride, long w, Cut.Panel panel, int direction, int group, int from, int to, long matrix, Interleaved x) {
        int width = cut.width(from, to);
        for (int slice = 0; slice < cut.slices(); slice++) {
            int channels = cut.sliceCount(slice);
            multiply(true, false, channels * cut.taps, width, cut.out, cut.weight(w, group, slice), cut.inner, cotangent, stride, false, matrix,
                    cut.columns);
            for (int image = 0; image < panel.count(); image++) {
                windows.fold(cut.c.window(), from, to, channels, matrix + (long) image * cut.positions * size, (long) cut.columns * size,
                        cut.plane(x.address(panel.row() + image, direction), group, slice * cut.sliceChannels));
            }
        }
    }

    /// g (m, weights): one gradient for each row of y.
    void gradientEach(Convolution c, View y, View x, boolean accumulate, View g) {
        var cut = new Cut(c, precision);
        long served = x.rows() == 0 ? 0 : y.rows() / x.rows();
        var images = new Interleaved(x, x.rows());
        int slices = c.groups() * cut.slices();
        workers.run(x.rows() * slices, (item, worker) -> {
            long row = item / slices;
            int group = (int) (item % slices) / cut.slices();
            int slice = (int) (item % slices) % cut.slices();
            long matrix = scratch[worker].address(cut.matrixBytes());
            for (int from = 0; from < c.window().rows().positions(); from += cut.lines) {
                int to = Math.min(c.window().rows().positions(), from + cut.lines);
                cut.unfold(images, new Cut.Panel(row, 1, 0, 1), 0, group, slice, from, to, matrix);
                for (long s = row * served; s < (row + 1) * served; s++) {
                    multiplyOuter(cut, slice, (to - from) * c.window().columns().positions(), cut.line(y.rowAddress(s), group, from), cut.positions,
                            matrix, accumulate || from > 0, cut.weight(g.rowAddress(s), group, slice));
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

    /// g (directions, weights): the sums over rows. A chunk's rows are shared out in parts, each summed by itself, and the parts added in ascending order.
    void gradientSum(int directions, Convolution c, View y, View x, boolean accumulate, View g) {
        var cut = new Cut(c, precision);
        long examples = Math.max(y.rows(), x.rows()) / directions;
        var cotangents = new Interleaved(y, examples);
        var images = new Interleaved(x, examples);
        int slices = c.groups() * cut.slices();
        int parts = Math.clamp(Integer.highestOneBit(Math.max(1, PIECES / slices)), 1, CHUNK / Cut.MOST_IMAGES);
        int partRows = CHUNK / parts;
        int atOnce = Math.clamp(MOST_SUMS / ((long) parts * c.weights()), 1, directions);
        long sums = waiting.address((long) parts * atOnce * c.weights() * size);
        if (examples == 0 && !accumulate) {
            kernel.constant(0, g.address(), g.length(), false);
        }
        for (int direction = 0; direction < directions; direction += atOnce) {
            int first = direction;
            int end = Math.min(directions, direction + atOnce);
            long count = (long) (end - first) * c.weights();
            for (long chunk = 0; chunk < examples; chunk += CHUNK) {
                long start = chunk;
                int rows = (int) Math.min(CHUNK, examples - start);
                int used = Math.ceilDiv(rows, partRows);
                workers.run((long) used * slices, (item, worker) -> {
                    int part = (int) item / slices;
                    int group = (int) (item % slices) / cut.slices();
                    int slice = (int) (item % slices) % cut.slices();
                    var range = new Cut.Panel(start + (long) part * partRows, Math.min(rows - part * partRows, partRows), first, end);
                    sumPart(cut, cotangents, images, range, group, slice, worker, cut.weight(sums + part * count * size, group, slice));
                });
                boolean add = accumulate || chunk > 0;
                workers.run(Math.ceilDiv(count, RANGE), (item, worker) -> {
                    long at = item * RANGE * size;
                    long entries = Math.min(RANGE, count - item * RANGE);
                    for (int part = 1; part < used; part++) {
                        kernel.scaled(1, sums + part * count * size + at, sums + at, entries, true);
                    }
                    kernel.scaled(1, sums + at, g.rowAddress(first) + at, entries, add);
                });
            }
        }
    }

    /// The sums over the images of `range` along its directions, one behind the other from `target` on.
    private void sumPart(Cut cut, Interleaved y, Interleaved x, Cut.Panel range, int group, int slice, int worker, long target) {
        long matrix = scratch[worker].address(cut.matrixBytes() + cut.joinedBytes());
        long joined = matrix + cut.matrixBytes();
        int rows = cut.c.window().rows().positions();
        for (int done = 0; done < range.count(); done += cut.images) {
            var panel = new Cut.Panel(range.row() + done, Math.min(cut.images, range.count() - done), range.first(), range.end());
            for (int from = 0; from < rows; from += cut.lines) {
                int to = Math.min(rows, from + cut.lines);
                for (int k = panel.first(); k < panel.end(); k++) {
                    if (cut.images > 1 && (k == panel.first() || y.hasDirections())) {
                        cut.join(y, panel, k, group, joined);
                    }
                    if (k == panel.first() || x.hasDirections()) {
                        cut.unfold(x, panel, k, group, slice, from, to, matrix);
                    }
                    multiplyOuter(cut, slice, panel.count() * (to - from) * cut.c.window().columns().positions(),
                            cut.images > 1 ? joined : cut.line(y.address(panel.row(), k), group, from), cut.images > 1 ? cut.columns : cut.positions,
                            matrix, done > 0 || from > 0, target + (long) (k - panel.first()) * cut.c.weights() * size);
                }
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
