package io.plumbline.backend.cuda;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Arithmetic;
import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.DenseStack;
import io.plumbline.backend.Descents;
import io.plumbline.backend.DeviceException;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.LinearDescents;
import io.plumbline.backend.Repetition;
import io.plumbline.backend.Shapes;
import io.plumbline.backend.StridedMap;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.memory.Buffer;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/// The backend `cuda`: our kernels on one GPU. Eigenvalues of small matrices are the CPU's.
///
/// Calls from several threads take turns. A call returns when its work is in the device's queue; what reads a result waits for it.
public final class CudaBackend implements Backend {
    private static final int PASS_EXAMPLES = 16_384;
    private static final long PASS_NUMBERS = 1L << 29;
    private static final long PASS_SHARE = 16;

    private final Arithmetic arithmetic;
    private final Precision precision;
    private final Scope scope = new Scope();
    private final Context context;
    private final DeviceMemory memory;
    private final DeviceScratch scratch;
    private final Transfers transfers;
    private final Launcher launcher;
    private final Draws draws;
    private final Elementwise elementwise;
    private final Moves moves;
    private final Pools pools;
    private final Products products;
    private final Convolutions convolutions;
    private final GramPass gram;
    /// Null unless products are in TF32.
    private final CuBlas tensorCores;
    private CuBlas vendor;
    private CpuBackend decompositions;

    private CudaBackend(Arithmetic arithmetic, int ordinal, long memoryBytes) {
        this.arithmetic = arithmetic;
        precision = arithmetic.precision();
        String reason = unavailable();
        if (reason != null) {
            throw new DeviceException("device cuda: " + reason);
        }
        try {
            context = scope.own(new Context(ordinal));
            memory = scope.own(new DeviceMemory(context, memoryBytes));
            transfers = scope.own(new Transfers(context, precision));
            launcher = scope.own(new Launcher(context, scope.own(new Kernels(precision)), precision));
            scratch = scope.own(new DeviceScratch(memory, transfers));
            draws = new Draws(launcher, scratch);
            elementwise = new Elementwise(launcher, scratch);
            moves = new Moves(launcher, scratch, elementwise);
            pools = new Pools(launcher, scratch, moves);
            products = new Products(launcher, scratch);
            convolutions = new Convolutions(launcher, scratch);
            gram = new GramPass(launcher, scratch, products);
            tensorCores = arithmetic == Arithmetic.TF32 ? newCuBlas() : null;
        } catch (Throwable failure) {
            scope.close();
            throw failure;
        }
    }

    /// A backend on device 0 that computes in `precision`. The caller closes it, after its buffers.
    ///
    /// @throws DeviceException if there is no device, or our kernels cannot run there; says why
    public static CudaBackend create(Precision precision) {
        return create(Arithmetic.of(precision), 0, Long.MAX_VALUE);
    }

    /// A backend that holds at most `memoryBytes` on the device. The caller closes it, after its buffers.
    ///
    /// In TF32 products and sums of outer products of one direction are cuBLAS's, and the promise of the same bits does not cover them: cuBLAS chooses how it adds by
    /// the sizes of a call, so that bits depend on tiles. Nor are matrices that are made of such products, J Jᵀ among them, sure to be positive semidefinite.
    ///
    /// @param ordinal which device, from 0 on
    /// @throws DeviceException if there is no such device, our kernels cannot run there, or cuBLAS is needed and missing; says why
    public static CudaBackend create(Arithmetic arithmetic, int ordinal, long memoryBytes) {
        Objects.requireNonNull(arithmetic, "arithmetic");
        if (memoryBytes < 1) {
            throw new IllegalArgumentException("cuda: the memory limit is " + memoryBytes + ", expected at least 1");
        }
        return new CudaBackend(arithmetic, ordinal, memoryBytes);
    }

    /// Why no backend can be created here, or null if one can.
    public static String unavailable() {
        String reason = Driver.unavailable();
        return reason != null || Kernels.present() ? reason : "built without kernels: there was no nvcc (CUDA 12 or 13) where plumbline was built";
    }

    /// Whether this build has kernels to run on a device.
    public static boolean hasKernels() {
        return Kernels.present();
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public String description() {
        return Driver.description(context.device());
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public Arithmetic arithmetic() {
        return arithmetic;
    }

    /// cuBLAS in this backend's arithmetic, to compare with; null if there is none here. It borrows: closing the backend closes it.
    public synchronized CuBlas vendor() {
        if (tensorCores != null) {
            return tensorCores;
        }
        if (vendor == null && CuBlas.unavailable() == null) {
            vendor = newCuBlas();
        }
        return vendor;
    }

    private CuBlas newCuBlas() {
        var blas = new CuBlas(context, arithmetic);
        scope.own((AutoCloseable) blas::close);
        return blas;
    }

    /// Which cuBLAS there is, for people; or why there is none.
    public String vendorDescription() {
        return CuBlas.unavailable() == null ? vendor().description() : "no cuBLAS: " + CuBlas.unavailable();
    }

    @Override
    public boolean readsHostMemory() {
        return false;
    }

    /// One: the queue that work goes to.
    @Override
    public int threads() {
        return 1;
    }

    @Override
    public synchronized Buffer allocate(long length) {
        context.enter("allocate");
        return new DeviceBuffer(memory, precision, length);
    }

    /// What the driver has, and what it would get back first, up to the limit.
    @Override
    public synchronized OptionalLong freeBytes() {
        context.enter("freeBytes");
        return OptionalLong.of(memory.freeBytes());
    }

    @Override
    public synchronized void release() {
        context.enter("release");
        scratch.close();
    }

    /// As many as keep all multiprocessors busy, within a sixteenth of the device's memory.
    @Override
    public int passExamples(long exampleNumbers) {
        long numbers = Math.min(PASS_NUMBERS, context.totalBytes() / PASS_SHARE / precision.sizeBytes());
        return Math.clamp(numbers / Math.max(1, exampleNumbers) / CHUNK_ROWS * CHUNK_ROWS, CHUNK_ROWS, PASS_EXAMPLES);
    }

    /// Plain where each launch is waited for, so that failures have the kernel's name.
    @Override
    public Repetition repetition() {
        return Launcher.SYNCHRONOUS ? Repetition.plain() : recording();
    }

    Recording recording() {
        return new Recording(this, context, memory);
    }

    @Override
    public synchronized void synchronize() {
        context.enter("synchronize");
        context.synchronize("waiting");
    }

    @Override
    public synchronized void upload(HostBuffer source, Tensor target) {
        requireSame("upload", source.length(), target);
        context.enter("upload", target);
        transfers.upload(source, Launcher.address(target, precision));
    }

    @Override
    public synchronized void download(Tensor source, HostBuffer target) {
        requireSame("download", target.length(), source);
        context.enter("download", source);
        transfers.download(Launcher.address(source, precision), target);
    }

    private static void requireSame(String call, long length, Tensor t) {
        if (length != t.length()) {
            throw new IllegalArgumentException(call + ": a buffer of " + length + " numbers for a tensor " + t.shape());
        }
    }

    @Override
    public synchronized void fill(Tensor t, double value) {
        context.enter("fill", t);
        elementwise.fill(t, value);
    }

    @Override
    public synchronized void randomSigns(long seed, long[] streams, Tensor out) {
        Shapes.random(streams, out);
        context.enter("randomSigns", out);
        draws.signs(seed, streams, out);
    }

    @Override
    public synchronized void randomNormals(long seed, long[] streams, Tensor out) {
        Shapes.random(streams, out);
        context.enter("randomNormals", out);
        draws.normals(seed, streams, out);
    }

    @Override
    public synchronized void multiply(int directions, Tensor x, Tensor w, boolean transposed, Tensor bias, boolean accumulate, Tensor y) {
        Shapes.multiply(directions, x, w, transposed, bias, y);
        context.enter("multiply", x, w, bias, y);
        if (tensorCores == null || directions > 1) {
            products.multiply(directions, x, w, transposed, bias, accumulate, y);
        } else {
            tensorCores.multiply(x, false, w, transposed, accumulate, y);
            if (bias != null) {
                elementwise.product(1, bias, null, true, y);
            }
        }
    }

    @Override
    public synchronized void sumOuter(int directions, Tensor a, Tensor b, boolean accumulate, Tensor g) {
        Shapes.sumOuter(directions, a, b, g);
        context.enter("sumOuter", a, b, g);
        if (tensorCores != null && directions == 1) {
            tensorCores.multiply(a, true, b, false, accumulate, g);
        } else {
            products.sumOuter(directions, a, b, accumulate, g);
        }
    }

    @Override
    public synchronized void sumOuterEach(int terms, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        Shapes.sumOuterEach(terms, a, b, out);
        context.enter("sumOuterEach", a, b, out);
        products.sumOuterEach(terms, a, b, accumulate, out);
    }

    @Override
    public synchronized void activate(Activation f, int order, Tensor x, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        Shapes.activate(order, x, a, b, out);
        context.enter("activate", x, a, b, out);
        elementwise.activate(f, order, x, a, b, accumulate, out);
    }

    @Override
    public synchronized void product(double alpha, Tensor a, Tensor b, boolean accumulate, Tensor out) {
        Shapes.product(a, b, out);
        context.enter("product", a, b, out);
        elementwise.product(alpha, a, b, accumulate, out);
    }

    @Override
    public synchronized double[] rowProducts(Tensor a, Tensor b) {
        Shapes.rowProducts(a, b);
        context.enter("rowProducts", a, b);
        return elementwise.rowProducts(a, b);
    }

    @Override
    public synchronized void convolve(int directions, Convolution c, Tensor x, Tensor w, Tensor bias, boolean accumulate, Tensor y) {
        Shapes.convolve(directions, c, x, w, bias, y);
        context.enter("convolve", x, w, bias, y);
        convolutions.convolve(directions, c, x, w, bias, accumulate, y);
    }

    @Override
    public synchronized void convolveTransposed(int directions, Convolution c, Tensor y, Tensor w, boolean accumulate, Tensor x) {
        Shapes.convolveTransposed(directions, c, y, w, x);
        context.enter("convolveTransposed", y, w, x);
        convolutions.convolveTransposed(directions, c, y, w, accumulate, x);
    }

    @Override
    public synchronized void convolutionGradient(int directions, Convolution c, Tensor y, Tensor x, boolean accumulate, Tensor g) {
        boolean sums = Shapes.convolutionGradient(directions, c, y, x, g);
        context.enter("convolutionGradient", y, x, g);
        if (sums) {
            convolutions.gradientSum(directions, c, y, x, accumulate, g);
        } else {
            convolutions.gradientEach(c, y, x, accumulate, g);
        }
    }

    @Override
    public synchronized void unfold(Window w, Tensor x, Tensor out) {
        Shapes.unfold(w, x, out);
        context.enter("unfold", x, out);
        pools.unfold(w, x, out);
    }

    @Override
    public synchronized void maxPool(Window w, Tensor x, Tensor source, boolean accumulate, Tensor out) {
        Shapes.maxPool(w, x, source, out);
        context.enter("maxPool", x, source, out);
        pools.max(w, x, source, accumulate, out);
    }

    @Override
    public synchronized void maxPoolTransposed(Window w, Tensor x, Tensor y, boolean accumulate, Tensor out) {
        Shapes.maxPoolTransposed(w, x, y, out);
        context.enter("maxPoolTransposed", x, y, out);
        pools.maxTransposed(w, x, y, accumulate, out);
    }

    @Override
    public synchronized void averagePool(Window w, boolean includePadding, Tensor x, boolean accumulate, Tensor y) {
        Shapes.averagePool(w, x, y);
        context.enter("averagePool", x, y);
        pools.average(w, includePadding, x, accumulate, y);
    }

    @Override
    public synchronized void averagePoolTransposed(Window w, boolean includePadding, Tensor y, boolean accumulate, Tensor x) {
        Shapes.averagePoolTransposed(w, y, x);
        context.enter("averagePoolTransposed", y, x);
        pools.averageTransposed(w, includePadding, y, accumulate, x);
    }

    @Override
    public synchronized void copy(StridedMap map, double alpha, Tensor x, boolean accumulate, Tensor out) {
        Shapes.copy(map, x, out);
        context.enter("copy", x, out);
        moves.copy(map, alpha, x, accumulate, out);
    }

    @Override
    public synchronized void gather(Tensor x, int[] rows, Tensor out) {
        Shapes.gather(x, rows, out);
        context.enter("gather", x, out);
        moves.gather(x, rows, out);
    }

    @Override
    public synchronized void gramTile(List<GramTerm> terms, int outputs, Tensor m) {
        Shapes.gramTile(outputs, m);
        context.enter("gramTile", m);
        gram.tile(terms, outputs, m);
    }

    @Override
    public synchronized void gramSums(
            List<GramTerm> terms, int rowFrom, int rowExamples, int columnFrom, int columnExamples, double[] residuals, GramSums sums) {
        Shapes.gramSums(rowFrom, rowExamples, columnFrom, columnExamples, residuals, sums);
        context.enter("gramSums of " + rowExamples + " x " + columnExamples + " examples");
        gram.sums(terms, rowFrom, rowExamples, columnFrom, columnExamples, residuals, sums);
    }

    @Override
    public synchronized double[] symmetricEigenvalues(HostBuffer matrix, int n) {
        return decompositions().symmetricEigenvalues(matrix, n);
    }

    @Override
    public synchronized double[] symmetricEigenvectors(HostBuffer matrix, int n) {
        return decompositions().symmetricEigenvectors(matrix, n);
    }

    private CpuBackend decompositions() {
        if (decompositions == null) {
            decompositions = scope.own(CpuBackend.create(Precision.F64, Runtime.getRuntime().availableProcessors()));
        }
        return decompositions;
    }

    @Override
    public synchronized Optional<Descents> descents(DenseStack stack, Tensor x, HostBuffer targets, long stream) {
        context.enter("descents", x);
        return Optional.of(new DenseDescents(this, launcher, scratch.another(), stack, x, targets, stream));
    }

    @Override
    public synchronized Optional<LinearDescents> linearDescents(LinearDescents.Law law, Tensor gram, Tensor starts) {
        context.enter("linear descents", gram, starts);
        return Optional.of(new FunctionDescents(this, launcher, scratch.another(), law, gram, starts));
    }

    /// Waits for the device, then gives everything back; buffers that are still open are lost.
    @Override
    public synchronized void close() {
        scope.close();
    }
}
