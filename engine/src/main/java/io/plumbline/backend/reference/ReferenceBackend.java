package io.plumbline.backend.reference;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.StridedMap;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.memory.Buffer;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.List;
import java.util.Objects;

/// The oracle: every primitive as its definition, in double, in plain loops on one thread. Slow on purpose; other backends are held against it.
public final class ReferenceBackend implements Backend {
    @Override
    public String name() {
        return "reference";
    }

    @Override
    public String description() {
        return "plain loops in double, 1 thread";
    }

    @Override
    public Precision precision() {
        return Precision.F64;
    }

    @Override
    public boolean readsHostMemory() {
        return true;
    }

    @Override
    public int threads() {
        return 1;
    }

    @Override
    public Buffer allocate(long length) {
        return HostBuffer.allocate(Precision.F64, length);
    }

    @Override
    public void upload(HostBuffer source, Tensor target) {
        host(target).slice(target.offset(), target.length()).copyFrom(source);
    }

    @Override
    public void download(Tensor source, HostBuffer target) {
        target.copyFrom(host(source).slice(source.offset(), source.length()));
    }

    @Override
    public void fill(Tensor t, double value) {
        for (long row = 0; row < t.rows(); row++) {
            for (int column = 0; column < t.columns(); column++) {
                set(t, row, column, value);
            }
        }
    }

    @Override
    public void multiply(int directions, Tensor x, Tensor w, boolean transposed, Tensor bias, boolean accumulate, Tensor y) {
        int rows = transposed ? y.columns() : x.columns();
        check(hasOrServes(directions, x, y) && w.columns() == (transposed ? x.columns() : y.columns()), "multiply", x, w, y);
        check(w.rows() == rows || w.rows() == (long) directions * rows, "multiply", x, w, y);
        check(bias == null || bias.columns() == y.columns() && oneOrEach(directions, bias, y.columns()), "multiply", x, w, bias, y);
        double[] matrices = values(w);
        for (long i = 0; i < y.rows(); i++) {
            double[] row = row(x, x.rows() == y.rows() ? i : i / directions);
            int matrix = w.rows() == rows ? 0 : (int) (i % directions) * rows * w.columns();
            for (int j = 0; j < y.columns(); j++) {
                double sum = 0;
                for (int k = 0; k < row.length; k++) {
                    sum += row[k] * matrices[matrix + (transposed ? j * w.columns() + k : k * w.columns() + j)];
                }
                put(y, i, j, accumulate, bias == null ? sum : sum + get(bias, i % bias.rows(), j));
            }
        }
    }

    @Override
    public void sumOuter(int directions, Tensor a, Tensor b, boolean accumulate, Tensor g) {
        check(haveDirections(directions, a, b) && g.rows() == (long) directions * a.columns() && g.columns() == b.columns(), "sumOuter", a, b, g);
        if (!accumulate) {
            fill(g, 0);
        }
        double[] left = values(a);
        double[] right = values(b);
        long rows = Math.max(a.rows(), b.rows()) / directions;
        for (long from = 0; from < rows; from += CHUNK_ROWS) {
            long to = Math.min(rows, from + CHUNK_ROWS);
            for (long r = 0; r < g.rows(); r++) {
                long direction = r / a.columns();
                int column = (int) (r % a.columns());
                for (int c = 0; c < g.columns(); c++) {
                    double sum = 0;
                    for (long row = from; row < to; row++) {
                        int i = (int) along(a, row, direction, rows) * a.columns() + column;
                        int j = (int) along(b, row, direction, rows) * b.columns() + c;
                        sum += left[i] * right[j];
                    }
                    put(g, r, c, true, sum);
                }
            }
        }
    }

    /// The row of t, which has directions or serves all, for row `row` of `rows` along `direction`.
    static long along(Tensor t, long row, long direction, long rows) {
        return t.rows() == rows ? row : row * (t.rows() / rows) + direction;
    }

    /// Whether t has the directions that out has, or serves all of them.
    private static boolean hasOrServes(int directions, Tensor t, Tensor out) {
        return directions > 0 && (t.rows() == out.rows() || t.rows() * directions == out.rows());
    }

    /// Whether both tensors have the directions, or one has them and the other serves all.
    private static boolean haveDirections(int directions, Tensor a, Tensor b) {
        return directions > 0 && Math.max(a.rows(), b.rows()) % directions == 0
                && (a.rows() == b.rows() || Math.min(a.rows(), b.rows()) * directions == Math.max(a.rows(), b.rows()));
    }

    @Override
    public void sumOuterEach(int terms, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        int r = a.columns();
        int c = b.columns();
        long m = out.rows();
        check(out.columns() == r * c && a.rows() % terms == 0 && b.rows() % terms == 0, "sumOuterEach", a, b, out);
        check(m % (a.rows() / terms) == 0 && m % (b.rows() / terms) == 0, "sumOuterEach", a, b, out);
        double[] left = values(a);
        double[] right = values(b);
        for (long s = 0; s < m; s++) {
            int partOfA = (int) (s / (m * terms / a.rows())) * terms * r;
            int partOfB = (int) (s / (m * terms / b.rows())) * terms * c;
            for (int i = 0; i < r; i++) {
                for (int j = 0; j < c; j++) {
                    double sum = 0;
                    for (int t = 0; t < terms; t++) {
                        sum += left[partOfA + t * r + i] * right[partOfB + t * c + j];
                    }
                    put(out, s, i * c + j, accumulate, sum);
                }
            }
        }
    }

    @Override
    public void activate(Activation f, int order, Tensor x, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        check(divides(x, out) && divides(a, out) && divides(b, out), "activate", x, a, b, out);
        check(x.columns() == out.columns() && (a == null || a.columns() == out.columns()) && (b == null || b.columns() == out.columns()), "activate",
                x, a, b, out);
        for (long row = 0; row < out.rows(); row++) {
            for (int column = 0; column < out.columns(); column++) {
                double value = f.value(order, broadcast(x, row, column, out.rows()));
                if (a != null) {
                    value *= broadcast(a, row, column, out.rows());
                }
                if (b != null) {
                    value *= broadcast(b, row, column, out.rows());
                }
                put(out, row, column, accumulate, value);
            }
        }
    }

    @Override
    public void product(double alpha, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        long rows = Math.max(out.rows(), Math.max(a.rows(), b == null ? 0 : b.rows()));
        int columns = Math.max(out.columns(), Math.max(a.columns(), b == null ? 0 : b.columns()));
        for (Tensor t : b == null ? List.of(a, out) : List.of(a, b, out)) {
            check(rows % t.rows() == 0 && (t.columns() == columns || t.columns() == 1), "product", a, b, out);
        }
        if (!accumulate) {
            fill(out, 0);
        }
        long group = rows / out.rows();
        for (long row = 0; row < out.rows(); row++) {
            for (int column = 0; column < out.columns(); column++) {
                for (long from = row * group; from < (row + 1) * group; from += CHUNK_ROWS) {
                    double sum = 0;
                    for (long r = from; r < Math.min((row + 1) * group, from + CHUNK_ROWS); r++) {
                        for (int c = out.columns() == 1 ? 0 : column; c < (out.columns() == 1 ? columns : column + 1); c++) {
                            sum += alpha * broadcast(a, r, c, rows) * (b == null ? 1 : broadcast(b, r, c, rows));
                        }
                    }
                    put(out, row, column, true, sum);
                }
            }
        }
    }

    @Override
    public double[] rowProducts(Tensor a, Tensor b) {
        check(a.columns() == b.columns(), "rowProducts", a, b);
        double[] out = new double[Math.toIntExact(a.rows() * b.rows())];
        for (int i = 0; i < a.rows(); i++) {
            for (int j = 0; j < b.rows(); j++) {
                for (int c = 0; c < a.columns(); c++) {
                    out[(int) (i * b.rows()) + j] += get(a, i, c) * get(b, j, c);
                }
            }
        }
        return out;
    }

    @Override
    public void convolve(int directions, Convolution c, Tensor x, Tensor w, Tensor bias, boolean accumulate, Tensor y) {
        check(hasOrServes(directions, x, y) && oneOrEach(directions, w, c.weights()), "convolve", x, w, bias, y);
        check(bias == null || oneOrEach(directions, bias, c.channels()), "convolve", x, w, bias, y);
        check(x.columns() == c.window().size() && y.columns() == c.size(), "convolve", x, w, y);
        Windows.convolve(directions, c, x, w, bias, accumulate, y);
    }

    /// Whether t holds `count` numbers, or so many for each direction.
    private static boolean oneOrEach(int directions, Tensor t, long count) {
        return t.length() == count || t.length() == directions * count;
    }

    @Override
    public void convolveTransposed(int directions, Convolution c, Tensor y, Tensor w, boolean accumulate, Tensor x) {
        check(hasOrServes(directions, y, x) && oneOrEach(directions, w, c.weights()), "convolveTransposed", y, w, x);
        check(x.columns() == c.window().size() && y.columns() == c.size(), "convolveTransposed", y, w, x);
        Windows.convolveTransposed(directions, c, y, w, accumulate, x);
    }

    @Override
    public void convolutionGradient(int directions, Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g) {
        check(x.columns() == c.window().size() && y.columns() == c.size() && g.columns() == c.weights(), "convolutionGradient", y, x, g);
        if (g.rows() == directions && haveDirections(directions, y, x)) {
            Windows.gradientSum(directions, c, y, x, accumulate, g);
        } else {
            check(directions == 1 && divides(x, y) && g.rows() == y.rows(), "convolutionGradient", y, x, g);
            Windows.gradientEach(c, y, x, accumulate, g);
        }
    }

    @Override
    public void unfold(Window w, Tensor x, Tensor out) {
        check(x.columns() == w.size() && out.rows() == x.rows() * w.positions() && out.columns() == w.channels() * w.taps(), "unfold", x, out);
        Windows.unfold(w, x, out);
    }

    @Override
    public void maxPool(Window w, Tensor x, Tensor source, boolean accumulate, Tensor out) {
        check(divides(x, out) && source.rows() == out.rows() && x.columns() == w.size(), "maxPool", x, source, out);
        check(source.columns() == w.size() && out.columns() == w.channels() * w.positions(), "maxPool", x, source, out);
        Windows.maxPool(w, x, source, accumulate, out);
    }

    @Override
    public void maxPoolTransposed(Window w, Tensor x, Tensor y, boolean accumulate, Tensor out) {
        check(y.rows() == out.rows() && divides(x, out) && x.columns() == w.size(), "maxPoolTransposed", x, y, out);
        check(out.columns() == w.size() && y.columns() == w.channels() * w.positions(), "maxPoolTransposed", x, y, out);
        Windows.maxPoolTransposed(w, x, y, accumulate, out);
    }

    @Override
    public void averagePool(Window w, boolean includePadding, Tensor x, boolean accumulate, Tensor y) {
        check(x.rows() == y.rows() && x.columns() == w.size() && y.columns() == w.channels() * w.positions(), "averagePool", x, y);
        Windows.averagePool(w, includePadding, x, accumulate, y);
    }

    @Override
    public void averagePoolTransposed(Window w, boolean includePadding, Tensor y, boolean accumulate, Tensor x) {
        check(x.rows() == y.rows() && x.columns() == w.size() && y.columns() == w.channels() * w.positions(), "averagePoolTransposed", y, x);
        Windows.averagePoolTransposed(w, includePadding, y, accumulate, x);
    }

    @Override
    public void copy(StridedMap map, double alpha, Tensor x, boolean accumulate, Tensor out) {
        check(x.rows() == out.rows() && map.lastRead() < x.columns() && map.lastWritten() < out.columns(), "copy", x, out);
        if (!accumulate) {
            fill(out, 0);
        }
        for (long row = 0; row < out.rows(); row++) {
            double[] sums = new double[out.columns()];
            copy(map, 0, map.from(), map.to(), x, row, sums);
            for (int column = 0; column < out.columns(); column++) {
                put(out, row, column, true, alpha * sums[column]);
            }
        }
    }

    /// Adds what the axes from `axis` on move, starting at entry `from` of the row and `to` of the sums.
    private static void copy(StridedMap map, int axis, int from, int to, Tensor x, long row, double[] sums) {
        if (axis == map.axes().size()) {
            sums[to] += get(x, row, from);
            return;
        }
        StridedMap.Axis a = map.axes().get(axis);
        for (int i = 0; i < a.extent(); i++) {
            copy(map, axis + 1, from + i * a.fromStride(), to + i * a.toStride(), x, row, sums);
        }
    }

    @Override
    public void gather(Tensor x, int[] rows, Tensor out) {
        check(out.rows() == rows.length && x.columns() == out.columns(), "gather", x, out);
        for (int i = 0; i < rows.length; i++) {
            Objects.checkIndex(rows[i], x.rows());
            for (int column = 0; column < out.columns(); column++) {
                set(out, i, column, get(x, rows[i], column));
            }
        }
    }

    @Override
    public void gramTile(List<GramTerm> terms, int outputs, Tensor m) {
        Grams.tile(terms, m);
    }

    @Override
    public void gramSums(List<GramTerm> terms, int rowFrom, int rowExamples, int columnFrom, int columnExamples, double[] residuals, GramSums sums) {
        Grams.sums(terms, rowFrom, rowExamples, columnFrom, columnExamples, residuals, sums);
    }

    @Override
    public double[] symmetricEigenvalues(HostBuffer matrix, int n) {
        return Jacobi.eigenvalues(matrix, n);
    }

    @Override
    public double[] symmetricEigenvectors(HostBuffer matrix, int n) {
        return Jacobi.eigenvectors(matrix, n);
    }

    @Override
    public void close() {}

    private static HostBuffer host(Tensor t) {
        if (t.buffer() instanceof HostBuffer host && host.precision() == Precision.F64) {
            return host;
        }
        throw new IllegalArgumentException("reference: a tensor is not in host memory in double");
    }

    /// All of t, row by row.
    static double[] values(Tensor t) {
        return host(t).slice(t.offset(), t.length()).toArray();
    }

    static double[] row(Tensor t, long row) {
        return values(t.rows(row, 1));
    }

    static double get(Tensor t, long row, int column) {
        return host(t).get(t.offset() + row * t.columns() + column);
    }

    static void set(Tensor t, long row, int column, double value) {
        host(t).set(t.offset() + row * t.columns() + column, value);
    }

    static void put(Tensor t, long row, int column, boolean accumulate, double value) {
        set(t, row, column, accumulate ? get(t, row, column) + value : value);
    }

    /// The entry of t that serves (row, column) of a computation over `rows` rows.
    private static double broadcast(Tensor t, long row, int column, long rows) {
        return get(t, row / (rows / t.rows()), t.columns() == 1 ? 0 : column);
    }

    private static boolean divides(Tensor t, Tensor out) {
        return t == null || out.rows() % t.rows() == 0;
    }

    private static void check(boolean fits, String primitive, Tensor... tensors) {
        if (!fits) {
            var shapes = new StringBuilder();
            for (Tensor t : tensors) {
                shapes.append(' ').append(t == null ? "none" : t.shape());
            }
            throw new IllegalArgumentException(primitive + ": shapes do not fit:" + shapes);
        }
    }
}
