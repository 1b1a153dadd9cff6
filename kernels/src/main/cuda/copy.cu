// out[row, to + Σ_a i_a·to_a] = α · Σ_summed x[row, from + Σ_a i_a·from_a] (or +=)     x (rows, xColumns)  out (rows, outColumns)
//
// One thread an entry that is written, in the order in which they lie; entries that no index reaches are left alone. Where axes are summed
// (to_a = 0), in double, in their order. If `packed`, all of this counts packs of 16 bytes.
//
// Where neighbours in x are far apart in out and the other way round (copy_transposed), a block moves squares of 32 × 32 of these two axes through
// shared memory.
// cost: one read an entry that is read, one write an entry that is written; a division an axis, or an axis and square
#include "entries.cuh"

namespace plumbline::copies {

struct Axis {
    int extent, from, to;
};

// 26 ints: the axes that are written, then those that are summed, innermost first.
struct Axes {
    int written, summed;
    Axis axes[8];
};

struct Place {
    int64 from, to;
};

// Where index `index` of the axes `first` to `end` − 1 lies.
__device__ __forceinline__ Place place(const Axes& axes, int first, int end, int64 index) {
    Place at{0, 0};
    for (int a = first; a < end; a++) {
        const Axis& axis = axes.axes[a];
        const Division d = a + 1 < end ? divide(index, axis.extent) : Division{0, index};
        at.from += d.remainder * axis.from;
        at.to += d.remainder * axis.to;
        index = d.quotient;
    }
    return at;
}

__device__ __forceinline__ int64 indices(const Axes& axes, int first, int end) {
    int64 count = 1;
    for (int a = first; a < end; a++) {
        count *= axes.axes[a].extent;
    }
    return count;
}

template <class UNIT>
__device__ __forceinline__ void copy(const UNIT* x, int64 xColumns, UNIT* out, int64 outColumns, int64 rows, const Axes& axes, int from, int to,
                                     double alpha, bool accumulate) {
    const int last = axes.written + axes.summed;
    const int64 written = indices(axes, 0, axes.written), outer = indices(axes, axes.written + 1, last);
    const Axis inner = axes.summed == 0 ? Axis{1, 0, 0} : axes.axes[axes.written];
    for (int64 item = gridIndex(); item < rows * written; item += gridStride()) {
        const Division at = divide(item, written);
        const Place entry = place(axes, 0, axes.written, at.remainder);
        const UNIT* const source = x + at.quotient * xColumns + from + entry.from;
        UNIT* const target = out + at.quotient * outColumns + to + entry.to;
        UNIT result;
        if (accumulate) {
            result = *target;
        }
        if (axes.summed == 0) {
            const UNIT moved = *source;
            for (int k = 0; k < UNIT::WIDTH; k++) {
                put(result.at + k, accumulate, multiply(static_cast<real>(alpha), moved.at[k]));
            }
        } else {
            double sums[UNIT::WIDTH] = {};
            for (int64 index = 0; index < outer; index++) {
                const UNIT* const begin = source + place(axes, axes.written + 1, last, index).from;
#pragma unroll 4
                for (int i = 0; i < inner.extent; i++) {
                    const UNIT term = begin[static_cast<int64>(i) * inner.from];
                    for (int k = 0; k < UNIT::WIDTH; k++) {
                        sums[k] = add(sums[k], static_cast<double>(term.at[k]));
                    }
                }
            }
            for (int k = 0; k < UNIT::WIDTH; k++) {
                putSum(result.at + k, accumulate, multiply(alpha, sums[k]));
            }
        }
        *target = result;
    }
}

}  // namespace plumbline::copies

KERNEL(256, copy)
(const real* x, int64 xColumns, real* out, int64 outColumns, int64 rows, const __grid_constant__ plumbline::copies::Axes axes, int from, int to,
 double alpha, int accumulate, int packed) {
    using namespace plumbline;
    if (packed) {
        copies::copy(reinterpret_cast<const Pack*>(x), xColumns, reinterpret_cast<Pack*>(out), outColumns, rows, axes, from, to, alpha, accumulate);
    } else {
        copies::copy(reinterpret_cast<const Single*>(x), xColumns, reinterpret_cast<Single*>(out), outColumns, rows, axes, from, to, alpha,
                     accumulate);
    }
}

// The axis `inner` has to = 1, the axis `outer` has from = 1; `axes` are the others, none summed.
KERNEL(256, copy_transposed)
(const real* x, int64 xColumns, real* out, int64 outColumns, int64 rows, const __grid_constant__ plumbline::copies::Axes axes,
 plumbline::copies::Axis inner, plumbline::copies::Axis outer, int from, int to, real alpha, int accumulate) {
    using namespace plumbline;
    constexpr int SIDE = 32, STEP = 256 / SIDE;
    __shared__ real square[SIDE][SIDE + 1];
    const int across = static_cast<int>(threadIdx.x) % SIDE, down = static_cast<int>(threadIdx.x) / SIDE;
    const int64 innerSquares = (inner.extent + SIDE - 1) / SIDE, squares = innerSquares * ((outer.extent + SIDE - 1) / SIDE);
    const int64 others = copies::indices(axes, 0, axes.written);
    for (int64 item = blockIdx.x; item < rows * others * squares; item += gridDim.x) {
        const Division at = divide(item, squares), part = divide(at.remainder, innerSquares);
        const Division row = divide(at.quotient, others);
        const copies::Place place = copies::place(axes, 0, axes.written, row.remainder);
        const int i0 = static_cast<int>(part.remainder) * SIDE, o0 = static_cast<int>(part.quotient) * SIDE;
        const real* const source = x + row.quotient * xColumns + from + place.from;
        real* const target = out + row.quotient * outColumns + to + place.to;
        for (int step = down; step < SIDE; step += STEP) {
            if (i0 + step < inner.extent && o0 + across < outer.extent) {
                square[step][across] = source[static_cast<int64>(i0 + step) * inner.from + o0 + across];
            }
        }
        __syncthreads();
        for (int step = down; step < SIDE; step += STEP) {
            if (o0 + step < outer.extent && i0 + across < inner.extent) {
                put(target + static_cast<int64>(o0 + step) * outer.to + i0 + across, accumulate, multiply(alpha, square[across][step]));
            }
        }
        __syncthreads();
    }
}
