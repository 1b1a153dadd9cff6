// y[i,j] = Σ_k x[i,k] w[k,j], or w[j,k] if transposed (or +=)
// x (m,K)  w (K,n) or (n,K)  y (m,n), for each of a batch · rows of x and y may lie further apart than they are long · accumulator real, k ascending
// cost 2·m·n·K · grid (tiles of rows · tiles of columns, 1, batch)
#include "tile.cuh"

namespace plumbline {

template <class T, bool TRANSPOSED>
__device__ __forceinline__ void multiply(
    const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
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
    putTile<T>(y + blockIdx.z * yBatch, yStride, row, m, column, n, accumulate, acc);
}

}  // namespace plumbline

KERNEL(256, multiply_small)
(const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
    plumbline::multiply<plumbline::SmallTiling, false>(x, xBatch, xStride, w, wBatch, y, yBatch, yStride, m, n, inner, accumulate);
}

KERNEL_RESIDENT(256, sizeof(real) == 4 ? 1 : 2, multiply_large)
(const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
    plumbline::multiply<plumbline::LargeTiling, false>(x, xBatch, xStride, w, wBatch, y, yBatch, yStride, m, n, inner, accumulate);
}

KERNEL(256, multiply_transposed_small)
(const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
    plumbline::multiply<plumbline::SmallTiling, true>(x, xBatch, xStride, w, wBatch, y, yBatch, yStride, m, n, inner, accumulate);
}

KERNEL_RESIDENT(256, sizeof(real) == 4 ? 1 : 2, multiply_transposed_large)
(const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
    plumbline::multiply<plumbline::LargeTiling, true>(x, xBatch, xStride, w, wBatch, y, yBatch, yStride, m, n, inner, accumulate);
}
