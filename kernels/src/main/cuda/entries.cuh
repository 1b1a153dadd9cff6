// What kernels that go from entry to entry share: index arithmetic, and 16 bytes at a time.
#pragma once

#include "kernel.cuh"

namespace plumbline {

struct Division {
    int64 quotient, remainder;
};

// For a ≥ 0, b > 0. In 32 bits where both fit, which is several times as fast.
__device__ __forceinline__ Division divide(int64 a, int64 b) {
    if ((a | b) >> 32 == 0) {
        const unsigned dividend = static_cast<unsigned>(a), divisor = static_cast<unsigned>(b);
        const unsigned quotient = dividend / divisor;
        return {quotient, dividend - quotient * divisor};
    }
    const int64 quotient = a / b;
    return {quotient, a - quotient * b};
}

// What one instruction loads or stores, at addresses that are multiples of its size.
template <int COUNT>
struct alignas(COUNT * sizeof(real)) Numbers {
    static constexpr int WIDTH = COUNT;
    real at[COUNT];
};

using Single = Numbers<1>;
using Pack = Numbers<16 / sizeof(real)>;

template <int COUNT>
__device__ __forceinline__ Numbers<COUNT> load(const real* from) { return *reinterpret_cast<const Numbers<COUNT>*>(from); }

template <int COUNT>
__device__ __forceinline__ void store(real* to, const Numbers<COUNT>& numbers) { *reinterpret_cast<Numbers<COUNT>*>(to) = numbers; }

// The first `count` of a pack of numbers, `stride` apart, 0 for the others; `packed` if they can be read at once.
__device__ __forceinline__ Pack loadPack(const real* from, int64 stride, int count, bool packed) {
    if (packed && count >= Pack::WIDTH) {
        return load<Pack::WIDTH>(from);
    }
    Pack pack;
    for (int e = 0; e < Pack::WIDTH; e++) {
        pack.at[e] = e < count ? from[e * stride] : real(0);
    }
    return pack;
}

// A sum in double, added to what is there before it is rounded.
__device__ __forceinline__ void putSum(real* to, bool accumulate, double sum) {
    *to = static_cast<real>(accumulate ? add(static_cast<double>(*to), sum) : sum);
}

}  // namespace plumbline
