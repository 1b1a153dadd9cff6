// out[(i, a, b), (c, k, l)] = x[i, c, row(a, k), column(b, l)], 0 where that is padding
// x (images, C·H·W)  out (images · positions, C · taps) · writes =
//
// A warp writes 32 columns of 32 consecutive rows: a lane stays with its tap, and positions follow one another without divisions.
// cost: one write an entry, whose reads mostly hit caches
#include "entries.cuh"
#include "window.cuh"

namespace plumbline::unfolding {

constexpr int UNIT_ROWS = 32;

}  // namespace plumbline::unfolding

KERNEL(256, unfold)(plumbline::Window w, const real* x, int64 images, real* out) {
    using namespace plumbline;
    const int positions = w.positions(), taps = w.taps(), columns = w.channels * taps, lane = threadIdx.x % warpSize;
    const int64 rows = images * positions, rowTiles = (rows + unfolding::UNIT_ROWS - 1) / unfolding::UNIT_ROWS;
    const int64 columnTiles = (columns + warpSize - 1) / warpSize;
    for (int64 unit = gridIndex() / warpSize; unit < rowTiles * columnTiles; unit += gridStride() / warpSize) {
        const Division tile = divide(unit, columnTiles);
        const int column = static_cast<int>(tile.remainder) * warpSize + lane;
        if (column < columns) {
            const int channel = column / taps, tap = column % taps, k = tap / w.columns.size, l = tap % w.columns.size;
            const int64 first = tile.quotient * unfolding::UNIT_ROWS, end = min(rows, first + unfolding::UNIT_ROWS);
            const Division image = divide(first, positions);
            int a = static_cast<int>(image.remainder) / w.columns.positions, b = static_cast<int>(image.remainder) % w.columns.positions;
            const real* from = x + (image.quotient * w.channels + channel) * w.area();
#pragma unroll 4
            for (int64 row = first; row < end; row++) {
                const int r = w.rows.at(a, k), s = w.columns.at(b, l);
                const bool inside = r >= 0 && r < w.height && s >= 0 && s < w.width;
                out[row * columns + column] = inside ? from[r * w.width + s] : real(0);
                b++;
                if (b == w.columns.positions) {
                    b = 0;
                    a++;
                }
                if (a == w.rows.positions) {
                    a = 0;
                    from += static_cast<int64>(w.channels) * w.area();
                }
            }
        }
    }
}
