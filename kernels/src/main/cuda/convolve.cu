// y[i,o,(a,b)] = bias[o] + Σ_{c,k,l} w[o,c,k,l] · x[i,c,row(a,k),column(b,l)], or +=; c and o in the same of several groups of channels (implicit GEMM)
// x (images, groups·in, height, width)  w (groups·out, in, taps)  bias (groups·out) or null  y (images, groups·out, positions), for each of several directions
//   in each group a product of matrices, (out × in·taps) by (in·taps × images·positions), the second one read from the images (sliding.cuh); rows of the first
//   one lie wRow numbers apart (weights_in_order.cu);
//   `direct`, where a group has one or two results: a thread an entry of y, which takes weights from where they lie
//
// The adjoint, x[i,c,(h,w)] = Σ_{o,k,l} w[o,c,k,l] · y[i,o,(a,b)] over the positions (a,b) whose tap (k,l) reads (h,w), is gathered by the same kernels:
//   Along one axis, position a and tap k meet h where a·stride + k·dilation − padding = h. Those h that leave the same remainder p by stride meet
//   the same taps, k = k₀ + t·q with q = stride/gcd(stride, dilation), and h = p + stride·h′ meets them at a = a₀ + h′ − t·dilation/gcd(stride, dilation):
//   a convolution of y with stride 1. One launch for each pair of remainders; x is what is written, y what is read, and c takes the place of o.
//
// accumulator real, (c,k,l) ascending row-major, then the bias · what lies outside an image counts as 0, which times an infinite weight is NaN
// cost 2·images·groups·out·in·taps·positions · grid (directions · tiles of out · groups · tiles of images·positions)
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

template <class T>
__device__ __forceinline__ void convolve(const real* x, const real* w, const real* bias, real* y, const Layout& layout, int64 wRow,
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
    w += direction * layout.wDirection + static_cast<int64>(group) * layout.out * wRow;
    x += direction * layout.xDirection + static_cast<int64>(group) * layout.in * slide.plane();
    const Windows windows(x, layout.xStride, columns, slide);
    real acc[T::TM][T::TN] = {};
    multiplyTile<T>(Rows(w, layout.out, wRow), windows, row, column, 0, inner, shared, acc);

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
                    putNeighbours<T::NEIGHBOURS>(out + place[0], columns - first, true, &acc[i][j]);
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

KERNEL(256, convolve_direct)
(const real* x, const real* w, const real* bias, real* y, plumbline::Layout layout, plumbline::Weights weights, plumbline::Slide slide,
    plumbline::Target target, int accumulate, plumbline::Divisor channels) {
    using namespace plumbline;
    const int64 entries = layout.images * channels.divisor * slide.positions.divisor;
    for (int direction = 0; direction < layout.directions; direction++) {
        for (int64 index = gridIndex(); index < entries; index += gridStride()) {
            const int64 plane = slide.positions.quotientOfAny(index);
            const int position = static_cast<int>(index - plane * slide.positions.divisor);
            const int64 image = channels.quotientOfAny(plane);
            const int channel = static_cast<int>(plane - image * channels.divisor);
            const int group = channel / layout.out;
            const int a = slide.positionColumns.quotient(position);
            const int b = position - a * slide.positionColumns.divisor;
            const real* weight = w + direction * layout.wDirection + static_cast<int64>(group) * weights.group
                + static_cast<int64>(channel - group * layout.out) * weights.result + weights.from;
            const real* from = x + direction * layout.xDirection + image * layout.xStride + static_cast<int64>(group) * layout.in * slide.plane();
            real sum = 0;
            for (int c = 0; c < layout.in; c++) {
                for (int k = 0; k < slide.tapRows; k++) {
                    const int atRow = slide.row.from + a * slide.row.step + k * slide.row.tap;
                    for (int l = 0; l < slide.tapColumns.divisor; l++) {
                        const int atColumn = slide.column.from + b * slide.column.step + l * slide.column.tap;
                        if (slide.inside(atRow, atColumn)) {
                            sum = multiplyAdd(weight[k * weights.row + l * weights.column], from[atRow * slide.column.extent + atColumn], sum);
                        }
                    }
                }
                weight += weights.read;
                from += slide.plane();
            }
            if (bias != nullptr) {
                sum += bias[direction * layout.biasDirection + channel];
            }
            put(y + direction * layout.yDirection + image * layout.yStride + static_cast<int64>(channel) * target.plane + target.from + a * target.row
                    + b * target.column,
                accumulate, sum);
        }
    }
}

#define PLUMBLINE_CONVOLVE(threads, blocks, name, T)                                                                                         \
    KERNEL_RESIDENT(threads, blocks, name)                                                                                                   \
    (const real* x, const real* w, const real* bias, real* y, plumbline::Layout layout, int64 wRow, plumbline::Slide slide,                  \
        plumbline::Target target, int accumulate) {                                                                                          \
        plumbline::convolve<plumbline::T>(x, w, bias, y, layout, wRow, slide, target, accumulate);                                           \
    }

PLUMBLINE_CONVOLVE(128, sizeof(real) == 4 ? 4 : 3, convolve_16, Tiling16)
PLUMBLINE_CONVOLVE(128, 3, convolve_32, Tiling32)
PLUMBLINE_CONVOLVE(128, 2, convolve_64, Tiling64)
PLUMBLINE_CONVOLVE(256, 1, convolve_128, Tiling128)
