// Accesses that no barrier orders: what compute-sanitizer's racecheck looks for in shared memory, and in device memory too, between threads of a block
// and between blocks. An image built with -fsanitize=thread says each access to memory (by calling __tsan_read4 and its like, which are defined in races.cpp:
// nothing of ThreadSanitizer's own is linked), and each word of shared and device memory remembers who wrote it last and two of those who have read it since. Two accesses of one launch
// to one word, at least one of them a write, are a race unless
//   - the same thread makes them,
//   - both threads passed a barrier of their block in between, or
//   - both are lanes of one warp that passed a __syncwarp in between. Shuffles, votes and mma order no memory.
// Whether the threads happened to run in a good order does not matter. Blocks run one after another meanwhile, whatever option THREADS says.
#pragma once

#include <cstddef>
#include <cstdint>

namespace emulator::races {

struct Range {
    std::uintptr_t begin;
    std::size_t bytes;
};

// Whether an image is loaded that says its accesses.
bool watching();

// What the scheduler does, each at the time of it.
void launchBegins();
void blockBegins(unsigned block, unsigned threads, Range dynamicShared, Range staticShared);
void blockSynchronised();
void warpSynchronised(unsigned warp, unsigned lanes);

// This memory was allocated or freed: what it was used for before does not count any more.
void forget(std::uintptr_t begin, std::size_t bytes);

}  // namespace emulator::races
