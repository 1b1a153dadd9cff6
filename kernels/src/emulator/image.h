// How an image of kernels, a shared object in place of a fatbin, tells the emulated driver what it holds: its symbol `emulatedKernels` is an
// array of Kernel that ends with one of no name. The build writes that array (kernels are found by what KERNEL leaves behind, see language.h).
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

namespace emulator {

struct Kernel {
    static constexpr unsigned maxParameters = 48;
    struct Parameter {
        unsigned offset, bytes;  // within the block of arguments: natural alignment
    };
    const char* name;
    unsigned maxThreads;  // its launch bounds
    void (*call)(void* const* arguments);
    unsigned parameterCount, parameterBytes;
    Parameter parameters[maxParameters];
};

template <auto function, class... A, std::size_t... i>
inline void callWith(void* const* arguments, void (*)(A...), std::index_sequence<i...>) {
    function(*static_cast<std::remove_const_t<A>*>(arguments[i])...);
}

template <auto function, class... A>
constexpr Kernel describe(const char* name, unsigned maxThreads, void (*)(A...)) {
    static_assert(sizeof...(A) <= Kernel::maxParameters);
    Kernel kernel{name, maxThreads, [](void* const* a) { callWith<function>(a, function, std::index_sequence_for<A...>{}); }, 0, 0, {}};
    constexpr unsigned bytes[] = {sizeof(A)..., 0}, alignment[] = {alignof(A)..., 1};
    for (unsigned i = 0; i < sizeof...(A); i++) {
        const unsigned offset = (kernel.parameterBytes + alignment[i] - 1) / alignment[i] * alignment[i];
        kernel.parameters[kernel.parameterCount++] = {offset, bytes[i]};
        kernel.parameterBytes = offset + bytes[i];
    }
    return kernel;
}

}  // namespace emulator

#define EMULATED_KERNEL(name) emulator::describe<&name>(#name, threadsOf_##name, &name),
