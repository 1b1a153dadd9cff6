// Barriers, shuffles and votes: CUDA's names over `barrier` and `collective`.
#pragma once

#include "thread.h"

namespace emulator {

#define EMULATOR_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()

template <class T>
struct ShuffleFrame {
    T value;
    unsigned source;
    bool absent;
};

template <class T>
inline T shuffle(unsigned mask, T value, unsigned source, const Site& site) {
    ShuffleFrame<T> frame{value, source, false};
    collective(
        mask, &frame,
        [](void* const* frames, unsigned lanes) {
            T sent[32];
            for (unsigned lane = 0; lane < 32; lane++) {
                if (lanes >> lane & 1) {
                    sent[lane] = static_cast<ShuffleFrame<T>*>(frames[lane])->value;
                }
            }
            for (unsigned lane = 0; lane < 32; lane++) {
                if (lanes >> lane & 1) {
                    auto& frame = *static_cast<ShuffleFrame<T>*>(frames[lane]);
                    frame.absent = (lanes >> frame.source & 1) == 0;
                    frame.value = frame.absent ? frame.value : sent[frame.source];
                }
            }
        },
        site);
    if (frame.absent) {
        fail("%s at %s:%d reads lane %u, which does not take part", site.call, site.file, site.line, source);
    }
    return frame.value;
}

struct VoteFrame {
    bool predicate;
    unsigned ballot;
};

inline unsigned vote(unsigned mask, bool predicate, const Site& site) {
    VoteFrame frame{predicate, 0};
    collective(
        mask, &frame,
        [](void* const* frames, unsigned lanes) {
            unsigned ballot = 0;
            for (unsigned lane = 0; lane < 32; lane++) {
                if ((lanes >> lane & 1) && static_cast<VoteFrame*>(frames[lane])->predicate) {
                    ballot |= 1u << lane;
                }
            }
            for (unsigned lane = 0; lane < 32; lane++) {
                if (lanes >> lane & 1) {
                    static_cast<VoteFrame*>(frames[lane])->ballot = ballot;
                }
            }
        },
        site);
    return frame.ballot;
}

}  // namespace emulator

inline void __syncthreads(EMULATOR_SITE) { emulator::barrier(false, {"__syncthreads", file, line}); }
inline int __syncthreads_or(int p, EMULATOR_SITE) { return emulator::barrier(p != 0, {"__syncthreads_or", file, line}).any; }
inline int __syncthreads_and(int p, EMULATOR_SITE) { return emulator::barrier(p != 0, {"__syncthreads_and", file, line}).all; }
inline int __syncthreads_count(int p, EMULATOR_SITE) { return emulator::barrier(p != 0, {"__syncthreads_count", file, line}).count; }

inline void __syncwarp(unsigned mask = 0xffffffffu, EMULATOR_SITE) { emulator::vote(mask, false, {"__syncwarp", file, line, true}); }
inline unsigned __ballot_sync(unsigned mask, int p, EMULATOR_SITE) { return emulator::vote(mask, p != 0, {"__ballot_sync", file, line}); }
inline int __any_sync(unsigned mask, int p, EMULATOR_SITE) { return emulator::vote(mask, p != 0, {"__any_sync", file, line}) != 0; }
inline int __all_sync(unsigned mask, int p, EMULATOR_SITE) { return emulator::vote(mask, p == 0, {"__all_sync", file, line}) == 0; }

// A lane whose source lies outside its segment of `width` lanes keeps its own value, as the PTX ISA has it.
template <class T>
inline T __shfl_sync(unsigned mask, T value, int source, int width = 32, EMULATOR_SITE) {
    const unsigned first = emulator::current->lane & ~(width - 1u);
    return emulator::shuffle(mask, value, first | (source & (width - 1u)), {"__shfl_sync", file, line});
}

template <class T>
inline T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32, EMULATOR_SITE) {
    const unsigned lane = emulator::current->lane, end = (lane | (width - 1u)) + 1, source = lane ^ bits;
    return emulator::shuffle(mask, value, source < end ? source : lane, {"__shfl_xor_sync", file, line});
}

template <class T>
inline T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32, EMULATOR_SITE) {
    const unsigned lane = emulator::current->lane, end = (lane | (width - 1u)) + 1, source = lane + delta;
    return emulator::shuffle(mask, value, source < end ? source : lane, {"__shfl_down_sync", file, line});
}

template <class T>
inline T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32, EMULATOR_SITE) {
    const unsigned lane = emulator::current->lane, first = lane & ~(width - 1u);
    return emulator::shuffle(mask, value, lane >= first + delta ? lane - delta : lane, {"__shfl_up_sync", file, line});
}

#undef EMULATOR_SITE
