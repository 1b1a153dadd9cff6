// out[i, c] = x[rows[i], c]     x (·, columns)  rows (count)  out (count, columns) · writes =
// If `packed`, columns are packs of 16 bytes.  cost: one read and one write an entry
#include "entries.cuh"

namespace plumbline::gathers {

template <class UNIT>
__device__ __forceinline__ void gather(const UNIT* x, int64 columns, const int* rows, int64 count, UNIT* out) {
    for (int64 item = gridIndex(); item < count * columns; item += gridStride()) {
        const Division at = divide(item, columns);
        out[item] = x[rows[at.quotient] * columns + at.remainder];
    }
}

}  // namespace plumbline::gathers

KERNEL(256, gather)(const real* x, int64 columns, const int* rows, int64 count, real* out, int packed) {
    using namespace plumbline;
    if (packed) {
        gathers::gather(reinterpret_cast<const Pack*>(x), columns, rows, count, reinterpret_cast<Pack*>(out));
    } else {
        gathers::gather(reinterpret_cast<const Single*>(x), columns, rows, count, reinterpret_cast<Single*>(out));
    }
}
