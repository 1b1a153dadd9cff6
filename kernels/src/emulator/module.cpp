// Modules, which are images of kernels for this machine (see image.h), and launches.
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <vector>

#include "accesses.h"
#include "launch.h"
#include "memory.h"
#include "options.h"
#include "state.h"

namespace emulator {

namespace {

constexpr int maxSharedBytes = 163 << 10, defaultSharedBytes = 48 << 10;

struct Module {
    void* library = nullptr;
    int file = -1;  // open as long as the library is, so that debuggers and sanitizers find its symbols
    const Kernel* kernels = nullptr;
    std::size_t staticSharedImage = 0, staticSharedModule = 0, staticSharedBytes = 0;

    Module() = default;
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;
    ~Module() {
        if (accesses::Observer* const observer = accesses::observer()) {
            observer->imageEnds();
        }
        dlclose(library);
        close(file);
    }
};

struct Function {
    const Kernel* kernel;
    const Module* module;
    int maxDynamicBytes;
};

Handles<Module>& modules = *new Handles<Module>;
Handles<Function>& functions = *new Handles<Function>;

// The shared object in memory as a file, which the loader wants; -1 on failure.
int writeToMemory(const char* image, std::size_t bytes) {
    const int file = memfd_create("plumbline-kernels", MFD_CLOEXEC);
    for (std::size_t done = 0; file >= 0 && done < bytes;) {
        const ssize_t written = write(file, image + done, bytes - done);
        if (written <= 0) {
            close(file);
            return -1;
        }
        done += static_cast<std::size_t>(written);
    }
    return file;
}

// Its size follows from its section headers, which come last.
CUresult checkImage(const void* image, std::size_t* bytes, std::size_t* threadLocalBytes) {
    constexpr std::uint32_t fatbin = 0xBA55ED50;
    Elf64_Ehdr header;
    std::memcpy(&header.e_ident, image, sizeof fatbin);
    if (std::memcmp(header.e_ident, &fatbin, sizeof fatbin) == 0) {
        return report(CUDA_ERROR_NO_BINARY_FOR_GPU, "the image is for a GPU; the emulator takes those that `make emulator` builds");
    }
    if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
        return report(CUDA_ERROR_INVALID_IMAGE, "the image is neither a shared object nor a fatbin");
    }
    std::memcpy(&header, image, sizeof header);
    if (header.e_machine != EM_X86_64 || header.e_type != ET_DYN) {
        return report(CUDA_ERROR_NO_BINARY_FOR_GPU, "the image is no shared object for x86-64");
    }
    *bytes = header.e_shoff + std::size_t{header.e_shnum} * header.e_shentsize;
    for (unsigned i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment;
        std::memcpy(&segment, static_cast<const char*>(image) + header.e_phoff + i * sizeof segment, sizeof segment);
        if (segment.p_type == PT_TLS) {
            *threadLocalBytes = segment.p_memsz;
        }
    }
    return CUDA_SUCCESS;
}

CUresult load(CUmodule* module, const void* image) {
    std::size_t bytes = 0, threadLocalBytes = 0;
    CUresult error = ready();
    if (error != CUDA_SUCCESS || (error = checkImage(image, &bytes, &threadLocalBytes)) != CUDA_SUCCESS) {
        return error;
    }
    const int file = writeToMemory(static_cast<const char*>(image), bytes);
    char path[40];
    std::snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    void* library = file < 0 ? nullptr : dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
        return report(CUDA_ERROR_INVALID_IMAGE, std::string("the image cannot be loaded: ") + (file < 0 ? "no memory" : dlerror()));
    }
    Module* loaded = modules.make();
    loaded->library = library;
    loaded->file = file;
    loaded->kernels = static_cast<const Kernel*>(dlsym(library, "emulatedKernels"));
    static std::size_t images = 0;
    loaded->staticSharedImage = images++;
    loaded->staticSharedBytes = threadLocalBytes;
    if (loaded->kernels == nullptr) {
        modules.destroy(loaded);
        return report(CUDA_ERROR_INVALID_IMAGE, "the image holds no kernels");
    }
    if (threadLocalBytes > 0) {
        dlinfo(library, RTLD_DI_TLS_MODID, &loaded->staticSharedModule);
    }
    *module = loaded;
    return CUDA_SUCCESS;
}

std::string text(dim3 d) { return "(" + std::to_string(d.x) + "," + std::to_string(d.y) + "," + std::to_string(d.z) + ")"; }

// Why a GPU would refuse the launch, or nothing.
std::string objection(const Function& function, dim3 grid, dim3 block, unsigned sharedBytes) {
    const std::size_t threads = std::size_t{block.x} * block.y * block.z;
    if (grid.x == 0 || grid.y == 0 || grid.z == 0 || grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535) {
        return "a grid of " + text(grid) + " blocks";
    }
    if (threads == 0 || block.x > 1024 || block.y > 1024 || block.z > 64 || threads > function.kernel->maxThreads) {
        return "a block of " + text(block) + " threads, its launch bounds are " + std::to_string(function.kernel->maxThreads);
    }
    if (sharedBytes > static_cast<unsigned>(function.maxDynamicBytes)) {
        return std::to_string(sharedBytes) + " bytes of dynamic shared memory, its attribute allows " + std::to_string(function.maxDynamicBytes);
    }
    return {};
}

CUresult execute(const Launch& launch) {
    const Outcome outcome = run(launch);
    if (outcome.error != 0) {
        return report(static_cast<CUresult>(outcome.error), outcome.message);
    }
    const std::string damage = options().guard ? findDamage() : "";
    return damage.empty() ? CUDA_SUCCESS : report(CUDA_ERROR_ILLEGAL_ADDRESS, std::string(launch.kernel->name) + ": " + damage);
}

// The block of arguments, gathered from where the caller has them.
CUresult gather(const Kernel& kernel, void** parameters, void** extra, std::vector<char>& block) {
    block.resize(kernel.parameterBytes + 1);
    if (parameters != nullptr) {
        for (unsigned i = 0; i < kernel.parameterCount; i++) {
            std::memcpy(&block[kernel.parameters[i].offset], parameters[i], kernel.parameters[i].bytes);
        }
        return CUDA_SUCCESS;
    }
    void *const launchParamEnd = nullptr, *const bufferPointer = reinterpret_cast<void*>(1), *const bufferSize = reinterpret_cast<void*>(2);
    const void* from = nullptr;
    std::size_t bytes = 0;
    for (void** entry = extra; entry != nullptr && *entry != launchParamEnd; entry += 2) {
        if (*entry == bufferPointer) {
            from = entry[1];
        } else if (*entry == bufferSize) {
            bytes = *static_cast<std::size_t*>(entry[1]);
        } else {
            return report(CUDA_ERROR_INVALID_VALUE, std::string(kernel.name) + ": `extra` is not understood");
        }
    }
    if (bytes != kernel.parameterBytes) {
        return report(CUDA_ERROR_INVALID_VALUE, std::string(kernel.name) + ": a block of " + std::to_string(bytes) + " bytes of arguments, expected " +
                                                    std::to_string(kernel.parameterBytes));
    }
    std::copy_n(static_cast<const char*>(from), bytes, block.data());
    return CUDA_SUCCESS;
}

}  // namespace

API cuModuleLoadData(CUmodule* module, const void* image) {
    Turn turn;
    return load(module, image);
}

API cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned, int*, void**) { return cuModuleLoadData(module, image); }

API cuModuleLoadFatBinary(CUmodule* module, const void* image) { return cuModuleLoadData(module, image); }

API cuModuleLoad(CUmodule* module, const char* path) {
    std::FILE* file = std::fopen(path, "rb");
    if (file == nullptr) {
        return CUDA_ERROR_FILE_NOT_FOUND;
    }
    std::vector<char> image;
    char part[1 << 16];
    for (std::size_t read; (read = std::fread(part, 1, sizeof part, file)) > 0;) {
        image.insert(image.end(), part, part + read);
    }
    std::fclose(file);
    return image.size() < sizeof(Elf64_Ehdr) ? CUDA_ERROR_INVALID_IMAGE : cuModuleLoadData(module, image.data());
}

API cuModuleUnload(CUmodule handle) {
    Turn turn;
    const CUresult error = finishAll();
    std::vector<Function*> orphans;
    functions.forEach([&](Function& function) {
        if (function.module == handle) {
            orphans.push_back(&function);
        }
    });
    for (Function* orphan : orphans) {
        functions.destroy(orphan);
    }
    return error != CUDA_SUCCESS ? error : modules.destroy(handle);
}

API cuModuleGetFunction(CUfunction* function, CUmodule handle, const char* name) {
    Turn turn;
    const Module* module = modules.find(handle);
    if (module == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    for (const Kernel* kernel = module->kernels; kernel->name != nullptr; kernel++) {
        if (std::strcmp(kernel->name, name) == 0) {
            *function = functions.make(Function{kernel, module, defaultSharedBytes});
            return CUDA_SUCCESS;
        }
    }
    return CUDA_ERROR_NOT_FOUND;
}

namespace {

enum FunctionAttribute { maxThreadsPerBlock = 0, numberOfRegisters = 4, maxDynamicSharedSizeBytes = 8, preferredSharedMemoryCarveout = 9 };

}  // namespace

API cuFuncGetAttribute(int* value, int attribute, CUfunction handle) {
    Turn turn;
    const Function* function = functions.find(handle);
    if (function == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    *value = attribute == maxThreadsPerBlock          ? static_cast<int>(function->kernel->maxThreads)
             : attribute == numberOfRegisters         ? 32
             : attribute == maxDynamicSharedSizeBytes ? function->maxDynamicBytes
                                                      : 0;
    return CUDA_SUCCESS;
}

API cuFuncSetAttribute(CUfunction handle, int attribute, int value) {
    Turn turn;
    Function* function = functions.find(handle);
    if (function == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (attribute == preferredSharedMemoryCarveout) {
        return CUDA_SUCCESS;
    }
    if (attribute != maxDynamicSharedSizeBytes || value < 0 || value > maxSharedBytes) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    function->maxDynamicBytes = value;
    return CUDA_SUCCESS;
}

API cuFuncSetCacheConfig(CUfunction, int) { return CUDA_SUCCESS; }

API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction handle, int threads, std::size_t sharedBytes) {
    Turn turn;
    const Function* function = functions.find(handle);
    if (function == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    if (threads <= 0 || static_cast<unsigned>(threads) > function->kernel->maxThreads) {
        return CUDA_ERROR_INVALID_VALUE;
    }
    const std::size_t reserved = 1024;  // shared memory that the system takes a block
    *blocks = std::min({32, 2048 / threads, static_cast<int>((std::size_t{164} << 10) / (sharedBytes + reserved))});
    return CUDA_SUCCESS;
}

API cuLaunchKernel(CUfunction handle, unsigned gridX, unsigned gridY, unsigned gridZ, unsigned blockX, unsigned blockY, unsigned blockZ,
                   unsigned sharedBytes, CUstream stream, void** parameters, void** extra) {
    Turn turn;
    CUresult error = ready();
    if (error != CUDA_SUCCESS) {
        return error;
    }
    const Function* function = functions.find(handle);
    if (function == nullptr) {
        return CUDA_ERROR_INVALID_HANDLE;
    }
    const Kernel& kernel = *function->kernel;
    const dim3 grid(gridX, gridY, gridZ), block(blockX, blockY, blockZ);
    const std::string refused = objection(*function, grid, block, sharedBytes);
    if (!refused.empty()) {
        return report(CUDA_ERROR_INVALID_VALUE, std::string("cuLaunchKernel: ") + kernel.name + " with " + refused);
    }
    std::vector<char> values;
    if ((error = gather(kernel, parameters, extra, values)) != CUDA_SUCCESS) {
        return error;
    }
    return enqueue(stream, [=, module = function->module, values = std::move(values)] {
        std::vector<void*> pointers(kernel.parameterCount + 1);
        for (unsigned i = 0; i < kernel.parameterCount; i++) {
            pointers[i] = const_cast<char*>(&values[kernel.parameters[i].offset]);
        }
        return execute({&kernel, grid, block, sharedBytes, pointers.data(), module->staticSharedImage, module->staticSharedModule,
                        module->staticSharedBytes});
    });
}

}  // namespace emulator
