package io.plumbline.backend.reference;

import static io.plumbline.backend.reference.ReferenceBackend.along;
import static io.plumbline.backend.reference.ReferenceBackend.get;
import static io.plumbline.backend.reference.ReferenceBackend.put;
import static io.plumbline.backend.reference.ReferenceBackend.row;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import java.util.Arrays;

/// What slides over images, as its definition. Letters: c, o channels in and out, a, b rows and columns of the result, k, l those of the window.
final class Windows {
    private Windows() {}

    private interface Visit {
        /// One tap on the array: entry `x` of channel c's array, at `position` a, b of the result, tap k, l.
        void at(int c, int x, int position, int tap);
    }

    /// All taps that lie on the array, in row-major order of c, a, b, k, l.
    private static void visit(Window w, Visit visit) {
        int positions = w.positions();
        for (int c = 0; c < w.channels(); c++) {
            for (int position = 0; position < positions; position++) {
                visitWindow(w, c, position, visit);
            }
        }
    }

    private static void visitWindow(Window w, int c, int position, Visit visit) {
        int columns = w.columns().positions();
        for (int k = 0; k < w.rows().size(); k++) {
            for (int l = 0; l < w.columns().size(); l++) {
                int row = w.rows().at(position / columns, k);
                int column = w.columns().at(position % columns, l);
                if (row >= 0 && row < w.height() && column >= 0 && column < w.width()) {
                    visit.at(c, (c * w.height() + row) * w.width() + column, position, k * w.columns().size() + l);
                }
            }
        }
    }

    private interface Use {
        /// y[y] += w[w] · x[x] and its adjoints.
        void at(int y, int w, int x);
    }

    /// All products of a convolution.
    private static void products(Convolution convolution, Use use) {
        Window w = convolution.window();
        int in = w.channels() / convolution.groups();
        int out = convolution.channels() / convolution.groups();
        int positions = w.positions();
        int inner = convolution.inner();
        int taps = w.taps();
        visit(w, (c, x, position, tap) -> {
            int weight = c % in * taps + tap;
            for (int o = c / in * out; o < (c / in + 1) * out; o++) {
                use.at(o * positions + position, o * inner + weight, x);
            }
        });
    }

    static void convolve(int directions, Convolution c, Tensor x, Tensor w, Tensor bias, boolean accumulate, Tensor y) {
        Tensor weights = w.reshape(w.length() / c.weights(), c.weights());
        Tensor biases = bias == null ? null : bias.reshape(bias.length() / c.channels(), c.channels());
        long examples = y.rows() / directions;
        for (long row = 0; row < y.rows(); row++) {
            long direction = row % directions;
            long i = along(x, row / directions, direction, examples);
            double[] sums = new double[y.columns()];
            for (int at = 0; bias != null && at < sums.length; at++) {
                sums[at] = get(biases, biases.rows() == 1 ? 0 : direction, at / c.window().positions());
            }
            double[] kernel = row(weights, weights.rows() == 1 ? 0 : direction);
            double[] image = row(x, i);
            products(c, (at, weight, from) -> sums[at] += kernel[weight] * image[from]);
            write(sums, accumulate, y, row);
        }
    }

    static void convolveTransposed(int directions, Convolution c, Tensor y, Tensor w, boolean accumulate, Tensor x) {
        Tensor weights = w.reshape(w.length() / c.weights(), c.weights());
        long examples = x.rows() / directions;
        for (long row = 0; row < x.rows(); row++) {
            long direction = row % directions;
            long i = along(y, row / directions, direction, examples);
            double[] sums = new double[x.columns()];
            double[] kernel = row(weights, weights.rows() == 1 ? 0 : direction);
            double[] result = row(y, i);
            products(c, (at, weight, from) -> sums[from] += kernel[weight] * result[at]);
            write(sums, accumulate, x, row);
        }
    }

    static void gradientEach(Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g) {
        for (long row = 0; row < y.rows(); row++) {
            double[] result = row(y, row);
            double[] image = row(x, row / (y.rows() / x.rows()));
            double[] sums = new double[g.columns()];
            products(c, (at, weight, from) -> sums[weight] += result[at] * image[from]);
            write(sums, accumulate, g, row);
        }
    }

    static void gradientSum(int directions, Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g) {
        long examples = Math.max(y.rows(), x.rows()) / directions;
        for (long direction = 0; direction < directions; direction++) {
            double[] sums = new double[g.columns()];
            boolean add = accumulate;
            for (long example = 0; example < examples; example++) {
                double[] result = row(y, along(y, example, direction, examples));
                double[] image = row(x, along(x, example, direction, examples));
                products(c, (at, weight, from) -> sums[weight] += result[at] * image[from]);
                if ((example + 1) % Backend.CHUNK_ROWS == 0 || example + 1 == examples) {
                    write(sums, add, g, direction);
                    Arrays.fill(sums, 0);
                    add = true;
                }
            }
        }
    }

    static void unfold(Window w, Tensor x, Tensor out) {
        for (long row = 0; row < x.rows(); row++) {
            double[] image = row(x, row);
            for (int position = 0; position < w.positions(); position++) {
                double[] taps = new double[out.columns()];
                for (int c = 0; c < w.channels(); c++) {
                    visitWindow(w, c, position, (channel, from, at, tap) -> taps[channel * w.taps() + tap] = image[from]);
                }
                write(taps, false, out, row * w.positions() + position);
            }
        }
    }

    /// For each channel and position the entry that is the largest; −1 where the window sees none.
    private static int[] largest(Window w, Tensor x, long row) {
        int positions = w.positions();
        double[] image = row(x, row);
        int[] largest = new int[w.channels() * positions];
        Arrays.fill(largest, -1);
        visit(w, (c, from, position, tap) -> {
            int at = c * positions + position;
            double best = largest[at] < 0 ? Double.NEGATIVE_INFINITY : image[largest[at]];
            double value = image[from];
            if (largest[at] < 0 || value > best || Double.isNaN(value) && !Double.isNaN(best)) {
                largest[at] = from;
            }
        });
        return largest;
    }

    static void maxPool(Window w, Tensor x, Tensor source, boolean accumulate, Tensor out) {
        for (long row = 0; row < out.rows(); row++) {
            int[] largest = largest(w, x, row / (out.rows() / x.rows()));
            for (int at = 0; at < largest.length; at++) {
                put(out, row, at, accumulate, get(source, row, largest[at]));
            }
        }
    }

    static void maxPoolTransposed(Window w, Tensor x, Tensor y, boolean accumulate, Tensor out) {
        for (long row = 0; row < out.rows(); row++) {
            int[] largest = largest(w, x, row / (out.rows() / x.rows()));
            double[] sums = new double[out.columns()];
            for (int at = 0; at < largest.length; at++) {
                sums[largest[at]] += get(y, row, at);
            }
            write(sums, accumulate, out, row);
        }
    }

    static void averagePool(Window w, boolean includePadding, Tensor x, boolean accumulate, Tensor y) {
        int positions = w.positions();
        for (long row = 0; row < y.rows(); row++) {
            double[] image = row(x, row);
            double[] sums = new double[y.columns()];
            visit(w, (c, from, position, tap) -> sums[c * positions + position] += image[from]);
            for (int at = 0; at < sums.length; at++) {
                sums[at] /= w.divisor(at % positions, includePadding);
            }
            write(sums, accumulate, y, row);
        }
    }

    static void averagePoolTransposed(Window w, boolean includePadding, Tensor y, boolean accumulate, Tensor x) {
        int positions = w.positions();
        for (long row = 0; row < y.rows(); row++) {
            double[] result = row(y, row);
            double[] sums = new double[x.columns()];
            visit(w, (c, from, position, tap) -> sums[from] += result[c * positions + position] / w.divisor(position, includePadding));
            write(sums, accumulate, x, row);
        }
    }

    private static void write(double[] values, boolean accumulate, Tensor out, long row) {
        for (int column = 0; column < values.length; column++) {
            put(out, row, column, accumulate, values[column]);
        }
    }
}
