// The __shared__ variables of an image, which are all of its thread-local storage (see language.h): they must be NaN when a block begins. An image has
// hundreds of kilobytes of them and a kernel uses few, so what a kernel writes is found out by looking, ever more rarely: after its blocks
// number 1, 2, 4, 8 … Only that is filled again after each block. What other blocks write elsewhere stays until somebody looks.
#pragma once

#include <cstddef>
#include <unordered_map>

#include "image.h"
#include "accesses.h"

namespace emulator {

// Of one image, for the thread of the operating system that asks.
class StaticShared {
public:
    // `module` and `bytes` as the loader has them.
    StaticShared(std::size_t module, std::size_t bytes);

    accesses::Range range() const { return {reinterpret_cast<std::uintptr_t>(memory), bytes}; }

    // Fills what the block of this kernel that has just ended has written.
    void clean(const Kernel* kernel);

private:
    struct Range {
        std::size_t begin = 0, end = 0, blocks = 0, nextLook = 1;
    };

    void look(Range& range) const;

    unsigned char* memory;
    std::size_t bytes;
    std::unordered_map<const Kernel*, Range> written;
};

}  // namespace emulator
