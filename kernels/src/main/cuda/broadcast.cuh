// Matrices that serve each entry (i, j) of a computation over (rows, columns): by row ⌊i/group⌋ where one serves several, by their only column where
// they have 1.
#pragma once

#include "entries.cuh"

namespace plumbline {

struct Operand {
    const real* numbers;  // null: 1 everywhere
    int64 group;          // rows that one row serves
    int64 columns;        // 1, or as many as are served

    __device__ __forceinline__ const real* row(int64 i) const { return numbers + (group == 1 ? i : divide(i, group).quotient) * columns; }

    __device__ __forceinline__ real at(int64 i, int64 j) const { return numbers == nullptr ? real(1) : row(i)[columns == 1 ? 0 : j]; }

    // The entries from (i, j) on, `count` of them at most WIDTH; at once if they are as many.
    template <int WIDTH>
    __device__ __forceinline__ Numbers<WIDTH> entries(int64 i, int64 j, int count) const {
        Numbers<WIDTH> entries;
        if (numbers == nullptr || columns == 1) {
            const real value = at(i, 0);
            for (real& entry : entries.at) {
                entry = value;
            }
        } else if (count == WIDTH) {
            entries = load<WIDTH>(row(i) + j);
        } else {
            const real* from = row(i) + j;
            for (int k = 0; k < WIDTH; k++) {
                entries.at[k] = k < count ? from[k] : real(0);
            }
        }
        return entries;
    }
};

// out[i, j] = f(x[i, j]) · a[i, j] · b[i, j] (or +=)     out (rows, columns) · WIDTH entries a thread at a time, which f maps in place
template <int WIDTH, class F>
__device__ __forceinline__ void mapEntries(real* out, int64 rows, int64 columns, Operand x, Operand a, Operand b, bool accumulate, F f) {
    const int64 steps = (columns + WIDTH - 1) / WIDTH;
    for (int64 item = gridIndex(); item < rows * steps; item += gridStride()) {
        const Division at = rows == 1 ? Division{0, item} : divide(item, steps);
        const int64 i = at.quotient, j = at.remainder * WIDTH;
        const int count = columns - j < WIDTH ? static_cast<int>(columns - j) : WIDTH;
        Numbers<WIDTH> values = x.template entries<WIDTH>(i, j, count);
        const Numbers<WIDTH> first = a.template entries<WIDTH>(i, j, count), second = b.template entries<WIDTH>(i, j, count);
        f(values.at);
        for (int k = 0; k < WIDTH; k++) {
            values.at[k] = multiply(multiply(values.at[k], first.at[k]), second.at[k]);
        }
        real* const to = out + i * columns + j;
        if (count == WIDTH) {
            if (accumulate) {
                const Numbers<WIDTH> before = load<WIDTH>(to);
                for (int k = 0; k < WIDTH; k++) {
                    values.at[k] = add(before.at[k], values.at[k]);
                }
            }
            store(to, values);
        } else {
            for (int k = 0; k < WIDTH; k++) {
                if (k < count) {
                    put(to + k, accumulate, values.at[k]);
                }
            }
        }
    }
}

// The same, 16 bytes at a time if `packed`: then `out` and all operands of more than one column begin at multiples of 16 bytes, and so do their rows.
template <class F>
__device__ __forceinline__ void mapEntries(real* out, int64 rows, int64 columns, Operand x, Operand a, Operand b, bool accumulate, bool packed, F f) {
    if (packed) {
        mapEntries<Pack::WIDTH>(out, rows, columns, x, a, b, accumulate, f);
    } else {
        mapEntries<1>(out, rows, columns, x, a, b, accumulate, f);
    }
}

}  // namespace plumbline
