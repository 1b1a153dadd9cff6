// g[i,j] = Σ_row few[row,i] many[row,j] (or +=), for each of a batch: sum_outer.cu where one factor has few columns, as fast as memory takes them
// few (m,r)  many (m,c)  g's entry (i,j) at i·gFew + j·gMany, r·c in all, for each chunk and each of a batch as there
//   a block: 32 packs of neighbouring j times 8 partial sums, those of the rows ≡ l mod 8 of a chunk of 256, ascending, which are added by `sumOf`; four i at once
// accumulator real · an entry's order of summation depends on the number of a chunk's rows alone
// cost 2·m·r·c, one read of `many` for every four i · grid (tiles of c · fours of r, chunks, batch)
#include "sums.cuh"
#include "tile.cuh"

KERNEL(256, sum_outer_few)
(const real* few, int64 fewBatch, int64 fewStride, const real* many, int64 manyBatch, int64 manyStride, real* g, int64 gFew, int64 gMany, int64 m, int r, int c,
    int accumulate) {
    using namespace plumbline;
    constexpr int WIDTH = Pack::WIDTH, AT_ONCE = 4;
    __shared__ real shared[AT_ONCE][PARTIAL_SUMS][32 * WIDTH];
    const int tiles = (c + 32 * WIDTH - 1) / (32 * WIDTH);
    const int lane = threadIdx.x % 32, partial = threadIdx.x / 32;
    const int j = (static_cast<int>(blockIdx.x) % tiles * 32 + lane) * WIDTH, i0 = static_cast<int>(blockIdx.x) / tiles * AT_ONCE;
    const int64 from = static_cast<int64>(blockIdx.y) * CHUNK_ROWS;
    const int count = static_cast<int>(m - from < CHUNK_ROWS ? m - from : CHUNK_ROWS);
    few += blockIdx.z * fewBatch + from * fewStride + i0;
    many += blockIdx.z * manyBatch + from * manyStride + j;
    real sums[AT_ONCE][WIDTH] = {};
    const bool packed = alignedBy16(many, manyStride);
    if (j < c) {
#pragma unroll 4
        for (int row = partial; row < count; row += PARTIAL_SUMS) {
            const Pack right = loadPack(many + row * manyStride, 1, c - j, packed);
#pragma unroll
            for (int i = 0; i < AT_ONCE; i++) {
                const real left = i0 + i < r ? few[row * fewStride + i] : real(0);
                for (int e = 0; e < WIDTH; e++) {
                    sums[i][e] = multiplyAdd(left, right.at[e], sums[i][e]);
                }
            }
        }
    }
    for (int i = 0; i < AT_ONCE; i++) {
        for (int e = 0; e < WIDTH; e++) {
            shared[i][partial][lane * WIDTH + e] = sums[i][e];
        }
    }
    __syncthreads();
    // A warp takes what one i has: fewer than there are warps.
    const int i = partial;
    if (i < AT_ONCE && i0 + i < r) {
        g += (static_cast<int64>(blockIdx.y) * gridDim.z + blockIdx.z) * r * c + (i0 + i) * gFew;
        for (int e = 0; e < WIDTH; e++) {
            if (j + e < c) {
                real p[PARTIAL_SUMS];
                for (int l = 0; l < PARTIAL_SUMS; l++) {
                    p[l] = shared[i][l][lane * WIDTH + e];
                }
                put(g + (j + e) * gMany, accumulate, sumOf(p));
            }
        }
    }
}
