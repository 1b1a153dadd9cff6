// A tile of a matrix product, C[i,j] += Σ_k A(i,k) B(j,k), for whatever A and B read their entries from: matrices, windows of images, factors of gradients.
//
//   acc (TM × TN a thread, BM × BN a block of threads) · accumulator real, k ascending, on tensor cores: tiling.cuh says how, and how exactly
//
// An entry's bits depend on its own row of A, its own row of B and the range of k alone: not on where in a tile it lies, nor on the tiling.
//
//   global → registers (four numbers a thread, the next step's) → shared memory (two buffers, laid out as tiling.cuh says) → registers → acc
//   cost: BM·BN multiply-adds for BM + BN numbers read, a step of k; one barrier every BK of them
//
// An operand is a class with
//   static constexpr bool ALONG_K     whether four numbers are four k of one index, or four indices at one k
//   static constexpr bool SPREAD      whether those four indices are SPACING apart, so that a warp reads neighbours at a time; else next to each other
//   void start(int64 index)           the index, or the first of four, that this thread reads from now on
//   void load(int k, int end, real (&v)[4])     the numbers at k (… k + 3 if ALONG_K), 0 for k ≥ end and for indices beyond the last
//   if SPREAD both are templates of SPACING
#pragma once

#include <utility>

#include "tiling.cuh"

namespace plumbline {

struct alignas(16) Four {
    real at[4];
};

// Four numbers to shared memory OFFSET numbers from `to`, at a multiple of 16 bytes and 16 bytes at a time: the compiler takes some of its own vectors apart. `lastFirst` is for
// doubles: in which order the halves go.
#ifdef PLUMBLINE_EMULATOR
template <int OFFSET>
__device__ __forceinline__ void shareFour(real* to, const real (&v)[4], bool lastFirst) {
    constexpr int WIDTH = Pack::WIDTH;
    for (int first = 0; first < 4; first += WIDTH) {
        const int from = lastFirst ? 4 - WIDTH - first : first;
        Pack pack;
        for (int e = 0; e < WIDTH; e++) {
            pack.at[e] = v[from + e];
        }
        plumbline::store(to + OFFSET + from, pack);
    }
}
#else
template <int OFFSET>
__device__ __forceinline__ void shareFour(float* to, const float (&v)[4], bool) {
    asm volatile("st.shared.v4.f32 [%0 + %5], {%1, %2, %3, %4};"
                 :
                 : "r"(static_cast<unsigned>(__cvta_generic_to_shared(to))), "f"(v[0]), "f"(v[1]), "f"(v[2]), "f"(v[3]), "n"(OFFSET * 4)
                 : "memory");
}

template <int OFFSET>
__device__ __forceinline__ void shareFour(double* to, const double (&v)[4], bool lastFirst) {
    const unsigned at = static_cast<unsigned>(__cvta_generic_to_shared(to)), half = lastFirst ? 16 : 0;
    asm volatile("st.shared.v2.f64 [%0 + %3], {%1, %2};" : : "r"(at + half), "d"(lastFirst ? v[2] : v[0]), "d"(lastFirst ? v[3] : v[1]), "n"(OFFSET * 8) : "memory");
    asm volatile("st.shared.v2.f64 [%0 + %3], {%1, %2};" : : "r"(at + 16 - half), "d"(lastFirst ? v[0] : v[2]), "d"(lastFirst ? v[1] : v[3]), "n"(OFFSET * 8) : "memory");
}
#endif

__device__ __forceinline__ bool alignedBy16(const real* numbers, int64 stride) {
    return reinterpret_cast<uintptr_t>(numbers) % 16 == 0 && stride % static_cast<int64>(16 / sizeof(real)) == 0;
}

// Entry (index, k) is numbers[index·stride + k]: a row-major matrix whose rows are the indices.
struct Rows {
    static constexpr bool ALONG_K = true, SPREAD = false;
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
    static constexpr bool ALONG_K = false, SPREAD = false;
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

// One operand's way into shared memory: which four numbers this thread carries, and where they go.
template <class Operand, int EXTENT, int BK, int THREADS>
struct Carrier {
    using To = SharedLayout<EXTENT, BK, Operand::ALONG_K>;
    static constexpr int VECTORS = EXTENT * BK / 4;
    static constexpr int EACH = (VECTORS + THREADS - 1) / THREADS;
    // Of a thread's four indices.
    static constexpr int SPACING = Operand::SPREAD ? EXTENT / 4 : 1;
    Operand operand[EACH];
    real held[EACH][4];

    __device__ __forceinline__ Carrier(const Operand& from, int64 first) : Carrier(from, first, std::make_integer_sequence<int, EACH>()) {}

    __device__ __forceinline__ void load(int k, int end) {
#pragma unroll
        for (int e = 0; e < EACH; e++) {
            const int vector = threadIdx.x + e * THREADS;
            if (VECTORS % THREADS == 0 || vector < VECTORS) {
                if constexpr (Operand::SPREAD) {
                    operand[e].template load<SPACING>(k + stepOf(vector), end, held[e]);
                } else {
                    operand[e].load(k + stepOf(vector), end, held[e]);
                }
            }
        }
    }

    __device__ __forceinline__ void store(real* buffer) const {
        storeOne<0>(buffer);
        if constexpr (EACH > 1) {
            storeOne<1>(buffer);
        }
    }

   private:
    // A thread's numbers lie the same way from each other whichever thread it is.
    template <int E>
    __device__ __forceinline__ void storeOne(real* buffer) const {
        static_assert(E == 0 || (THREADS % (BK / 4) == 0 && THREADS % (EXTENT / 4) == 0 && THREADS % 8 == 0), "a step and an index do not carry over");
        const int vector = threadIdx.x;
        if (VECTORS % THREADS == 0 || vector + E * THREADS < VECTORS) {
            real* const to = buffer + To::at(stepOf(vector), indexOf(vector));
            constexpr int OFFSET = To::at(stepOf(E * THREADS), indexOf(E * THREADS));
            if constexpr (Operand::SPREAD) {
#pragma unroll
                for (int i = 0; i < 4; i++) {
                    to[OFFSET + i * SPACING] = held[E][i];
                }
            } else {
                shareFour<OFFSET>(to, held[E], To::HALVES_TAKE_TURNS && vector / 4 % 2 != 0);
            }
        }
    }

    // The first k and the first index of four numbers.
    static __device__ __forceinline__ constexpr int stepOf(int vector) { return Operand::ALONG_K ? vector % (BK / 4) * 4 : vector / (EXTENT / 4); }
    static __device__ __forceinline__ constexpr int indexOf(int vector) {
        return Operand::ALONG_K ? vector / (BK / 4) : vector % (EXTENT / 4) * (Operand::SPREAD ? 1 : 4);
    }

    template <int... COPIES>
    __device__ __forceinline__ Carrier(const Operand& from, int64 first, std::integer_sequence<int, COPIES...>) : operand{(static_cast<void>(COPIES), from)...} {
        static_assert(EACH <= 2, "a thread carries at most eight numbers");
#pragma unroll
        for (int e = 0; e < EACH; e++) {
            const int vector = threadIdx.x + e * THREADS;
            if constexpr (Operand::SPREAD) {
                operand[e].template start<SPACING>(first + indexOf(vector));
            } else {
                operand[e].start(first + indexOf(vector));
            }
        }
    }
};

// acc[m][n] += Σ_{from ≤ k < to} a(row + Tiling::row(m), k) · b(column + Tiling::column(n), k). All threads of the block call it; `shared` holds Tiling::SHARED
// numbers, aligned to 16 bytes, that nobody else uses until the next barrier after it.
template <class T, class A, class B>
__device__ __forceinline__ void multiplyTile(const A& a, const B& b, int64 row, int64 column, int from, int to, real* shared, real (&acc)[T::TM][T::TN]) {
    Carrier<A, T::BM, T::BK, T::THREADS> left(a, row);
    Carrier<B, T::BN, T::BK, T::THREADS> right(b, column);
    left.load(from, to);
    right.load(from, to);
    const bool few = to - from < TENSOR_LEAST;
    // Shared memory may still be read by who used it before.
    __syncthreads();
    for (int k = from; k < to; k += T::BK) {
        // In turn: the next step writes the other buffer, which all threads have left before this step's barrier.
        real* const buffer = ((k - from) & T::BK) == 0 ? shared : shared + T::BUFFER;
        left.store(buffer);
        right.store(buffer + T::LEFT);
        __syncthreads();
        if (k + T::BK < to) {
            left.load(k + T::BK, to);
            right.load(k + T::BK, to);
        }
        T::template step<A::ALONG_K, B::ALONG_K>(buffer, buffer + T::LEFT, few, acc);
    }
}

// The first `count` of numbers next to each other; `aligned` if all may be written at once.
template <int COUNT>
__device__ __forceinline__ void putNeighbours(real* out, int64 count, bool aligned, const real* values) {
    if (aligned && count >= COUNT) {
        Numbers<COUNT> numbers;
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            numbers.at[i] = values[i];
        }
        store(out, numbers);
    } else {
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            if (i < count) {
                out[i] = values[i];
            }
        }
    }
}

// Adds what there is of numbers next to each other to the values; `aligned` as above.
template <int COUNT>
__device__ __forceinline__ void addNeighbours(const real* before, int64 count, bool aligned, real* values) {
    if (aligned && count >= COUNT) {
        const Numbers<COUNT> numbers = load<COUNT>(before);
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            values[i] = add(numbers.at[i], values[i]);
        }
    } else {
#pragma unroll
        for (int i = 0; i < COUNT; i++) {
            if (i < count) {
                values[i] = add(before[i], values[i]);
            }
        }
    }
}

// y[row + i, column + j] = acc (or +=) for the entries of a tile that lie in y (rows, columns), whose rows are `stride` numbers apart. What is added to is read
// before anything is written: reads that wait for each other's writes would take as long as some hundred steps of k.
template <class T>
__device__ __forceinline__ void putTile(real* y, int64 stride, int64 row, int64 rows, int64 column, int64 columns, bool accumulate, real (&acc)[T::TM][T::TN]) {
    y += row * stride + column;
    rows -= row;
    columns -= column;
    const bool aligned = (reinterpret_cast<uintptr_t>(y) / sizeof(real) | stride) % T::NEIGHBOURS == 0;
    if (accumulate) {
#pragma unroll
        for (int i = 0; i < T::TM; i++) {
#pragma unroll
            for (int j = 0; j < T::TN; j += T::NEIGHBOURS) {
                if (T::row(i) < rows) {
                    addNeighbours<T::NEIGHBOURS>(y + T::row(i) * stride + T::column(j), columns - T::column(j), aligned, &acc[i][j]);
                }
            }
        }
    }
#pragma unroll
    for (int i = 0; i < T::TM; i++) {
        if (T::row(i) < rows) {
#pragma unroll
            for (int j = 0; j < T::TN; j += T::NEIGHBOURS) {
                putNeighbours<T::NEIGHBOURS>(y + T::row(i) * stride + T::column(j), columns - T::column(j), aligned, &acc[i][j]);
            }
        }
    }
}

}  // namespace plumbline
