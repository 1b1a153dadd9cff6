// The part of the CUDA driver API that the emulator has, under the names that libcuda.so.1 exports. Handles are opaque; device memory is memory
// of this process. Every other function of cuda.symbols returns CUDA_ERROR_NOT_SUPPORTED.
#pragma once

#include <cstddef>
#include <cstdint>

#include "vectors.h"

enum CUresult {
    CUDA_SUCCESS = 0,
    CUDA_ERROR_INVALID_VALUE = 1,
    CUDA_ERROR_OUT_OF_MEMORY = 2,
    CUDA_ERROR_NOT_INITIALIZED = 3,
    CUDA_ERROR_INVALID_DEVICE = 101,
    CUDA_ERROR_INVALID_IMAGE = 200,
    CUDA_ERROR_INVALID_CONTEXT = 201,
    CUDA_ERROR_NO_BINARY_FOR_GPU = 209,
    CUDA_ERROR_FILE_NOT_FOUND = 301,
    CUDA_ERROR_INVALID_HANDLE = 400,
    CUDA_ERROR_ILLEGAL_STATE = 401,
    CUDA_ERROR_NOT_FOUND = 500,
    CUDA_ERROR_NOT_READY = 600,
    CUDA_ERROR_ILLEGAL_ADDRESS = 700,
    CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
    CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED = 712,
    CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED = 713,
    CUDA_ERROR_LAUNCH_FAILED = 719,
    CUDA_ERROR_NOT_SUPPORTED = 801,
    CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
    CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
    CUDA_ERROR_CAPTURED_EVENT = 907,
};

using CUdevice = int;
using CUdeviceptr = std::uint64_t;
using CUcontext = void*;
using CUmodule = void*;
using CUfunction = void*;
using CUstream = void*;
using CUevent = void*;
using CUgraph = void*;
using CUgraphExec = void*;
using CUmemoryPool = void*;

#define API extern "C" EMULATOR_EXPORT CUresult

// ---- the emulator itself
API plumblineEmulatorOption(const char* name, const char* value);  // see options.h

// ---- device and context: context.cpp
API cuInit(unsigned flags);
API cuDriverGetVersion(int* version);
API cuDeviceGetCount(int* count);
API cuDeviceGet(CUdevice* device, int ordinal);
API cuDeviceGetName(char* name, int length, CUdevice device);
API cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice device);
API cuDeviceComputeCapability(int* major, int* minor, CUdevice device);
API cuDeviceGetAttribute(int* value, int attribute, CUdevice device);
API cuCtxCreate_v2(CUcontext* context, unsigned flags, CUdevice device);
API cuCtxDestroy_v2(CUcontext context);
API cuCtxSetCurrent(CUcontext context);
API cuCtxGetCurrent(CUcontext* context);
API cuCtxPushCurrent_v2(CUcontext context);
API cuCtxPopCurrent_v2(CUcontext* context);
API cuCtxGetDevice(CUdevice* device);
API cuCtxSynchronize();
API cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device);
API cuDevicePrimaryCtxRelease_v2(CUdevice device);
API cuProfilerStart();
API cuProfilerStop();
API cuGetErrorName(CUresult error, const char** text);
API cuGetErrorString(CUresult error, const char** text);

// ---- memory: memory.cpp
API cuMemAlloc_v2(CUdeviceptr* address, std::size_t bytes);
API cuMemFree_v2(CUdeviceptr address);
API cuMemAllocAsync(CUdeviceptr* address, std::size_t bytes, CUstream stream);
API cuMemFreeAsync(CUdeviceptr address, CUstream stream);
API cuMemGetInfo_v2(std::size_t* free, std::size_t* total);
API cuMemGetAddressRange_v2(CUdeviceptr* base, std::size_t* bytes, CUdeviceptr address);
API cuDeviceGetDefaultMemPool(CUmemoryPool* pool, CUdevice device);
API cuMemPoolSetAttribute(CUmemoryPool pool, int attribute, void* value);
API cuMemPoolTrimTo(CUmemoryPool pool, std::size_t keptBytes);
API cuMemAllocHost_v2(void** address, std::size_t bytes);
API cuMemHostAlloc(void** address, std::size_t bytes, unsigned flags);
API cuMemFreeHost(void* address);
API cuMemHostRegister_v2(void* address, std::size_t bytes, unsigned flags);
API cuMemHostUnregister(void* address);
API cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* host, unsigned flags);
API cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, std::size_t bytes);
API cuMemcpyDtoH_v2(void* to, CUdeviceptr from, std::size_t bytes);
API cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes);
API cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, std::size_t bytes, CUstream stream);
API cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, std::size_t bytes, CUstream stream);
API cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream stream);
API cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count);
API cuMemsetD16_v2(CUdeviceptr to, unsigned short value, std::size_t count);
API cuMemsetD32_v2(CUdeviceptr to, unsigned value, std::size_t count);
API cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count, CUstream stream);
API cuMemsetD16Async(CUdeviceptr to, unsigned short value, std::size_t count, CUstream stream);
API cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count, CUstream stream);

// ---- modules and launches: module.cpp
API cuModuleLoad(CUmodule* module, const char* path);
API cuModuleLoadData(CUmodule* module, const void* image);
API cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned count, int* options, void** values);
API cuModuleLoadFatBinary(CUmodule* module, const void* image);
API cuModuleUnload(CUmodule module);
API cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name);
API cuFuncGetAttribute(int* value, int attribute, CUfunction function);
API cuFuncSetAttribute(CUfunction function, int attribute, int value);
API cuFuncSetCacheConfig(CUfunction function, int preference);
API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int threads, std::size_t sharedBytes);
API cuLaunchKernel(CUfunction function, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
                   unsigned sharedBytes, CUstream stream, void** parameters, void** extra);

// ---- streams, events, graphs: stream.cpp
API cuStreamCreate(CUstream* stream, unsigned flags);
API cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int priority);
API cuStreamDestroy_v2(CUstream stream);
API cuStreamSynchronize(CUstream stream);
API cuStreamQuery(CUstream stream);
API cuStreamWaitEvent(CUstream stream, CUevent event, unsigned flags);
API cuStreamBeginCapture_v2(CUstream stream, int mode);
API cuStreamIsCapturing(CUstream stream, int* status);
API cuStreamEndCapture(CUstream stream, CUgraph* graph);
API cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long flags);
API cuGraphLaunch(CUgraphExec executable, CUstream stream);
API cuGraphUpload(CUgraphExec executable, CUstream stream);
API cuGraphDestroy(CUgraph graph);
API cuGraphExecDestroy(CUgraphExec executable);
API cuEventCreate(CUevent* event, unsigned flags);
API cuEventDestroy_v2(CUevent event);
API cuEventRecord(CUevent event, CUstream stream);
API cuEventSynchronize(CUevent event);
API cuEventQuery(CUevent event);
API cuEventElapsedTime(float* milliseconds, CUevent begin, CUevent end);
