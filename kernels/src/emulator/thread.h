// What a kernel sees of the thread that runs it, and where threads wait for each other. Defined in scheduler.cpp, inside libcuda.so.1, which
// every image of kernels is linked with.
#pragma once

#include "vectors.h"

namespace emulator {

struct Block {
    uint3 index;    // blockIdx
    dim3 size;      // blockDim
    dim3 grid;      // gridDim
    void* shared;   // dynamic shared memory
};

struct Thread {
    uint3 index;      // threadIdx
    unsigned number;  // in its block, x fastest
    unsigned lane;    // number % 32
    Block* block;
};

// The thread that runs on this thread of the operating system; null outside kernels. Few bytes, so that they fit the static block of
// thread-local storage, where reading them is one instruction.
extern EMULATOR_EXPORT __thread Thread* current __attribute__((tls_model("initial-exec")));

// A call that waits, for messages.
struct Site {
    const char* call;
    const char* file;
    int line;
    bool ordersMemory = false;  // among the lanes that come
};

struct BarrierResult {
    int any, all, count;
};

// Until every thread of the block that has not left the kernel is here; what held of their predicates.
EMULATOR_EXPORT BarrierResult barrier(bool predicate, const Site& site);

// Until every lane of `mask` that has not left the kernel is here. The last to come runs `exchange` once for all: frames[l] is lane l's, for
// each lane l of `lanes`.
using Exchange = void (*)(void* const* frames, unsigned lanes);
EMULATOR_EXPORT void collective(unsigned mask, void* frame, Exchange exchange, const Site& site);

// Ends the launch with CUDA_ERROR_LAUNCH_FAILED and a message that begins with kernel, block and thread.
[[noreturn]] EMULATOR_EXPORT void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

}  // namespace emulator
