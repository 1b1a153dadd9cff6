#include "static_shared.h"

#include <algorithm>
#include <cstring>

extern "C" void* __tls_get_addr(void* index);

namespace emulator {

namespace {

constexpr std::size_t lineBytes = 64;

bool isClean(const unsigned char* line, std::size_t bytes) {
    unsigned char all = 0xFF;
    for (std::size_t i = 0; i < bytes; i++) {
        all &= line[i];
    }
    return all == 0xFF;
}

}  // namespace

StaticShared::StaticShared(std::size_t module, std::size_t bytes) : bytes(bytes) {
    struct {
        unsigned long module, offset;
    } index{module, 0};
    memory = static_cast<unsigned char*>(__tls_get_addr(&index));
    std::memset(memory, 0xFF, bytes);
}

void StaticShared::clean(const Kernel* kernel) {
    Range& range = written[kernel];
    if (++range.blocks == range.nextLook) {
        range.nextLook *= 2;
        look(range);
    }
    std::memset(memory + range.begin, 0xFF, range.end - range.begin);
}

// Widens the range to all that is not clean.
void StaticShared::look(Range& range) const {
    for (std::size_t at = 0; at < bytes; at += lineBytes) {
        const std::size_t end = std::min(bytes, at + lineBytes);
        if ((at < range.begin || end > range.end) && !isClean(memory + at, end - at)) {
            range.begin = range.end == 0 ? at : std::min(range.begin, at);
            range.end = std::max(range.end, end);
        }
    }
}

}  // namespace emulator
