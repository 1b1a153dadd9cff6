// Random vectors, the numbers of philox.cuh: out[row,i] = law(i) of stream streams[row]
// streams (m)  out (m,n) · writes = · each number depends on (seed, stream, i) alone
//   draw_signs     −1 or 1, the same bits as everywhere · a block of Philox serves 128 signs, and 32 threads make it for four of them each
//   draw_normals   Box–Muller in double, rounded · within a few roundings of Java's · a block serves two
// grid (shares of n, m)
#include "kernel.cuh"
#include "philox.cuh"

KERNEL(256, draw_signs)(unsigned long long seed, const int64* streams, real* out, int64 n) {
    const plumbline::Philox random{seed, static_cast<std::uint64_t>(streams[blockIdx.y])};
    out += blockIdx.y * n;
    for (int64 four = plumbline::gridIndex(); four * 4 < n; four += plumbline::gridStride()) {
        const int64 i = four * 4;
        const std::uint32_t word = random.block(static_cast<std::uint64_t>(i) >> 7).word[(i >> 5) & 3];
        for (int e = 0; e < 4 && i + e < n; e++) {
            out[i + e] = (word >> ((i + e) & 31) & 1) == 1 ? 1 : -1;
        }
    }
}

KERNEL(256, draw_normals)(unsigned long long seed, const int64* streams, real* out, int64 n) {
    const plumbline::Philox random{seed, static_cast<std::uint64_t>(streams[blockIdx.y])};
    out += blockIdx.y * n;
    for (int64 pair = plumbline::gridIndex(); pair * 2 < n; pair += plumbline::gridStride()) {
        for (int e = 0; e < 2 && pair * 2 + e < n; e++) {
            out[pair * 2 + e] = static_cast<real>(random.normal(static_cast<std::uint64_t>(pair * 2 + e)));
        }
    }
}
