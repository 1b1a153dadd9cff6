// m[a,b] = m[b,a] for a > b      m (n, n) · cost: half of it read, half written · grid (tiles of 32 × 32, row by row; those above the diagonal do nothing)
#include "kernel.cuh"

KERNEL(256, gram_mirror)(real* m, int64 n) {
    constexpr int SIDE = 32;
    __shared__ real tile[SIDE][SIDE + 1];
    const int64 across = (n + SIDE - 1) / SIDE;
    for (int64 at = blockIdx.x; at < across * across; at += gridDim.x) {
        const int64 row = at / across * SIDE;
        const int64 column = at % across * SIDE;
        if (row < column) {
            continue;
        }
        const int x = threadIdx.x % SIDE;
        __syncthreads();
        for (int y = threadIdx.x / SIDE; y < SIDE; y += 256 / SIDE) {
            if (column + y < n && row + x < n) {
                tile[y][x] = m[(column + y) * n + row + x];
            }
        }
        __syncthreads();
        for (int y = threadIdx.x / SIDE; y < SIDE; y += 256 / SIDE) {
            if (row + y < n && row + y > column + x) {
                m[(row + y) * n + column + x] = tile[x][y];
            }
        }
    }
}
