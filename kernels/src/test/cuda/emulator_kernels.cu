// Small kernels that use one thing each, and kernels with one planted mistake each, for emulator_test.cpp. Blocks have 256 threads or fewer.
#include "kernel.cuh"

namespace plumbline {

struct Shape {
    int rows, columns;
};

}  // namespace plumbline

// ---- what must work

// out[block] = sum of the block's 256 entries of t: shuffles, static shared memory, a barrier.
KERNEL(256, blockSum)(real* out, const real* t) {
    __shared__ real part[8];
    real sum = t[plumbline::gridIndex()];
    for (int lanes = 16; lanes > 0; lanes /= 2) {
        sum += __shfl_xor_sync(0xffffffffu, sum, lanes);
    }
    if (threadIdx.x % 32 == 0) {
        part[threadIdx.x / 32] = sum;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        sum = 0;
        for (unsigned w = 0; w < blockDim.x / 32; w++) {
            sum += part[w];
        }
        out[blockIdx.x] = sum;
    }
}

// out[i] = t[n−1−i] within a block, through dynamic shared memory.
KERNEL(256, reversed)(real* out, const real* t) {
    DYNAMIC_SHARED(real, row);
    row[threadIdx.x] = t[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = row[blockDim.x - 1 - threadIdx.x];
}

// As `reversed`, and line[0] = where its barrier stands.
KERNEL(256, placedBarrier)(real* out, const real* t, int* line) {
    DYNAMIC_SHARED(real, row);
    row[threadIdx.x] = t[threadIdx.x];
    const int here = __LINE__; __syncthreads();
    out[threadIdx.x] = row[blockDim.x - 1 - threadIdx.x];
    if (threadIdx.x == 0) {
        line[0] = here;
    }
}

// What lanes get from shuffles within segments of 8: out (4, 32).
KERNEL(32, shuffles)(real* out) {
    const int lane = threadIdx.x;
    const real value = lane;
    out[lane] = __shfl_sync(0xffffffffu, value, 3, 8);
    out[32 + lane] = __shfl_up_sync(0xffffffffu, value, 2, 8);
    out[64 + lane] = __shfl_down_sync(0xffffffffu, value, 2, 8);
    out[96 + lane] = __shfl_xor_sync(0xffffffffu, value, 9, 8);
}

// Half a warp votes while the other half has left; out (4).
KERNEL(32, votes)(unsigned* out) {
    const unsigned lane = threadIdx.x;
    if (lane >= 16) {
        return;
    }
    const unsigned ballot = __ballot_sync(0x0000ffffu, lane % 3 == 0);
    const int any = __any_sync(0x0000ffffu, lane == 17), all = __all_sync(0x0000ffffu, lane < 16);
    __syncwarp(0x0000ffffu);
    const int count = __syncthreads_count(lane < 5);
    if (lane == 0) {
        out[0] = ballot;
        out[1] = any;
        out[2] = all;
        out[3] = count;
    }
}

// Shared memory nobody wrote is NaN, in every block. count of numbers in out[block].
KERNEL(64, unwritten)(real* out) {
    __shared__ real fixed[64];
    DYNAMIC_SHARED(real, sized);
    const int numbers = __syncthreads_count(fixed[threadIdx.x] == fixed[threadIdx.x] || sized[threadIdx.x] == sized[threadIdx.x]);
    fixed[threadIdx.x] = sized[threadIdx.x] = 1;
    if (threadIdx.x == 0) {
        out[blockIdx.x] = numbers;
    }
}

// out[i] = t[i] + Σ of the entries of its warp, over three rounds. Lanes of one warp wait for each other alone; with `early` they do not wait after reading, and the next round
// overwrites what others may still have to read.
KERNEL(64, warpRounds)(real* out, const real* t, int early) {
    __shared__ real part[64];
    const unsigned first = threadIdx.x / 32 * 32;
    real value = t[threadIdx.x];
    for (int round = 0; round < 3; round++) {
        part[threadIdx.x] = value;
        __syncwarp();
        value = t[threadIdx.x];
        for (int lane = 0; lane < 32; lane++) {
            value += part[first + lane];
        }
        if (early == 0) {
            __syncwarp();
        }
    }
    out[threadIdx.x] = value;
}

// Rows of four numbers in reverse order, 16 bytes at a time.
KERNEL(64, rowsOfFour)(float* out, const float* t) {
    __shared__ float4 rows[64];
    rows[threadIdx.x] = reinterpret_cast<const float4*>(t)[threadIdx.x];
    __syncthreads();
    reinterpret_cast<float4*>(out)[threadIdx.x] = rows[63 - threadIdx.x];
}

// Every other number is read, and goes where all lanes meet in one bank; one of them comes back to all.
KERNEL(32, badManners)(float* out, const float* t) {
    __shared__ float column[32 * 32];
    column[32 * threadIdx.x] = t[2 * threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = column[32];
}

// Every kind of argument, in an order that needs padding.
KERNEL(32, arguments)(double* out, int a, int64 b, real c, plumbline::Shape d, double e, const real* f) {
    out[0] = a;
    out[1] = static_cast<double>(b);
    out[2] = c;
    out[3] = d.rows;
    out[4] = d.columns;
    out[5] = e;
    out[6] = f == nullptr;
}

// out[y·width + x] of a grid and blocks of three dimensions: the number of the thread in the whole.
KERNEL(64, dimensions)(real* out) {
    const unsigned x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y, z = blockIdx.z * blockDim.z + threadIdx.z;
    const unsigned width = gridDim.x * blockDim.x, height = gridDim.y * blockDim.y;
    const unsigned i = (z * height + y) * width + x;
    out[i] = i;
}

// D = A·B, A (16,8), B (8,8), D (16,8), row-major.
KERNEL(32, tensorCore)(float* D, const float* A, const float* B) {
#ifdef PLUMBLINE_EMULATOR
    const int g = threadIdx.x / 4, t = threadIdx.x % 4;
    unsigned a[4], b[2];
    float d[4] = {};
    for (int r = 0; r < 4; r++) {
        a[r] = emulator::toTf32(A[(g + 8 * (r & 1)) * 8 + t + 4 * (r >> 1)]);
    }
    for (int r = 0; r < 2; r++) {
        b[r] = emulator::toTf32(B[(t + 4 * r) * 8 + g]);
    }
    emulator::mmaM16N8K8Tf32(d, a, b);
    for (int r = 0; r < 4; r++) {
        D[(g + 8 * (r >> 1)) * 8 + 2 * t + (r & 1)] = d[r];
    }
#endif
}

// ---- planted mistakes

// As `reversed`, without its barrier.
KERNEL(256, missingBarrier)(real* out, const real* t) {
    DYNAMIC_SHARED(real, row);
    row[threadIdx.x] = t[threadIdx.x];
    out[threadIdx.x] = row[threadIdx.x == 0 ? 0 : threadIdx.x - 1];
}

// Each block of threads adds to the same entry.
KERNEL(32, commonEntry)(real* t) {
    if (threadIdx.x == 0) {
        t[0] += 1;
    }
}

// Each block reads what its neighbour writes.
KERNEL(32, neighbours)(real* t) { t[32 * blockIdx.x + threadIdx.x] = t[(32 * blockIdx.x + 32 + threadIdx.x) % (32 * gridDim.x)]; }

// Lanes of a warp hand on through shared memory, with a shuffle between that orders nothing.
KERNEL(32, shuffleForBarrier)(real* out) {
    __shared__ real part[32];
    part[threadIdx.x] = 1;
    const real other = __shfl_xor_sync(0xffffffffu, real{0}, 1);
    out[threadIdx.x] = part[threadIdx.x ^ 1] + other;
}

// One barrier in a loop that needs two: a thread may write anew what others still read.
KERNEL(64, oneBarrierOfTwo)(real* out) {
    __shared__ real total;
    for (int round = 0; round < 2; round++) {
        if (threadIdx.x == 0) {
            total = round;
        }
        __syncthreads();
        out[threadIdx.x] = total;
    }
}

// Halves of a word.
KERNEL(32, halves)(short* t) { t[threadIdx.x] = 1; }

// One entry too many.
KERNEL(256, offByOne)(real* t, int64 n) {
    for (int64 i = plumbline::gridIndex(); i <= n; i += plumbline::gridStride()) {
        t[i] = 1;
    }
}

// One entry too early.
KERNEL(32, underflow)(real* t) { t[static_cast<int>(threadIdx.x) - 1] = 1; }

// out[i] = 2·t[i], but not for the last row of each block of 32.
KERNEL(32, droppedRow)(real* out, const real* t) {
    if (threadIdx.x < 31) {
        out[plumbline::gridIndex()] = 2 * t[plumbline::gridIndex()];
    }
}

// One entry beyond dynamic shared memory.
KERNEL(32, sharedOverflow)(real* out) {
    DYNAMIC_SHARED(real, row);
    row[threadIdx.x + 1] = 1;
    __syncthreads();
    out[threadIdx.x] = row[threadIdx.x];
}

// One entry beyond static shared memory, which only AddressSanitizer sees.
KERNEL(32, staticOverflow)(real* out, int shift) {
    __shared__ real row[32];
    real* const entry = row + threadIdx.x;
    entry[shift] = 1;
    __syncthreads();
    out[threadIdx.x] = row[threadIdx.x];
}

// Half the threads wait where the others do not.
KERNEL(64, divergentBarrier)(real* out) {
    if (threadIdx.x < 32) {
        __syncthreads();
    } else {
        __syncwarp();
        __syncthreads();
    }
    out[threadIdx.x] = 1;
}

// A full mask, though half the warp does not come.
KERNEL(64, wrongMask)(real* out) {
    if (threadIdx.x % 32 < 16) {
        out[threadIdx.x] = __shfl_xor_sync(0xffffffffu, threadIdx.x, 1);
    }
    __syncthreads();
}

// Reads from a lane that has left.
KERNEL(32, absentLane)(real* out) {
    if (threadIdx.x < 16) {
        out[threadIdx.x] = __shfl_sync(0x0000ffffu, threadIdx.x, 20);
    }
}

// Four numbers at an address that is no multiple of 16.
KERNEL(32, misaligned)(float* t) { *reinterpret_cast<float4*>(t + 1) = make_float4(1, 2, 3, 4); }
