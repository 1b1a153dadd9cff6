// Sums over the threads of a warp and of a block, in an order that is always the same.
#pragma once

#include "kernel.cuh"

namespace plumbline {

// Pairwise: each lane with the one whose number differs in a bit, from the highest bit to the lowest. All lanes get it.
template <class T>
__device__ __forceinline__ T warpSum(T sum) {
    for (int distance = 16; distance > 0; distance /= 2) {
        sum = add(sum, __shfl_xor_sync(0xffffffffu, sum, distance));
    }
    return sum;
}

// Of eight sums, those of every eighth summand from each of the first eight on.
constexpr int PARTIAL_SUMS = 8;

template <class T>
__device__ __forceinline__ T sumOf(const T (&p)[PARTIAL_SUMS]) {
    return add(add(add(p[0], p[4]), add(p[2], p[6])), add(add(p[1], p[5]), add(p[3], p[7])));
}

// Within each warp, then warp by warp; blocks of up to 256 threads. All threads get it, and wait for each other twice.
__device__ __forceinline__ double blockSum(double share) {
    __shared__ double warps[256 / 32];
    const double sum = warpSum(share);
    if (threadIdx.x % warpSize == 0) {
        warps[threadIdx.x / warpSize] = sum;
    }
    __syncthreads();
    double total = warps[0];
    for (int w = 1; w < static_cast<int>(blockDim.x) / warpSize; w++) {
        total = add(total, warps[w]);
    }
    __syncthreads();
    return total;
}

}  // namespace plumbline
