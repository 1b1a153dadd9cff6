package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.StridedMap;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.Buffer;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;

/// The reference, but for an error in every entry of every result, as large as a device may at most make in that primitive:
///
/// found = exact + s · c · u · A,
///
/// A what the reference computes from the operands' magnitudes (and the magnitude of what was there, if the call accumulates), c a number of roundings,
/// s from `signs`. This is where all bounds come from: at s = 1 the difference to the reference is a primitive's bound; with s random in [−1, 1] it is what
/// errors of that size become on their way through a network.
///
/// | sum of k products | c | because |
/// |---|---|---|
/// | in the device's precision | √k + 2 | roundings of both signs: √k·u·Σ\|aᵢbᵢ\| accepts every correct order of summation (Higham & Mary 2019, SIAM J. Sci. Comput. 41, A2815: λ√k with partial sums taken as large as Σ\|aᵢbᵢ\|, which they are not); a product's own rounding, and storing it |
/// | in double | 4 + chunks + √k·2⁻⁵³/u | α rounded, two products, storing; a rounding for each chunk of rows that is added |
/// | one term, moved | 0, and 1 if it is added | bits must be equal |
///
/// Errors are made with u = [#UNIT], whatever the precision, so that exact entries can be subtracted again without loss; [Subject#bounds] scales them.
final class Rounded implements Backend {
    /// u here.
    static final double UNIT = 0x1p-24;

    private final Workspace workspace = new Workspace(Subject.REFERENCE);
    private final Precision precision;
    private final double wide;
    private final DoubleSupplier signs;

    /// @param precision of the device whose errors these are
    Rounded(Precision precision, DoubleSupplier signs) {
        this.precision = precision;
        this.signs = signs;
        wide = Precision.F64.unitRoundoff() / precision.unitRoundoff();
    }

    private interface Primitive {
        void call(Tensor[] operands, boolean accumulate, Tensor out);
    }

    private interface Scaled {
        void call(double alpha, Tensor[] operands, boolean accumulate, Tensor out);
    }

    private void round(double roundings, boolean accumulate, Tensor out, Primitive primitive, Tensor... operands) {
        round(roundings, 1, accumulate, out, (_, t, add, o) -> primitive.call(t, add, o), operands);
    }

    /// The primitive, and an error of `roundings` roundings of what it makes of the magnitudes of `alpha` and `operands`.
    private void round(double roundings, double alpha, boolean accumulate, Tensor out, Scaled primitive, Tensor... operands) {
        try (var _ = workspace.frame()) {
            Tensor magnitude = accumulate ? magnitudes(out) : workspace.tensor(out.rows(), out.columns());
            primitive.call(Math.abs(alpha), Arrays.stream(operands).map(this::magnitudes).toArray(Tensor[]::new), accumulate, magnitude);
            primitive.call(alpha, operands, accumulate, out);
            add(roundings, magnitude, out);
        }
    }

    private void add(double roundings, Tensor magnitude, Tensor out) {
        HostBuffer sizes = host(magnitude);
        HostBuffer values = host(out);
        for (long i = 0; i < values.length(); i++) {
            values.set(i, values.get(i) + signs.getAsDouble() * roundings * UNIT * sizes.get(i));
        }
    }

    private Tensor magnitudes(Tensor t) {
        if (t == null) {
            return null;
        }
        Tensor magnitudes = workspace.tensor(t.rows(), t.columns());
        HostBuffer from = host(t);
        HostBuffer to = host(magnitudes);
        for (long i = 0; i < from.length(); i++) {
            to.set(i, Math.abs(from.get(i)));
        }
        return magnitudes;
    }

    private static HostBuffer host(Tensor t) {
        return ((HostBuffer) t.buffer()).slice(t.offset(), t.length());
    }

    private static double sum(double terms) {
        return Math.sqrt(terms) + 2;
    }

    private double wideSum(double terms, double chunks) {
        return 4 + chunks + Math.sqrt(terms) * wide;
    }

    private static double moved(boolean accumulate) {
        return accumulate ? 1 : 0;
    }

    @Override
    public void multiply(int directions, Tensor x, Tensor w, boolean transposed, Tensor bias, boolean accumulate, Tensor y) {
        round(sum(x.columns() + (bias == null ? 0 : 1)), accumulate, y,
                (t, add, out) -> Subject.REFERENCE.multiply(directions, t[0], t[1], transposed, t[2], add, out), x, w, bias);
    }

    @Override
    public void sumOuter(int directions, Tensor a, Tensor b, boolean accumulate, Tensor g) {
        double terms = (double) Math.max(a.rows(), b.rows()) / directions;
        round(sum(terms), accumulate, g, (t, add, out) -> Subject.REFERENCE.sumOuter(directions, t[0], t[1], add, out), a, b);
    }

    @Override
    public void sumOuterEach(int terms, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        round(sum(terms), accumulate, out, (t, add, o) -> Subject.REFERENCE.sumOuterEach(terms, t[0], t[1], add, o), a, b);
    }

    /// The value's own error, two products, and adding.
    @Override
    public void activate(Activation f, int order, Tensor x, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        try (var _ = workspace.frame()) {
            Tensor errors = workspace.tensor(x.rows(), x.columns());
            HostBuffer from = host(x);
            HostBuffer to = host(errors);
            for (long i = 0; i < from.length(); i++) {
                to.set(i, ActivationErrors.of(f, order, from.get(i), wide) + 3 * Math.abs(f.value(order, from.get(i))));
            }
            Tensor error = accumulate ? magnitudes(out) : workspace.tensor(out.rows(), out.columns());
            Subject.REFERENCE.activate(Activation.of(Activation.Kind.IDENTITY), 0, errors, magnitudes(a), magnitudes(b), accumulate, error);
            Subject.REFERENCE.activate(f, order, x, a, b, accumulate, out);
            add(1, error, out);
        }
    }

    @Override
    public void product(double alpha, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        double rows = (double) Math.max(a.rows(), b == null ? 0 : b.rows()) / out.rows();
        double columns = (double) Math.max(a.columns(), b == null ? 0 : b.columns()) / out.columns();
        double chunks = Math.ceil(rows / CHUNK_ROWS);
        round(wideSum(Math.max(1, rows) * Math.max(1, columns), chunks), alpha, accumulate, out,
                (factor, t, add, o) -> Subject.REFERENCE.product(factor, t[0], t[1], add, o), a, b);
    }

    @Override
    public void convolve(int directions, Convolution c, Tensor x, Tensor w, Tensor bias, boolean accumulate, Tensor y) {
        round(sum(c.inner() + 1), accumulate, y, (t, add, out) -> Subject.REFERENCE.convolve(directions, c, t[0], t[1], t[2], add, out), x, w, bias);
    }

    @Override
    public void convolveTransposed(int directions, Convolution c, Tensor y, Tensor w, boolean accumulate, Tensor x) {
        double terms = (double) c.channels() / c.groups() * c.window().taps();
        round(sum(terms), accumulate, x, (t, add, out) -> Subject.REFERENCE.convolveTransposed(directions, c, t[0], t[1], add, out), y, w);
    }

    @Override
    public void convolutionGradient(int directions, Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g) {
        double terms = (double) c.window().positions() * Math.max(y.rows(), x.rows()) / g.rows();
        round(sum(terms), accumulate, g, (t, add, out) -> Subject.REFERENCE.convolutionGradient(directions, c, t[0], t[1], add, out), y, x);
    }

    @Override
    public void unfold(Window w, Tensor x, Tensor out) {
        Subject.REFERENCE.unfold(w, x, out);
    }

    @Override
    public void gather(Tensor x, int[] rows, Tensor out) {
        Subject.REFERENCE.gather(x, rows, out);
    }

    @Override
    public void maxPool(Window w, Tensor x, Tensor source, boolean accumulate, Tensor out) {
        round(moved(accumulate), accumulate, out, (t, add, o) -> Subject.REFERENCE.maxPool(w, x, t[0], add, o), source);
    }

    @Override
    public void maxPoolTransposed(Window w, Tensor x, Tensor y, boolean accumulate, Tensor out) {
        double windows = windows(w);
        round(windows == 1 ? moved(accumulate) : sum(windows), accumulate, out,
                (t, add, o) -> Subject.REFERENCE.maxPoolTransposed(w, x, t[0], add, o),
                y);
    }

    /// How many windows see an entry, at most.
    private static double windows(Window w) {
        return Math.ceilDiv(w.rows().reach(), w.rows().stride()) * Math.ceilDiv(w.columns().reach(), w.columns().stride());
    }

    @Override
    public void averagePool(Window w, boolean includePadding, Tensor x, boolean accumulate, Tensor y) {
        round(wideSum(w.taps(), 0), accumulate, y, (t, add, out) -> Subject.REFERENCE.averagePool(w, includePadding, t[0], add, out), x);
    }

    @Override
    public void averagePoolTransposed(Window w, boolean includePadding, Tensor y, boolean accumulate, Tensor x) {
        round(wideSum(windows(w), 0), accumulate, x, (t, add, out) -> Subject.REFERENCE.averagePoolTransposed(w, includePadding, t[0], add, out), y);
    }

    /// Times a power of two nothing is rounded.
    @Override
    public void copy(StridedMap map, double alpha, Tensor x, boolean accumulate, Tensor out) {
        double terms = 1;
        for (StridedMap.Axis axis : map.axes()) {
            terms *= axis.toStride() == 0 ? axis.extent() : 1;
        }
        boolean moves = terms == 1 && Math.abs(alpha) == Math.scalb(1.0, Math.getExponent(alpha));
        round(moves ? moved(accumulate) : wideSum(terms, 0), alpha, accumulate, out,
                (factor, t, add, o) -> Subject.REFERENCE.copy(map, factor, t[0], add, o), x);
    }

    /// Two inner products, times each other, summed over pairs of positions and over terms.
    private static double gramEntry(List<GramTerm> terms) {
        double products = 0;
        double pairs = 0;
        for (GramTerm term : terms) {
            products = Math.max(products,
                    Math.sqrt(term.firstRow().columns()) + (term.secondRow() == null ? 0 : sum(term.secondRow().columns())) + 1);
            pairs += (double) term.positions() * term.positions();
        }
        return products + sum(pairs);
    }

    private List<GramTerm> magnitudes(List<GramTerm> terms) {
        return terms.stream().map(term -> new GramTerm(magnitudes(term.firstRow()), magnitudes(term.firstColumn()), magnitudes(term.secondRow()),
                magnitudes(term.secondColumn()), term.plusOne(), term.positions())).toList();
    }

    @Override
    public void gramTile(List<GramTerm> terms, int outputs, Tensor m) {
        try (var _ = workspace.frame()) {
            Tensor magnitude = workspace.tensor(m.rows(), m.columns());
            Subject.REFERENCE.gramTile(magnitudes(terms), outputs, magnitude);
            Subject.REFERENCE.gramTile(terms, outputs, m);
            add(gramEntry(terms), magnitude, m);
        }
    }

    /// Sums of powers of M up to the second: an error of γ relative to the magnitudes in M gives γ or, to first order, 2γ in the sums; sums of up to
    /// n·K² numbers in double are added to what was there.
    @Override
    public void gramSums(List<GramTerm> terms, int rowFrom, int rowExamples, int columnFrom, int columnExamples, double[] residuals, GramSums sums) {
        try (var _ = workspace.frame()) {
            var magnitude = new GramSums(sums.examples, sums.outputs);
            Subject.REFERENCE.gramSums(magnitudes(terms), rowFrom, rowExamples, columnFrom, columnExamples, Matrices.magnitudes(residuals),
                    magnitude);
            Subject.REFERENCE.gramSums(terms, rowFrom, rowExamples, columnFrom, columnExamples, residuals, sums);
            double added = wide * (Math.sqrt((double) sums.examples * sums.outputs * sums.outputs) + 4);
            double[][] fields = GramCases.fields(sums);
            double[][] sizes = GramCases.fields(magnitude);
            for (int field = 0; field < fields.length; field++) {
                double roundings = GramCases.DEGREES[field] * gramEntry(terms) + added;
                for (int i = 0; i < fields[field].length; i++) {
                    fields[field][i] += signs.getAsDouble() * UNIT * (roundings * sizes[field][i] + wide * Math.abs(fields[field][i]));
                }
            }
        }
    }

    /// In double on every device, a rounding for each product in the worst case: those of a row with itself are not independent. Squares of numbers on a grid leave the same few remainders, whose
    /// roundings have a mean; it was 6.8e-11 over 9,001 terms, twice the bound for independent ones.
    @Override
    public double[] rowProducts(Tensor a, Tensor b) {
        double[] products = Subject.REFERENCE.rowProducts(a, b);
        try (var _ = workspace.frame()) {
            double[] sizes = Subject.REFERENCE.rowProducts(magnitudes(a), magnitudes(b));
            Arrays.setAll(products, i -> products[i] + signs.getAsDouble() * UNIT * wide * a.columns() * sizes[i]);
        }
        return products;
    }

    /// In double on every device. Eigenvalues move by at most the norm of the perturbation (Weyl), and making the matrix tridiagonal is backward stable: a small
    /// multiple of n roundings of the norm.
    @Override
    public double[] symmetricEigenvalues(HostBuffer matrix, int n) {
        double norm = Math.sqrt(Arrays.stream(matrix.toArray()).map(entry -> entry * entry).sum());
        double[] values = Subject.REFERENCE.symmetricEigenvalues(matrix, n);
        Arrays.setAll(values, i -> values[i] + signs.getAsDouble() * UNIT * wide * (n + 4) * norm);
        return values;
    }

    /// The values as above; entries of the vectors, of which only products that their signs and rotations leave alone can be compared, by as much as roundings turn an
    /// orthonormal basis: the same multiple, of 1.
    @Override
    public double[] symmetricEigenvectors(HostBuffer matrix, int n) {
        double norm = Math.sqrt(Arrays.stream(matrix.toArray()).map(entry -> entry * entry).sum());
        double[] values = Subject.REFERENCE.symmetricEigenvectors(matrix, n);
        Arrays.setAll(values, i -> values[i] + signs.getAsDouble() * UNIT * wide * (n + 4) * norm);
        for (long i = 0; i < (long) n * n; i++) {
            matrix.set(i, matrix.get(i) + signs.getAsDouble() * UNIT * wide * (n + 4));
        }
        return values;
    }

    /// Rounds once what a device of less precision cannot represent.
    @Override
    public void upload(HostBuffer source, Tensor target) {
        Subject.REFERENCE.upload(source, target);
        HostBuffer values = host(target);
        for (long i = 0; precision == Precision.F32 && i < values.length(); i++) {
            double value = values.get(i);
            values.set(i, value == (float) value ? value : value + signs.getAsDouble() * UNIT * Math.abs(value));
        }
    }

    @Override
    public void download(Tensor source, HostBuffer target) {
        Subject.REFERENCE.download(source, target);
    }

    @Override
    public void fill(Tensor t, double value) {
        Subject.REFERENCE.fill(t, value);
    }

    @Override
    public Buffer allocate(long length) {
        return Subject.REFERENCE.allocate(length);
    }

    @Override
    public String name() {
        return "rounded";
    }

    @Override
    public String description() {
        return "the reference with errors of " + precision.label();
    }

    /// Of its buffers.
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
    public void close() {
        workspace.close();
    }
}
