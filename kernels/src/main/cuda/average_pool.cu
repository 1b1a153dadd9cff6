// average_pool              y[c, a, b] = Σ_{k, l} x[c, row(a, k), column(b, l)] / n(a, b) (or +=)
// average_pool_transposed   x[c, r, s] = Σ y[c, a, b] / n(a, b) over the windows (a, b) that see (r, s) (or +=)
//
// x (·, C·H·W)  y (·, C · positions); arrays counts rows times channels. n counts the taps on the array, and those on the declared padding if
// `includePadding`. Sums in double, in ascending order of (k, l) or (a, b).
// cost: taps reads of x for an entry of y; transposed a read and a division for each window and entry
#include "entries.cuh"
#include "window.cuh"

KERNEL(256, average_pool)(plumbline::Window w, int includePadding, const real* x, int64 arrays, real* y, int accumulate) {
    using namespace plumbline;
    const int positions = w.positions();
    for (int64 at = gridIndex(); at < arrays * positions; at += gridStride()) {
        const Division array = divide(at, positions), ab = divide(array.remainder, w.columns.positions);
        const int a = ab.quotient, b = ab.remainder;
        const int endRow = w.rows.endTap(a, w.height), firstColumn = w.columns.firstTap(b), endColumn = w.columns.endTap(b, w.width);
        double sum = 0;
        for (int k = w.rows.firstTap(a); k < endRow; k++) {
            const real* const row = x + (array.quotient * w.height + w.rows.at(a, k)) * w.width + w.columns.at(b, 0);
#pragma unroll 4
            for (int l = firstColumn; l < endColumn; l++) {
                sum = add(sum, static_cast<double>(row[l * w.columns.dilation]));
            }
        }
        putSum(y + at, accumulate, sum / (w.rows.counted(a, w.height, includePadding) * w.columns.counted(b, w.width, includePadding)));
    }
}

KERNEL(256, average_pool_transposed)(plumbline::Window w, int includePadding, const real* y, int64 arrays, real* x, int accumulate) {
    using namespace plumbline;
    const int64 positions = w.positions(), area = w.area();
    for (int64 at = gridIndex(); at < arrays * area; at += gridStride()) {
        const Division array = divide(at, area), entry = divide(array.remainder, w.width);
        const real* const from = y + array.quotient * positions;
        const int r = entry.quotient, s = entry.remainder;
        const Range as = w.rows.positionsOf(r), bs = w.columns.positionsOf(s);
        double sum = 0;
        for (int a = as.first; a <= as.last; a++) {
            const int countedRows = w.rows.counted(a, w.height, includePadding);
            for (int b = bs.first; b <= bs.last; b++) {
                if (w.rows.reads(a, r) && w.columns.reads(b, s)) {
                    const double counted = countedRows * w.columns.counted(b, w.width, includePadding);
                    sum = add(sum, from[a * w.columns.positions + b] / counted);
                }
            }
        }
        putSum(x + at, accumulate, sum);
    }
}
