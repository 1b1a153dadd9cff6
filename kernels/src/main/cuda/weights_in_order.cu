// Weights of a convolution or its adjoint (convolve.cu) as the matrix (result channels, channels read · taps) of each group, rows that can be read 16 bytes at a time
// out (directions, groups·results, rowStride) = w[direction·wDirection + place of (group, result, channel read, tap)], what rows have beyond `inner` is left as it is
// cost: one read and one write an entry
#include "sliding.cuh"

KERNEL(256, weights_in_order)
(const real* w, int64 wDirection, plumbline::Weights weights, plumbline::Divisor inner, plumbline::Divisor taps, plumbline::Divisor tapColumns, plumbline::Divisor results,
    plumbline::Divisor groups, int64 rows, int rowStride, real* out) {
    using namespace plumbline;
    for (int64 at = gridIndex(); at < rows * inner.divisor; at += gridStride()) {
        const int64 row = inner.quotientOfAny(at);
        const int entry = static_cast<int>(at - row * inner.divisor);
        const int channel = taps.quotient(entry);
        const int tap = entry - channel * taps.divisor;
        const int tapRow = tapColumns.quotient(tap);
        const int64 groupOfAll = results.quotientOfAny(row);
        const int64 direction = groups.quotientOfAny(groupOfAll);
        out[row * rowStride + entry] = w[direction * wDirection + (groupOfAll - direction * groups.divisor) * weights.group
            + (row - groupOfAll * results.divisor) * weights.result + static_cast<int64>(channel) * weights.read + weights.from + tapRow * weights.row
            + (tap - tapRow * tapColumns.divisor) * weights.column];
    }
}
