// y[i,o,(a,b)] = bias[o] + Σ_{c,k,l} w[o,c,k,l] · x[i,c,row(a,k),column(b,l)], or +=; c and o in the same of several groups of channels (implicit GEMM)
// x (images, groups·in, height, width)  w (groups·out, in, taps)  bias (groups·out) or null  y (images, groups·out, positions), for each of several directions
//   in each group a product of matrices, (out × in·taps) by (in·taps × images·positions), the second one read from the images (sliding.cuh);
//   `direct`, where a group has one or two results: a thread an entry of y
// accumulator real, (c,k,l) ascending row-major, then the bias · what lies outside an image counts as 0, which times an infinite weight is NaN
// cost 2·images·groups·out·in·taps·positions · grid (directions · tiles of out · groups · tiles of images·positions)
#include "convolve.cuh"

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

PLUMBLINE_CONVOLVE(128, sizeof(real) == 4 ? 4 : 3, convolve_16, Tiling16, true)
PLUMBLINE_CONVOLVE(128, 3, convolve_32, Tiling32, true)
PLUMBLINE_CONVOLVE(128, 2, convolve_64, Tiling64, true)
PLUMBLINE_CONVOLVE(256, 1, convolve_128, Tiling128, true)
