// What the emulator can be told: by environment variables PLUMBLINE_EMULATOR_NAME before it is loaded, or by `plumblineEmulatorOption`, at any
// time, for what is allocated or launched thereafter.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>

namespace emulator {

struct Options {
    std::atomic<bool> reverse;                // ORDER=forward|reverse: of threads in a block and of blocks in a grid
    std::atomic<bool> guard;                  // GUARD=1|0: every allocation ends at a page that nothing may touch
    std::atomic<bool> late;                   // STREAMS=eager|late: late work runs when somebody waits for it, so that whoever forgot to shows
    std::atomic<std::size_t> memoryLimit;     // MEMORY_LIMIT=bytes of device memory
    std::atomic<unsigned> threads;            // THREADS=n of the operating system that run blocks
    std::atomic<unsigned> multiprocessors;    // MULTIPROCESSORS=n that the device says it has
    std::atomic<const std::string*> traffic;  // TRAFFIC=file: instead of looking for races, write what accesses cost there (traffic.cpp) when an image is unloaded
    std::atomic<const std::string*> leftOut;  // LEFT_OUT=tile.cuh:156, a __syncthreads or __syncwarp that is not done; LEFT_OUT= does all
};

const Options& options();

}  // namespace emulator
