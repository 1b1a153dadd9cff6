// Tiles of M = J Jᵀ from factors of gradients, M[a,b] = Σ_terms (first_a · first_b) (second_a · second_b + plusOne), terms of one position.
//
//   letters: i, j examples, k, l of K outputs, a = iK + k and b = jK + l rows and columns of M
//   inner products and M in `real`, k ascending, terms ascending: an entry's bits depend on its own rows of factors alone
//   cost 2·(d₁ + d₂) an entry and term; the factors are read BM + BN rows a tile
#pragma once

#include "tile.cuh"

namespace plumbline {

// One of the two inner products of a term: computed here from rows of both sides, or before, where factors have one row an example and K > 1.
struct GramFactor {
    const real* row;     // (rows of M, inner), or the products (·, inner)
    const real* column;  // (columns of M, inner), or null: they are computed already
    int64 inner;
    int64 rowsServed;  // consecutive rows of M that one row of the products serves: 1 or K
    int64 columnsServed;
};

// Without second factors (null) the inner product counts as 1.
struct GramTerm {
    GramFactor first, second;
    int64 plusOne;
};

// A part of M: rows [row, rowEnd) and columns [column, columnEnd) of the tensors' sides. Products computed before begin at its first row and column.
struct GramPart {
    int row, rowEnd, column, columnEnd;

    __device__ __forceinline__ int tilesDown(int height) const { return (rowEnd - row + height - 1) / height; }
    __device__ __forceinline__ int tilesAcross(int width) const { return (columnEnd - column + width - 1) / width; }
};

// Tiles in the order of blocks: bands of 16 rows of tiles, each from left to right, so that blocks which run at a time share what they read.
template <class T>
__device__ __forceinline__ void tileOfBlock(const GramPart& part, int& row, int& column) {
    constexpr int BAND = 16;
    const int down = part.tilesDown(T::BM);
    const int across = part.tilesAcross(T::BN);
    const int band = blockIdx.x / (BAND * across);
    const int height = down - band * BAND < BAND ? down - band * BAND : BAND;
    const int at = blockIdx.x - band * BAND * across;
    row = part.row + (band * BAND + at % height) * T::BM;
    column = part.column + at / height * T::BN;
}

// Of the three numbers an entry, M and two inner products, registers hold one and shared memory two: 32 entries a thread then leave room for two blocks of
// 256 threads on a multiprocessor.
using GramTiling = Tiling<sizeof(real) == 4 ? 128 : 64, 64, 8, 32, sizeof(real) == 4 ? 32 : 16>;

// What a block has in shared memory: the steps of multiplyTile; M; the first inner products, those of each thread together.
template <class T>
struct GramShared {
    static constexpr int LD = T::BN + 8;
    static constexpr int NUMBERS = T::SHARED + T::BM * LD + T::BM * T::BN;
    static constexpr int NEIGHBOURS = T::NEIGHBOURS;
    using Entries = Numbers<NEIGHBOURS>;
    real* const steps;
    real* const tile;
    Entries* const firsts;

    __device__ __forceinline__ explicit GramShared(real* shared)
        : steps(shared), tile(shared + T::SHARED), firsts(reinterpret_cast<Entries*>(shared + T::SHARED + T::BM * LD) + threadIdx.x) {}

    // Where a row of M begins, so that the neighbouring entries that a warp takes at a time (eight of each row) lie in different banks, and so do four of the same columns
    // of eight rows.
    static __device__ __forceinline__ constexpr int rowAt(int row) { return row * LD + (row & 4); }

    // Neighbouring entries of M, row m and column n of this thread's, n a multiple of their number.
    __device__ __forceinline__ Entries& entries(int m, int n) const { return *reinterpret_cast<Entries*>(tile + rowAt(T::row(m)) + T::column(n)); }
    __device__ __forceinline__ Entries& first(int m, int n) const { return firsts[(m * T::TN + n) / NEIGHBOURS * T::THREADS]; }
};

static_assert(GramShared<GramTiling>::NUMBERS * sizeof(real) == (sizeof(real) == 4 ? 82432 : 87040), "GramPass.java asks for as much");

// Inner products that were computed before.
template <class T>
__device__ __forceinline__ void readProducts(const GramFactor& f, const GramPart& part, int row, int column, real (&acc)[T::TM][T::TN]) {
    int rows[T::TM];
#pragma unroll
    for (int m = 0; m < T::TM; m++) {
        rows[m] = row + T::row(m) < part.rowEnd ? (row + T::row(m) - part.row) / static_cast<int>(f.rowsServed) : -1;
    }
#pragma unroll
    for (int n = 0; n < T::TN; n++) {
        const real* const products = f.row + (column + T::column(n) - part.column) / static_cast<int>(f.columnsServed);
#pragma unroll
        for (int m = 0; m < T::TM; m++) {
            if (column + T::column(n) < part.columnEnd && rows[m] >= 0) {
                acc[m][n] = products[rows[m] * f.inner];
            }
        }
    }
}

// With PREPARED, they may have been computed before.
template <class T, bool PREPARED>
__device__ __forceinline__ void gramProducts(const GramFactor& f, const GramPart& part, int row, int column, real* shared, real (&acc)[T::TM][T::TN]) {
#pragma unroll
    for (int m = 0; m < T::TM; m++) {
#pragma unroll
        for (int n = 0; n < T::TN; n++) {
            acc[m][n] = 0;
        }
    }
    if constexpr (PREPARED) {
        if (f.column == nullptr) {
            readProducts<T>(f, part, row, column, acc);
            return;
        }
    }
    multiplyTile<T>(Rows(f.row, part.rowEnd, f.inner), Rows(f.column, part.columnEnd, f.inner), row, column, 0, static_cast<int>(f.inner), shared, acc);
}

// shared.tile becomes M, each thread its own entries, 0 beyond the part.
template <class T, bool PREPARED>
__device__ __forceinline__ void gramEntries(const GramTerm* terms, int count, const GramPart& part, int row, int column, const GramShared<T>& shared) {
    real acc[T::TM][T::TN];
    for (int m = 0; count == 0 && m < T::TM; m++) {
        for (int n = 0; n < T::TN; n += T::NEIGHBOURS) {
            shared.entries(m, n) = {0, 0};
        }
    }
    // First factors at even steps, second ones at odd steps.
    for (int step = 0; step < 2 * count; step++) {
        const GramTerm& term = terms[step / 2];
        const bool second = step % 2 != 0;
        if (second && term.second.row == nullptr) {
            continue;
        }
        gramProducts<T, PREPARED>(second ? term.second : term.first, part, row, column, shared.steps, acc);
        if (!second && term.second.row != nullptr) {
#pragma unroll
            for (int m = 0; m < T::TM; m++) {
#pragma unroll
                for (int n = 0; n < T::TN; n += T::NEIGHBOURS) {
                    shared.first(m, n) = {acc[m][n], acc[m][n + 1]};
                }
            }
            continue;
        }
        const real plus = static_cast<real>(term.plusOne);
#pragma unroll
        for (int m = 0; m < T::TM; m++) {
            const bool inside = row + T::row(m) < part.rowEnd;
#pragma unroll
            for (int n = 0; n < T::TN; n += T::NEIGHBOURS) {
                auto& entries = shared.entries(m, n);
                auto sums = entries;
                const auto first = shared.first(m, n);
#pragma unroll
                for (int e = 0; e < T::NEIGHBOURS; e++) {
                    const real before = step < 2 ? 0 : sums.at[e];
                    sums.at[e] = before;
                    // Nothing, whatever an infinite factor makes of zeros.
                    if (inside && column + T::column(n) + e < part.columnEnd) {
                        sums.at[e] = second ? multiplyAdd(first.at[e], acc[m][n + e] + plus, before) : multiplyAdd(acc[m][n + e], 1 + plus, before);
                    }
                }
                entries = sums;
            }
        }
    }
}

}  // namespace plumbline
