// The two sides of a part of M that lies in memory, as sums over pairs of examples see them: each side from its own examples, the other side's are their partners.
#pragma once

#include "kernel.cuh"

namespace plumbline {

// How many examples of the part, and where it begins among those of the call.
struct GramSide {
    int from, examples;
};

// Whether example i has a pair with the block of partners. Where both sides are the same examples, pairs of blocks above the diagonal count for both, those on it for
// the side of rows, those below not at all.
__device__ __forceinline__ bool counts(const GramSide& self, int i, const GramSide& partners, int block, int unit, bool ofRows, bool same) {
    const int own = (self.from + i) / unit;
    const int other = partners.from / unit + block;
    return block * unit < partners.examples && (!same || (ofRows ? own <= other : own > other));
}

}  // namespace plumbline
