// out[s] = a_sᵀ b_s, flattened (or +=): per-example gradients of a dense layer
// a (partsA·T, r)  b (partsB·T, c)  out (m, r·c); part s of a is rows ⌊s·partsA/m⌋·T … of it, likewise of b · accumulator real, rows ascending
//   T = 1   outer products, as fast as memory takes them: 16 bytes a store
//   T > 1   a batch of products of matrices
// cost 2·m·T·r·c, m·r·c numbers written
#include "tile.cuh"

// Block s·parts + q writes part q of row s: blocks that run at a time write next to each other.
KERNEL_RESIDENT(256, 6, outer_each)(const real* a, int64 servedByA, const real* b, int64 servedByB, real* out, int parts, int r, int c, int accumulate) {
    using namespace plumbline;
    const int64 s = blockIdx.x / parts;
    const real* const left = a + s / servedByA * r;
    const real* const right = b + s / servedByB * c;
    real* const row = out + s * r * c;
    const int first = blockIdx.x % parts * blockDim.x + threadIdx.x;
    const int stride = parts * blockDim.x;
    constexpr int WIDTH = Pack::WIDTH;
    if (alignedBy16(b, c) && alignedBy16(out, c)) {
        const int across = c / WIDTH;
#pragma unroll 4
        for (int at = first; at < r * across; at += stride) {
            const int i = at / across;
            const real scale = left[i];
            const Pack y = load<WIDTH>(right + (at - i * across) * WIDTH);
            real* const target = row + at * WIDTH;
            Pack z = {};
            if (accumulate) {
                z = load<WIDTH>(target);
            }
            for (int e = 0; e < WIDTH; e++) {
                z.at[e] = accumulate ? add(z.at[e], multiply(scale, y.at[e])) : scale * y.at[e];
            }
            store(target, z);
        }
    } else {
#pragma unroll 4
        for (int at = first; at < r * c; at += stride) {
            const int i = at / c;
            put(row + at, accumulate, multiply(left[i], right[at - i * c]));
        }
    }
}

namespace plumbline {

template <class T>
__device__ __forceinline__ void sumOuterEach(
    const real* a, int64 servedByA, const real* b, int64 servedByB, real* out, int terms, int r, int c, int accumulate) {
    __shared__ __align__(16) real shared[T::SHARED];
    const int columnTiles = (c + T::BN - 1) / T::BN;
    const int tiles = (r + T::BM - 1) / T::BM * columnTiles;
    const int64 s = blockIdx.x / tiles;
    const int64 row = static_cast<int64>(blockIdx.x % tiles / columnTiles) * T::BM;
    const int64 column = static_cast<int64>(blockIdx.x % tiles % columnTiles) * T::BN;
    real acc[T::TM][T::TN] = {};
    multiplyTile<T>(Columns(a + s / servedByA * terms * r, r, r), Columns(b + s / servedByB * terms * c, c, c), row, column, 0, terms, shared, acc);
    putTile<T>(out + s * r * c, c, row, r, column, c, accumulate, acc);
}

}  // namespace plumbline

KERNEL(256, sum_outer_each)
(const real* a, int64 servedByA, const real* b, int64 servedByB, real* out, int terms, int r, int c, int accumulate) {
    plumbline::sumOuterEach<plumbline::SmallTiling>(a, servedByA, b, servedByB, out, terms, r, c, accumulate);
}
