// A tile of a matrix product, C[i,j] += Σ_k A(i,k) B(j,k), for whatever A and B read their entries from: matrices, windows of images, factors of gradients.
//
//   acc (TM × TN a thread, BM × BN a block of threads) · fused multiply-adds in `real`, k ascending, one accumulator an entry
//
// An entry's bits depend on its own row of A, its own row of B and the range of k alone: not on where in a tile it lies, nor on the tiling.
//
//   global → registers (four numbers a thread, the next step's) → shared memory (two buffers, k outermost) → registers → acc
//   cost: BM·BN multiply-adds for BM + BN numbers read, a step of k; one barrier every BK of them
//
// An operand is a class with
//   static constexpr bool ALONG_K     whether four numbers are four k of one index, or four indices at one k
//   void start(int64 index)           the index, or the first of four, that this thread reads from now on
//   void load(int k, int end, real (&v)[4])     the numbers at k (… k + 3 if ALONG_K), 0 for k ≥ end and for indices beyond the last
#pragma once

#include <utility>

#include "entries.cuh"

namespace plumbline {

struct alignas(16) Four {
    real at[4];
};

// x·y + z with one rounding on a GPU.
__device__ __forceinline__ real multiplyAdd(real x, real y, real z) {
#ifdef __CUDACC__
    return fma(x, y, z);
#else
    return x * y + z;
#endif
}

__device__ __forceinline__ bool alignedBy16(const real* numbers, int64 stride) {
    return reinterpret_cast<uintptr_t>(numbers) % 16 == 0 && stride % static_cast<int64>(16 / sizeof(real)) == 0;
}

// Entry (index, k) is numbers[index·stride + k]: a row-major matrix whose rows are the indices.
struct Rows {
    static constexpr bool ALONG_K = true;
    const real* numbers;
    int64 count, stride;
    const real* row = nullptr;
    bool aligned = false;

    __device__ Rows(const real* numbers, int64 count, int64 stride) : numbers(numbers), count(count), stride(stride) {}

    __device__ __forceinline__ void start(int64 index) {
        row = index < count ? numbers + index * stride : nullptr;
        aligned = index < count && alignedBy16(numbers, stride);
    }

    __device__ __forceinline__ void load(int k, int end, real (&v)[4]) const {
        if (aligned && k + 4 <= end) {
            const Four four = *reinterpret_cast<const Four*>(row + k);
            for (int i = 0; i < 4; i++) {
                v[i] = four.at[i];
            }
        } else {
            for (int i = 0; i < 4; i++) {
                v[i] = row != nullptr && k + i < end ? row[k + i] : 0;
            }
        }
    }
};

// Entry (index, k) is numbers[k·stride + index]: a row-major matrix whose columns are the indices.
struct Columns {
    static constexpr bool ALONG_K = false;
    const real* numbers;
    int64 count, stride;
    const real* column = nullptr;
    // How many of the four indices there are, 5 where all four can be read at once.
    int there = 0;

    __device__ Columns(const real* numbers, int64 count, int64 stride) : numbers(numbers), count(count), stride(stride) {}

    __device__ __forceinline__ void start(int64 index) {
        column = numbers + index;
        there = count - index >= 4 ? (alignedBy16(numbers, stride) ? 5 : 4) : static_cast<int>(count - index);
    }

    __device__ __forceinline__ void load(int k, int end, real (&v)[4]) const {
        const real* const row = column + k * stride;
        if (there == 5 && k < end) {
            const Four four = *reinterpret_cast<const Four*>(row);
            for (int i = 0; i < 4; i++) {
                v[i] = four.at[i];
            }
        } else {
            for (int i = 0; i < 4; i++) {
                v[i] = k < end && i < there ? row[i] : 0;
            }
        }
    }
};

// BM × BN entries by (BM/TM)·(BN/TN) threads, BK steps of k at a time. TM and TN are multiples of 4: a thread's entries are groups of 4 × 4.
template <int BM_, int BN_, int BK_, int TM_, int TN_>
struct Tiling {
    static constexpr int BM = BM_, BN = BN_, BK = BK_, TM = TM_, TN = TN_;
    static constexpr int THREADS = BM / TM * (BN / TN);
    // Padding keeps rows aligned to 16 bytes, and apart from each other's banks.
    static constexpr int LDA = BM + 4, LDB = BN + 4;
    static constexpr int BUFFER = BK * (LDA + LDB);
    // Numbers of shared memory.
    static constexpr int SHARED = 2 * BUFFER;

    // Row of the tile of a thread's entry acc[m][·], column of acc[·][n].
    static __device__ __forceinline__ int row(int m) { return m / 4 * (BM / (TM / 4)) + threadIdx.x / (BN / TN) * 4 + m % 4; }
    static __device__ __forceinline__ int column(int n) { return n / 4 * (BN / (TN / 4)) + threadIdx.x % (BN / TN) * 4 + n % 4; }

    // acc[m][n] += left[k][row(m)] · right[k][column(n)] for the BK numbers of a step.
    static __device__ __forceinline__ void step(const real* left, const real* right, real (&acc)[TM][TN]) {
        const real* const x = left + threadIdx.x / (BN / TN) * 4;
        const real* const y = right + threadIdx.x % (BN / TN) * 4;
#pragma unroll
        for (int k = 0; k < BK; k++) {
            Four rows[TM / 4], columns[TN / 4];
#pragma unroll
            for (int g = 0; g < TM / 4; g++) {
                rows[g] = *reinterpret_cast<const Four*>(x + k * LDA + g * (BM / (TM / 4)));
            }
#pragma unroll
            for (int g = 0; g < TN / 4; g++) {
                columns[g] = *reinterpret_cast<const Four*>(y + k * LDB + g * (BN / (TN / 4)));
            }
#pragma unroll
            for (int m = 0; m < TM; m++) {
#pragma unroll
                for (int n = 0; n < TN; n++) {
                    acc[m][n] = multiplyAdd(rows[m / 4].at[m % 4], columns[n / 4].at[n % 4], acc[m][n]);
                }
            }
        }
    }
};

// For many rows and columns, and for few.
using LargeTiling = Tiling<128, sizeof(real) == 4 ? 128 : 64, 8, 8, sizeof(real) == 4 ? 8 : 4>;
using SmallTiling = Tiling<64, 64, 16, 4, 4>;

// One operand's way into shared memory: which four numbers this thread carries, and where they go.
template <class Operand, int EXTENT, int LD, int BK, int THREADS>
struct Carrier {
    static constexpr int VECTORS = EXTENT * BK / 4;
    static constexpr int EACH = (VECTORS + THREADS - 1) / THREADS;
    Operand operand[EACH];
    real held[EACH][4];

    __device__ __forceinline__ Carrier(const Operand& from, int64 first) : Carrier(from, first, std::make_integer_sequence<int, EACH>()) {}

    __device__ __forceinline__ void load(int k, int end) {
#pragma unroll
        for (int e = 0; e < EACH; e++) {
            const int vector = threadIdx.x + e * THREADS;
            if (VECTORS % THREADS == 0 || vector < VECTORS) {
                operand[e].load(k + (Operand::ALONG_K ? vector % (BK / 4) * 4 : vector / (EXTENT / 4)), end, held[e]);
            }
        }
    }

    __device__ __forceinline__ void store(real* buffer) const {
#pragma unroll
        for (int e = 0; e < EACH; e++) {
            const int vector = threadIdx.x + e * THREADS;
            if (VECTORS % THREADS == 0 || vector < VECTORS) {
                if (Operand::ALONG_K) {
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        buffer[(vector % (BK / 4) * 4 + i) * LD + vector / (BK / 4)] = held[e][i];
                    }
                } else {
                    Four four;
#pragma unroll
                    for (int i = 0; i < 4; i++) {
                        four.at[i] = held[e][i];
                    }
                    *reinterpret_cast<Four*>(buffer + vector / (EXTENT / 4) * LD + vector % (EXTENT / 4) * 4) = four;
                }
            }
        }
    }

   private:
    template <int... COPIES>
    __device__ __forceinline__ Carrier(const Operand& from, int64 first, std::integer_sequence<int, COPIES...>) : operand{(static_cast<void>(COPIES), from)...} {
        static_assert(EACH <= 2, "a thread carries at most eight numbers");
#pragma unroll
        for (int e = 0; e < EACH; e++) {
            const int vector = threadIdx.x + e * THREADS;
            operand[e].start(first + (Operand::ALONG_K ? vector / (BK / 4) : vector % (EXTENT / 4) * 4));
        }
    }
};

// acc[m][n] += Σ_{from ≤ k < to} a(row + Tiling::row(m), k) · b(column + Tiling::column(n), k). All threads of the block call it; `shared` holds Tiling::SHARED
// numbers, aligned to 16 bytes, that nobody else uses until the next barrier after it.
template <class T, class A, class B>
__device__ __forceinline__ void multiplyTile(const A& a, const B& b, int64 row, int64 column, int from, int to, real* shared, real (&acc)[T::TM][T::TN]) {
    Carrier<A, T::BM, T::LDA, T::BK, T::THREADS> left(a, row);
    Carrier<B, T::BN, T::LDB, T::BK, T::THREADS> right(b, column);
    left.load(from, to);
    right.load(from, to);
    real* buffer = shared;
    real* other = shared + T::BUFFER;
    // Shared memory may still be read by who used it before.
    __syncthreads();
    for (int k = from; k < to; k += T::BK) {
        left.store(buffer);
        right.store(buffer + T::BK * T::LDA);
        __syncthreads();
        if (k + T::BK < to) {
            left.load(k + T::BK, to);
            right.load(k + T::BK, to);
        }
        T::step(buffer, buffer + T::BK * T::LDA, acc);
        // The next step writes the other buffer, which all threads have left before this step's barrier.
        real* const swapped = buffer;
        buffer = other;
        other = swapped;
    }
}

// `put` for four numbers next to each other, the first `count` of them; `aligned` if all four may be written at once.
__device__ __forceinline__ void putFour(real* out, int64 count, bool aligned, bool accumulate, const real* values) {
    if (aligned && count >= 4) {
        Four four = {};
        if (accumulate) {
            four = *reinterpret_cast<const Four*>(out);
        }
#pragma unroll
        for (int i = 0; i < 4; i++) {
            four.at[i] = accumulate ? add(four.at[i], values[i]) : values[i];
        }
        *reinterpret_cast<Four*>(out) = four;
    } else {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            if (i < count) {
                put(out + i, accumulate, values[i]);
            }
        }
    }
}

}  // namespace plumbline
