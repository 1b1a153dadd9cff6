// Device memory, pinned host memory, copies and fills. Every range is checked: a copy beyond an allocation is CUDA_ERROR_INVALID_VALUE, with a
// message that says how far.
#include "memory.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <vector>

#include "options.h"
#include "state.h"

namespace emulator {

namespace {

constexpr std::size_t deviceAlignment = 256;

// Of a fault's message, which may be made while another thread allocates: hence a mutex of its own.
std::mutex& mutex = *new std::mutex;
std::map<std::uintptr_t, std::unique_ptr<Buffer>>& allocations = *new std::map<std::uintptr_t, std::unique_ptr<Buffer>>;
std::size_t usedBytes;
using Ranges = std::map<std::uintptr_t, std::size_t>;  // bytes by address
Ranges& allocatedHost = *new Ranges;
Ranges& registeredHost = *new Ranges;
char defaultPool;

CUresult allocate(CUdeviceptr* address, std::size_t bytes) {
    std::lock_guard lock(mutex);
    if (bytes == 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (bytes > options().memoryLimit || usedBytes > options().memoryLimit - bytes) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    auto buffer = std::make_unique<Buffer>();
    if (buffer->allocate(bytes, deviceAlignment) == nullptr) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    usedBytes += bytes;
    *address = buffer->address();
    allocations.emplace(buffer->address(), std::move(buffer));
    return CUDA_SUCCESS;
}

CUresult deallocate(CUdeviceptr address) {
    if (address == 0) {
        return CUDA_SUCCESS;
    }
    std::lock_guard lock(mutex);
    const auto found = allocations.find(address);
    if (found == allocations.end()) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    usedBytes -= found->second->size();
    allocations.erase(found);
    return CUDA_SUCCESS;
}

// The last allocation that begins at or before the address.
const Buffer* below(std::uintptr_t address) {
    const auto next = allocations.upper_bound(address);
    return next == allocations.begin() ? nullptr : std::prev(next)->second.get();
}

bool holds(CUdeviceptr address, std::size_t bytes) {
    std::lock_guard lock(mutex);
    const Buffer* buffer = below(address);
    return bytes == 0 || (buffer != nullptr && address - buffer->address() <= buffer->size() && bytes <= buffer->address() + buffer->size() - address);
}

CUresult outOfRange(const char* call, std::size_t bytes, CUdeviceptr address) {
    return report(CUDA_ERROR_INVALID_VALUE, std::string(call) + ": " + std::to_string(bytes) + " bytes begin " + describeAddress(address));
}

constexpr bool onDevice = true, onHost = false;

CUresult copy(const char* call, std::uintptr_t to, bool toDevice, std::uintptr_t from, bool fromDevice, std::size_t bytes) {
    if (toDevice && !holds(to, bytes)) {
        return outOfRange(call, bytes, to);
    }
    if (fromDevice && !holds(from, bytes)) {
        return outOfRange(call, bytes, from);
    }
    std::memmove(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), bytes);
    return CUDA_SUCCESS;
}

template <class T>
CUresult set(const char* call, CUdeviceptr to, T value, std::size_t count) {
    if (!holds(to, count * sizeof(T))) {
        return outOfRange(call, count * sizeof(T), to);
    }
    std::fill_n(reinterpret_cast<T*>(to), count, value);
    return CUDA_SUCCESS;
}

std::uintptr_t number(const void* address) { return reinterpret_cast<std::uintptr_t>(address); }

bool isIn(const Ranges& ranges, std::uintptr_t address) {
    const auto next = ranges.upper_bound(address);
    return next != ranges.begin() && address - std::prev(next)->first < std::prev(next)->second;
}

// Whether a copy from or to this memory may happen after the call has returned: only page-locked memory may be read or written then, or
// what a graph is made of.
bool mayBeLate(const void* host, CUstream stream) {
    int capturing = 0;
    cuStreamIsCapturing(stream, &capturing);
    return !options().late || capturing != 0 || isIn(allocatedHost, number(host)) || isIn(registeredHost, number(host));
}

// What must be true of a call that runs at once: a context, no capture, and all that was enqueued before is done.
CUresult settle() {
    const CUresult error = ready();
    return error != CUDA_SUCCESS ? error : finishAll();
}

}  // namespace

bool isDeviceMemory(std::uintptr_t address) {
    std::lock_guard lock(mutex);
    const Buffer* buffer = below(address);
    return buffer != nullptr && address - buffer->address() < buffer->size();
}

std::string describeAddress(std::uintptr_t address) {
    std::lock_guard lock(mutex);
    char text[120];
    const Buffer* buffer = below(address);
    const auto next = allocations.upper_bound(address);
    const std::size_t after = buffer == nullptr ? SIZE_MAX : address - buffer->address();
    const std::size_t before = next == allocations.end() ? SIZE_MAX : next->first - address;
    if (buffer != nullptr && after < buffer->size()) {
        std::snprintf(text, sizeof text, "at byte %zu of an allocation of %zu bytes", after, buffer->size());
    } else if (buffer != nullptr && after - buffer->size() <= before) {
        std::snprintf(text, sizeof text, "%zu bytes after the end of an allocation of %zu bytes", after - buffer->size(), buffer->size());
    } else if (next != allocations.end()) {
        std::snprintf(text, sizeof text, "%zu bytes before an allocation of %zu bytes", before, next->second->size());
    } else {
        std::snprintf(text, sizeof text, "at %#zx, where nothing is allocated", static_cast<std::size_t>(address));
    }
    return address + 65536 < 2 * 65536 ? "at or near a null pointer" : text;
}

std::string findDamage() {
    std::lock_guard lock(mutex);
    for (const auto& entry : allocations) {
        const std::ptrdiff_t where = entry.second->damage();
        if (where != 0) {
            char text[120];
            std::snprintf(text, sizeof text, "byte %td of an allocation of %zu bytes was written", where, entry.second->size());
            return text;
        }
    }
    return {};
}

void releaseMemory() {
    std::lock_guard lock(mutex);
    allocations.clear();
    usedBytes = 0;
}

API cuMemAlloc_v2(CUdeviceptr* address, std::size_t bytes) {
    Turn turn;
    const CUresult error = settle();
    return error != CUDA_SUCCESS ? error : allocate(address, bytes);
}

API cuMemFree_v2(CUdeviceptr address) {
    Turn turn;
    const CUresult error = settle();
    return error != CUDA_SUCCESS ? error : deallocate(address);
}

API cuMemAllocAsync(CUdeviceptr* address, std::size_t bytes, CUstream stream) {
    Turn turn;
    int capturing = 0;
    const CUresult error = cuStreamIsCapturing(stream, &capturing);
    return error != CUDA_SUCCESS ? error : capturing != 0 ? CUDA_ERROR_NOT_SUPPORTED : allocate(address, bytes);
}

API cuMemFreeAsync(CUdeviceptr address, CUstream stream) {
    return enqueue(stream, [=] { return deallocate(address); });
}

API cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
    std::lock_guard lock(mutex);
    *total = options().memoryLimit;
    *free = usedBytes < *total ? *total - usedBytes : 0;
    return ready();
}

API cuMemGetAddressRange_v2(CUdeviceptr* base, std::size_t* bytes, CUdeviceptr address) {
    std::lock_guard lock(mutex);
    const Buffer* buffer = below(address);
    if (buffer == nullptr || address - buffer->address() >= buffer->size()) {
        return CUDA_ERROR_NOT_FOUND;
    }
    if (base != nullptr) {
        *base = buffer->address();
    }
    if (bytes != nullptr) {
        *bytes = buffer->size();
    }
    return CUDA_SUCCESS;
}

API cuDeviceGetDefaultMemPool(CUmemoryPool* pool, CUdevice) {
    *pool = &defaultPool;
    return CUDA_SUCCESS;
}

API cuMemPoolSetAttribute(CUmemoryPool pool, int, void*) { return pool == &defaultPool ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE; }

API cuMemPoolTrimTo(CUmemoryPool pool, std::size_t) { return pool == &defaultPool ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE; }

API cuMemHostAlloc(void** address, std::size_t bytes, unsigned) {
    Turn turn;
    if (bytes == 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    if (posix_memalign(address, 4096, bytes) != 0) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    allocatedHost[number(*address)] = bytes;
    return ready();
}

API cuMemAllocHost_v2(void** address, std::size_t bytes) { return cuMemHostAlloc(address, bytes, 0); }

API cuMemFreeHost(void* address) {
    Turn turn;
    const CUresult error = settle();
    if (error != CUDA_SUCCESS) {
        return error;
    }
    if (allocatedHost.erase(number(address)) == 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    std::free(address);
    return CUDA_SUCCESS;
}

API cuMemHostRegister_v2(void* address, std::size_t bytes, unsigned) {
    Turn turn;
    if (address == nullptr || bytes == 0) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    return registeredHost.emplace(number(address), bytes).second ? ready() : CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED;
}

API cuMemHostUnregister(void* address) {
    Turn turn;
    const CUresult error = settle();
    return error != CUDA_SUCCESS ? error : registeredHost.erase(number(address)) == 1 ? CUDA_SUCCESS : CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED;
}

API cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* host, unsigned) {
    *device = number(host);
    return CUDA_SUCCESS;
}

API cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, std::size_t bytes) {
    Turn turn;
    const CUresult error = settle();
    return error != CUDA_SUCCESS ? error : copy("cuMemcpyHtoD", to, onDevice, number(from), onHost, bytes);
}

API cuMemcpyDtoH_v2(void* to, CUdeviceptr from, std::size_t bytes) {
    Turn turn;
    const CUresult error = settle();
    return error != CUDA_SUCCESS ? error : copy("cuMemcpyDtoH", number(to), onHost, from, onDevice, bytes);
}

API cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
    Turn turn;
    const CUresult error = settle();
    return error != CUDA_SUCCESS ? error : copy("cuMemcpyDtoD", to, onDevice, from, onDevice, bytes);
}

// Pageable memory has been read when the call returns.
API cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, std::size_t bytes, CUstream stream) {
    Turn turn;
    if (mayBeLate(from, stream)) {
        return enqueue(stream, [=] { return copy("cuMemcpyHtoDAsync", to, onDevice, number(from), onHost, bytes); });
    }
    const auto* first = static_cast<const unsigned char*>(from);
    return enqueue(stream, [to, bytes, staged = std::vector<unsigned char>(first, first + bytes)] {
        return copy("cuMemcpyHtoDAsync", to, onDevice, number(staged.data()), onHost, bytes);
    });
}

// Pageable memory has been written when the call returns.
API cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
    Turn turn;
    const bool late = mayBeLate(to, stream);
    const CUresult error = enqueue(stream, [=] { return copy("cuMemcpyDtoHAsync", number(to), onHost, from, onDevice, bytes); });
    return error != CUDA_SUCCESS || late ? error : cuStreamSynchronize(stream);
}

API cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream) {
    return enqueue(stream, [=] { return copy("cuMemcpyDtoDAsync", to, onDevice, from, onDevice, bytes); });
}

API cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream) {
    return enqueue(stream, [=] { return set("cuMemsetD8", to, value, count); });
}

API cuMemsetD16Async(CUdeviceptr to, unsigned short value, std::size_t count, CUstream stream) {
    return enqueue(stream, [=] { return set("cuMemsetD16", to, value, count); });
}

API cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count, CUstream stream) {
    return enqueue(stream, [=] { return set("cuMemsetD32", to, value, count); });
}

API cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count) { return cuMemsetD8Async(to, value, count, nullptr); }

API cuMemsetD16_v2(CUdeviceptr to, unsigned short value, std::size_t count) { return cuMemsetD16Async(to, value, count, nullptr); }

API cuMemsetD32_v2(CUdeviceptr to, unsigned value, std::size_t count) { return cuMemsetD32Async(to, value, count, nullptr); }

}  // namespace emulator
