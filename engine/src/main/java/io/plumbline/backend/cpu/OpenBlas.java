package io.plumbline.backend.cpu;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;

/// OpenBLAS on one thread through the Foreign Function & Memory API, from the libraries that org.bytedeco:openblas (classifier linux-x86_64) carries.
/// Parallel code calls it from several threads at once. Its batched GEMM calls are left alone: they crash for small sizes (0.3.31).
final class OpenBlas {
    private static final List<String> LIBRARIES = List.of("libopenblas.so.0", "libgfortran.so.5", "libquadmath.so.0", "libgcc_s.so.1");
    private static final String RESOURCES = "org/bytedeco/openblas/" + BundledLibraries.platform() + "/";
    private static final String CACHE_NAME = "openblas-" + BundledLibraries.platform();

    private static final int ROW_MAJOR = 101;
    private static final int COLUMN_MAJOR = 102;
    private static final int NO_TRANSPOSE = 111;
    private static final int TRANSPOSE = 112;
    /// 1 + 6n + 2n² ≤ 2³¹ − 1.
    private static final int LARGEST_DECOMPOSED = 32766;

    private static final IllegalStateException MISSING;
    private static final MethodHandle SGEMM;
    private static final MethodHandle DGEMM;
    private static final MethodHandle DSYEVD;
    private static final String DESCRIPTION;
    private static final boolean FAST_ON_SMALL;

    /// Kernels for processors with AVX-512; they have some for small matrices that pack nothing.
    private static final List<String> WITH_AVX_512 = List.of("SkylakeX", "Cooperlake", "SapphireRapids");

    static {
        IllegalStateException missing = null;
        MethodHandle sgemm = null;
        MethodHandle dgemm = null;
        MethodHandle dsyevd = null;
        String description = null;
        String kernels = null;
        try {
            Path folder = BundledLibraries.unpack(OpenBlas.class.getClassLoader(), RESOURCES, LIBRARIES, CACHE_NAME);
            var library = SymbolLookup.libraryLookup(folder.resolve(LIBRARIES.getFirst()), Arena.global());
            MemoryLayout integer = ValueLayout.JAVA_INT;
            MemoryLayout address = ValueLayout.JAVA_LONG;
            sgemm = function(library, "cblas_sgemm", gemm(ValueLayout.JAVA_FLOAT));
            dgemm = function(library, "cblas_dgemm", gemm(ValueLayout.JAVA_DOUBLE));
            dsyevd = function(
                    library,
                    "LAPACKE_dsyevd_work",
                    FunctionDescriptor.of(integer, integer, ValueLayout.JAVA_BYTE, ValueLayout.JAVA_BYTE, integer, address, integer, address,
                            address, integer, address, integer));
            function(library, "openblas_set_num_threads", FunctionDescriptor.ofVoid(integer)).invokeExact(1);
            kernels = text(library, "openblas_get_corename");
            description = "OpenBLAS " + version(text(library, "openblas_get_config")) + " " + kernels;
        } catch (IOException | IllegalArgumentException failure) {
            missing = new IllegalStateException(
                    "cpu: OpenBLAS cannot be loaded: " + failure.getMessage() + "; it needs org.bytedeco:openblas with the classifier "
                            + BundledLibraries.platform() + " on the class path, which is published for linux-x86_64",
                    failure);
        } catch (Throwable failure) {
            missing = new IllegalStateException("cpu: OpenBLAS cannot be loaded: " + failure, failure);
        }
        MISSING = missing;
        SGEMM = sgemm;
        DGEMM = dgemm;
        DSYEVD = dsyevd;
        DESCRIPTION = description;
        FAST_ON_SMALL = WITH_AVX_512.contains(kernels);
    }

    private OpenBlas() {}

    private static FunctionDescriptor gemm(ValueLayout number) {
        MemoryLayout integer = ValueLayout.JAVA_INT;
        MemoryLayout address = ValueLayout.JAVA_LONG;
        return FunctionDescriptor.ofVoid(
                integer, integer, integer, integer, integer, integer, number, address, integer, address, integer, number, address, integer);
    }

    private static MethodHandle function(SymbolLookup library, String name, FunctionDescriptor descriptor) {
        MemorySegment symbol = library.find(name).orElseThrow(() -> new IllegalArgumentException("the library has no function " + name));
        return Linker.nativeLinker().downcallHandle(symbol, descriptor);
    }

    private static String text(SymbolLookup library, String name) throws Throwable {
        var address = (MemorySegment) function(library, name, FunctionDescriptor.of(ValueLayout.ADDRESS)).invokeExact();
        return address.reinterpret(Long.MAX_VALUE).getString(0);
    }

    /// The second word of `OpenBLAS 0.3.31 DYNAMIC_ARCH …`.
    private static String version(String configuration) {
        String[] words = configuration.split(" ");
        return words.length > 1 ? words[1] : configuration;
    }

    /// Loads the library if that has not happened yet.
    ///
    /// @throws IllegalStateException if it is not there or does not run on this machine, saying what is missing
    static void require() {
        if (MISSING != null) {
            throw new IllegalStateException(MISSING.getMessage(), MISSING);
        }
    }

    /// Whether products of some 32 × 32 entries run at full speed, so that nothing is gained by larger ones.
    static boolean isFastOnSmall() {
        return FAST_ON_SMALL;
    }

    /// Version and the processor it has kernels for: `OpenBLAS 0.3.31 Cooperlake`.
    static String description() {
        return DESCRIPTION;
    }

    /// C = A′·B′ (or +=), row-major, by address: A′ (m,k), B′ (k,n), C (m,n), each `ld…` numbers from row to row of the matrix as it lies in memory.
    ///
    /// @param transposedA whether A lies there as (k,m)
    /// @param transposedB whether B lies there as (n,k)
    static void multiply(
            Precision precision,
            boolean transposedA,
            boolean transposedB,
            int m,
            int n,
            int k,
            long a,
            int lda,
            long b,
            int ldb,
            boolean accumulate,
            long c,
            int ldc) {
        int first = transposedA ? TRANSPOSE : NO_TRANSPOSE;
        int second = transposedB ? TRANSPOSE : NO_TRANSPOSE;
        try {
            if (precision == Precision.F32) {
                SGEMM.invokeExact(ROW_MAJOR, first, second, m, n, k, 1f, a, lda, b, ldb, accumulate ? 1f : 0f, c, ldc);
            } else {
                DGEMM.invokeExact(ROW_MAJOR, first, second, m, n, k, 1d, a, lda, b, ldb, accumulate ? 1d : 0d, c, ldc);
            }
        } catch (Throwable failure) {
            throw new IllegalStateException("cpu: gemm " + m + " x " + n + " x " + k, failure);
        }
    }

    /// Eigenvalues, ascending, of the symmetric n × n matrix at `matrix`, by tridiagonalisation and the QL/QR variant without roots, or with the
    /// eigenvectors by divide and conquer (dsyevd). The matrix's contents are destroyed, or become the eigenvectors, one a row.
    ///
    /// @param values where the n eigenvalues go
    /// @throws ArithmeticException if the iteration does not converge
    /// @throws IllegalArgumentException if its working memory has more numbers than LAPACK can count
    static void symmetricEigen(boolean vectors, long matrix, int n, long values) {
        // The sizes that dsyevd documents as the least.
        long numbers = vectors ? 1 + 6L * n + 2L * n * n : 1 + 2L * n;
        long integers = vectors ? 3 + 5L * n : 1;
        if (numbers > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("eigenvectors: the matrix has " + n + " rows, expected at most " + LARGEST_DECOMPOSED);
        }
        int status;
        // Its own allocations would be aligned by chance, and its kernels' bits may depend on alignment.
        try (HostBuffer work = HostBuffer.allocate(Precision.F64, numbers);
                HostBuffer integerWork = HostBuffer.allocate(Precision.F32, integers)) {
            status = (int) DSYEVD.invokeExact(COLUMN_MAJOR, vectors ? (byte) 'V' : (byte) 'N', (byte) 'L', n, matrix, n, values,
                    work.segment().address(), (int) numbers, integerWork.segment().address(), (int) integers);
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable failure) {
            throw new IllegalStateException("cpu: dsyevd of " + n + " rows", failure);
        }
        if (status != 0) {
            throw new ArithmeticException("eigenvalues: dsyevd of " + n + " rows ended with status " + status + ", expected 0");
        }
    }
}
