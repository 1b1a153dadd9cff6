#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "accesses.h"
#include "memory.h"
#include "options.h"

namespace emulator {

namespace {

constexpr std::size_t pageBytes = 4096, guardAlignment = 16, watchedBytes = 256;

constexpr std::size_t roundUp(std::size_t bytes, std::size_t unit) { return (bytes + unit - 1) / unit * unit; }

void forget(std::uintptr_t begin, std::size_t bytes) {
    if (accesses::Observer* const observer = accesses::observer()) {
        observer->forget(begin, bytes);
    }
}

}  // namespace

void* Buffer::allocate(std::size_t wanted, std::size_t alignment) {
    release();
    if (options().guard) {
        const std::size_t body = roundUp(wanted, pageBytes);
        const std::size_t total = body + 2 * pageBytes;
        void* pages = mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (pages == MAP_FAILED) {
            return nullptr;
        }
        mapping = pages;
        mappingBytes = total;
        char* end = static_cast<char*>(pages) + pageBytes + body;
        mprotect(pages, pageBytes, PROT_NONE);
        mprotect(end, pageBytes, PROT_NONE);
        std::memset(static_cast<char*>(pages) + pageBytes, 0xFF, body);
        data = end - roundUp(wanted, guardAlignment);
    } else {
        if (posix_memalign(&data, alignment, wanted) != 0) {
            data = nullptr;
            return nullptr;
        }
        std::memset(data, 0xFF, wanted);
    }
    bytes = wanted;
    forget(address(), bytes);
    return data;
}

void* Buffer::renew(std::size_t wanted, std::size_t alignment) {
    if (wanted == 0) {
        release();
    } else if (bytes == wanted && (mapping != nullptr) == options().guard) {
        std::memset(data, 0xFF, bytes);
    } else {
        allocate(wanted, alignment);
    }
    return data;
}

void Buffer::release() {
    forget(address(), bytes);
    if (mapping != nullptr) {
        munmap(mapping, mappingBytes);
    } else {
        std::free(data);
    }
    data = mapping = nullptr;
    bytes = 0;
}

std::ptrdiff_t Buffer::damage() {
    if (mapping == nullptr) {
        return 0;
    }
    unsigned char* const begin = static_cast<unsigned char*>(data);
    std::ptrdiff_t where = 0;
    const auto heal = [&](unsigned char* from, unsigned char* to) {
        for (unsigned char* p = from; p < to; p++) {
            if (*p != 0xFF) {
                where = where == 0 ? p - begin : where;
                *p = 0xFF;
            }
        }
    };
    heal(std::max(static_cast<unsigned char*>(mapping) + pageBytes, begin - watchedBytes), begin);
    heal(begin + bytes, static_cast<unsigned char*>(mapping) + mappingBytes - pageBytes);
    return where;
}

}  // namespace emulator
