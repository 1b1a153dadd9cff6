// Sums over the threads of a warp and of a block, in an order that is always the same.
#pragma once

#include "kernel.cuh"

namespace plumbline {

// Pairwise: each lane with the one whose number differs in a bit, from the highest bit to the lowest. All lanes get it.
__device__ __forceinline__ double warpSum(double sum) {
    for (int distance = 16; distance > 0; distance /= 2) {
        sum = add(sum, __shfl_xor_sync(0xffffffffu, sum, distance));
    }
    return sum;
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
