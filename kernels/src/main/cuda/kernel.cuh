// What every kernel is written in. Each source is compiled once a precision, with -DPLUMBLINE_REAL=float or double, by nvcc for a GPU and by
// a C++ compiler for the emulator (src/emulator), which brings the CUDA language along; launches go through cuLaunchKernel only.
//
//   KERNEL(256, fill)(real* t, int64 n, real value) { … }      the function plumbline_fill, of at most 256 threads a block
//   KERNEL_RESIDENT(256, 2, multiply_large)(…) { … }           the same, in so few registers that 2 blocks fit a multiprocessor
//   DYNAMIC_SHARED(real, tile);                                real* tile: the block's dynamic shared memory, aligned to 128 bytes
//
// Arguments of a kernel are pointers, int64, int, double, real and plain structs of ints by value. Floating-point atomics are not used, and
// the order of every sum depends on sizes alone, so that the same bits come out whatever the grid.
#pragma once

#include <cmath>
#include <cstdint>

#ifndef PLUMBLINE_REAL
#define PLUMBLINE_REAL float
#endif

using real = PLUMBLINE_REAL;
using int64 = long long;

#ifdef __CUDACC__
#define KERNEL(threads, name) extern "C" __global__ void __launch_bounds__(threads) plumbline_##name
#define KERNEL_RESIDENT(threads, blocks, name) extern "C" __global__ void __launch_bounds__(threads, blocks) plumbline_##name
#define DYNAMIC_SHARED(type, name)                                \
    extern __shared__ __align__(128) unsigned char sharedBytes[]; \
    type* const name = reinterpret_cast<type*>(sharedBytes)
#endif

namespace plumbline {

// Sums over rows are taken in chunks of so many, the chunks' sums added in ascending order (Backend.CHUNK_ROWS).
constexpr int CHUNK_ROWS = 256;

// The first index of this thread and its stride in a loop over all that the grid's first dimension covers.
__device__ __forceinline__ int64 gridIndex() { return static_cast<int64>(blockIdx.x) * blockDim.x + threadIdx.x; }
__device__ __forceinline__ int64 gridStride() { return static_cast<int64>(gridDim.x) * blockDim.x; }

// Never contracted with what comes before or after: two paths of a kernel that compute the same give the same bits.
__device__ __forceinline__ float add(float x, float y) { return __fadd_rn(x, y); }
__device__ __forceinline__ double add(double x, double y) { return __dadd_rn(x, y); }
__device__ __forceinline__ float multiply(float x, float y) { return __fmul_rn(x, y); }
__device__ __forceinline__ double multiply(double x, double y) { return __dmul_rn(x, y); }

// *to = value, or *to += value.
__device__ __forceinline__ void put(real* to, bool accumulate, real value) { *to = accumulate ? add(*to, value) : value; }

}  // namespace plumbline
