// The part of cuBLAS that the engine calls, column-major as there: C = α·op(A)·op(B) + β·C, sums in ascending order in the matrices' own
// precision. With CUBLAS_TF32_TENSOR_OP_MATH, or CUBLAS_COMPUTE_32F_FAST_TF32, factors in float are rounded to TF32 first, as tensor cores do.
// Every other function of cublas.symbols returns CUBLAS_STATUS_NOT_SUPPORTED.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

#include "state.h"

namespace emulator {

namespace {

enum Status { success = 0, notInitialized = 1, invalidValue = 7, executionFailed = 13, notSupported = 15 };
enum MathMode { tf32TensorOpMath = 3 };
enum DataType { real32 = 0, real64 = 1 };                                                // cudaDataType
enum ComputeType { compute32 = 68, compute32Pedantic = 69, compute64 = 70, compute64Pedantic = 71, compute32FastTf32 = 77 };

struct Handle {
    CUstream stream = nullptr;
    int mathMode = 0;
    bool scalarsOnDevice = false;
};

Handles<Handle>& handles = *new Handles<Handle>;

float roundToTf32(float value) {
    std::uint32_t word;
    std::memcpy(&word, &value, sizeof word);
    word = (word + 0x1000u) & 0xffffe000u;
    std::memcpy(&value, &word, sizeof word);
    return value;
}

template <class T>
struct Product {
    bool transposeA, transposeB, tf32;
    std::int64_t m, n, k, lda, ldb, ldc, strideA, strideB, strideC, count;
    const T *a, *b;
    T* c;
    const T *alpha, *beta;  // where they lie, if on the device
    T alphaValue, betaValue;

    T factor(T value) const {
        if constexpr (std::is_same_v<T, float>) {
            return tf32 ? roundToTf32(value) : value;
        } else {
            return value;
        }
    }

    CUresult operator()() const {
        const T scale = alpha == nullptr ? alphaValue : *alpha, keep = beta == nullptr ? betaValue : *beta;
        std::vector<T> columns(static_cast<std::size_t>(m * k)), sum(static_cast<std::size_t>(m));
        for (std::int64_t which = 0; which < count; which++) {
            const T* A = a + which * strideA;
            const T* B = b + which * strideB;
            for (std::int64_t l = 0; l < k; l++) {
                for (std::int64_t i = 0; i < m; i++) {
                    columns[static_cast<std::size_t>(i + l * m)] = factor(transposeA ? A[l + i * lda] : A[i + l * lda]);
                }
            }
            for (std::int64_t j = 0; j < n; j++) {
                std::fill(sum.begin(), sum.end(), T{0});
                for (std::int64_t l = 0; l < k; l++) {
                    const T weight = factor(transposeB ? B[j + l * ldb] : B[l + j * ldb]);
                    const T* column = columns.data() + l * m;
                    for (std::int64_t i = 0; i < m; i++) {
                        sum[static_cast<std::size_t>(i)] += column[i] * weight;
                    }
                }
                // β = 0 overwrites C even where it holds NaN.
                T* out = c + which * strideC + j * ldc;
                for (std::int64_t i = 0; i < m; i++) {
                    out[i] = scale * sum[static_cast<std::size_t>(i)] + (keep == 0 ? 0 : keep * out[i]);
                }
            }
        }
        return CUDA_SUCCESS;
    }
};

template <class T>
Status multiply(void* handle, int opA, int opB, std::int64_t m, std::int64_t n, std::int64_t k, const T* alpha, const T* a, std::int64_t lda,
                std::int64_t strideA, const T* b, std::int64_t ldb, std::int64_t strideB, const T* beta, T* c, std::int64_t ldc,
                std::int64_t strideC, std::int64_t count, bool tf32) {
    Turn turn;
    const Handle* h = handles.find(handle);
    if (h == nullptr) {
        return notInitialized;
    }
    const std::int64_t rowsA = opA == 0 ? m : k, rowsB = opB == 0 ? k : n;
    if (m < 0 || n < 0 || k < 0 || count < 0 || lda < std::max<std::int64_t>(1, rowsA) || ldb < std::max<std::int64_t>(1, rowsB) ||
        ldc < std::max<std::int64_t>(1, m)) {
        return invalidValue;
    }
    if (m == 0 || n == 0 || count == 0) {
        return success;
    }
    const bool onDevice = h->scalarsOnDevice;
    const Product<T> product{opA != 0,
                             opB != 0,
                             tf32 || h->mathMode == tf32TensorOpMath,
                             m,
                             n,
                             k,
                             lda,
                             ldb,
                             ldc,
                             strideA,
                             strideB,
                             strideC,
                             count,
                             a,
                             b,
                             c,
                             onDevice ? alpha : nullptr,
                             onDevice ? beta : nullptr,
                             onDevice ? T{0} : *alpha,
                             onDevice ? T{0} : *beta};
    return enqueue(h->stream, product) == CUDA_SUCCESS ? success : executionFailed;
}

template <class T>
Status multiplyAs(void* handle, int opA, int opB, int m, int n, int k, const void* alpha, const void* a, int lda, long long strideA,
                  const void* b, int ldb, long long strideB, const void* beta, void* c, int ldc, long long strideC, int count, bool tf32) {
    return multiply(handle, opA, opB, m, n, k, static_cast<const T*>(alpha), static_cast<const T*>(a), lda, strideA, static_cast<const T*>(b), ldb,
                    strideB, static_cast<const T*>(beta), static_cast<T*>(c), ldc, strideC, count, tf32);
}

template <class F>
Status change(void* handle, F action) {
    Turn turn;
    Handle* h = handles.find(handle);
    if (h == nullptr) {
        return notInitialized;
    }
    action(*h);
    return success;
}

}  // namespace

#define BLAS extern "C" EMULATOR_EXPORT int

BLAS cublasCreate_v2(void** handle) {
    Turn turn;
    if (ready() != CUDA_SUCCESS) {
        return notInitialized;
    }
    *handle = handles.make();
    return success;
}

BLAS cublasDestroy_v2(void* handle) {
    Turn turn;
    return handles.destroy(handle) == CUDA_SUCCESS ? success : notInitialized;
}

BLAS cublasGetVersion_v2(void*, int* version) {
    *version = 120600;
    return success;
}

BLAS cublasSetStream_v2(void* handle, CUstream stream) {
    return change(handle, [=](Handle& h) { h.stream = stream; });
}

BLAS cublasGetStream_v2(void* handle, CUstream* stream) {
    return change(handle, [=](Handle& h) { *stream = h.stream; });
}

BLAS cublasSetMathMode(void* handle, int mode) {
    return change(handle, [=](Handle& h) { h.mathMode = mode; });
}

BLAS cublasGetMathMode(void* handle, int* mode) {
    return change(handle, [=](Handle& h) { *mode = h.mathMode; });
}

BLAS cublasSetPointerMode_v2(void* handle, int mode) {
    return change(handle, [=](Handle& h) { h.scalarsOnDevice = mode == 1; });
}

BLAS cublasGetPointerMode_v2(void* handle, int* mode) {
    return change(handle, [=](Handle& h) { *mode = h.scalarsOnDevice; });
}

BLAS cublasSetWorkspace_v2(void* handle, void*, std::size_t) {
    return change(handle, [](Handle&) {});
}

BLAS cublasSetAtomicsMode(void* handle, int) {
    return change(handle, [](Handle&) {});
}

BLAS cublasSgemm_v2(void* handle, int opA, int opB, int m, int n, int k, const float* alpha, const float* a, int lda, const float* b, int ldb,
                    const float* beta, float* c, int ldc) {
    return multiply(handle, opA, opB, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc, 0, 1, false);
}

BLAS cublasDgemm_v2(void* handle, int opA, int opB, int m, int n, int k, const double* alpha, const double* a, int lda, const double* b, int ldb,
                    const double* beta, double* c, int ldc) {
    return multiply(handle, opA, opB, m, n, k, alpha, a, lda, 0, b, ldb, 0, beta, c, ldc, 0, 1, false);
}

BLAS cublasSgemmStridedBatched(void* handle, int opA, int opB, int m, int n, int k, const float* alpha, const float* a, int lda, long long strideA,
                               const float* b, int ldb, long long strideB, const float* beta, float* c, int ldc, long long strideC, int count) {
    return multiply(handle, opA, opB, m, n, k, alpha, a, lda, strideA, b, ldb, strideB, beta, c, ldc, strideC, count, false);
}

BLAS cublasDgemmStridedBatched(void* handle, int opA, int opB, int m, int n, int k, const double* alpha, const double* a, int lda,
                               long long strideA, const double* b, int ldb, long long strideB, const double* beta, double* c, int ldc,
                               long long strideC, int count) {
    return multiply(handle, opA, opB, m, n, k, alpha, a, lda, strideA, b, ldb, strideB, beta, c, ldc, strideC, count, false);
}

BLAS cublasGemmStridedBatchedEx(void* handle, int opA, int opB, int m, int n, int k, const void* alpha, const void* a, int typeA, int lda,
                                long long strideA, const void* b, int typeB, int ldb, long long strideB, const void* beta, void* c, int typeC,
                                int ldc, long long strideC, int count, int computeType, int) {
    const bool single = computeType == compute32 || computeType == compute32Pedantic || computeType == compute32FastTf32 || computeType == real32;
    const bool twice = computeType == compute64 || computeType == compute64Pedantic || computeType == real64;
    if (typeA == real32 && typeB == real32 && typeC == real32 && single) {
        return multiplyAs<float>(handle, opA, opB, m, n, k, alpha, a, lda, strideA, b, ldb, strideB, beta, c, ldc, strideC, count,
                                 computeType == compute32FastTf32);
    }
    if (typeA == real64 && typeB == real64 && typeC == real64 && twice) {
        return multiplyAs<double>(handle, opA, opB, m, n, k, alpha, a, lda, strideA, b, ldb, strideB, beta, c, ldc, strideC, count, false);
    }
    return notSupported;
}

BLAS cublasGemmEx(void* handle, int opA, int opB, int m, int n, int k, const void* alpha, const void* a, int typeA, int lda, const void* b,
                  int typeB, int ldb, const void* beta, void* c, int typeC, int ldc, int computeType, int algorithm) {
    return cublasGemmStridedBatchedEx(handle, opA, opB, m, n, k, alpha, a, typeA, lda, 0, b, typeB, ldb, 0, beta, c, typeC, ldc, 0, 1, computeType,
                                      algorithm);
}

}  // namespace emulator
