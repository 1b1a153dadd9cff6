// A tile of BM × BN entries, spread over the warps of a block, and a step of BK products to each entry: on tensor cores.
//
//   double   mma.m8n8k4: fused multiply-adds in double, k ascending (on an H100 m16n8k8 was slower in this loop: 24 TFLOP/s to 29)
//   float    three products of TF32 numbers, x·y ≈ xₕyₕ + xₕyₗ + xₗyₕ, x = xₕ + xₗ + ε with xₕ, xₗ of 11 bits (Markidis et al. 2018, arXiv 1803.04014; Ootomo &
//            Yokota 2022, arXiv 2203.03341): mma.m16n8k8 sums the 24 products of eight k, ordinary adders the sums of eight, since those of the
//            tensor cores truncate
//
// An error of float, in roundings u = 2⁻²⁴ of |xy|: |ε| ≤ 2⁻²³|x|, 2 each for x and y; |xₗyₗ| ≤ 2⁻²²|xy|, 4: at most 8 a product, of either sign, so that those
// of many products cancel for the most part; sums of K products are rounded K/8 times, not K times. What the cores truncate within eight k is not counted. selfcheck holds
// all of it against √K + 2 roundings of Σ|xy|, what f32 may err: few products, whose errors cannot cancel, are not taken here (TENSOR_LEAST). An infinite factor gives NaN.
//
// A thread's entries, lane = 4g + t: rows g (and g + 8) of every 16, columns 2t and 2t + 1 of every 8.
#pragma once

#include "entries.cuh"

namespace plumbline {

// x·y + z with one rounding on a GPU.
__device__ __forceinline__ real multiplyAdd(real x, real y, real z) {
#ifdef __CUDACC__
    return fma(x, y, z);
#else
    return x * y + z;
#endif
}

#ifdef PLUMBLINE_EMULATOR
using emulator::mmaM16N8K8Tf32;
using emulator::mmaM8N8K4Double;
#else
__device__ __forceinline__ void mmaM16N8K8Tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2]) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ __forceinline__ void mmaM8N8K4Double(double (&d)[2], double a, double b) {
    asm("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%0,%1}, {%2}, {%3}, {%0,%1};" : "+d"(d[0]), "+d"(d[1]) : "d"(a), "d"(b));
}
#endif

// As many k as one mma takes.
constexpr int PANEL = 32 / sizeof(real);

// How the numbers of a step, EXTENT indices at BK of k, lie in shared memory: so that neither carrying them there, 16 bytes at a time, nor reading fragments has two
// lanes of a warp at different addresses of one bank.
//   along k   panel by panel, [panel][index][PANEL]: a fragment's numbers of one index lie together
//   else      [k][index]
template <int EXTENT, int BK, bool ALONG_K>
struct SharedLayout {
    static constexpr int PANEL_STRIDE = EXTENT * PANEL + (sizeof(real) == 8 ? BK / 4 : BK == PANEL ? 0 : 16);
    static constexpr int LD = EXTENT + 4;
    // Of a thread's four doubles, which take two stores, every other four lanes store the last two first.
    static constexpr bool HALVES_TAKE_TURNS = sizeof(real) == 8 && !(ALONG_K && BK == 8);
    // From one k of a panel to the next.
    static constexpr int NEXT_K = ALONG_K ? 1 : LD;

    static __device__ __forceinline__ constexpr int at(int k, int index) {
        return ALONG_K ? k / PANEL * PANEL_STRIDE + index * PANEL + k % PANEL : k * LD + index;
    }
};

// Sums of fewer products are taken on ordinary cores in float.
constexpr int TENSOR_LEAST = 64;

__device__ __forceinline__ unsigned wordOf(float x) {
    unsigned word;
    memcpy(&word, &x, sizeof word);
    return word;
}

__device__ __forceinline__ float numberOf(unsigned word) {
    float x;
    memcpy(&x, &word, sizeof x);
    return x;
}

// x = xₕ + xₗ + ε. Tensor cores read the upper 19 bits of a word: adding half of what they leave out rounds to nearest.
__device__ __forceinline__ void split(float x, unsigned& high, unsigned& low) {
    high = (wordOf(x) + 0x1000u) & 0xFFFFE000u;
    low = wordOf(x - numberOf(high)) + 0x1000u;
}

// BM × BN entries by warps of WM × WN, BK steps of k at a time; BK is a multiple of 8.
template <int BM_, int BN_, int BK_, int WM, int WN>
struct Tiling {
    static constexpr int BM = BM_, BN = BN_, BK = BK_, TM = WM / 8, TN = WN / 4;
    // Entries acc[m][n … n + 1] lie next to each other, n even.
    static constexpr int NEIGHBOURS = 2;
    static constexpr int THREADS = 32 * (BM / WM) * (BN / WN);
    template <bool ALONG_K>
    using Left = SharedLayout<BM, BK, ALONG_K>;
    template <bool ALONG_K>
    using Right = SharedLayout<BN, BK, ALONG_K>;
    // Room for either layout of the left operand, then of the right one.
    static constexpr int LEFT = BK * Left<false>::LD, BUFFER = LEFT + BK * Right<false>::LD;
    static_assert(BK / PANEL * Left<true>::PANEL_STRIDE <= LEFT && BK / PANEL * Right<true>::PANEL_STRIDE <= BUFFER - LEFT, "panels are no longer than rows of k");
    // Numbers of shared memory.
    static constexpr int SHARED = 2 * BUFFER;

    static __device__ __forceinline__ int warpRow() { return threadIdx.x / 32 / (BN / WN) * WM; }
    static __device__ __forceinline__ int warpColumn() { return threadIdx.x / 32 % (BN / WN) * WN; }
    static __device__ __forceinline__ int g() { return threadIdx.x % 32 / 4; }
    static __device__ __forceinline__ int t() { return threadIdx.x % 4; }

    // Row of the tile of a thread's entry acc[m][·], column of acc[·][n].
    static __device__ __forceinline__ int row(int m) { return warpRow() + m * 8 + g(); }
    static __device__ __forceinline__ int column(int n) { return warpColumn() + n / 2 * 8 + t() * 2 + n % 2; }

    // acc[m][n] += left(k, row(m)) · right(k, column(n)) for the BK numbers of a step, of sums of few products in all, in the layouts of operands along k or not.
    template <bool LEFT_ALONG_K, bool RIGHT_ALONG_K>
    static __device__ __forceinline__ void step(const real* left, const real* right, bool few, real (&acc)[TM][TN]) {
        if (few && sizeof(real) == 4) {
            plainStep<Left<LEFT_ALONG_K>, RIGHT_ALONG_K>(left, right, acc);
        } else {
            tensorStep<LEFT_ALONG_K, RIGHT_ALONG_K>(left, right, acc);
        }
    }

   private:
    template <class LeftLayout, bool RIGHT_ALONG_K>
    static __device__ __forceinline__ void plainStep(const real* left, const real* right, real (&acc)[TM][TN]) {
        using RightLayout = Right<RIGHT_ALONG_K>;
        left += LeftLayout::at(0, warpRow() + g());
        right += RightLayout::at(0, warpColumn() + 2 * t());
#pragma unroll 1
        for (int panel = 0; panel < BK / PANEL; panel++) {
#pragma unroll 4
            for (int k = 0; k < PANEL; k++) {
                real x[TM];
#pragma unroll
                for (int m = 0; m < TM; m++) {
                    x[m] = left[LeftLayout::at(0, m * 8) + k * LeftLayout::NEXT_K];
                }
#pragma unroll
                for (int n = 0; n < TN; n += 2) {
                    Numbers<2> y;
                    const real* const from = right + RightLayout::at(0, n * 4) + k * RightLayout::NEXT_K;
                    if (RIGHT_ALONG_K) {
                        y = {from[0], from[RightLayout::at(0, 1)]};
                    } else {
                        y = load<2>(from);
                    }
#pragma unroll
                    for (int m = 0; m < TM; m++) {
                        acc[m][n] = multiplyAdd(x[m], y.at[0], acc[m][n]);
                        acc[m][n + 1] = multiplyAdd(x[m], y.at[1], acc[m][n + 1]);
                    }
                }
            }
            left += LeftLayout::at(PANEL, 0);
            right += RightLayout::at(PANEL, 0);
        }
    }

    // What a thread holds of an index at the eight k of an mma: instead of k = t and t + 4 of them it takes 2t and 2t + 1, which lie together. The mma adds all eight,
    // and both operands name them alike.
    template <class Layout, bool ALONG_K>
    static __device__ __forceinline__ Numbers<2> fragment(const float* numbers, int k, int index) {
        if (ALONG_K) {
            return load<2>(numbers + Layout::at(k, index));
        }
        return {numbers[Layout::at(k, index)], numbers[Layout::at(k + 1, index)]};
    }

    template <bool LEFT_ALONG_K, bool RIGHT_ALONG_K>
    static __device__ __forceinline__ void tensorStep(const float* left, const float* right, float (&acc)[TM][TN]) {
        using LeftLayout = Left<LEFT_ALONG_K>;
        using RightLayout = Right<RIGHT_ALONG_K>;
        left += LeftLayout::at(2 * t(), warpRow() + g());
        right += RightLayout::at(2 * t(), warpColumn() + g());
#pragma unroll
        for (int k = 0; k < BK; k += 8) {
            unsigned high[WN / 8][2], low[WN / 8][2];
#pragma unroll
            for (int n = 0; n < WN / 8; n++) {
                const auto b = fragment<RightLayout, RIGHT_ALONG_K>(right, k, n * 8);
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    split(b.at[r], high[n][r], low[n][r]);
                }
            }
#pragma unroll
            for (int m = 0; m < WM / 16; m++) {
                unsigned aHigh[4], aLow[4];
#pragma unroll
                for (int r = 0; r < 2; r++) {
                    const auto a = fragment<LeftLayout, LEFT_ALONG_K>(left, k, m * 16 + r * 8);
                    split(a.at[0], aHigh[r], aLow[r]);
                    split(a.at[1], aHigh[r + 2], aLow[r + 2]);
                }
#pragma unroll
                for (int n = 0; n < WN / 8; n++) {
                    float d[4] = {};
                    mmaM16N8K8Tf32(d, aHigh, low[n]);
                    mmaM16N8K8Tf32(d, aLow, high[n]);
                    mmaM16N8K8Tf32(d, aHigh, high[n]);
#pragma unroll
                    for (int r = 0; r < 4; r++) {
                        acc[2 * m + r / 2][2 * n + r % 2] += d[r];
                    }
                }
            }
        }
    }

    template <bool LEFT_ALONG_K, bool RIGHT_ALONG_K>
    static __device__ __forceinline__ void tensorStep(const double* left, const double* right, double (&acc)[TM][TN]) {
        using LeftLayout = Left<LEFT_ALONG_K>;
        using RightLayout = Right<RIGHT_ALONG_K>;
        left += LeftLayout::at(t(), warpRow() + g());
        right += RightLayout::at(t(), warpColumn() + g());
#pragma unroll
        for (int k = 0; k < BK; k += 4) {
            double b[WN / 8];
#pragma unroll
            for (int n = 0; n < WN / 8; n++) {
                b[n] = right[RightLayout::at(k, n * 8)];
            }
#pragma unroll
            for (int m = 0; m < TM; m++) {
                const double a = left[LeftLayout::at(k, m * 8)];
#pragma unroll
                for (int n = 0; n < WN / 8; n++) {
                    double d[2] = {acc[m][2 * n], acc[m][2 * n + 1]};
                    mmaM8N8K4Double(d, a, b[n]);
                    acc[m][2 * n] = d[0];
                    acc[m][2 * n + 1] = d[1];
                }
            }
        }
    }
};

// For many rows and columns, and for few; 256 threads.
using LargeTiling = Tiling<128, sizeof(real) == 4 ? 128 : 64, sizeof(real) == 4 ? 16 : 8, sizeof(real) == 4 ? 64 : 32, 32>;
using SmallTiling = Tiling<64, 64, 16, 32, 16>;

}  // namespace plumbline
