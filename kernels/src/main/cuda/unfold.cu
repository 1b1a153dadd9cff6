// out[(i, a, b), (c, k, l)] = x[i, c, row(a, k), column(b, l)], 0 where that is padding     x (images, C·H·W)  out (images · positions, C · taps) · writes =
// cost: one write an entry, whose reads mostly hit caches; five divisions
#include "entries.cuh"
#include "window.cuh"

KERNEL(256, unfold)(plumbline::Window w, const real* x, int64 images, real* out) {
    using namespace plumbline;
    const int positions = w.positions(), taps = w.taps(), columns = w.channels * taps;
    for (int64 at = gridIndex(); at < images * positions * columns; at += gridStride()) {
        const Division entry = divide(at, columns), position = divide(entry.quotient, positions), tap = divide(entry.remainder, taps);
        const Division ab = divide(position.remainder, w.columns.positions), kl = divide(tap.remainder, w.columns.size);
        const int row = w.rows.at(ab.quotient, kl.quotient), column = w.columns.at(ab.remainder, kl.remainder);
        const bool inside = row >= 0 && row < w.height && column >= 0 && column < w.width;
        out[at] = inside ? x[((position.quotient * w.channels + tap.quotient) * w.height + row) * w.width + column] : real(0);
    }
}
