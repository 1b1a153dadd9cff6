// Random numbers by counting: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
// Stateless: number i of a stream is a function of (seed, stream, i), so any thread of any device draws the same numbers in any order.
// The law is that of io.plumbline.data.Philox, word by word:
//
//   key     = ( seed low 32,   seed high 32 )
//   counter = ( block low 32,  block high 32,  stream low 32,  stream high 32 )
//   block   → words w0 w1 w2 w3, 32 bits each
//
//   bits(i)        block i>>1, words (w0,w1) for even i, (w2,w3) for odd i:  w_first·2³² + w_second
//   uniform(i)     u = (2·⌊bits(i)/2¹²⌋ + 1)·2⁻⁵³, in the open interval (0,1)
//   normal(i)      u = uniform(2⌊i/2⌋), v = uniform(2⌊i/2⌋ + 1) (Box–Muller):
//                  √(−2 ln u)·cos(2πv) for even i, √(−2 ln u)·sin(2πv) for odd i
//   below(i, m)    ⌊bits(i)·m / 2⁶⁴⌋, 0 < m < 2³¹
//   rademacher(i)  block i>>7, word (i>>5)&3, bit i&31:  set → +1, clear → −1
//
// Words, bits, uniform, below and rademacher are equal everywhere. normal differs by the rounding of ln, cos and sin: relative to Java's by at most
// 5·2⁻⁵² where those are good to 1 ulp (glibc), 6·2⁻⁵² where cos and sin are good to 2 (CUDA). u, v and the angle 2πv are equal, so nothing is amplified.
// Cost: 20 multiplications 32×32→64 a block; a block serves two uniforms, two normals or 128 signs.
#pragma once

#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define PLUMBLINE_ANYWHERE __host__ __device__
#else
#define PLUMBLINE_ANYWHERE
#endif

namespace plumbline {

struct PhiloxBlock {
    std::uint32_t word[4];
};

// Philox4x32-10 of a 128-bit counter and a 64-bit key, least significant word first.
PLUMBLINE_ANYWHERE inline PhiloxBlock philox4x32(std::uint64_t counterLow, std::uint64_t counterHigh, std::uint64_t key) {
    std::uint32_t c0 = static_cast<std::uint32_t>(counterLow), c1 = static_cast<std::uint32_t>(counterLow >> 32);
    std::uint32_t c2 = static_cast<std::uint32_t>(counterHigh), c3 = static_cast<std::uint32_t>(counterHigh >> 32);
    std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
    for (int round = 0; round < 10; round++) {
        const std::uint64_t product0 = std::uint64_t{0xD2511F53u} * c0;
        const std::uint64_t product1 = std::uint64_t{0xCD9E8D57u} * c2;
        c0 = static_cast<std::uint32_t>(product1 >> 32) ^ c1 ^ k0;
        c1 = static_cast<std::uint32_t>(product1);
        c2 = static_cast<std::uint32_t>(product0 >> 32) ^ c3 ^ k1;
        c3 = static_cast<std::uint32_t>(product0);
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return {{c0, c1, c2, c3}};
}

// One stream of one seed.
struct Philox {
    std::uint64_t seed;
    std::uint64_t stream;

    PLUMBLINE_ANYWHERE PhiloxBlock block(std::uint64_t index) const { return philox4x32(index, stream, seed); }

    PLUMBLINE_ANYWHERE std::uint64_t bits(std::uint64_t index) const { return pair(block(index >> 1), index & 1); }

    PLUMBLINE_ANYWHERE double uniform(std::uint64_t index) const { return unit(bits(index)); }

    PLUMBLINE_ANYWHERE double normal(std::uint64_t index) const {
        const PhiloxBlock both = block(index >> 1);
        const double radius = std::sqrt(-2 * std::log(unit(pair(both, 0))));
        const double angle = 6.283185307179586 * unit(pair(both, 1));
        return radius * ((index & 1) == 0 ? std::cos(angle) : std::sin(angle));
    }

    // bits = h·2³² + l, so ⌊bits·m / 2⁶⁴⌋ = ⌊(h·m + ⌊l·m / 2³²⌋) / 2³²⌋: nothing overflows 64 bits.
    PLUMBLINE_ANYWHERE std::uint32_t below(std::uint64_t index, std::uint32_t bound) const {
        const std::uint64_t b = bits(index);
        return static_cast<std::uint32_t>(((b >> 32) * bound + (((b & 0xFFFFFFFFu) * bound) >> 32)) >> 32);
    }

    PLUMBLINE_ANYWHERE double rademacher(std::uint64_t index) const {
        return (block(index >> 7).word[(index >> 5) & 3] >> (index & 31) & 1) == 1 ? 1 : -1;
    }

    PLUMBLINE_ANYWHERE static std::uint64_t pair(const PhiloxBlock& words, std::uint64_t half) {
        return static_cast<std::uint64_t>(words.word[2 * half]) << 32 | words.word[2 * half + 1];
    }

    PLUMBLINE_ANYWHERE static double unit(std::uint64_t bits) { return static_cast<double>(2 * (bits >> 12) + 1) * 0x1p-53; }
};

}  // namespace plumbline
