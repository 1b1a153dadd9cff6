package io.plumbline.backend.cuda;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.backend.Window.Span;
import io.plumbline.memory.Precision;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// Convolutions and their adjoints as products of matrices, one factor of which is read from the images as it is needed (implicit GEMM; sliding.cuh).
///
/// | | product in each group | m × n × k |
/// |---|---|---|
/// | y | w · X | O × images·positions × C·taps |
/// | x̄ | wᵀ · Ȳ | C × images·H·W × O·taps |
/// | w̄ | Ȳ · Xᵀ | O × C·taps × images·positions |
///
/// An entry is summed over k in ascending order whatever the tiles, so tiles are chosen for speed alone. Only w̄ summed over images has its k cut into parts,
/// which the geometry decides. Where directions share the images that are read, they are channels of one product: y of an image along d of them is an
/// image of d·O channels.
final class Convolutions {
    /// Channels written in a group, up to which each entry has a thread of its own.
    private static final int FEW = 2;
    /// Positions that the windows of a thread lie apart at most (sliding.cuh); their numbers are reached with 32 bits.
    private static final int SPREAD = 96;
    private static final long PACK_BYTES = 16;
    /// Threads that the parts of a chunk are to occupy, as far as parts are at least so long.
    private static final int PART_THREADS = 1 << 16;
    private static final int SHORTEST_PART = 256;
    private static final int LONGEST_PART = 1 << 30;
    /// Parts begin at multiples of this.
    private static final int PART_UNIT = 32;
    /// Threads that add up the parts of an entry, where there are more than so many.
    private static final int SLICES = 32;
    private static final int UNSLICED = 8;
    /// What partial sums take at a time, unless one chunk along one direction has more.
    private static final long PARTS_BYTES = 256L << 20;
    private static final int MOST_BLOCKS_Y = 65_535;

    private final Launcher launcher;
    private final DeviceScratch scratch;
    private final int multiprocessors;
    private final List<Tiling> tilings;
    private final List<Tiling> gradientTilings;

    Convolutions(Launcher launcher, DeviceScratch scratch) {
        this.launcher = launcher;
        this.scratch = scratch;
        multiprocessors = launcher.context().multiprocessors();
        int columns = launcher.precision() == Precision.F32 ? 128 : 64;
        var of32 = new Tiling("32", 32, columns, 128, 1.5);
        var of64 = new Tiling("64", 64, columns, 128, 1.1);
        var of128 = new Tiling("128", 128, columns, 256, 1);
        tilings = List.of(of128, of64, of32, new Tiling("16", 16, 128, 128, 2.4));
        gradientTilings = List.of(of128, of64, of32, new Tiling("128_32", 128, 32, 128, 1.35), new Tiling("32_32", 32, 32, 64, 2));
    }

    /// A block of so many threads computes rows × columns entries of a product.
    ///
    /// @param cost of an entry, relative to the largest tiles: instructions counted in the source, for 3 × 3 taps in float
    private record Tiling(String name, int rows, int columns, int threads, double cost) {
        long tiles(long m, long n) {
            return Math.ceilDiv(m, rows) * Math.ceilDiv(n, columns);
        }

        double cost(long tiles) {
            return tiles * cost * rows * columns;
        }
    }

    private static Tiling cheapest(List<Tiling> tilings, ToDoubleFunction<Tiling> cost) {
        return tilings.stream().min(Comparator.comparingDouble(cost)).orElseThrow();
    }

    /// One axis of a window: tap t at position p reads entry from + p·step + t·tap of `extent`.
    private record Axis(int extent, int from, int step, int tap, int taps, int positions) {
        static Axis of(int extent, Span s) {
            return new Axis(extent, -s.padBefore(), s.stride(), s.dilation(), s.size(), s.positions());
        }
    }

    private record Slide(Axis row, Axis column) {
        static Slide of(Window w) {
            return new Slide(Axis.of(w.height(), w.rows()), Axis.of(w.width(), w.columns()));
        }

        int taps() {
            return row.taps * column.taps;
        }

        int positions() {
            return row.positions * column.positions;
        }
    }

    private void slide(Slide s) {
        axis(s.row);
        axis(s.column);
        launcher.i32(s.row.taps);
        divisor(s.taps());
        divisor(s.column.taps);
        divisor(s.positions());
        divisor(s.column.positions);
    }

    private void axis(Axis a) {
        launcher.i32(a.extent).i32(a.from).i32(a.step).i32(a.tap);
    }

    private void divisor(int d) {
        int shift = Integer.SIZE - Integer.numberOfLeadingZeros(d - 1);
        launcher.i32(d).i32((int) Math.ceilDiv(1L << 31 + shift, (long) d)).i32(shift);
    }

    /// Where the numbers of a convolution or its adjoint in x lie: `in` channels of images x are read in each group, `out` channels of images y are written.
    private record Layout(long xDirection, long xStride, long wDirection, long biasDirection, long yDirection, long yStride, long images,
            int directions, int groups, int in, int out) {
        /// @param stacked whether the weights along several directions are weights of so many times more channels
        static Layout of(int directions, Convolution c, Tensor x, Tensor w, Tensor bias, Tensor y, int in, int out, boolean stacked) {
            boolean apart = directions > 1 && x.rows() == y.rows();
            boolean ofWeights = w.length() != c.weights();
            boolean ofBias = bias != null && bias.length() != c.channels();
            int width = x.columns();
            if (directions == 1 || apart && !ofWeights && !ofBias) {
                return new Layout(0, width, 0, 0, 0, y.columns(), y.rows(), 1, c.groups(), in, out);
            }
            long images = y.rows() / directions;
            long yStride = (long) directions * y.columns();
            if (stacked && c.groups() == 1 && !apart && ofWeights && (bias == null || ofBias)) {
                return new Layout(0, width, 0, 0, 0, yStride, images, 1, 1, in, Math.multiplyExact(directions, out));
            }
            return new Layout(apart ? width : 0, apart ? (long) directions * width : width, ofWeights ? c.weights() : 0, ofBias ? c.channels() : 0,
                    y.columns(), yStride, images, directions, c.groups(), in, out);
        }

        /// For entries that nothing reaches.
        Layout readingNothing() {
            return new Layout(xDirection, xStride, wDirection, biasDirection, yDirection, yStride, images, directions, groups, 0, out);
        }

        /// With weights as rows so many numbers apart.
        Layout withWeightsEvery(int row) {
            return new Layout(xDirection, xStride, wDirection == 0 ? 0 : (long) groups * out * row, biasDirection, yDirection, yStride, images,
                    directions,
                    groups, in, out);
        }

        Layout ofOneImage() {
            return new Layout(xDirection, xStride, wDirection, biasDirection, yDirection, yStride, 1, directions, groups, in, out);
        }
    }

    /// Where weights lie, from a group's first on: that of result channel m, channel c read and tap (k, l) at m·result + c·read + from + k·row + l·column.
    private record Weights(int group, int result, int read, int from, int row, int column) {
        /// Whether those of a result channel are a row as it stands, and the groups' one behind the other.
        boolean areRows(Slide s, int in) {
            return result == in * s.taps() && read == s.taps() && from == 0 && row == s.column.taps && column == 1;
        }
    }

    private void layout(Layout l) {
        launcher.i64(l.xDirection).i64(l.xStride).i64(l.wDirection).i64(l.biasDirection).i64(l.yDirection).i64(l.yStride).i64(l.images);
        launcher.i32(l.directions).i32(l.groups).i32(l.in).i32(l.out);
    }

    private void ints(int... values) {
        for (int value : values) {
            launcher.i32(value);
        }
    }

    void convolve(int directions, Convolution c, Tensor x, Tensor w, Tensor bias, boolean accumulate, Tensor y) {
        int in = c.window().channels() / c.groups();
        int out = c.channels() / c.groups();
        var s = Slide.of(c.window());
        var weights = new Weights(out * c.inner(), c.inner(), s.taps(), 0, s.column.taps, 1);
        int[] target = {s.positions(), 0, s.column.positions, 1};
        pass(Layout.of(directions, c, x, w, bias, y, in, out, out > FEW), out <= FEW, x, w, bias, y, weights, s, target, accumulate);
    }

    /// @param few whether each entry has a thread of its own
    private void pass(Layout l, boolean few, Tensor x, Tensor w, Tensor bias, Tensor y, Weights weights, Slide s, int[] target, boolean accumulate) {
        if (few) {
            launcher.kernel("convolve_direct").tensor(x).tensor(w).tensor(bias).tensor(y);
            layout(l);
            ints(weights.group, weights.result, weights.read, weights.from, weights.row, weights.column);
            slide(s);
            ints(target);
            launcher.i32(accumulate ? 1 : 0);
            divisor(l.groups * l.out);
            launcher.share(l.images * s.positions() * l.groups * l.out, 256);
            return;
        }
        long rowBytes = (long) l.in * s.taps() * launcher.precision().sizeBytes();
        long address = Launcher.address(w, launcher.precision());
        if (weights.areRows(s, l.in) && (address | rowBytes | l.wDirection * launcher.precision().sizeBytes()) % PACK_BYTES == 0) {
            product(l, x, address, l.in * s.taps(), bias, y, s, target, accumulate);
        } else {
            int row = (int) (Math.ceilDiv(rowBytes, PACK_BYTES) * PACK_BYTES / launcher.precision().sizeBytes());
            product(l.withWeightsEvery(row), x, rows(l, w, weights, s, row), row, bias, y, s, target, accumulate);
        }
    }

    /// The address of the weights as matrices whose rows lie `row` numbers apart.
    private long rows(Layout l, Tensor w, Weights weights, Slide s, int row) {
        long rows = (long) (l.wDirection == 0 ? 1 : l.directions) * l.groups * l.out;
        long address = scratch.address("weights in order", rows * row * launcher.precision().sizeBytes());
        int inner = l.in * s.taps();
        if (inner > 0) {
            launcher.kernel("weights_in_order").tensor(w).i64(l.wDirection);
            ints(weights.group, weights.result, weights.read, weights.from, weights.row, weights.column);
            divisor(inner);
            divisor(s.taps());
            divisor(s.column.taps);
            divisor(l.out);
            divisor(l.groups);
            launcher.i64(rows).i32(row).address(address).share(rows * inner, 256);
        }
        return address;
    }

    /// One launch; one an image where images lie very far apart.
    private void product(Layout l, Tensor x, long weights, int row, Tensor bias, Tensor y, Slide s, int[] target, boolean accumulate) {
        if (l.images > 1 && l.xStride > Integer.MAX_VALUE / (SPREAD / s.positions() + 2)) {
            for (long image = 0; image < l.images; image++) {
                product(l.ofOneImage(), from(x, image * l.xStride), weights, row, bias, from(y, image * l.yStride), s, target, accumulate);
            }
            return;
        }
        long columns = l.images * s.positions();
        Tiling tiling = cheapest(tilings, t -> t.cost(Math.ceilDiv(blocks(t, l, columns), multiprocessors)));
        launcher.kernel("convolve_" + tiling.name).tensor(x).address(weights).tensor(bias).tensor(y);
        layout(l);
        launcher.i64(row);
        slide(s);
        ints(target);
        launcher.i32(accumulate ? 1 : 0).launch(blocks(tiling, l, columns), 1, 1, tiling.threads, 0);
    }

    /// What is left of t from there on, as one row after the other.
    private static Tensor from(Tensor t, long numbers) {
        long row = numbers / t.columns();
        return t.rows(row, t.rows() - row);
    }

    private static long blocks(Tiling t, Layout l, long columns) {
        return t.tiles(l.out, columns) * l.groups * l.directions;
    }

    void convolveTransposed(int directions, Convolution c, Tensor y, Tensor w, boolean accumulate, Tensor x) {
        Window window = c.window();
        int in = c.channels() / c.groups();
        int out = window.channels() / c.groups();
        Layout layout = Layout.of(directions, c, y, w, null, x, in, out, false);
        for (int row = 0; row < Math.min(window.rows().stride(), window.height()); row++) {
            for (int column = 0; column < Math.min(window.columns().stride(), window.width()); column++) {
                var rows = Remainder.of(row, window.height(), window.rows());
                var columns = Remainder.of(column, window.width(), window.columns());
                boolean reached = rows.reached && columns.reached;
                if (reached || !accumulate) {
                    var weights = new Weights(in * c.inner(), window.taps(), c.inner(), rows.firstTap * window.columns().size() + columns.firstTap,
                            rows.tapStep * window.columns().size(), columns.tapStep);
                    int[] target = {window.height() * window.width(), row * window.width() + column, window.rows().stride() * window.width(),
                        window.columns().stride()};
                    pass(reached ? layout : layout.readingNothing(), out <= FEW, y, w, null, x, weights,
                            new Slide(rows.read, columns.read), target, accumulate);
                }
            }
        }
    }

    /// The entries of an axis that leave one remainder by the stride, and what reaches them (convolve.cu).
    ///
    /// @param read     the positions of the convolution, as what a window slides over from entry to entry
    /// @param firstTap of those that reach the entries, which are tapStep apart
    /// @param reached  whether any does
    private record Remainder(Axis read, int firstTap, int tapStep, boolean reached) {
        static Remainder of(int remainder, int extent, Span s) {
            int common = gcd(s.stride(), s.dilation());
            int tapStep = s.stride() / common;
            int entries = Math.ceilDiv(extent - remainder, s.stride());
            for (int tap = 0; tap < Math.min(tapStep, s.size()); tap++) {
                int reach = remainder + s.padBefore() - tap * s.dilation();
                if (reach % s.stride() == 0) {
                    int taps = Math.ceilDiv(s.size() - tap, tapStep);
                    return new Remainder(new Axis(s.positions(), reach / s.stride(), 1, -s.dilation() / common, taps, entries), tap, tapStep, true);
                }
            }
            return new Remainder(new Axis(s.positions(), 0, 1, 0, 1, entries), 0, 0, false);
        }

        private static int gcd(int a, int b) {
            return b == 0 ? a : gcd(b, a % b);
        }
    }

    /// g (m, weights): one gradient for each row of y. Rows of y that share an image are channels of one product.
    void gradientEach(Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g) {
        if (y.rows() == 0) {
            return;
        }
        int out = c.channels() / c.groups();
        int served = Math.toIntExact(y.rows() / x.rows());
        int stacked = c.groups() == 1 && out > FEW ? served : 1;
        int images = Math.toIntExact(y.rows() / stacked);
        var sums = new Summation(0, (long) stacked * y.columns(), 0, x.columns(), images, served / stacked, 1, images, 1, c.window().positions(),
                c.groups(), Math.multiplyExact(stacked, out), c.window().channels() / c.groups());
        gradients(c, sums, images, y, x, Launcher.address(g, launcher.precision()), accumulate);
    }

    /// The arguments of the same name (convolution_gradient.cu).
    private record Summation(long yDirection, long yStride, long xDirection, long xStride, long images, int served, int chunkImages, int chunks,
            int directions, int length, int groups, int out, int in) {}

    /// `count` sums, one behind the other from `g` on.
    private void gradients(Convolution c, Summation sums, int count, Tensor y, Tensor x, long g, boolean accumulate) {
        boolean few = c.channels() / c.groups() <= FEW;
        Tiling tiling = gradientTiling(sums.out, c.inner());
        launcher.kernel(few ? "convolution_gradient_direct" : "convolution_gradient_" + tiling.name).tensor(y).tensor(x).address(g);
        launcher.i64(sums.yDirection).i64(sums.yStride).i64(sums.xDirection).i64(sums.xStride).i64(sums.images);
        ints(sums.served, sums.chunkImages, sums.chunks, sums.directions, sums.length, sums.groups, sums.out, sums.in);
        slide(Slide.of(c.window()));
        launcher.i32(accumulate ? 1 : 0);
        if (few) {
            launcher.i64(count);
            divisor(c.weights());
            divisor(c.inner());
            launcher.share((long) count * c.weights(), 256);
        } else {
            launcher.launch(tiling.tiles(sums.out, c.inner()) * sums.groups * count, 1, 1, tiling.threads, 0);
        }
    }

    private Tiling gradientTiling(int out, int inner) {
        return cheapest(gradientTilings, t -> t.cost(t.tiles(out, inner)));
    }

    /// Of (image, position) in a part of a chunk: enough parts to occupy the device, by the geometry alone.
    private int partLength(Convolution c) {
        int out = c.channels() / c.groups();
        Tiling tiling = gradientTiling(out, c.inner());
        long threads = out <= FEW ? c.weights() : tiling.tiles(out, c.inner()) * c.groups() * tiling.threads;
        long parts = Math.ceilDiv(PART_THREADS, threads);
        long length = Math.ceilDiv((long) Backend.CHUNK_ROWS * c.window().positions(), parts);
        return Math.clamp(Math.ceilDiv(length, PART_UNIT) * PART_UNIT, SHORTEST_PART, LONGEST_PART);
    }

    /// g (directions, weights): the sums over rows.
    void gradientSum(int directions, Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g) {
        long examples = Math.max(y.rows(), x.rows()) / directions;
        if (examples == 0) {
            if (!accumulate) {
                launcher.kernel("fill").tensor(g).i64(g.length()).real(0).share(g.length(), 256);
            }
            return;
        }
        int length = partLength(c);
        long positions = c.window().positions();
        long perChunk = Math.ceilDiv(Math.min(examples, Backend.CHUNK_ROWS) * positions, length) * c.weights() * launcher.precision().sizeBytes();
        int directionsAtOnce = Math.clamp(PARTS_BYTES / perChunk, 1, directions);
        long chunksAtOnce = Math.max(1, PARTS_BYTES / (perChunk * directionsAtOnce)) * Backend.CHUNK_ROWS;
        for (int direction = 0; direction < directions; direction += directionsAtOnce) {
            int count = Math.min(directionsAtOnce, directions - direction);
            for (long first = 0; first < examples; first += chunksAtOnce) {
                gradientSum(directions, direction, count, first, Math.min(chunksAtOnce, examples - first), c, length, y, x, accumulate || first > 0,
                        g);
            }
        }
    }

    /// The same for `examples` of them from `example` on, along `count` directions from `direction` on.
    private void gradientSum(int directions, int direction, int count, long example, long examples, Convolution c, int length, Tensor y, Tensor x,
            boolean accumulate, Tensor g) {
        var ofY = Interleaved.of(directions, y, x);
        var ofX = Interleaved.of(directions, x, y);
        int out = c.channels() / c.groups();
        boolean stacked = c.groups() == 1 && out > FEW && ofY.directions > 1 && ofX.directions == 1;
        int chunks = (int) Math.ceilDiv(examples, Backend.CHUNK_ROWS);
        int parts = Math.toIntExact(Math.ceilDiv(Math.min(examples, Backend.CHUNK_ROWS) * c.window().positions(), length));
        var sums = new Summation(ofY.direction(), ofY.example(), ofX.direction(), ofX.example(), examples, 1, Backend.CHUNK_ROWS, chunks,
                stacked ? 1 : count, length, c.groups(), stacked ? count * out : out, c.window().channels() / c.groups());
        Tensor fromY = ofY.from(example, direction);
        Tensor fromX = ofX.from(example, direction);
        Tensor target = g.rows(direction, count);
        long n = target.length();
        int size = launcher.precision().sizeBytes();
        if (parts == 1 && chunks == 1) {
            gradients(c, sums, sums.directions, fromY, fromX, Launcher.address(target, launcher.precision()), accumulate);
            return;
        }
        long ofParts = scratch.address("sums of parts", (long) parts * chunks * n * size);
        gradients(c, sums, parts * chunks * sums.directions, fromY, fromX, ofParts, false);
        long ofChunks = ofParts;
        if (parts > 1) {
            // By the parts of a whole chunk: a chunk's sum is the same next to a whole one and alone.
            int slices = (long) Backend.CHUNK_ROWS * c.window().positions() > (long) length * UNSLICED ? SLICES : 1;
            int threads = slices > 1 ? 1024 : 256;
            launcher.kernel("fold_parts").address(ofParts).i32(parts).i32(chunks).i64(n).i32(slices);
            if (chunks == 1) {
                launcher.i32(accumulate ? 1 : 0).tensor(target);
            } else {
                ofChunks = scratch.address("sums of chunks", chunks * n * size);
                launcher.i32(0).address(ofChunks);
            }
            launcher.launch(Math.ceilDiv(n * slices, threads), Math.min(chunks, MOST_BLOCKS_Y), 1, threads, 0);
        }
        if (chunks > 1) {
            launcher.kernel("fold").address(ofChunks).i32(chunks).i64(n).i32(accumulate ? 1 : 0).tensor(target).share(n, 256);
        }
    }

    /// A tensor whose row i·d + k is example i along direction k; d is 1 where it serves all.
    private record Interleaved(Tensor t, int directions) {
        static Interleaved of(int directions, Tensor t, Tensor other) {
            return new Interleaved(t, t.rows() >= other.rows() ? directions : 1);
        }

        /// Numbers from one direction to the next.
        long direction() {
            return directions > 1 ? t.columns() : 0;
        }

        /// Numbers from one example to the next.
        long example() {
            return (long) directions * t.columns();
        }

        /// What is left from there on.
        Tensor from(long example, int direction) {
            long row = example * directions + (directions > 1 ? direction : 0);
            return t.rows(row, t.rows() - row);
        }
    }
}
