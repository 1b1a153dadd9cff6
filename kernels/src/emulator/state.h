// What the driver's functions share.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "driver.h"

namespace emulator {

// CUDA_SUCCESS where the driver is initialised and this thread has a context, else the error to return. The driver's work is done by one thread
// at a time; whoever holds a Turn has it.
EMULATOR_EXPORT CUresult ready();

class EMULATOR_EXPORT Turn {
public:
    Turn();

private:
    std::lock_guard<std::recursive_mutex> lock;
};

// Prints the message, keeps it for cuGetErrorString, and returns the error.
CUresult report(CUresult error, const std::string& message);

// Live handles of one kind: using another, or one that was destroyed, is an error and not a crash.
template <class T>
class Handles {
public:
    template <class... A>
    T* make(A&&... arguments) {
        auto made = std::make_unique<T>(std::forward<A>(arguments)...);
        T* handle = made.get();
        live.emplace(handle, std::move(made));
        return handle;
    }

    T* find(void* handle) const {
        const auto found = live.find(handle);
        return found == live.end() ? nullptr : found->second.get();
    }

    CUresult destroy(void* handle) { return live.erase(handle) == 1 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_HANDLE; }

    template <class F>
    void forEach(F action) const {
        for (const auto& entry : live) {
            action(*entry.second);
        }
    }

private:
    std::unordered_map<void*, std::unique_ptr<T>> live;
};

using Work = std::function<CUresult()>;

// Does the work in the stream's order: now, when somebody waits (option STREAMS=late), or whenever the graph being captured is launched.
EMULATOR_EXPORT CUresult enqueue(CUstream stream, Work work);

// Does all work that is still to be done, on every stream: what synchronous calls begin with. An error where a capture forbids such calls.
CUresult finishAll();

// The end of the context: its memory is free.
void releaseMemory();

}  // namespace emulator
