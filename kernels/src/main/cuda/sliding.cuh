// Windows sliding over images, as operands of products of matrices (tile.cuh): what they see is read where it lies, never unfolded in memory.
//
//   image (channels, height, width) · position (a, b) of the result and tap (k, l) of the window read
//   row row.from + a·row.step + k·row.tap and the like for columns; 0 where that is outside the image
//
// A convolution has from = −padding, step = stride, tap = dilation; its adjoint in x has step = 1 and tap < 0 (convolve.cu).
// Indices: (image, position), position = (a, b) · (channel, tap), tap = (k, l), each row-major.
#pragma once

#include "tile.cuh"

namespace plumbline {

// Division by a number known at launch (Granlund and Montgomery 1994): ⌊n/d⌋ = ⌊n·multiplier/2^(31 + shift)⌋ for 0 ≤ n < 2³¹,
// with shift = ⌈log₂ d⌉ and multiplier = ⌈2^(31 + shift)/d⌉.
struct Divisor {
    int divisor;
    unsigned multiplier;
    int shift;

    __device__ __forceinline__ int quotient(int n) const {
        return static_cast<int>(static_cast<unsigned>(static_cast<uint64_t>(2u * n) * multiplier >> 32) >> shift);
    }

    __device__ __forceinline__ int64 quotientOfAny(int64 n) const { return n < (1ll << 31) ? quotient(static_cast<int>(n)) : n / divisor; }
};

struct SlideAxis {
    int extent, from, step, tap;
};

struct Slide {
    SlideAxis row, column;
    int tapRows;
    Divisor taps, tapColumns, positions, positionColumns;

    __device__ __forceinline__ int plane() const { return row.extent * column.extent; }

    __device__ __forceinline__ bool inside(int atRow, int atColumn) const {
        return static_cast<unsigned>(atRow) < static_cast<unsigned>(row.extent) && static_cast<unsigned>(atColumn) < static_cast<unsigned>(column.extent);
    }
};

// Entry ((image, position), (channel, tap)) is what the tap reads: a row is a window.
struct Windows {
    static constexpr bool ALONG_K = false;
    // Neighbouring threads read neighbouring positions, which lie next to each other but at padding and where rows end.
    static constexpr bool SPREAD = true;
    // Taps along an axis that have a bit each.
    static constexpr int BITS = 8;
    const real* x;
    int64 count, stride;
    Slide slide;
    // What tap (0, 0) of the first window reads, and how far behind it the other windows' taps read.
    const real* first;
    int behind[4] = {};
    // Which taps lie on the image: BITS for rows of taps and BITS for columns, for each window in turn. With more taps: the first window's position, and how
    // many windows there are.
    unsigned seen[2] = {};

    // Image i begins at x + i·stride; as many images as four windows may lie apart, and a plane, are less than 2³¹ numbers (Convolutions.java); `count` windows in all.
    __device__ Windows(const real* x, int64 stride, int64 count, const Slide& slide) : x(x), count(count), stride(stride), slide(slide), first(x) {}

    __device__ __forceinline__ bool haveBits() const { return slide.tapRows <= BITS && slide.tapColumns.divisor <= BITS; }

    template <int SPACING>
    __device__ __forceinline__ void start(int64 index) {
        static_assert(3 * SPACING <= 96, "Convolutions.java reckons with as much");
        const int64 image = slide.positions.quotientOfAny(index);
        const int position = static_cast<int>(index - image * slide.positions.divisor);
        const int64 left = (count - index + SPACING - 1) / SPACING;
        const int there = left < 0 ? 0 : left < 4 ? static_cast<int>(left) : 4;
        if (!haveBits()) {
            seen[0] = position;
            seen[1] = there;
        }
#pragma unroll
        for (int i = 0; i < 4; i++) {
            if (i < there) {
                const int images = slide.positions.quotient(position + i * SPACING);
                const int at = position + i * SPACING - images * slide.positions.divisor;
                const int a = slide.positionColumns.quotient(at);
                const int row = slide.row.from + a * slide.row.step;
                const int column = slide.column.from + (at - a * slide.positionColumns.divisor) * slide.column.step;
                behind[i] = images * static_cast<int>(stride) + row * slide.column.extent + column;
                if (haveBits()) {
                    const unsigned inside = bits(row, slide.row, slide.tapRows) | bits(column, slide.column, slide.tapColumns.divisor) << BITS;
                    seen[i / 2] |= inside << i % 2 * 2 * BITS;
                }
            }
        }
        first = x + image * stride + behind[0];
#pragma unroll
        for (int i = 3; i >= 0; i--) {
            behind[i] -= behind[0];
        }
    }

    template <int SPACING>
    __device__ __forceinline__ void load(int k, int end, real (&v)[4]) const {
        const int channel = slide.taps.quotient(k);
        const int tap = k - channel * slide.taps.divisor;
        const int tapRow = slide.tapColumns.quotient(tap);
        const int tapColumn = tap - tapRow * slide.tapColumns.divisor;
        const int down = tapRow * slide.row.tap;
        const int across = tapColumn * slide.column.tap;
        const real* const from = first + (channel * slide.plane() + down * slide.column.extent + across);
        if (haveBits()) {
            const unsigned needed = 1u << tapRow | 1u << (BITS + tapColumn);
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const unsigned of = needed << i % 2 * 2 * BITS;
                v[i] = k < end && (seen[i / 2] & of) == of ? from[behind[i]] : 0;
            }
        } else {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                const int shifted = static_cast<int>(seen[0]) + i * SPACING;
                const int position = shifted - slide.positions.quotient(shifted) * slide.positions.divisor;
                const int a = slide.positionColumns.quotient(position);
                const int row = slide.row.from + a * slide.row.step + down;
                const int column = slide.column.from + (position - a * slide.positionColumns.divisor) * slide.column.step + across;
                v[i] = k < end && i < static_cast<int>(seen[1]) && slide.inside(row, column) ? from[behind[i]] : 0;
            }
        }
    }

   private:
    static __device__ __forceinline__ unsigned bits(int entry, const SlideAxis& axis, int taps) {
        unsigned inside = 0;
        for (int tap = 0; tap < taps; tap++) {
            inside |= static_cast<unsigned>(static_cast<unsigned>(entry) < static_cast<unsigned>(axis.extent)) << tap;
            entry += axis.tap;
        }
        return inside;
    }
};

// Its transpose: entry ((channel, tap), (image, position)), a row is what one tap reads.
struct TapReadings {
    static constexpr bool ALONG_K = true, SPREAD = false;
    const real* x;
    int64 count, stride;
    Slide slide;
    const real* first;
    // Outside the image, where there is no such tap.
    int row = -(1 << 30), column = 0;

    // Image i begins at x + i·stride; `count` taps in all channels. Ranges of k begin at multiples of 4, and end there where images do.
    __device__ TapReadings(const real* x, int64 stride, int64 count, const Slide& slide)
        : x(x), count(count), stride(stride), slide(slide), first(x) {}

    __device__ __forceinline__ void start(int64 index) {
        if (index < count) {
            const int channel = slide.taps.quotient(static_cast<int>(index));
            const int tap = static_cast<int>(index) - channel * slide.taps.divisor;
            const int tapRow = slide.tapColumns.quotient(tap);
            row = slide.row.from + tapRow * slide.row.tap;
            column = slide.column.from + (tap - tapRow * slide.tapColumns.divisor) * slide.column.tap;
            first = x + static_cast<int64>(channel) * slide.plane() + static_cast<int64>(row) * slide.column.extent + column;
        }
    }

    __device__ __forceinline__ void load(int k, int end, real (&v)[4]) const {
        const int image = slide.positions.quotient(k);
        int position = k - image * slide.positions.divisor;
        const int a = slide.positionColumns.quotient(position);
        int b = (position - a * slide.positionColumns.divisor) * slide.column.step;
        int down = a * slide.row.step;
        const real* from = first + image * stride + static_cast<int64>(down) * slide.column.extent;
        if (slide.positionColumns.divisor % 4 == 0) {
            // In one row, and the range ends with one.
            const bool on = k < end && static_cast<unsigned>(row + down) < static_cast<unsigned>(slide.row.extent);
#pragma unroll
            for (int i = 0; i < 4; i++) {
                v[i] = on && static_cast<unsigned>(column + b) < static_cast<unsigned>(slide.column.extent) ? from[b] : 0;
                b += slide.column.step;
            }
            return;
        }
#pragma unroll
        for (int i = 0; i < 4; i++) {
            v[i] = k + i < end && slide.inside(row + down, column + b) ? from[b] : 0;
            b += slide.column.step;
            if (b == slide.positionColumns.divisor * slide.column.step) {
                b = 0;
                down += slide.row.step;
                from += static_cast<int64>(slide.row.step) * slide.column.extent;
            }
            if (++position == slide.positions.divisor) {
                position = 0;
                from += stride - static_cast<int64>(down) * slide.column.extent;
                down = 0;
            }
        }
    }
};

// Entry (channel, (image, position)) of images (channels, positions).
struct Planes {
    static constexpr bool ALONG_K = true, SPREAD = false;
    const real* y;
    int64 count, stride;
    Divisor positions;
    bool aligned;
    bool present = false;
    const real* plane;

    // Image i begins at y + i·stride; `count` channels. Ranges of k as for TapReadings.
    __device__ Planes(const real* y, int64 stride, int64 count, const Divisor& positions)
        : y(y), count(count), stride(stride), positions(positions), aligned(alignedBy16(y, stride) && positions.divisor % 4 == 0), plane(y) {}

    __device__ __forceinline__ void start(int64 index) {
        present = index < count;
        plane = y + (present ? index * positions.divisor : 0);
    }

    __device__ __forceinline__ void load(int k, int end, real (&v)[4]) const {
        const int image = positions.quotient(k);
        int position = k - image * positions.divisor;
        const real* from = plane + image * stride + position;
        if (present && aligned && k + 4 <= end) {
            const Four four = *reinterpret_cast<const Four*>(from);
#pragma unroll
            for (int i = 0; i < 4; i++) {
                v[i] = four.at[i];
            }
        } else {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                v[i] = present && k + i < end ? *from : 0;
                from++;
                if (++position == positions.divisor) {
                    position = 0;
                    from += stride - positions.divisor;
                }
            }
        }
    }
};

// Where the weights of a convolution or its adjoint lie, from a group's first on: that of result channel m, channel c read and tap (k, l) at
// m·result + c·read + from + k·row + l·column.
struct Weights {
    int group, result, read, from, row, column;
};

// For few result channels, and for more; 128 threads but for the last, which has 256. LargeTiling in both precisions has as many columns as the one for 64.
using Tiling16 = Tiling<16, 128, 8, 16, 32>;
using Tiling32 = Tiling<32, LargeTiling::BN, 8, 32, LargeTiling::BN / 4>;
using Tiling64 = Tiling<64, LargeTiling::BN, 8, 64, LargeTiling::BN / 4>;
using Tiling128 = LargeTiling;

}  // namespace plumbline
