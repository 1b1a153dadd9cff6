// y[i,j] = Σ_k x[i,k] w[j,k] + bias[j] (or +=), for each of a batch, where y has few columns or an entry few products: as fast as memory takes them, where a tile of a product
// of matrices (multiply.cu) would be padding for the most part
// x (m,K)  w's entry (j,k) at j·wColumn + k·wInner  y (m,n) · rows of x and y may lie further apart than they are long · accumulator real, then the bias, if any
//   multiply_columns   n few: a warp a row; each lane takes a pack of neighbouring k, and the one 32 packs on, ascending, and lanes' sums are added pairwise
//   multiply_short     K few: a thread a pack of neighbouring entries, k ascending
// An entry's order of summation depends on K alone.
// cost 2·m·n·K; multiply_columns reads x once and n − 1 times from caches, multiply_short writes y · grid (…, 1, batch)
#include "sums.cuh"
#include "tile.cuh"

KERNEL(256, multiply_columns)
(const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, int64 wColumn, int64 wInner, const real* bias,
    int64 biasBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
    using namespace plumbline;
    x += blockIdx.z * xBatch;
    w += blockIdx.z * wBatch;
    y += blockIdx.z * yBatch;
    const bool xPacked = alignedBy16(x, xStride), wPacked = wInner == 1 && alignedBy16(w, wColumn);
    const int lane = threadIdx.x % warpSize;
    for (int64 row = gridIndex() / warpSize; row < m; row += gridStride() / warpSize) {
        for (int j = 0; j < n; j++) {
            real sum = 0;
#pragma unroll 2
            for (int k = lane * Pack::WIDTH; k < inner; k += warpSize * Pack::WIDTH) {
                const Pack left = loadPack(x + row * xStride + k, 1, inner - k, xPacked);
                const Pack right = loadPack(w + j * wColumn + k * wInner, wInner, inner - k, wPacked);
                for (int e = 0; e < Pack::WIDTH; e++) {
                    sum = multiplyAdd(left.at[e], right.at[e], sum);
                }
            }
            sum = warpSum(sum);
            if (lane == 0) {
                put(y + row * yStride + j, accumulate, bias == nullptr ? sum : add(sum, bias[blockIdx.z * biasBatch + j]));
            }
        }
    }
}

KERNEL(256, multiply_short)
(const real* x, int64 xBatch, int64 xStride, const real* w, int64 wBatch, int64 wColumn, int64 wInner, const real* bias,
    int64 biasBatch, real* y, int64 yBatch, int64 yStride, int64 m, int n, int inner, int accumulate) {
    using namespace plumbline;
    x += blockIdx.z * xBatch;
    w += blockIdx.z * wBatch;
    y += blockIdx.z * yBatch;
    const bool wPacked = wColumn == 1 && alignedBy16(w, wInner), yPacked = alignedBy16(y, yStride);
    const int64 steps = (n + Pack::WIDTH - 1) / Pack::WIDTH;
    for (int64 item = gridIndex(); item < m * steps; item += gridStride()) {
        const Division at = divide(item, steps);
        const int j = static_cast<int>(at.remainder) * Pack::WIDTH;
        const real* const factors = x + at.quotient * xStride;
        Pack sum = {};
        for (int k = 0; k < inner; k++) {
            const Pack right = loadPack(w + j * wColumn + k * wInner, wColumn, n - j, wPacked);
            for (int e = 0; e < Pack::WIDTH; e++) {
                sum.at[e] = multiplyAdd(factors[k], right.at[e], sum.at[e]);
            }
        }
        if (bias != nullptr) {
            for (int e = 0; e < Pack::WIDTH; e++) {
                sum.at[e] = add(sum.at[e], e < n - j ? bias[blockIdx.z * biasBatch + j + e] : real(0));
            }
        }
        real* const out = y + at.quotient * yStride + j;
        if (accumulate) {
            addNeighbours<Pack::WIDTH>(out, n - j, yPacked, sum.at);
        }
        putNeighbours<Pack::WIDTH>(out, n - j, yPacked, sum.at);
    }
}
