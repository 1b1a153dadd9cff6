#include "options.h"

#include <cstdio>
#include <cstdlib>
#include <string>

#include "driver.h"

namespace emulator {

namespace {

constexpr const char* names[] = {"ORDER", "GUARD", "STREAMS", "MEMORY_LIMIT", "THREADS", "MULTIPROCESSORS", "TRAFFIC", "LEFT_OUT"};

// AddressSanitizer watches the heap better than guard pages do, and has shared memory static (see language.h): one block at a time.
#ifdef __SANITIZE_ADDRESS__
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

bool choose(std::atomic<bool>& option, const std::string& value, const char* no, const char* yes) {
    option = value == yes;
    return value == no || value == yes;
}

template <class T>
bool number(std::atomic<T>& option, const std::string& value) {
    char* end;
    const unsigned long long read = std::strtoull(value.c_str(), &end, 10);
    option = static_cast<T>(read);
    return !value.empty() && *end == '\0' && read > 0 && static_cast<T>(read) == read;
}

// Never freed: kernels may be running.
bool text(std::atomic<const std::string*>& option, const std::string& value) {
    option = value.empty() ? nullptr : new std::string(value);
    return true;
}

bool place(std::atomic<const std::string*>& option, const std::string& value) {
    return text(option, value) && (value.empty() || value.find(':') != std::string::npos);
}

struct Settings : Options {
    Settings() {
        reverse = late = false;
        guard = !sanitized;
        memoryLimit = std::size_t{4} << 30;
        threads = 1;
        multiprocessors = 4;
        traffic = leftOut = nullptr;
        for (const char* name : names) {
            const char* value = std::getenv((std::string("PLUMBLINE_EMULATOR_") + name).c_str());
            if (value != nullptr && !set(name, value)) {
                std::fprintf(stderr, "emulator: PLUMBLINE_EMULATOR_%s=%s is not understood\n", name, value);
                std::abort();
            }
        }
    }

    bool set(const std::string& name, const std::string& value) {
        return name == "ORDER"             ? choose(reverse, value, "forward", "reverse")
               : name == "GUARD"           ? choose(guard, value, "0", "1")
               : name == "STREAMS"         ? choose(late, value, "eager", "late")
               : name == "MEMORY_LIMIT"    ? number(memoryLimit, value)
               : name == "THREADS"         ? number(threads, sanitized ? "1" : value)
               : name == "MULTIPROCESSORS" ? number(multiprocessors, value)
               : name == "TRAFFIC"         ? text(traffic, value)
               : name == "LEFT_OUT"        ? place(leftOut, value)
                                           : false;
    }
};

Settings& settings() {
    static Settings settings;
    return settings;
}

}  // namespace

const Options& options() { return settings(); }

API plumblineEmulatorOption(const char* name, const char* value) {
    return settings().set(name, value) ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

}  // namespace emulator
