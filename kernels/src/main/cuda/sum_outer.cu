// g[i,j] = Σ_row a[row,i] b[row,j] (or +=), for each of a batch
// a (m,r)  b (m,c)  g (r,c) · rows in chunks of 256, each chunk's sum (accumulator real, rows ascending) added in ascending order
// With more than one chunk the sums of chunks go to `parts` (chunks, batch, r, c), and kernel fold adds them up.
// cost 2·m·r·c · grid (tiles of r · tiles of c, chunks, batch)
#include "tensor.cuh"

namespace plumbline {

template <class T>
__device__ __forceinline__ void sumOuter(const real* a, int64 aBatch, int64 aStride, const real* b, int64 bBatch, int64 bStride, real* g, int64 m, int r, int c,
    int accumulate, real* shared) {
    const int columnTiles = (c + T::BN - 1) / T::BN;
    const int64 row = static_cast<int64>(blockIdx.x / columnTiles) * T::BM;
    const int64 column = static_cast<int64>(blockIdx.x % columnTiles) * T::BN;
    const int64 from = static_cast<int64>(blockIdx.y) * CHUNK_ROWS;
    const int count = static_cast<int>(m - from < CHUNK_ROWS ? m - from : CHUNK_ROWS);
    real acc[T::TM][T::TN] = {};
    multiplyTile<T>(Columns(a + blockIdx.z * aBatch + from * aStride, r, aStride), Columns(b + blockIdx.z * bBatch + from * bStride, c, bStride), row, column,
        0, count, shared, acc);
    g += (static_cast<int64>(blockIdx.y) * gridDim.z + blockIdx.z) * r * c;
#pragma unroll
    for (int i = 0; i < T::TM; i++) {
#pragma unroll
        for (int j = 0; j < T::TN; j++) {
            if (row + T::row(i) < r && column + T::column(j) < c) {
                put(g + (row + T::row(i)) * c + column + T::column(j), accumulate, acc[i][j]);
            }
        }
    }
}

// A chunk of few rows is summed on ordinary cores in float (tensor.cuh): that depends on the chunk alone.
template <class T, class Tensor>
__device__ __forceinline__ void sumOuterOf(const real* a, int64 aBatch, int64 aStride, const real* b, int64 bBatch, int64 bStride, real* g, int64 m, int r,
    int c, int accumulate) {
    static_assert(T::BM == Tensor::BM && T::BN == Tensor::BN && T::THREADS == Tensor::THREADS, "one grid for both");
    __shared__ __align__(16) real shared[T::SHARED < Tensor::SHARED ? Tensor::SHARED : T::SHARED];
    if (sizeof(real) == 4 && m - static_cast<int64>(blockIdx.y) * CHUNK_ROWS < TENSOR_LEAST) {
        sumOuter<T>(a, aBatch, aStride, b, bBatch, bStride, g, m, r, c, accumulate, shared);
    } else {
        sumOuter<Tensor>(a, aBatch, aStride, b, bBatch, bStride, g, m, r, c, accumulate, shared);
    }
}

}  // namespace plumbline

KERNEL(256, sum_outer_large)
(const real* a, int64 aBatch, int64 aStride, const real* b, int64 bBatch, int64 bStride, real* g, int64 m, int r, int c, int accumulate) {
    plumbline::sumOuterOf<plumbline::LargeTiling, plumbline::LargeTensorTiling>(a, aBatch, aStride, b, bBatch, bStride, g, m, r, c, accumulate);
}

KERNEL(256, sum_outer_small)
(const real* a, int64 aBatch, int64 aStride, const real* b, int64 bBatch, int64 bStride, real* g, int64 m, int r, int c, int accumulate) {
    plumbline::sumOuterOf<plumbline::SmallTiling, plumbline::SmallTensorTiling>(a, aBatch, aStride, b, bBatch, bStride, g, m, r, c, accumulate);
}
