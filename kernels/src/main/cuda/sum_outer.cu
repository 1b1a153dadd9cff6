// g[i,j] = Σ_row a[row,i] b[row,j] (or +=), for each of a batch
// a (m,r)  b (m,c)  g (r,c) · rows in chunks of 256, each chunk's sum (accumulator real, rows ascending) added in ascending order
// With more than one chunk the sums of chunks go to `parts` (chunks, batch, r, c), and kernel fold adds them up.
// cost 2·m·r·c · grid (tiles of r · tiles of c, chunks, batch)
#include "tile.cuh"

namespace plumbline {

template <class T>
__device__ __forceinline__ void sumOuter(const real* a, int64 aBatch, int64 aStride, const real* b, int64 bBatch, int64 bStride, real* g, int64 m, int r, int c,
    int accumulate) {
    __shared__ __align__(16) real shared[T::SHARED];
    const int columnTiles = (c + T::BN - 1) / T::BN;
    const int64 row = static_cast<int64>(blockIdx.x / columnTiles) * T::BM;
    const int64 column = static_cast<int64>(blockIdx.x % columnTiles) * T::BN;
    const int64 from = static_cast<int64>(blockIdx.y) * CHUNK_ROWS;
    const int count = static_cast<int>(m - from < CHUNK_ROWS ? m - from : CHUNK_ROWS);
    real acc[T::TM][T::TN] = {};
    multiplyTile<T>(Columns(a + blockIdx.z * aBatch + from * aStride, r, aStride), Columns(b + blockIdx.z * bBatch + from * bStride, c, bStride), row, column,
        0, count, shared, acc);
    g += (static_cast<int64>(blockIdx.y) * gridDim.z + blockIdx.z) * r * c;
    putTile<T>(g, c, row, r, column, c, accumulate, acc);
}

}  // namespace plumbline

KERNEL_RESIDENT(256, sizeof(real) == 4 ? 1 : 2, sum_outer_large)
(const real* a, int64 aBatch, int64 aStride, const real* b, int64 bBatch, int64 bStride, real* g, int64 m, int r, int c, int accumulate) {
    plumbline::sumOuter<plumbline::LargeTiling>(a, aBatch, aStride, b, bBatch, bStride, g, m, r, c, accumulate);
}

KERNEL(256, sum_outer_small)
(const real* a, int64 aBatch, int64 aStride, const real* b, int64 bBatch, int64 bStride, real* g, int64 m, int r, int c, int accumulate) {
    plumbline::sumOuter<plumbline::SmallTiling>(a, aBatch, aStride, b, bBatch, bStride, g, m, r, c, accumulate);
}
