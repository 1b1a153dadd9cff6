// out[chunk,i] = Σ_part parts[part,chunk,i] (or +=)         parts (count, chunks, n)  out (chunks, n)
// Eight threads an entry add every eighth part in ascending order, and their sums are added in ascending order, in real: for many parts of few numbers.
// cost: one read an entry of parts · grid (n / 32, chunks)
#include "tile.cuh"

KERNEL(256, fold_parts)(const real* parts, int count, int chunks, int64 n, int accumulate, real* out) {
    constexpr int SLICES = 8;
    __shared__ real sums[SLICES][32];
    const int slice = threadIdx.x / 32;
    const int lane = threadIdx.x % 32;
    for (int chunk = blockIdx.y; chunk < chunks; chunk += gridDim.y) {
        for (int64 first = blockIdx.x * 32ll; first < n; first += gridDim.x * 32ll) {
            const int64 i = first + lane;
            real sum = 0;
            if (i < n) {
                for (int part = slice; part < count; part += SLICES) {
                    sum += parts[(static_cast<int64>(part) * chunks + chunk) * n + i];
                }
            }
            sums[slice][lane] = sum;
            __syncthreads();
            if (slice == 0 && i < n) {
                for (int s = 1; s < SLICES; s++) {
                    sum += sums[s][lane];
                }
                plumbline::put(out + static_cast<int64>(chunk) * n + i, accumulate, sum);
            }
            // The next entries' sums go to the same place.
            __syncthreads();
        }
    }
}
