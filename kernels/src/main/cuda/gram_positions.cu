// m[a,b] += Σ_{t,u} (first_{a,t} · first_{b,u}) (second_{a,t} · second_{b,u} + plusOne)      one term of T > 1 positions
// m (rows, columns) of M, rows `stride` apart · examples i, j, outputs k, l, a = iK + k, b = jK + l · a factor has T consecutive rows for each a, or for each i
//
//   T ≤ 32   a tile of 64 × 64 positions is that of ⌊64/T⌋ examples a side: row by row Σ_u, then Σ_t
//   T > 32   it is 64 × 64 positions of one pair, or fewer at the end: sums over a thread's 16 entries, its warp, the block, and one tile after the other
// Inner products in real; their products are summed in double, and M's entry rounded once a tile. The order of a sum depends on T alone.
//
// cost 2·(d₁ + d₂)·T² an entry, whole tiles · grid (pairs of groups of examples, K), any number of blocks: they stride
// Where both sides are the same examples, groups that lie below the diagonal of blocks of `unit` examples (0: none) are left out.
#include "gram.cuh"

namespace plumbline {

constexpr int POSITION_TILE = 64;
constexpr int MOST_SMALL_POSITIONS = 32;

// Rows of a factor for a tile of positions: T rows for each of the examples from `first` on, or some of one example's rows from `position` on.
struct PositionRows {
    static constexpr bool ALONG_K = true, SPREAD = false;
    Rows rows;
    int first, examples, outputs, output, positions, position;

    __device__ __forceinline__ void start(int index) {
        const int each = positions < POSITION_TILE ? positions : POSITION_TILE;
        const int t = position + index % each;
        const int example = first + index / each;
        const bool inside = index / each < POSITION_TILE / each && example < examples && t < positions;
        rows.start(inside ? (static_cast<int64>(example) * outputs + output) * positions + t : rows.count);
    }

    __device__ __forceinline__ void load(int k, int end, real (&v)[4]) const { rows.load(k, end, v); }
};

// One side of a tile: its examples, and which of their rows of a factor it reads: T for each example (each = 1), or for each of its K outputs.
struct PositionSide {
    int first, examples, positions, position, each, output;

    __device__ __forceinline__ PositionRows rows(const real* numbers, int inner) const {
        const int64 count = static_cast<int64>(examples) * each * positions;
        return {Rows(numbers, count, inner), first, examples, each, each == 1 ? 0 : output, positions, position};
    }
};

using PositionTiling = SmallTiling;

// Numbers of shared memory: the steps of multiplyTile, and the inner products that are computed first, those of each thread together.
constexpr int POSITION_SHARED = PositionTiling::SHARED + PositionTiling::BM * PositionTiling::BN;
static_assert(POSITION_SHARED * sizeof(real) == (sizeof(real) == 4 ? 33792 : 67584), "GramPass.java asks for as much");

// Adds up a tile of P, for entries of M from `m` on: rowExamples × columnExamples of them, rowStride and columnStride apart.
__device__ __forceinline__ void addSmallPositions(
    real (&p)[PositionTiling::TM][PositionTiling::TN], int positions, int rowExamples, int columnExamples, real* m, int64 rowStride, int64 columnStride, real* tile) {
    using T = PositionTiling;
    constexpr int LD = T::BN + 4;
    static_assert(T::SHARED >= T::BM * LD, "the tile takes the place of the factors");
    __syncthreads();
    for (int i = 0; i < T::TM; i++) {
        for (int j = 0; j < T::TN; j++) {
            tile[T::row(i) * LD + T::column(j)] = p[i][j];
        }
    }
    __syncthreads();
    for (int item = threadIdx.x; item < rowExamples * positions * columnExamples; item += T::THREADS) {
        real* const of = tile + item % (rowExamples * positions) * LD + item / (rowExamples * positions) * positions;
        double sum = 0;
        for (int u = 0; u < positions; u++) {
            sum += of[u];
        }
        *of = static_cast<real>(sum);
    }
    __syncthreads();
    for (int item = threadIdx.x; item < rowExamples * columnExamples; item += T::THREADS) {
        const int i = item / columnExamples;
        const int j = item % columnExamples;
        double sum = 0;
        for (int t = 0; t < positions; t++) {
            sum += tile[(i * positions + t) * LD + j * positions];
        }
        m[i * rowStride + j * columnStride] += static_cast<real>(sum);
    }
}

// Adds up all of a tile of P for one entry of M.
__device__ __forceinline__ void addPositions(real (&p)[PositionTiling::TM][PositionTiling::TN], real* m, double* warps) {
    double sum = 0;
    for (int i = 0; i < PositionTiling::TM; i++) {
        for (int j = 0; j < PositionTiling::TN; j++) {
            sum += p[i][j];
        }
    }
    for (int lanes = 16; lanes > 0; lanes /= 2) {
        sum += __shfl_xor_sync(0xffffffffu, sum, lanes);
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) {
        warps[threadIdx.x / 32] = sum;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int warp = 1; warp < PositionTiling::THREADS / 32; warp++) {
            sum += warps[warp];
        }
        *m += static_cast<real>(sum);
    }
}

// Blocks on a multiprocessor that registers are kept few for. On Ada, whose shared memory holds two of float, the code for two or three would spill.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 890
constexpr int POSITION_BLOCKS = 1;
#else
constexpr int POSITION_BLOCKS = sizeof(real) == 4 ? 3 : 1;
#endif

}  // namespace plumbline

KERNEL_RESIDENT(256, plumbline::POSITION_BLOCKS, gram_positions)
(const real* firstRow, const real* firstColumn, int firstInner, int firstRowEach, int firstColumnEach, const real* secondRow, const real* secondColumn,
    int secondInner, int secondRowEach, int secondColumnEach, int plusOne, int positions, int row, int rowEnd, int column, int columnEnd, int outputs,
    int unit, real* m, int64 stride) {
    using namespace plumbline;
    using T = PositionTiling;
    constexpr int ENTRIES = T::TM * T::TN;
    DYNAMIC_SHARED(real, shared);
    real* const stash = shared + T::SHARED + threadIdx.x;
    const bool two = secondRow != nullptr;
    // Inner products that serve all outputs l come first, if there are any.
    const bool firstBefore = firstColumnEach == 1 && secondColumnEach > 1;
    const bool beforeServesAll = firstBefore || secondColumnEach == 1;
    const int each = positions < POSITION_TILE ? POSITION_TILE / positions : 1;
    const int across = (columnEnd - column + each - 1) / each;
    const int64 groups = static_cast<int64>((rowEnd - row + each - 1) / each) * across;
    const int k = blockIdx.y;
    for (int64 group = blockIdx.x; group < groups; group += gridDim.x) {
        const int i = row + static_cast<int>(group / across) * each;
        const int j = column + static_cast<int>(group % across) * each;
        const int rowExamples = rowEnd - i < each ? rowEnd - i : each;
        const int columnExamples = columnEnd - j < each ? columnEnd - j : each;
        if (unit > 0 && i / unit > (j + columnExamples - 1) / unit) {
            continue;
        }
        real* const entries = m + (static_cast<int64>(i - row) * outputs + k) * stride + static_cast<int64>(j - column) * outputs;
        for (int t = 0; t < positions; t += POSITION_TILE) {
            for (int u = 0; u < positions; u += POSITION_TILE) {
                for (int l = 0; l < outputs; l++) {
                    real p[T::TM][T::TN];
#pragma unroll 1
                    for (int step = two && (l == 0 || !beforeServesAll) ? 0 : 1; step < 2; step++) {
                        const bool isFirst = !two || firstBefore == (step == 0);
                        const PositionSide down{i, rowEnd, positions, t, isFirst ? firstRowEach : secondRowEach, k};
                        const PositionSide right{j, columnEnd, positions, u, isFirst ? firstColumnEach : secondColumnEach, l};
                        const int inner = isFirst ? firstInner : secondInner;
                        for (int e = 0; e < ENTRIES; e++) {
                            p[e / T::TN][e % T::TN] = 0;
                        }
                        multiplyTile<T>(down.rows(isFirst ? firstRow : secondRow, inner), right.rows(isFirst ? firstColumn : secondColumn, inner), 0, 0, 0, inner,
                            shared, p);
                        for (int e = 0; step == 0 && e < ENTRIES; e++) {
                            stash[e * T::THREADS] = p[e / T::TN][e % T::TN];
                        }
                    }
                    const real plus = static_cast<real>(plusOne);
                    for (int e = 0; e < ENTRIES; e++) {
                        real& product = p[e / T::TN][e % T::TN];
                        const real before = two ? stash[e * T::THREADS] : 1;
                        product = firstBefore ? before * (product + plus) : product * (before + plus);
                    }
                    if (positions <= MOST_SMALL_POSITIONS) {
                        addSmallPositions(p, positions, rowExamples, columnExamples, entries + l, outputs * stride, outputs, shared);
                    } else {
                        addPositions(p, entries + l, reinterpret_cast<double*>(shared));
                    }
                }
            }
        }
    }
}
