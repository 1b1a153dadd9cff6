// What kernels do to memory, for those who watch it. An image built with -fsanitize=thread says each access (by calling __tsan_read4 and its like, which are
// defined in accesses.cpp: nothing of ThreadSanitizer's own is linked). One observer hears of them, in the order in which the emulator runs the threads of a
// block one after another; blocks run one after another too, whatever option THREADS says.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "image.h"

namespace emulator::accesses {

struct Range {
    std::uintptr_t begin;
    std::size_t bytes;

    bool has(std::uintptr_t address) const { return address - begin < bytes; }
};

struct Access {
    std::uintptr_t address;
    std::size_t bytes;
    bool write;
    const void* site;  // where the call of __tsan_… returns to
};

struct BlockOfThreads {
    unsigned number, threads;
    Range dynamicShared, staticShared;
};

class Observer {
public:
    virtual void launchBegins(const Kernel&) {}
    virtual void blockBegins(const BlockOfThreads&) {}
    virtual void blockEnds() {}
    virtual void blockSynchronised() {}
    virtual void warpSynchronised(unsigned /*warp*/, unsigned /*lanes*/) {}
    // By the current thread; of whatever memory.
    virtual void accessed(const Access&) = 0;
    // This memory was allocated or freed: what it was used for before does not count any more.
    virtual void forget(std::uintptr_t /*begin*/, std::size_t /*bytes*/) {}
    // No site of an image is known any more after this.
    virtual void imageEnds() {}

protected:
    ~Observer() = default;
};

// Who looks for accesses that no barrier orders (races.cpp), and who counts what they cost (traffic.cpp).
Observer& races();
Observer& traffic();

// Null where no image is loaded that says its accesses; traffic() if option TRAFFIC is set, else races().
Observer* observer();

// "product.cu:57" for each; the address in the image where nobody knows.
std::vector<std::string> describe(const std::vector<const void*>& sites);
std::string describe(const void* site);

}  // namespace emulator::accesses
