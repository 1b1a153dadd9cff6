// out[i, j] = Σ_c a[i, c] · b[j, c]     a (m, columns)  b (l, columns)  out (m, l) in double · writes =
//
// In double throughout, by segments of 16 KiB of a row: a thread adds those of its own columns (neighbours, or every 256th), in ascending order, and a block its threads' sums,
// pairwise (row_products); then a warp an entry, each lane every 32nd segment, and the lanes' sums pairwise (add_segments). The order depends on
// `columns` alone.
// cost: m·l·columns multiply-adds; a block reads a segment of 4 rows of each for the 16 products of these
#include "entries.cuh"
#include "sums.cuh"

namespace plumbline::rows {

// Of 256 threads, each of which reads 16 bytes at a time.
constexpr int SEGMENT_STEPS = 4;
constexpr int SEGMENT = SEGMENT_STEPS * 256 * Pack::WIDTH;
constexpr int BLOCK_WARPS = 256 / 32;

// Numbers c, c + spacing, … of a row; `packed` if they can be read at once.
__device__ __forceinline__ void loadColumns(const real* row, int64 c, int spacing, int64 columns, bool packed, double (&values)[Pack::WIDTH]) {
    if (packed) {
        const Pack pack = load<Pack::WIDTH>(row + c);
        for (int k = 0; k < Pack::WIDTH; k++) {
            values[k] = pack.at[k];
        }
    } else {
        for (int k = 0; k < Pack::WIDTH; k++) {
            values[k] = c + k * spacing < columns ? row[c + k * spacing] : real(0);
        }
    }
}

// Products of the segments of ROWS rows of a with those of as many rows of b; blockIdx says which segment (x), rows of a (y) and rows of b (z).
template <int ROWS>
__device__ __forceinline__ void rowProducts(const real* a, int m, const real* b, int l, int64 columns, bool packed, double* segments) {
    __shared__ double shared[ROWS * ROWS][BLOCK_WARPS];
    const int i0 = blockIdx.y * ROWS, j0 = blockIdx.z * ROWS;
    const int64 first = static_cast<int64>(blockIdx.x) * SEGMENT;
    // Rows of such a length begin anywhere, and none can be read 16 bytes at a time: neighbouring threads read neighbouring numbers instead.
    const bool spread = columns % Pack::WIDTH != 0;
    const int spacing = spread ? 256 : 1;
    double sums[ROWS][ROWS] = {};
#pragma unroll(ROWS == 1 ? SEGMENT_STEPS : 1)
    for (int step = 0; step < SEGMENT_STEPS; step++) {
        const int64 c = first + step * 256 * Pack::WIDTH + static_cast<int>(threadIdx.x) * (spread ? 1 : Pack::WIDTH);
        if (c < columns) {
            double x[ROWS][Pack::WIDTH];
            for (int i = 0; i < ROWS; i++) {
                loadColumns(a + min(i0 + i, m - 1) * columns, c, spacing, columns, packed, x[i]);
            }
            for (int j = 0; j < ROWS; j++) {
                double y[Pack::WIDTH];
                loadColumns(b + min(j0 + j, l - 1) * columns, c, spacing, columns, packed, y);
                for (int i = 0; i < ROWS; i++) {
                    for (int k = 0; k < Pack::WIDTH; k++) {
                        sums[i][j] = fma(x[i][k], y[k], sums[i][j]);
                    }
                }
            }
        }
    }
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < ROWS; j++) {
            const double sum = warpSum(sums[i][j]);
            if (threadIdx.x % warpSize == 0) {
                shared[i * ROWS + j][threadIdx.x / warpSize] = sum;
            }
        }
    }
    __syncthreads();
    const int i = i0 + static_cast<int>(threadIdx.x) / ROWS, j = j0 + static_cast<int>(threadIdx.x) % ROWS;
    if (threadIdx.x < ROWS * ROWS && i < m && j < l) {
        segments[(static_cast<int64>(i) * l + j) * gridDim.x + blockIdx.x] = sumOf(shared[threadIdx.x]);
    }
}

}  // namespace plumbline::rows

// segments (m, l, ⌈columns/segment⌉)     grid: segments, ⌈m/rows⌉, ⌈l/rows⌉ · rows 1 or 4
KERNEL(256, row_products)(const real* a, int m, const real* b, int l, int64 columns, int packed, int rows, double* segments) {
    if (rows == 1) {
        plumbline::rows::rowProducts<1>(a, m, b, l, columns, packed, segments);
    } else {
        plumbline::rows::rowProducts<4>(a, m, b, l, columns, packed, segments);
    }
}

// out[e] = Σ_s segments[e, s]     segments (entries, count)
KERNEL(256, add_segments)(const double* segments, int64 entries, int64 count, double* out) {
    const int lane = threadIdx.x % warpSize;
    for (int64 entry = plumbline::gridIndex() / warpSize; entry < entries; entry += plumbline::gridStride() / warpSize) {
        double sum = 0;
        for (int64 s = lane; s < count; s += warpSize) {
            sum = plumbline::add(sum, segments[entry * count + s]);
        }
        sum = plumbline::warpSum(sum);
        if (lane == 0) {
            out[entry] = sum;
        }
    }
}
