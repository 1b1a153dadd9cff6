package io.plumbline.backend.cuda;

import io.plumbline.backend.Arithmetic;
import io.plumbline.backend.DeviceException;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import jcuda.CudaException;
import jcuda.Pointer;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasMath;
import jcuda.jcublas.cublasOperation;
import jcuda.runtime.cudaStream_t;

/// cuBLAS on a backend's stream: single products of matrices, for comparison with ours, and in TF32.
///
/// Row-major C = op(A)·op(B) is column-major Cᵀ = op(B)ᵀ·op(A)ᵀ, and a row-major matrix read by columns is its transpose: factors and sizes are exchanged, nothing is moved.
public final class CuBlas {
    private final Context context;
    private final Precision precision;
    private final cublasHandle handle = new cublasHandle();
    private final Arena arena = Arena.ofShared();
    private final Pointer one;
    private final Pointer zero;

    /// Loads when first asked; remembers a failure, because the JVM reports it in full only once.
    private static final class Loaded {
        static final Path LIBRARY;
        static final String FAILURE;

        static {
            Path library = null;
            String failure = Driver.unavailable();
            if (failure == null) {
                try {
                    library = CudaLibraries.loadCuBlas(Driver.major());
                } catch (LinkageError | DeviceException missing) {
                    failure = Driver.reason(missing);
                }
            }
            LIBRARY = library;
            FAILURE = failure;
        }
    }

    CuBlas(Context context, Arithmetic arithmetic) {
        if (Loaded.FAILURE != null) {
            throw new DeviceException("cuda: no cuBLAS: " + Loaded.FAILURE);
        }
        this.context = context;
        precision = arithmetic.precision();
        one = scalar(1);
        zero = scalar(0);
        context.enter();
        try {
            JCublas2.cublasCreate(handle);
        } catch (CudaException failure) {
            arena.close();
            throw new DeviceException("cuda: " + Loaded.LIBRARY + " does not start: " + failure.getMessage(), failure);
        }
        JCublas2.cublasSetStream(handle, new cudaStream_t(context.stream()));
        JCublas2.cublasSetMathMode(handle, arithmetic == Arithmetic.TF32 ? cublasMath.CUBLAS_TF32_TENSOR_OP_MATH : cublasMath.CUBLAS_DEFAULT_MATH);
    }

    private Pointer scalar(double value) {
        MemorySegment memory = arena.allocate(ValueLayout.JAVA_DOUBLE);
        if (precision == Precision.F64) {
            memory.set(ValueLayout.JAVA_DOUBLE, 0, value);
        } else {
            memory.set(ValueLayout.JAVA_FLOAT, 0, (float) value);
        }
        return new Raw(memory);
    }

    /// Why there is none here, or null if there is one. Loads it.
    static String unavailable() {
        return Loaded.FAILURE;
    }

    /// Version and file.
    public String description() {
        context.enter();
        int[] version = new int[1];
        JCublas2.cublasGetVersion(handle, version);
        // 120600 is 12.6.0, and 13.1.0 is 130100.
        return "cuBLAS " + version[0] / 10_000 + "." + version[0] / 100 % 100 + " (" + Loaded.LIBRARY + ")";
    }

    /// c = a·b.
    ///
    /// @throws IllegalArgumentException if shapes do not fit, or the tensors are not this backend's
    /// @throws DeviceException if cuBLAS refuses or fails
    public void multiply(Tensor a, Tensor b, Tensor c) {
        multiply(a, false, b, false, false, c);
    }

    /// c = op(a)·op(b) (or +=), op(·) being its argument or its transpose.
    ///
    /// @throws IllegalArgumentException if shapes do not fit, or the tensors are not this backend's
    /// @throws DeviceException if cuBLAS refuses or fails
    public void multiply(Tensor a, boolean transposeA, Tensor b, boolean transposeB, boolean accumulate, Tensor c) {
        long m = transposeA ? a.columns() : a.rows();
        long k = transposeA ? a.rows() : a.columns();
        long n = transposeB ? b.rows() : b.columns();
        if (k != (transposeB ? b.columns() : b.rows()) || c.rows() != m || c.columns() != n || Math.max(Math.max(m, n), k) > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "cuBLAS: product of " + a.shape() + (transposeA ? "ᵀ" : "") + " and " + b.shape() + (transposeB ? "ᵀ" : "") + " into "
                            + c.shape() + ": the shapes do not fit");
        }
        if (m == 0 || n == 0) {
            return;
        }
        context.notALaunch("cuBLAS");
        context.enter("product", a, b, c);
        try {
            int opA = transposeA ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
            int opB = transposeB ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
            Pointer beta = accumulate ? one : zero;
            if (precision == Precision.F64) {
                JCublas2.cublasDgemm(handle, opB, opA, (int) n, (int) m, (int) k, one, at(b), stride(b), at(a), stride(a), beta, at(c), (int) n);
            } else {
                JCublas2.cublasSgemm(handle, opB, opA, (int) n, (int) m, (int) k, one, at(b), stride(b), at(a), stride(a), beta, at(c), (int) n);
            }
        } catch (CudaException failure) {
            throw context.failed("cuBLAS", failure);
        }
        if (Launcher.SYNCHRONOUS) {
            context.synchronize("cuBLAS");
        }
    }

    private Pointer at(Tensor t) {
        return new DeviceAddress(Launcher.address(t, precision));
    }

    private static int stride(Tensor t) {
        return Math.max(1, t.columns());
    }

    void close() {
        context.enter();
        JCublas2.cublasDestroy(handle);
        arena.close();
    }
}
