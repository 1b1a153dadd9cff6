// Linearised SGD in function space: what a step needs of its batch. u (nK), output k of example i at k·n + i.
#pragma once

#include "kernel.cuh"
#include "philox.cuh"

namespace plumbline::functions {

struct Batches {
    Philox random;
    int examples;  // n
    int size;      // B
    int replacement;
};

// Batch number `number`, by all threads of a block together, in `batch`, for all of them. Example b is below(number·B + b, n); without replacement by Floyd's algorithm
// (Bentley & Floyd 1987): for last = n−B … n−1 one of 0 … last, or `last` itself if that one is drawn already; the first warp looks through those before it.
__device__ __forceinline__ void draw(const Batches& from, int64 number, int* batch) {
    const int first = from.examples - from.size;
    for (int b = threadIdx.x; b < from.size; b += blockDim.x) {
        const int bound = from.replacement ? from.examples : first + b + 1;
        batch[b] = static_cast<int>(from.random.below(static_cast<std::uint64_t>(number * from.size + b), static_cast<std::uint32_t>(bound)));
    }
    __syncthreads();
    if (!from.replacement && threadIdx.x < 32) {
        for (int b = 1; b < from.size; b++) {
            bool drawn = false;
            for (int c = threadIdx.x; c < b; c += 32) {
                drawn |= batch[c] == batch[b];
            }
            const bool anywhere = __any_sync(0xffffffffu, drawn) != 0;
            __syncwarp();
            if (threadIdx.x == 0 && anywhere) {
                batch[b] = first + b;
            }
            __syncwarp();
        }
    }
    __syncthreads();
}

}  // namespace plumbline::functions
