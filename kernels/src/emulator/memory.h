// Memory of exact size that begins as 0xFF, which is NaN in float and in double. With option GUARD it ends at a page that nothing may touch (or
// up to 15 bytes before: those, and as many bytes before the beginning as fit, are watched instead); else it comes from the heap, where
// AddressSanitizer guards it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace emulator {

class Buffer {
public:
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { release(); }

    // Its address, or null where the machine has no such memory left. `alignment` holds without guard pages, with them it is 16.
    void* allocate(std::size_t bytes, std::size_t alignment);

    // A buffer of so many bytes, all 0xFF again: this one where it fits.
    void* renew(std::size_t bytes, std::size_t alignment);

    void release();

    // The first byte of its surroundings that was written to, relative to its beginning, or 0; heals them.
    std::ptrdiff_t damage();

    std::uintptr_t address() const { return reinterpret_cast<std::uintptr_t>(data); }
    std::size_t size() const { return bytes; }

private:
    void* data = nullptr;
    std::size_t bytes = 0;
    void* mapping = nullptr;
    std::size_t mappingBytes = 0;
};

bool isDeviceMemory(std::uintptr_t address);

// "4 bytes after the end of an allocation of 4096 bytes", for an address that a kernel should not have touched.
std::string describeAddress(std::uintptr_t address);

// What was written beside allocations since the last call: a sentence, or nothing.
std::string findDamage();

}  // namespace emulator
