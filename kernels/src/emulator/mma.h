// Tensor cores, a warp at a time: D = A·B + D with fragments laid out as in the PTX ISA ("Warp-level matrix fragment"). Products are exact in
// float where both factors are TF32; hardware may add them in another order and truncate, which bounds on TF32 results allow for.
#pragma once

#include "functions.h"
#include "thread.h"

namespace emulator {

struct MmaFrame {
    float* d;
    const unsigned *a, *b;
};

inline float fromTf32(unsigned word) { return bits<float>(word & 0xffffe000u); }

// lane = 4g + t:  a_r = A[g + 8(r&1)][t + 4(r>>1)]   b_r = B[t + 4r][g]   d_r = D[g + 8(r>>1)][2t + (r&1)]
inline void mmaM16N8K8Tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], const char* file = __builtin_FILE(),
                           int line = __builtin_LINE()) {
    MmaFrame frame{d, a, b};
    collective(
        0xffffffffu, &frame,
        [](void* const* frames, unsigned) {
            float A[16][8], B[8][8];
            for (int lane = 0; lane < 32; lane++) {
                const auto& frame = *static_cast<MmaFrame*>(frames[lane]);
                const int g = lane >> 2, t = lane & 3;
                for (int r = 0; r < 4; r++) {
                    A[g + 8 * (r & 1)][t + 4 * (r >> 1)] = fromTf32(frame.a[r]);
                }
                for (int r = 0; r < 2; r++) {
                    B[t + 4 * r][g] = fromTf32(frame.b[r]);
                }
            }
            for (int lane = 0; lane < 32; lane++) {
                auto& frame = *static_cast<MmaFrame*>(frames[lane]);
                const int g = lane >> 2, t = lane & 3;
                for (int r = 0; r < 4; r++) {
                    for (int k = 0; k < 8; k++) {
                        frame.d[r] += A[g + 8 * (r >> 1)][k] * B[k][2 * t + (r & 1)];
                    }
                }
            }
        },
        {"mma.m16n8k8.tf32", file, line});
}

struct MmaDoubleFrame {
    double* d;
    double a, b;
};

// lane = 4g + t:  a = A[g][t]   b = B[t][g]   d_r = D[g][2t + r]
inline void mmaM8N8K4Double(double (&d)[2], double a, double b, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
    MmaDoubleFrame frame{d, a, b};
    collective(
        0xffffffffu, &frame,
        [](void* const* frames, unsigned) {
            for (int lane = 0; lane < 32; lane++) {
                const auto& frame = *static_cast<MmaDoubleFrame*>(frames[lane]);
                const int g = lane >> 2, t = lane & 3;
                for (int r = 0; r < 2; r++) {
                    for (int k = 0; k < 4; k++) {
                        frame.d[r] = fma(static_cast<MmaDoubleFrame*>(frames[4 * g + k])->a,
                                         static_cast<MmaDoubleFrame*>(frames[4 * (2 * t + r) + k])->b, frame.d[r]);
                    }
                }
            }
        },
        {"mma.m8n8k4.f64", file, line});
}

// cvt.rna.tf32.f32: to nearest, ties away from zero.
inline unsigned toTf32(float value) { return (bits<unsigned>(value) + 0x1000u) & 0xffffe000u; }

}  // namespace emulator
