package io.plumbline.backend.cpu;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Shapes;
import io.plumbline.backend.StridedMap;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.memory.Buffer;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.lang.ref.Reference;
import java.util.List;
import java.util.Objects;

/// The backend `cpu`: OpenBLAS for products of matrices, vector instructions for the rest, on a fixed number of threads.
///
/// Calls from several threads take turns. Buffers must stay open while a call runs.
public final class CpuBackend implements Backend {
    private static final long CACHED_BYTES = 1 << 23;

    private final Precision precision;
    private final Workers workers;
    private final Products products;
    private final RowProducts rowProducts;
    private final Activations activations;
    private final OuterSums outerSums;
    private final OuterProducts outerProducts;
    private final Convolutions convolutions;
    private final GramPass gram;
    private final Pools pools;
    private final Copies copies;
    /// One for each thread, on which nothing else computes meanwhile; made when first needed.
    private final CpuBackend[] lanes;

    private CpuBackend(Precision precision, int threads) {
        this.precision = precision;
        workers = new Workers(threads);
        products = new Products(precision, workers);
        rowProducts = new RowProducts(precision, workers);
        activations = new Activations(precision, workers);
        outerSums = new OuterSums(precision, workers, products);
        outerProducts = new OuterProducts(precision, workers);
        convolutions = new Convolutions(precision, workers);
        gram = new GramPass(precision, workers);
        pools = new Pools(precision, workers);
        copies = new Copies(precision, workers, products);
        lanes = new CpuBackend[threads];
    }

    /// A backend that computes in `precision` on `threads` threads, the caller's included. The caller closes it.
    ///
    /// @throws IllegalArgumentException if `threads` is not positive
    /// @throws IllegalStateException if OpenBLAS is not on the class path for this platform or cannot be loaded; the message says what is missing
    public static CpuBackend create(Precision precision, int threads) {
        Objects.requireNonNull(precision, "precision");
        if (threads < 1) {
            throw new IllegalArgumentException("cpu: threads is " + threads + ", expected at least 1");
        }
        OpenBlas.require();
        return new CpuBackend(precision, threads);
    }

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public String description() {
        return OpenBlas.description() + " (Foreign Function), " + ProductKernel.of(precision).lanes() * Double.SIZE + "-bit vectors, " + threads()
                + (threads() == 1 ? " thread" : " threads");
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public boolean readsHostMemory() {
        return true;
    }

    @Override
    public int threads() {
        return workers.threads();
    }

    @Override
    public Buffer allocate(long length) {
        return HostBuffer.allocate(precision, length);
    }

    @Override
    public void upload(HostBuffer source, Tensor target) {
        host(target).copyFrom(source);
    }

    @Override
    public void download(Tensor source, HostBuffer target) {
        target.copyFrom(host(source));
    }

    private HostBuffer host(Tensor t) {
        Memory.address(t, precision);
        return ((HostBuffer) t.buffer()).slice(t.offset(), t.length());
    }

    @Override
    public synchronized void fill(Tensor t, double value) {
        keeping(() -> products.fill(view(t), value), t);
    }

    @Override
    public synchronized void multiply(int directions, Tensor x, Tensor w, boolean transposed, Tensor bias, boolean accumulate, Tensor y) {
        Shapes.multiply(directions, x, w, transposed, bias, y);
        int rows = transposed ? y.columns() : x.columns();
        var product = new MatrixProduct(precision, false, transposed, y.columns(), x.columns());
        keeping(() -> {
            View out = view(y);
            if (x.columns() == 0 && !accumulate) {
                products.fill(out, 0);
                return;
            }
            long examples = out.rows() / directions;
            long matrixBytes = w.rows() == rows ? 0 : (long) rows * w.columns() * precision.sizeBytes();
            product.compute(workers, directions, examples, interleaved(view(x), examples),
                    new MatrixProduct.Matrix(view(w).address(), matrixBytes, w.columns()), accumulate, interleaved(out, examples));
        }, x, w, y);
        if (bias != null) {
            int entries = Math.toIntExact(bias.length());
            product(1, bias.reshape(1, entries), null, true, y.reshape(y.rows() / bias.rows(), entries));
        }
    }

    /// The matrices along each direction.
    private static MatrixProduct.Matrix interleaved(View v, long examples) {
        var rows = new Interleaved(v, examples);
        return new MatrixProduct.Matrix(v.address(), rows.hasDirections() ? v.rowAddress(1) - v.address() : 0, rows.stride());
    }

    @Override
    public synchronized void sumOuter(int directions, Tensor a, Tensor b, boolean accumulate, Tensor g) {
        Shapes.sumOuter(directions, a, b, g);
        keeping(() -> outerSums.compute(directions, view(a), view(b), accumulate, view(g)), a, b, g);
    }

    @Override
    public synchronized void sumOuterEach(int terms, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        Shapes.sumOuterEach(terms, a, b, out);
        keeping(() -> outerProducts.compute(view(a), view(b), terms, accumulate, view(out)), a, b, out);
    }

    @Override
    public synchronized void activate(Activation f, int order, Tensor x, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        Shapes.activate(order, x, a, b, out);
        keeping(() -> activations.activate(f, order, view(x), View.optional(a, precision), View.optional(b, precision), accumulate, view(out)), x, a,
                b, out);
    }

    @Override
    public synchronized void product(double alpha, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        Shapes.product(a, b, out);
        keeping(() -> products.product(alpha, view(a), View.optional(b, precision), accumulate, view(out)), a, b, out);
    }

    @Override
    public synchronized double[] rowProducts(Tensor a, Tensor b) {
        Shapes.rowProducts(a, b);
        double[] out = new double[Math.toIntExact(a.rows() * b.rows())];
        keeping(() -> rowProducts.compute(view(a), view(b), out), a, b);
        return out;
    }

    @Override
    public synchronized void convolve(int directions, Convolution c, Tensor x, Tensor w, Tensor bias, boolean accumulate, Tensor y) {
        Shapes.convolve(directions, c, x, w, bias, y);
        keeping(() -> convolutions.convolve(directions, c, view(x), view(w), View.optional(bias, precision), accumulate, view(y)), x, w, bias, y);
    }

    @Override
    public synchronized void convolveTransposed(int directions, Convolution c, Tensor y, Tensor w, boolean accumulate, Tensor x) {
        Shapes.convolveTransposed(directions, c, y, w, x);
        keeping(() -> convolutions.convolveTransposed(directions, c, view(y), view(w), accumulate, view(x)), y, w, x);
    }

    @Override
    public synchronized void convolutionGradient(int directions, Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g) {
        boolean sums = Shapes.convolutionGradient(directions, c, y, x, g);
        keeping(() -> {
            if (sums) {
                convolutions.gradientSum(directions, c, view(y), view(x), accumulate, view(g));
            } else {
                convolutions.gradientEach(c, view(y), view(x), accumulate, view(g));
            }
        }, y, x, g);
    }

    @Override
    public synchronized void unfold(Window w, Tensor x, Tensor out) {
        Shapes.unfold(w, x, out);
        keeping(() -> convolutions.unfold(w, view(x), view(out)), x, out);
    }

    @Override
    public synchronized void maxPool(Window w, Tensor x, Tensor source, boolean accumulate, Tensor out) {
        Shapes.maxPool(w, x, source, out);
        keeping(() -> pools.max(w, view(x), view(source), accumulate, view(out)), x, source, out);
    }

    @Override
    public synchronized void maxPoolTransposed(Window w, Tensor x, Tensor y, boolean accumulate, Tensor out) {
        Shapes.maxPoolTransposed(w, x, y, out);
        keeping(() -> pools.maxTransposed(w, view(x), view(y), accumulate, view(out)), x, y, out);
    }

    @Override
    public synchronized void averagePool(Window w, boolean includePadding, Tensor x, boolean accumulate, Tensor y) {
        Shapes.averagePool(w, x, y);
        keeping(() -> pools.average(w, includePadding, view(x), accumulate, view(y)), x, y);
    }

    @Override
    public synchronized void averagePoolTransposed(Window w, boolean includePadding, Tensor y, boolean accumulate, Tensor x) {
        Shapes.averagePoolTransposed(w, y, x);
        keeping(() -> pools.averageTransposed(w, includePadding, view(y), accumulate, view(x)), y, x);
    }

    @Override
    public synchronized void copy(StridedMap map, double alpha, Tensor x, boolean accumulate, Tensor out) {
        Shapes.copy(map, x, out);
        keeping(() -> copies.copy(map, alpha, view(x), accumulate, view(out)), x, out);
    }

    @Override
    public synchronized void gather(Tensor x, int[] rows, Tensor out) {
        Shapes.gather(x, rows, out);
        keeping(() -> copies.gather(view(x), rows, view(out)), x, out);
    }

    @Override
    public synchronized void gramTile(List<GramTerm> terms, int outputs, Tensor m) {
        Shapes.gramTile(outputs, m);
        keeping(() -> gram.tile(terms, outputs, view(m)), terms, m);
    }

    @Override
    public synchronized void gramSums(
            List<GramTerm> terms, int rowFrom, int rowExamples, int columnFrom, int columnExamples, double[] residuals, GramSums sums) {
        Shapes.gramSums(rowFrom, rowExamples, columnFrom, columnExamples, residuals, sums);
        keeping(() -> gram.sums(terms, rowFrom, rowExamples, columnFrom, columnExamples, residuals, sums), terms);
    }

    @Override
    public double[] symmetricEigenvalues(HostBuffer matrix, int n) {
        return symmetricEigen(matrix, n, false);
    }

    @Override
    public double[] symmetricEigenvectors(HostBuffer matrix, int n) {
        return symmetricEigen(matrix, n, true);
    }

    private synchronized double[] symmetricEigen(HostBuffer matrix, int n, boolean vectors) {
        if (n < 0 || matrix.precision() != Precision.F64 || matrix.length() < (long) n * n) {
            throw new IllegalArgumentException(
                    "eigenvalues: " + matrix.length() + " entries of " + matrix.precision().label() + ", expected " + n + " x " + n + " of f64");
        }
        if (n == 0) {
            return new double[0];
        }
        try (HostBuffer values = HostBuffer.allocate(Precision.F64, n)) {
            keeping(() -> {
                long address = Memory.address(matrix.segment());
                requireFinite(address, n);
                OpenBlas.symmetricEigen(vectors, address, n, values.segment().address());
            }, matrix);
            return values.toArray();
        }
    }

    private static void requireFinite(long matrix, int n) {
        ProductKernel doubles = ProductKernel.of(Precision.F64);
        double[] lanes = new double[doubles.lanes()];
        for (int row = 0; row < n; row++) {
            // 0 · x is 0 for finite x and NaN for others.
            double sum = doubles.sum(1, new double[] {0}, new long[] {matrix + (long) row * n * Double.BYTES}, null, n, lanes);
            if (Double.isNaN(sum)) {
                throw new ArithmeticException("eigenvalues: row " + row + " of the matrix of " + n + " rows has an entry that is not finite");
            }
        }
    }

    @Override
    public int stretchExamples(long exampleNumbers) {
        long fitting = CACHED_BYTES / Math.max(1, exampleNumbers * precision.sizeBytes()) / TILE_EXAMPLES * TILE_EXAMPLES;
        return Math.clamp(fitting, TILE_EXAMPLES, CHUNK_ROWS);
    }

    @Override
    public synchronized void forEach(long items, Work work) {
        if (items <= 1 || lanes.length == 1) {
            Backend.super.forEach(items, work);
            return;
        }
        for (int i = 0; i < lanes.length; i++) {
            lanes[i] = lanes[i] == null ? new CpuBackend(precision, 1) : lanes[i];
        }
        workers.run(items, (item, worker) -> work.run(item, lanes[worker]));
    }

    @Override
    public void close() {
        workers.close();
        synchronized (this) {
            for (CpuBackend lane : lanes) {
                if (lane != null) {
                    lane.close();
                }
            }
            pools.close();
            gram.close();
            convolutions.close();
            outerSums.close();
            activations.close();
            products.close();
        }
    }

    private View view(Tensor t) {
        return View.of(t, precision);
    }

    /// Keeps the operands reachable meanwhile: their memory may belong to the garbage collector, which does not see addresses.
    private static void keeping(Runnable computation, Object... operands) {
        try {
            computation.run();
        } finally {
            Reference.reachabilityFence(operands);
        }
    }
}
