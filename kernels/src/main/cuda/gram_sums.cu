// Sums over pairs of examples at one output, M_ij and r_j numbers, terms of one position; M never leaves the multiprocessor.
//
//   rowParts[J,i]    = Σ_{j ∈ J} of M_ij², (M_ij r_j)², r_i² (M_ij r_j)², M_ij r_j       for examples i of the rows, blocks J of 32 examples of the columns
//   columnParts[I,j] = the same, seen from the examples j of the columns: M_ji = M_ij
//   diagonals[i]     = M_ii, r_i² M_ii, M_ii², (M_ii r_i)²                              where both sides are the same examples
//
// rowParts (blocks of columns, rows, 4)  columnParts (blocks of rows, columns, 4)  diagonals (rows, 4), double, 0 the first example of the part · =
// M in real as in gram.cuh; sums in double, partners ascending. Where both sides are the same examples, pairs of blocks above the diagonal count for both sides, those
// on it for the rows' side, those below not at all.
// cost 2·(d₁ + d₂) an entry and term, then 8 multiply-adds in double an entry; 2 bytes an entry written · grid (tiles)
#include "gram.cuh"

namespace plumbline {

constexpr int GRAM_BLOCK = 32;

// Of one example with a block of its partners.
struct ScalarSums {
    double squares = 0, squaredProducts = 0, products = 0;

    __device__ __forceinline__ void add(double value, double residual) {
        const double product = value * residual;
        squares += value * value;
        products += product;
        squaredProducts += product * product;
    }

    __device__ __forceinline__ void store(double residual, double* out) const {
        struct alignas(16) Two {
            double x, y;
        };
        reinterpret_cast<Two*>(out)[0] = {squares, squaredProducts};
        reinterpret_cast<Two*>(out)[1] = {residual * residual * squaredProducts, products};
    }
};

// Sums over a tile of M that lies in shared memory (GramShared); `row` and `column` are the part's, residuals the tile's.
template <class T>
__device__ __forceinline__ void scalarSums(const real* tile, const double* rowResiduals, const double* columnResiduals, const GramPart& part, int row, int column,
    bool same, double* rowParts, double* columnParts, double* diagonals) {
    constexpr int ROW_ITEMS = T::BM * (T::BN / GRAM_BLOCK), COLUMN_ITEMS = T::BN * (T::BM / GRAM_BLOCK);
    for (int item = threadIdx.x; item < ROW_ITEMS; item += T::THREADS) {
        const int x = item % T::BM;
        const int y = item / T::BM * GRAM_BLOCK;
        const int i = row + x;
        const int first = column + y;
        if (i >= part.rowEnd || first >= part.columnEnd || (same && i / GRAM_BLOCK > first / GRAM_BLOCK)) {
            continue;
        }
        ScalarSums sums;
#pragma unroll
        for (int j = 0; j < GRAM_BLOCK; j += 4) {
            const Four values = *reinterpret_cast<const Four*>(tile + GramShared<T>::rowAt(x) + y + j);
#pragma unroll
            for (int e = 0; e < 4; e++) {
                sums.add(values.at[e], columnResiduals[y + j + e]);
            }
        }
        const double residual = rowResiduals[x];
        sums.store(residual, rowParts + (static_cast<int64>((first - part.column) / GRAM_BLOCK) * (part.rowEnd - part.row) + i - part.row) * 4);
        if (same && i / GRAM_BLOCK == first / GRAM_BLOCK) {
            const double value = tile[GramShared<T>::rowAt(x) + i - column];
            double* const out = diagonals + (i - part.row) * 4;
            out[0] = value;
            out[1] = residual * value * residual;
            out[2] = value * value;
            out[3] = value * residual * value * residual;
        }
    }
    for (int item = threadIdx.x; item < COLUMN_ITEMS; item += T::THREADS) {
        const int y = item % T::BN;
        const int x = item / T::BN * GRAM_BLOCK;
        const int j = column + y;
        const int first = row + x;
        if (j >= part.columnEnd || first >= part.rowEnd || (same && first / GRAM_BLOCK >= j / GRAM_BLOCK)) {
            continue;
        }
        ScalarSums sums;
#pragma unroll 8
        for (int i = 0; i < GRAM_BLOCK; i++) {
            sums.add(tile[GramShared<T>::rowAt(x + i) + y], rowResiduals[x + i]);
        }
        sums.store(columnResiduals[y], columnParts + (static_cast<int64>((first - part.row) / GRAM_BLOCK) * (part.columnEnd - part.column) + j - part.column) * 4);
    }
}

}  // namespace plumbline

KERNEL_RESIDENT(256, 2, gram_sums)
(const plumbline::GramTerm* terms, int count, int row, int rowEnd, int column, int columnEnd, int same, const double* rowResiduals,
    const double* columnResiduals, double* rowParts, double* columnParts, double* diagonals) {
    using namespace plumbline;
    using T = GramTiling;
    static_assert(T::SHARED * sizeof(real) >= (T::BM + T::BN) * sizeof(double), "residuals take the place of the factors");
    DYNAMIC_SHARED(real, shared);
    const GramPart part{row, rowEnd, column, columnEnd};
    int a, b;
    tileOfBlock<T>(part, a, b);
    if (same && a / GRAM_BLOCK > (b + T::BN - 1) / GRAM_BLOCK) {
        return;
    }
    const GramShared<T> tile(shared);
    gramEntries<T, false>(terms, count, part, a, b, tile);
    double* const residuals = reinterpret_cast<double*>(tile.steps);
    __syncthreads();
    for (int i = threadIdx.x; i < T::BM + T::BN; i += T::THREADS) {
        if (i < T::BM) {
            residuals[i] = a + i < rowEnd ? rowResiduals[a + i] : 0;
        } else {
            residuals[i] = b + i - T::BM < columnEnd ? columnResiduals[b + i - T::BM] : 0;
        }
    }
    __syncthreads();
    scalarSums<T>(tile.tile, residuals, residuals + T::BM, part, a, b, same != 0, rowParts, columnParts, diagonals);
}
