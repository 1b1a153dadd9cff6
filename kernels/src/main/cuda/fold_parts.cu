// out[chunk,i] = Σ_part parts[part,chunk,i] (or +=)         parts (count, chunks, n)  out (chunks, n)
// `slices` threads an entry, each of them adds every so many parts in ascending order; their sums are added in ascending order, in real
// cost: one read an entry of parts · grid (n·slices / threads of a block, chunks)
#include "entries.cuh"

KERNEL(1024, fold_parts)(const real* parts, int count, int chunks, int64 n, int slices, int accumulate, real* out) {
    // Two of them in turn: who writes one has waited since everybody read it.
    __shared__ real both[2][1024];
    real* sums = both[0];
    real* next = both[1];
    const int lanes = blockDim.x / slices;
    const int slice = threadIdx.x / lanes;
    const int lane = threadIdx.x % lanes;
    for (int chunk = blockIdx.y; chunk < chunks; chunk += gridDim.y) {
        for (int64 first = static_cast<int64>(blockIdx.x) * lanes; first < n; first += static_cast<int64>(gridDim.x) * lanes) {
            const int64 i = first + lane;
            real sum = 0;
            if (i < n) {
                for (int part = slice; part < count; part += slices) {
                    sum += parts[(static_cast<int64>(part) * chunks + chunk) * n + i];
                }
            }
            sums[threadIdx.x] = sum;
            __syncthreads();
            if (slice == 0 && i < n) {
                for (int s = 1; s < slices; s++) {
                    sum += sums[s * lanes + lane];
                }
                plumbline::put(out + static_cast<int64>(chunk) * n + i, accumulate, sum);
            }
            real* const read = sums;
            sums = next;
            next = read;
        }
    }
}
