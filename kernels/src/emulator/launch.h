// A launch and its outcome.
#pragma once

#include <cstddef>
#include <string>

#include "image.h"
#include "vectors.h"

namespace emulator {

struct Launch {
    const Kernel* kernel;
    dim3 grid, block;
    std::size_t sharedBytes;         // dynamic
    void* const* arguments;          // arguments[i] points to argument i
    std::size_t staticSharedImage;   // a number that no other image ever has
    std::size_t staticSharedModule;  // its module of thread-local storage, see static_shared.h
    std::size_t staticSharedBytes;   // 0 where the image has none
};

struct Outcome {
    int error = 0;        // a CUresult
    std::string message;  // of an error
};

// Runs every block of the launch: see scheduler.cpp for a block, grid.cpp for the whole.
Outcome run(const Launch& launch);

// One block, on the calling thread of the operating system.
Outcome runBlock(const Launch& launch, uint3 index);

}  // namespace emulator
