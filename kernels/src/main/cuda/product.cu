// out = α · a ∘ b (or +=)     a, b broadcast over the rows and columns of the products (rows, columns), b optional
//
// Entries (product): fl(fl(α·a)·b).
// Rows summed (product_rows): out (groups, columns), groups of consecutive rows. In double: a chunk of 256 rows has 8 partial sums, those of the rows
// i ≡ l mod 8 in ascending order, which are added by `sumOf`; the chunk's sum is added to `out` and rounded, chunk after chunk. Hence a sum over rows
// has the same bits whether one call takes it or one after the other adds to it, as long as these begin at multiples of 256.
// Columns summed (product_columns): out (rows, 1). In double, by segments of 2048 columns: a segment has partial sums of every T-th column, which are
// added pairwise; segment after segment is added, and the sum rounded.
// Both: columns first, in double, then rows (sum_rows).
//
//   products ──product_rows──→ chunks ─┐                      chunks (groups, chunks, segments, columns) in double
//   products ──product_columns──→ segments ──sum_rows──→ chunks ──add_chunks──→ out
//
// Where there is one chunk of one segment, what would write it writes `out`.
// cost: one read of a and b an entry; product_rows and product_columns write a double every 256 rows or 2048 columns
#include "broadcast.cuh"
#include "sums.cuh"

namespace plumbline::products {

constexpr int SEGMENT_COLUMNS = 2048;

// Adds α · a[i, j] · b[i, j].
struct Products {
    double alpha;
    Operand a, b;

    __device__ __forceinline__ double added(double sum, int64 i, int64 j) const {
        return fma(multiply(alpha, static_cast<double>(a.at(i, j))), static_cast<double>(b.at(i, j)), sum);
    }
};

// Adds numbers[i, j].
struct Matrix {
    const double* numbers;
    int64 columns;

    __device__ __forceinline__ double added(double sum, int64 i, int64 j) const { return add(sum, numbers[i * columns + j]); }
};

// Where sums go: to `parts`, or to `out` where parts is null.
struct Sums {
    double* parts;
    real* out;
    bool accumulate;

    __device__ __forceinline__ void put(int64 at, double sum) const {
        if (parts == nullptr) {
            putSum(out + at, accumulate, sum);
        } else {
            parts[at] = sum;
        }
    }
};

// The chunks' sums, one a thread if LANES is 1; by 8 warps of a block for 32 of them if LANES is 8.
template <int LANES, class Terms>
__device__ __forceinline__ void sumRows(Sums sums, int64 groups, int64 groupRows, int64 columns, const Terms& terms) {
    constexpr int OWN = PARTIAL_SUMS / LANES, UNITS = 256 / LANES;
    const int lane = LANES == 1 ? 0 : threadIdx.x / UNITS;
    const int64 chunks = (groupRows + CHUNK_ROWS - 1) / CHUNK_ROWS, units = groups * chunks * columns;
    for (int64 from = static_cast<int64>(blockIdx.x) * UNITS; from < units; from += static_cast<int64>(gridDim.x) * UNITS) {
        const int64 unit = from + threadIdx.x % UNITS;
        double partial[OWN] = {};
        if (unit < units) {
            const Division part = divide(unit, columns), chunk = chunks == 1 ? Division{part.quotient, 0} : divide(part.quotient, chunks);
            const int64 first = chunk.remainder * CHUNK_ROWS, j = part.remainder;
            const int count = groupRows - first < CHUNK_ROWS ? static_cast<int>(groupRows - first) : CHUNK_ROWS;
            const int64 row = chunk.quotient * groupRows + first + lane;
#pragma unroll(LANES == 1 ? 1 : 8)
            for (int i = 0; i < count - lane; i += PARTIAL_SUMS) {
                for (int k = 0; k < OWN; k++) {
                    if (OWN == 1 || i + k < count) {
                        partial[k] = terms.added(partial[k], row + i + k, j);
                    }
                }
            }
        }
        double all[PARTIAL_SUMS];
        if constexpr (LANES == 1) {
            for (int k = 0; k < PARTIAL_SUMS; k++) {
                all[k] = partial[k];
            }
        } else {
            __shared__ double shared[PARTIAL_SUMS][UNITS];
            shared[lane][threadIdx.x % UNITS] = partial[0];
            __syncthreads();
            for (int k = 0; k < PARTIAL_SUMS; k++) {
                all[k] = shared[k][threadIdx.x % UNITS];
            }
            __syncthreads();
        }
        if (unit < units && lane == 0) {
            sums.put(unit, sumOf(all));
        }
    }
}

template <class Terms>
__device__ __forceinline__ void sumRows(Sums sums, int64 groups, int64 groupRows, int64 columns, int lanes, const Terms& terms) {
    if (lanes == 1) {
        sumRows<1>(sums, groups, groupRows, columns, terms);
    } else {
        sumRows<PARTIAL_SUMS>(sums, groups, groupRows, columns, terms);
    }
}

}  // namespace plumbline::products

KERNEL(256, product)
(real* out, int64 rows, int64 columns, const real* a, int64 aGroup, int64 aColumns, const real* b, int64 bGroup, int64 bColumns, real alpha,
 int accumulate, int packed) {
    plumbline::mapEntries(out, rows, columns, {a, aGroup, aColumns}, {b, bGroup, bColumns}, {nullptr, 1, 1}, accumulate, packed,
                          [alpha](auto& values) {
                              for (real& value : values) {
                                  value = plumbline::multiply(alpha, value);
                              }
                          });
}

// chunks (groups, ⌈groupRows/256⌉, columns), or out (groups, columns) · lanes 1 or 8 threads a sum
KERNEL(256, product_rows)
(double* chunks, real* out, int64 groups, int64 groupRows, int64 columns, const real* a, int64 aGroup, int64 aColumns, const real* b, int64 bGroup,
 int64 bColumns, double alpha, int accumulate, int lanes) {
    plumbline::products::sumRows({chunks, out, accumulate != 0}, groups, groupRows, columns, lanes,
                       plumbline::products::Products{alpha, {a, aGroup, aColumns}, {b, bGroup, bColumns}});
}

// chunks (groups, ⌈groupRows/256⌉, columns), or out (groups, 1) where columns is 1 · from numbers (groups · groupRows, columns)
KERNEL(256, sum_rows)
(double* chunks, real* out, int64 groups, int64 groupRows, int64 columns, const double* numbers, int accumulate, int lanes) {
    plumbline::products::sumRows({chunks, out, accumulate != 0}, groups, groupRows, columns, lanes, plumbline::products::Matrix{numbers, columns});
}

// segments (rows, ⌈columns/2048⌉), or out (rows, 1) · T = `lanes` threads a segment, a power of two up to 32 that depends on `columns` alone
KERNEL(256, product_columns)
(double* segments, real* out, int64 rows, int64 columns, const real* a, int64 aGroup, int64 aColumns, const real* b, int64 bGroup, int64 bColumns,
 double alpha, int accumulate, int lanes) {
    using namespace plumbline;
    const products::Products terms{alpha, {a, aGroup, aColumns}, {b, bGroup, bColumns}};
    const products::Sums sums{segments, out, accumulate != 0};
    const int64 perRow = (columns + products::SEGMENT_COLUMNS - 1) / products::SEGMENT_COLUMNS, units = rows * perRow;
    const int lane = static_cast<int>(threadIdx.x) & (lanes - 1);
    // Whole warps go through the loop, so that all their lanes are there when they exchange sums.
    const int64 warp = gridIndex() / warpSize, warps = gridStride() / warpSize, perWarp = warpSize / lanes;
    for (int64 from = warp * perWarp; from < units; from += warps * perWarp) {
        const int64 unit = from + threadIdx.x % warpSize / lanes;
        double sum = 0;
        if (unit < units) {
            const Division at = perRow == 1 ? Division{unit, 0} : divide(unit, perRow);
            const int64 first = at.remainder * products::SEGMENT_COLUMNS, end = min(columns, first + products::SEGMENT_COLUMNS);
#pragma unroll 8
            for (int64 j = first + lane; j < end; j += lanes) {
                sum = terms.added(sum, at.quotient, j);
            }
        }
        for (int distance = lanes / 2; distance > 0; distance /= 2) {
            sum = add(sum, __shfl_xor_sync(0xffffffffu, sum, distance));
        }
        if (unit < units && lane == 0) {
            sums.put(unit, sum);
        }
    }
}

// out (groups, columns) = Σ_chunk Σ_segment chunks (groups, count, segments, columns) (or +=)
KERNEL(256, add_chunks)(const double* chunks, int64 groups, int64 count, int64 segments, int64 columns, real* out, int accumulate) {
    using namespace plumbline;
    for (int64 at = gridIndex(); at < groups * columns; at += gridStride()) {
        const Division entry = divide(at, columns);
        const double* from = chunks + entry.quotient * count * segments * columns + entry.remainder;
        real sum = accumulate ? out[at] : real(0);
#pragma unroll 4
        for (int64 chunk = 0; chunk < count; chunk++) {
            double all = from[chunk * segments * columns];
            for (int64 segment = 1; segment < segments; segment++) {
                all = add(all, from[(chunk * segments + segment) * columns]);
            }
            sum = static_cast<real>(add(static_cast<double>(sum), all));
        }
        out[at] = sum;
    }
}
