// y[i,j] = Σ_k x[i,k] w[k,j], or w[j,k] if transposed, + bias[j] (or +=)
// x (m,K)  w (K,n) or (n,K)  bias (n) or null  y (m,n), for each of a batch · rows of x and y may lie further apart than they are long
// accumulator real, k ascending, then the bias
// cost 2·m·n·K · grid (tiles of rows · tiles of columns, 1, batch)
#include "tile.cuh"

namespace plumbline {

template <class T, bool TRANSPOSED>
__device__ __forceinline__ void multiply(
    const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, const real* bias, int64 biasBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
    __shared__ __align__(16) real shared[T::SHARED];
    const int columnTiles = (n + T::BN - 1) / T::BN;
    const int64 row = static_cast<int64>(blockIdx.x / columnTiles) * T::BM;
    const int64 column = static_cast<int64>(blockIdx.x % columnTiles) * T::BN;
    const Rows left(x + blockIdx.z * xBatch, m, xStride);
    const real* const weights = w + blockIdx.z * wBatch;
    real acc[T::TM][T::TN] = {};
    if (TRANSPOSED) {
        multiplyTile<T>(left, Rows(weights, n, inner), row, column, 0, inner, shared, acc);
    } else {
        multiplyTile<T>(left, Columns(weights, n, n), row, column, 0, inner, shared, acc);
    }
    if (bias != nullptr) {
        const real* const shifts = bias + blockIdx.z * biasBatch + column;
#pragma unroll
        for (int j = 0; j < T::TN; j++) {
            const real shift = column + T::column(j) < n ? shifts[T::column(j)] : 0;
#pragma unroll
            for (int i = 0; i < T::TM; i++) {
                acc[i][j] = add(acc[i][j], shift);
            }
        }
    }
    putTile<T>(y + blockIdx.z * yBatch, yStride, row, m, column, n, accumulate, acc);
}

}  // namespace plumbline

KERNEL(256, multiply_small)
(const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, const real* bias, int64 biasBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
    plumbline::multiply<plumbline::SmallTiling, false>(x, xBatch, xStride, w, wBatch, bias, biasBatch, y, yBatch, yStride, m, n, inner, accumulate);
}

KERNEL_RESIDENT(256, sizeof(real) == 4 ? 1 : 2, multiply_large)
(const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, const real* bias, int64 biasBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
    plumbline::multiply<plumbline::LargeTiling, false>(x, xBatch, xStride, w, wBatch, bias, biasBatch, y, yBatch, yStride, m, n, inner, accumulate);
}

KERNEL(256, multiply_transposed_small)
(const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, const real* bias, int64 biasBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
    plumbline::multiply<plumbline::SmallTiling, true>(x, xBatch, xStride, w, wBatch, bias, biasBatch, y, yBatch, yStride, m, n, inner, accumulate);
}

KERNEL_RESIDENT(256, sizeof(real) == 4 ? 1 : 2, multiply_transposed_large)
(const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, const real* bias, int64 biasBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
    plumbline::multiply<plumbline::LargeTiling, true>(x, xBatch, xStride, w, wBatch, bias, biasBatch, y, yBatch, yStride, m, n, inner, accumulate);
}
