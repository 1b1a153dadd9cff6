// The device, which is one, and its context, which all share.
#include <cstdio>
#include <cstring>
#include <map>

#include "fault.h"
#include "options.h"
#include "state.h"

namespace emulator {

namespace {

std::recursive_mutex& driverMutex = *new std::recursive_mutex;
bool initialised;
int contextUsers;
char context;  // its address is the handle
thread_local bool isCurrent;
std::string& lastMessage = *new std::string;
CUresult lastError = CUDA_SUCCESS;

CUcontext currentContext() { return isCurrent ? &context : nullptr; }

CUresult valid(CUdevice device) { return device == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_DEVICE; }

CUresult makeCurrent(CUcontext wanted) {
    if (wanted != nullptr && (wanted != &context || contextUsers == 0)) {
        return CUDA_ERROR_INVALID_CONTEXT;
    }
    isCurrent = wanted != nullptr;
    return CUDA_SUCCESS;
}

CUresult retain(CUcontext* handle) {
    if (!initialised) {
        return CUDA_ERROR_NOT_INITIALIZED;
    }
    contextUsers++;
    *handle = &context;
    return CUDA_SUCCESS;
}

CUresult releaseContext() {
    if (contextUsers == 0) {
        return CUDA_ERROR_INVALID_CONTEXT;
    }
    if (--contextUsers == 0) {
        finishAll();
        releaseMemory();
    }
    return CUDA_SUCCESS;
}

}  // namespace

Turn::Turn() : lock(driverMutex) {}

CUresult ready() {
    return !initialised ? CUDA_ERROR_NOT_INITIALIZED : !isCurrent || contextUsers == 0 ? CUDA_ERROR_INVALID_CONTEXT : CUDA_SUCCESS;
}

CUresult report(CUresult error, const std::string& message) {
    std::fprintf(stderr, "emulator: %s\n", message.c_str());
    lastError = error;
    lastMessage = message;
    return error;
}

API cuInit(unsigned) {
    Turn turn;
    initialised = true;
    catchFaults();
    return CUDA_SUCCESS;
}

API cuDriverGetVersion(int* version) {
    *version = 12060;
    return CUDA_SUCCESS;
}

API cuDeviceGetCount(int* count) {
    *count = 1;
    return initialised ? CUDA_SUCCESS : CUDA_ERROR_NOT_INITIALIZED;
}

API cuDeviceGet(CUdevice* device, int ordinal) {
    *device = 0;
    return initialised ? valid(ordinal) : CUDA_ERROR_NOT_INITIALIZED;
}

API cuDeviceGetName(char* name, int length, CUdevice device) {
    std::snprintf(name, static_cast<std::size_t>(length), "CUDA emulator");
    return valid(device);
}

API cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device) {
    *bytes = options().memoryLimit;
    return valid(device);
}

API cuDeviceComputeCapability(int* major, int* minor, CUdevice device) {
    *major = 8;
    *minor = 0;
    return valid(device);
}

API cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
    static const std::map<int, int> values{
        {1, 1024},                 // MAX_THREADS_PER_BLOCK
        {2, 1024},                 // MAX_BLOCK_DIM_X
        {3, 1024},                 // MAX_BLOCK_DIM_Y
        {4, 64},                   // MAX_BLOCK_DIM_Z
        {5, 0x7fffffff},           // MAX_GRID_DIM_X
        {6, 65535},                // MAX_GRID_DIM_Y
        {7, 65535},                // MAX_GRID_DIM_Z
        {8, 48 << 10},             // MAX_SHARED_MEMORY_PER_BLOCK
        {10, 32},                  // WARP_SIZE
        {12, 65536},               // MAX_REGISTERS_PER_BLOCK
        {13, 1000000},             // CLOCK_RATE
        {15, 1},                   // GPU_OVERLAP
        {31, 1},                   // CONCURRENT_KERNELS
        {36, 1000000},             // MEMORY_CLOCK_RATE
        {37, 1024},                // GLOBAL_MEMORY_BUS_WIDTH
        {38, 4 << 20},             // L2_CACHE_SIZE
        {39, 2048},                // MAX_THREADS_PER_MULTIPROCESSOR
        {40, 1},                   // ASYNC_ENGINE_COUNT
        {41, 1},                   // UNIFIED_ADDRESSING
        {75, 8},                   // COMPUTE_CAPABILITY_MAJOR
        {76, 0},                   // COMPUTE_CAPABILITY_MINOR
        {78, 1},                   // STREAM_PRIORITIES_SUPPORTED
        {81, 164 << 10},           // MAX_SHARED_MEMORY_PER_MULTIPROCESSOR
        {82, 65536},               // MAX_REGISTERS_PER_MULTIPROCESSOR
        {97, 163 << 10},           // MAX_SHARED_MEMORY_PER_BLOCK_OPTIN
        {106, 32},                 // MAX_BLOCKS_PER_MULTIPROCESSOR
        {115, 1},                  // MEMORY_POOLS_SUPPORTED
    };
    const auto found = values.find(attribute);
    *value = attribute == 16 ? static_cast<int>(options().multiprocessors) : found == values.end() ? 0 : found->second;
    return valid(device);
}

API cuCtxCreate_v2(CUcontext* handle, unsigned, CUdevice device) {
    Turn turn;
    const CUresult error = valid(device) != CUDA_SUCCESS ? valid(device) : retain(handle);
    return error != CUDA_SUCCESS ? error : makeCurrent(*handle);
}

API cuCtxDestroy_v2(CUcontext handle) {
    Turn turn;
    if (handle != &context) {
        return CUDA_ERROR_INVALID_CONTEXT;
    }
    isCurrent = false;
    return releaseContext();
}

API cuDevicePrimaryCtxRetain(CUcontext* handle, CUdevice device) {
    Turn turn;
    return valid(device) != CUDA_SUCCESS ? valid(device) : retain(handle);
}

API cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    Turn turn;
    return valid(device) != CUDA_SUCCESS ? valid(device) : releaseContext();
}

API cuCtxSetCurrent(CUcontext handle) {
    Turn turn;
    return makeCurrent(handle);
}

API cuCtxGetCurrent(CUcontext* handle) {
    *handle = currentContext();
    return CUDA_SUCCESS;
}

API cuCtxPushCurrent_v2(CUcontext handle) {
    Turn turn;
    return makeCurrent(handle);
}

API cuCtxPopCurrent_v2(CUcontext* handle) {
    if (handle != nullptr) {
        *handle = currentContext();
    }
    isCurrent = false;
    return CUDA_SUCCESS;
}

API cuCtxGetDevice(CUdevice* device) {
    *device = 0;
    return ready();
}

API cuCtxSynchronize() {
    Turn turn;
    const CUresult error = ready();
    return error != CUDA_SUCCESS ? error : finishAll();
}

API cuProfilerStart() { return CUDA_SUCCESS; }

API cuProfilerStop() { return CUDA_SUCCESS; }

// ---- names of errors

namespace {

const std::map<int, const char*>& errorNames() {
#define EMULATOR_NAME(error) {error, #error}
    static const std::map<int, const char*> names{
        EMULATOR_NAME(CUDA_SUCCESS),
        EMULATOR_NAME(CUDA_ERROR_INVALID_VALUE),
        EMULATOR_NAME(CUDA_ERROR_OUT_OF_MEMORY),
        EMULATOR_NAME(CUDA_ERROR_NOT_INITIALIZED),
        EMULATOR_NAME(CUDA_ERROR_INVALID_DEVICE),
        EMULATOR_NAME(CUDA_ERROR_INVALID_IMAGE),
        EMULATOR_NAME(CUDA_ERROR_INVALID_CONTEXT),
        EMULATOR_NAME(CUDA_ERROR_NO_BINARY_FOR_GPU),
        EMULATOR_NAME(CUDA_ERROR_FILE_NOT_FOUND),
        EMULATOR_NAME(CUDA_ERROR_INVALID_HANDLE),
        EMULATOR_NAME(CUDA_ERROR_ILLEGAL_STATE),
        EMULATOR_NAME(CUDA_ERROR_NOT_FOUND),
        EMULATOR_NAME(CUDA_ERROR_NOT_READY),
        EMULATOR_NAME(CUDA_ERROR_ILLEGAL_ADDRESS),
        EMULATOR_NAME(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES),
        EMULATOR_NAME(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED),
        EMULATOR_NAME(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED),
        EMULATOR_NAME(CUDA_ERROR_LAUNCH_FAILED),
        EMULATOR_NAME(CUDA_ERROR_NOT_SUPPORTED),
        EMULATOR_NAME(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED),
        EMULATOR_NAME(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED),
        EMULATOR_NAME(CUDA_ERROR_CAPTURED_EVENT),
    };
#undef EMULATOR_NAME
    return names;
}

}  // namespace

API cuGetErrorName(CUresult error, const char** text) {
    const auto found = errorNames().find(error);
    *text = found == errorNames().end() ? nullptr : found->second;
    return *text == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

// Of the error that was reported last: what happened, for this thread until it asks again.
API cuGetErrorString(CUresult error, const char** text) {
    Turn turn;
    thread_local std::string copy;
    if (error != CUDA_SUCCESS && error == lastError) {
        copy = lastMessage;
        *text = copy.c_str();
        return CUDA_SUCCESS;
    }
    return cuGetErrorName(error, text);
}

}  // namespace emulator
