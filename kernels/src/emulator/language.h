// The CUDA language for a C++ compiler: included before each source of kernels (-include language.h).
//
// Shared memory: a __shared__ variable is thread-local to the thread of the operating system that runs the block, and nothing else in an image is:
// so the driver can make it NaN before each block (static_shared.h). Under ASan it is an ordinary static variable, which gets red zones, and blocks
// run one after another.
#pragma once

#define PLUMBLINE_EMULATOR 1

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __grid_constant__
#define __constant__ static
#ifdef __SANITIZE_ADDRESS__
#define __shared__ static
#else
#define __shared__ static __thread
#endif

#include "functions.h"
#include "image.h"
#include "mma.h"
#include "thread.h"
#include "vectors.h"
#include "warp.h"

#define threadIdx (emulator::current->index)
#define blockIdx (emulator::current->block->index)
#define blockDim (emulator::current->block->size)
#define gridDim (emulator::current->block->grid)
#define warpSize 32

// The constant is how the build finds the kernels: it looks for such names in the preprocessed source.
#define KERNEL(threads, name)                               \
    constexpr unsigned threadsOf_plumbline_##name = threads; \
    void plumbline_##name
#define KERNEL_RESIDENT(threads, blocks, name) KERNEL(threads, name)
#define DYNAMIC_SHARED(type, name) type* const name = static_cast<type*>(emulator::current->block->shared)
