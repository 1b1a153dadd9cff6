// m[a,b] = m[b,a] for a > b      m (n, n) · cost: half of it read, half written · grid (tiles of 32 × 32, row by row; those above the diagonal do nothing)
#include "kernel.cuh"

KERNEL(256, gram_mirror)(real* m, int64 n) {
    constexpr int SIDE = 32;
    __shared__ real tile[SIDE][SIDE + 1];
    const int64 across = (n + SIDE - 1) / SIDE;
    const int64 row = blockIdx.x / across * SIDE;
    const int64 column = blockIdx.x % across * SIDE;
    if (row < column) {
        return;
    }
    const int x = threadIdx.x % SIDE;
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
