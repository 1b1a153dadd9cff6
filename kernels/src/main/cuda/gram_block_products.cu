// parts[J,i,k,l] = Σ_{j ∈ J} (M_ij M_ijᵀ)[k,l]      from a part of M in memory, K > 1, examples i of one side, blocks J of `unit` examples of the other
// m (rows·K, columns·K), rows `stride` apart  parts (blocks, examples of this side, figures), the K² last figures, double · =
// Sides, and which pairs count, as in gram_block_sums.cu.
//
// E Eᵀ with E = (M_ij)_j (K, examples of J · K): tiles of SIDE × SIDE outputs, 2 × 2 a thread. Threads that are left over share the sum, each takes every so many terms,
// and their sums are added in ascending order: the order depends on K alone. Tiles below the diagonal are copies of those above.
// cost 2·K³ in double a pair and side, little more than half of it for K > 32 · grid (pairs of an example and a block, tiles on and above the diagonal)
#include "gram_sides.cuh"

namespace plumbline {

template <int SIDE>
__device__ __forceinline__ void blockProducts(const real* m, int64 stride, int outputs, int unit, const GramSide& self, const GramSide& partners, bool ofRows, bool same,
    int figures, double* parts) {
    constexpr int THREADS = 256, ACROSS = SIDE / 2, SHARES = THREADS / (ACROSS * ACROSS), STEPS = 1024 / SIDE, LD = SIDE + 2;
    struct alignas(16) Two {
        double x, y;
    };
    __shared__ __align__(16) double left[STEPS * LD];
    __shared__ __align__(16) double right[STEPS * LD];
    __shared__ double sums[SHARES == 1 ? 1 : SHARES * SIDE * SIDE];
    const int i = static_cast<int>(blockIdx.x % self.examples);
    const int block = static_cast<int>(blockIdx.x / self.examples);
    if (!counts(self, i, partners, block, unit, ofRows, same)) {
        return;
    }
    const int first = block * unit;
    const int terms = (partners.examples - first < unit ? partners.examples - first : unit) * outputs;
    const real* const strip = m + (ofRows ? static_cast<int64>(i) * outputs * stride + static_cast<int64>(first) * outputs
                                          : static_cast<int64>(first) * outputs * stride + static_cast<int64>(i) * outputs);
    // Tile (k0, l0), k0 ≤ l0, the blocks' tiles row by row.
    int k0 = 0, l0 = blockIdx.y;
    for (int length = (outputs + SIDE - 1) / SIDE; l0 >= length; length--) {
        l0 -= length;
        k0++;
    }
    l0 = (l0 + k0) * SIDE;
    k0 *= SIDE;
    const int share = threadIdx.x / (ACROSS * ACROSS);
    const int y = threadIdx.x / ACROSS % ACROSS * 2;
    const int x = threadIdx.x % ACROSS * 2;
    double acc[2][2] = {};
    for (int from = 0; from < terms; from += STEPS) {
        __syncthreads();
        for (int at = threadIdx.x; at < STEPS * SIDE; at += THREADS) {
            // Neighbouring threads read neighbouring numbers.
            const int step = ofRows ? at % STEPS : at / SIDE;
            const int k = ofRows ? at / STEPS : at % SIDE;
            const int64 term = from + step;
            const auto entry = [&](int row) {
                return term < terms && row < outputs ? strip[ofRows ? row * stride + term : term * stride + row] : 0;
            };
            left[step * LD + k] = entry(k0 + k);
            right[step * LD + k] = entry(l0 + k);
        }
        __syncthreads();
        for (int step = share; step < STEPS; step += SHARES) {
            const Two a = *reinterpret_cast<const Two*>(left + step * LD + y);
            const Two b = *reinterpret_cast<const Two*>(right + step * LD + x);
            acc[0][0] += a.x * b.x;
            acc[0][1] += a.x * b.y;
            acc[1][0] += a.y * b.x;
            acc[1][1] += a.y * b.y;
        }
    }
    double* const out = parts + (static_cast<int64>(block) * self.examples + i) * figures + figures - outputs * outputs;
    if constexpr (SHARES == 1) {
        for (int e = 0; e < 4; e++) {
            const int k = k0 + y + e / 2;
            const int l = l0 + x + e % 2;
            if (k < outputs && l < outputs) {
                out[k * outputs + l] = acc[e / 2][e % 2];
                if (k0 < l0) {
                    out[l * outputs + k] = acc[e / 2][e % 2];
                }
            }
        }
    } else {
        for (int e = 0; e < 4; e++) {
            sums[(share * SIDE + y + e / 2) * SIDE + x + e % 2] = acc[e / 2][e % 2];
        }
        __syncthreads();
        for (int at = threadIdx.x; at < outputs * outputs; at += THREADS) {
            double sum = 0;
            for (int s = 0; s < SHARES; s++) {
                sum += sums[(s * SIDE + at / outputs) * SIDE + at % outputs];
            }
            out[at] = sum;
        }
    }
}

}  // namespace plumbline

KERNEL(256, gram_block_products_8)
(const real* m, int64 stride, int outputs, int unit, int selfFrom, int selves, int partnersFrom, int partners, int ofRows, int same, int figures, double* parts) {
    plumbline::blockProducts<8>(m, stride, outputs, unit, {selfFrom, selves}, {partnersFrom, partners}, ofRows != 0, same != 0, figures, parts);
}

KERNEL(256, gram_block_products_16)
(const real* m, int64 stride, int outputs, int unit, int selfFrom, int selves, int partnersFrom, int partners, int ofRows, int same, int figures, double* parts) {
    plumbline::blockProducts<16>(m, stride, outputs, unit, {selfFrom, selves}, {partnersFrom, partners}, ofRows != 0, same != 0, figures, parts);
}

KERNEL(256, gram_block_products_32)
(const real* m, int64 stride, int outputs, int unit, int selfFrom, int selves, int partnersFrom, int partners, int ofRows, int same, int figures, double* parts) {
    plumbline::blockProducts<32>(m, stride, outputs, unit, {selfFrom, selves}, {partnersFrom, partners}, ofRows != 0, same != 0, figures, parts);
}
