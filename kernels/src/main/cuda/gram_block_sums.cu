// Sums over pairs of examples from a part of M in memory, for any number K of outputs: all but M_ij M_ijᵀ (gram_block_products.cu).
//
//   parts[J,i] = Σ_{j ∈ J} of ‖M_ij‖², ‖M_ij r_j‖², (r_iᵀ M_ij r_j)², M_ij r_j (K)      examples i of one side, blocks J of `unit` ≤ 32 examples of the other
//   diagonals[i] = Tr M_ii, r_iᵀ M_ii r_i, ‖M_ii‖², ‖M_ii r_i‖²                        where both sides are the same examples
//
// m (rows·K, columns·K), rows `stride` apart  parts (blocks, examples of this side, figures)  diagonals (examples of this side, 4), double, 0 the first of the part · =
// From the columns M is seen as M_ji = M_ijᵀ.
//
// A lane has one partner j and takes all of M_ij, k by k; sums over partners go over lanes. The rows k of M_ij are shared by 1 warp or (K ≥ 8) 8, whose sums are added
// in ascending order. All in double; the order depends on K alone.
// cost 2·K² multiply-adds a pair and side · grid (pairs of an example and a block; 8 or, for K ≥ 8, 1 a block of threads)
#include "gram_sides.cuh"

namespace plumbline {

constexpr int GRAM_WARPS = 8;

__device__ __forceinline__ double sumOfLanes(double value) {
    for (int lanes = 16; lanes > 0; lanes /= 2) {
        value += __shfl_xor_sync(0xffffffffu, value, lanes);
    }
    return value;
}

}  // namespace plumbline

KERNEL(256, gram_block_sums)
(const real* m, int64 stride, int outputs, int unit, int selfFrom, int selves, int partnersFrom, int partnerCount, int ofRows, int same, int figures,
    double* parts, const double* selfResiduals, const double* partnerResiduals, double* diagonals) {
    using namespace plumbline;
    __shared__ double shared[GRAM_WARPS][4][32];
    const GramSide self{selfFrom, selves}, partners{partnersFrom, partnerCount};
    const int warps = outputs < GRAM_WARPS ? 1 : GRAM_WARPS;
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32 % warps;
    const int64 pair = static_cast<int64>(blockIdx.x) * (GRAM_WARPS / warps) + threadIdx.x / 32 / warps;
    const int i = static_cast<int>(pair % selves);
    const int block = static_cast<int>(pair / selves);
    const int j = block * unit + lane;
    // The same for a whole warp, and where 8 share a pair for all.
    const bool counted = counts(self, i, partners, block, unit, ofRows != 0, same != 0);
    const bool inside = counted && lane < unit && j < partnerCount;
    // Entry (k,l) of M_ij lies at k·down + l·right.
    const int64 down = ofRows ? stride : 1;
    const int64 right = ofRows ? 1 : stride;
    const real* const entries = m + i * down * outputs + j * right * outputs;
    const double* const r = selfResiduals + static_cast<int64>(i) * outputs;
    const double* const s = partnerResiduals + static_cast<int64>(j) * outputs;
    double* const out = parts + (static_cast<int64>(block) * selves + i) * figures;
    double norm = 0, length = 0, form = 0, trace = 0;
    for (int k = warp; counted && k < outputs; k += warps) {
        double product = 0;
        for (int l = 0; inside && l < outputs; l++) {
            const double value = entries[k * down + l * right];
            norm += value * value;
            product += value * s[l];
            trace += l == k ? value : 0;
        }
        length += product * product;
        form += product * r[k];
        product = sumOfLanes(product);
        if (lane == 0) {
            out[3 + k] = product;
        }
    }
    if (warps > 1) {
        shared[warp][0][lane] = norm;
        shared[warp][1][lane] = length;
        shared[warp][2][lane] = form;
        shared[warp][3][lane] = trace;
        __syncthreads();
        norm = length = form = trace = 0;
        for (int w = 0; w < warps; w++) {
            norm += shared[w][0][lane];
            length += shared[w][1][lane];
            form += shared[w][2][lane];
            trace += shared[w][3][lane];
        }
    }
    if (!counted || warp > 0) {
        return;
    }
    if (inside && ofRows && same && selfFrom + i == partnersFrom + j) {
        double* const of = diagonals + static_cast<int64>(i) * 4;
        of[0] = trace;
        of[1] = form;
        of[2] = norm;
        of[3] = length;
    }
    norm = sumOfLanes(norm);
    length = sumOfLanes(length);
    form = sumOfLanes(form * form);
    if (lane == 0) {
        out[0] = norm;
        out[1] = length;
        out[2] = form;
    }
}
