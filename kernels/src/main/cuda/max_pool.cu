// max_pool              out[c, a, b] = source[c, that entry of window (a, b) where x is largest] (or +=)
// max_pool_transposed   out[c, r, s] = Σ y[c, a, b] over the windows (a, b) that see (r, s) and where x is largest there (or +=)
//
// x (images, C·H·W)  source, out of max_pool_transposed (images · group, C·H·W)  out of max_pool, y (images · group, C · positions)
// The first of equals in row-major order, a NaN before all others; padding never. What is largest is found once for the `group` rows that a row of
// x serves. Sums in double, in ascending order of (a, b). Every window sees an entry.
// cost: taps reads of x a window, `group` reads and writes; transposed a read of a window's index for each of its entries and row
#include "entries.cuh"
#include "window.cuh"

namespace plumbline::pools {

// Where `image`, an (H, W) array, is largest in window (a, b).
__device__ __forceinline__ int largest(const Window& w, const real* image, int a, int b) {
    const int endRow = w.rows.endTap(a, w.height), firstColumn = w.columns.firstTap(b), endColumn = w.columns.endTap(b, w.width);
    int at = -1;
    real best = 0;
    for (int k = w.rows.firstTap(a); k < endRow; k++) {
        const int row = w.rows.at(a, k) * w.width;
        for (int l = firstColumn; l < endColumn; l++) {
            const int here = row + w.columns.at(b, l);
            const real value = image[here];
            if (at < 0 || value > best || (value != value && best == best)) {
                at = here;
                best = value;
            }
        }
    }
    return at;
}

}  // namespace plumbline::pools

KERNEL(256, max_pool)(plumbline::Window w, const real* x, int64 images, const real* source, int group, real* out, int accumulate) {
    using namespace plumbline;
    const int64 positions = w.positions(), perRow = w.channels * positions, area = w.area();
    for (int64 at = gridIndex(); at < images * perRow; at += gridStride()) {
        const Division image = divide(at, perRow), channel = divide(image.remainder, positions), ab = divide(channel.remainder, w.columns.positions);
        const int64 index = pools::largest(w, x + (image.quotient * w.channels + channel.quotient) * area, ab.quotient, ab.remainder);
        for (int64 row = image.quotient * group; row < (image.quotient + 1) * group; row++) {
            put(out + row * perRow + image.remainder, accumulate, source[(row * w.channels + channel.quotient) * area + index]);
        }
    }
}

// indices (images, C · positions): where each window's largest entry lies in its channel's (H, W) array
KERNEL(256, max_pool_indices)(plumbline::Window w, const real* x, int64 images, int* indices) {
    using namespace plumbline;
    const int positions = w.positions();
    for (int64 at = gridIndex(); at < images * w.channels * positions; at += gridStride()) {
        const Division array = divide(at, positions), ab = divide(array.remainder, w.columns.positions);
        indices[at] = pools::largest(w, x + array.quotient * w.area(), ab.quotient, ab.remainder);
    }
}

KERNEL(256, max_pool_transposed)(plumbline::Window w, const int* indices, int group, const real* y, int64 rows, real* out, int accumulate) {
    using namespace plumbline;
    const int64 positions = w.positions(), area = w.area();
    for (int64 at = gridIndex(); at < rows * w.channels * area; at += gridStride()) {
        const Division array = divide(at, area), entry = divide(array.remainder, w.width);
        const int64 image = group == 1 ? array.quotient
                                       : divide(array.quotient, static_cast<int64>(group) * w.channels).quotient * w.channels
                                                 + divide(array.quotient, w.channels).remainder;
        const int* const largest = indices + image * positions;
        const real* const from = y + array.quotient * positions;
        const Range as = w.rows.positionsOf(entry.quotient), bs = w.columns.positionsOf(entry.remainder);
        const int index = array.remainder;
        double sum = 0;
        for (int a = as.first; a <= as.last; a++) {
            for (int b = bs.first; b <= bs.last; b++) {
                const int position = a * w.columns.positions + b;
                if (largest[position] == index) {
                    sum = add(sum, static_cast<double>(from[position]));
                }
            }
        }
        putSum(out + at, accumulate, sum);
    }
}
