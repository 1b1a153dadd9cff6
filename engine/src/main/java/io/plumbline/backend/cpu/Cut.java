package io.plumbline.backend.cpu;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.memory.Precision;

/// How the work of one geometry is cut, for [Convolutions], and what lies where.
final class Cut {
    /// Positions in a panel, unless a single row of the result has more.
    private static final int PANEL = 256;
    /// Rows of X in a slice, unless a single channel has more.
    private static final int SLICE = 576;
    static final int MOST_IMAGES = Backend.TILE_EXAMPLES;

    /// The images `row` to `row + count − 1` along the directions `first` to `end − 1`.
    record Panel(long row, int count, int first, int end) {}

    final Convolution c;
    private final WindowKernel windows;
    private final ProductKernel kernel;
    private final int size;
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

    Cut(Convolution c, Precision precision) {
        this.c = c;
        windows = WindowKernel.of(precision);
        kernel = ProductKernel.of(precision);
        size = precision.sizeBytes();
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
    long plane(long x, int group, int channel) {
        return x + (long) (group * in + channel) * c.window().height() * c.window().width() * size;
    }

    /// Where a group's first output channel of a row of y has the first position of an output row.
    long line(long y, int group, int line) {
        return y + ((long) group * out * positions + (long) line * c.window().columns().positions()) * size;
    }

    long weight(long w, int group, int slice) {
        return w + ((long) group * out * inner + (long) slice * sliceChannels * taps) * size;
    }

    /// What the window sees of a slice's channels: a matrix with [#columns] columns at `matrix`.
    void unfold(Interleaved x, Panel panel, int direction, int group, int slice, int from, int to, long matrix) {
        for (int image = 0; image < panel.count; image++) {
            windows.unfold(c.window(), from, to, sliceCount(slice), plane(x.address(panel.row + image, direction), group, slice * sliceChannels),
                    matrix + (long) image * positions * size, (long) columns * size);
        }
    }

    /// y of several images as one matrix (out, [#columns]) at `matrix`.
    void join(Interleaved y, Panel panel, int direction, int group, long matrix) {
        for (int image = 0; image < panel.count; image++) {
            for (int o = 0; o < out; o++) {
                kernel.scaled(1, line(y.address(panel.row + image, direction), group, 0) + (long) o * positions * size,
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
