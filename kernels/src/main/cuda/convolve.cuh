// What a convolution (convolve.cu) and its adjoint (convolve_transposed.cu) have in common.
#pragma once

#include "sliding.cuh"

namespace plumbline {

// Image i begins at x + i·xStride, its result at y + i·yStride; what belongs to a direction lies …Direction numbers behind what belongs to the one before.
struct Layout {
    int64 xDirection, xStride, wDirection, biasDirection, yDirection, yStride;
    int64 images;
    int directions, groups, in, out;
};

// Result (a, b) of a channel is entry from + a·row + b·column of a plane of so many numbers.
struct Target {
    int plane, from, row, column;
};

// IN_ORDER: the weights are the matrix (out, in·taps) as it stands.
template <class T, bool IN_ORDER>
__device__ __forceinline__ void convolve(const real* x, const real* w, const real* bias, real* y, const Layout& layout, const Weights& weights,
    const Slide& slide, const Target& target, int accumulate) {
    __shared__ __align__(16) real shared[T::SHARED];
    const int direction = blockIdx.x % layout.directions;
    const int tile = blockIdx.x / layout.directions;
    const int rowTiles = (layout.out + T::BM - 1) / T::BM;
    const int row = tile % rowTiles * T::BM;
    const int group = tile / rowTiles % layout.groups;
    const int64 column = static_cast<int64>(tile / rowTiles / layout.groups) * T::BN;
    const int64 columns = layout.images * slide.positions.divisor;
    const int inner = layout.in * slide.taps.divisor;
    w += direction * layout.wDirection + static_cast<int64>(group) * weights.group;
    x += direction * layout.xDirection + static_cast<int64>(group) * layout.in * slide.plane();
    const Windows windows(x, layout.xStride, columns, slide);
    real acc[T::TM][T::TN] = {};
    if (IN_ORDER) {
        multiplyTile<T>(Rows(w, layout.out, inner), windows, row, column, 0, inner, shared, acc);
    } else {
        multiplyTile<T>(Taps(w, layout.out, weights, slide), windows, row, column, 0, inner, shared, acc);
    }

    const int firstChannel = group * layout.out + row;
    y += direction * layout.yDirection + static_cast<int64>(firstChannel) * target.plane + target.from;
    const bool together = target.column == 1 && target.row == slide.positionColumns.divisor && slide.positions.divisor % 4 == 0
        && target.plane % 4 == 0 && alignedBy16(y, layout.yStride);
#pragma unroll
    for (int j = 0; j < T::TN; j += T::NEIGHBOURS) {
        const int64 first = column + T::column(j);
        int64 image = slide.positions.quotientOfAny(first);
        int position = static_cast<int>(first - image * slide.positions.divisor);
        int64 place[T::NEIGHBOURS];
#pragma unroll
        for (int e = 0; e < T::NEIGHBOURS; e++) {
            const int a = slide.positionColumns.quotient(position);
            place[e] = image * layout.yStride + a * target.row + (position - a * slide.positionColumns.divisor) * target.column;
            if (++position == slide.positions.divisor) {
                position = 0;
                image++;
            }
        }
        // All that is read first: it need not wait for what is written.
#pragma unroll
        for (int i = 0; i < T::TM; i++) {
            if (row + T::row(i) < layout.out) {
                const real shift = bias == nullptr ? 0 : bias[direction * layout.biasDirection + firstChannel + T::row(i)];
                const real* const before = y + static_cast<int64>(T::row(i)) * target.plane;
#pragma unroll
                for (int e = 0; e < T::NEIGHBOURS; e++) {
                    acc[i][j + e] += shift;
                    if (accumulate && first + e < columns) {
                        acc[i][j + e] = add(before[place[e]], acc[i][j + e]);
                    }
                }
            }
        }
#pragma unroll
        for (int i = 0; i < T::TM; i++) {
            if (row + T::row(i) < layout.out) {
                real* const out = y + static_cast<int64>(T::row(i)) * target.plane;
                if (together) {
                    putNeighbours<T::NEIGHBOURS>(out + place[0], columns - first, true, false, &acc[i][j]);
                } else {
#pragma unroll
                    for (int e = 0; e < T::NEIGHBOURS; e++) {
                        if (first + e < columns) {
                            out[place[e]] = acc[i][j + e];
                        }
                    }
                }
            }
        }
    }
}

}  // namespace plumbline

#define PLUMBLINE_CONVOLVE(threads, blocks, name, T, inOrder)                                                                                \
    KERNEL_RESIDENT(threads, blocks, name)                                                                                                   \
    (const real* x, const real* w, const real* bias, real* y, plumbline::Layout layout, plumbline::Weights weights, plumbline::Slide slide,  \
        plumbline::Target target, int accumulate) {                                                                                          \
        plumbline::convolve<plumbline::T, inOrder>(x, w, bias, y, layout, weights, slide, target, accumulate);                               \
    }
