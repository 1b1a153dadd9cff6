// A window that slides over the last two axes of a (C, H, W) array, as io.plumbline.backend.Window says: position (a, b) of the result, tap (k, l) of
// the window, reads entry (rows.at(a, k), columns.at(b, l)); what lies outside the array is padding.
//
//   Window by value is 15 ints: channels, height, width | rows: size, stride, dilation, padBefore, padAfter, positions | columns: the same six
#pragma once

#include "kernel.cuh"

namespace plumbline {

struct Range {
    int first, last;
};

// One axis.
struct Span {
    int size, stride, dilation, padBefore, padAfter, positions;

    // The entry that tap `tap` reads at `position`.
    __device__ __forceinline__ int at(int position, int tap) const { return position * stride + tap * dilation - padBefore; }

    // The first tap that does not lie before the array.
    __device__ __forceinline__ int firstTap(int position) const {
        const int before = padBefore - position * stride;
        return before <= 0 ? 0 : dilation == 1 ? before : (before + dilation - 1) / dilation;
    }

    // One more than the last tap that does not lie behind an array of `extent` entries; 0 if all do.
    __device__ __forceinline__ int endTap(int position, int extent) const {
        const int last = extent - 1 + padBefore - position * stride;
        return last < 0 ? 0 : min(size, (dilation == 1 ? last : last / dilation) + 1);
    }

    // Taps that count in an average: those within an array of `extent` entries, and within its padding if that is included.
    __device__ __forceinline__ int counted(int position, int extent, bool includePadding) const {
        return includePadding ? endTap(position, extent + padAfter) : max(0, endTap(position, extent) - firstTap(position));
    }

    // The first position whose window reaches entry `entry`, and the last; none if the last comes before the first.
    __device__ __forceinline__ Range positionsOf(int entry) const {
        const int at = entry + padBefore, reach = (size - 1) * dilation;
        if (stride == 1) {
            return {max(0, at - reach), min(positions - 1, at)};
        }
        const int last = at / stride;
        const int first = reach < stride ? (at - last * stride > reach ? last + 1 : last) : at <= reach ? 0 : (at - reach + stride - 1) / stride;
        return {first, min(positions - 1, last)};
    }

    // Whether a tap at `position`, one from the first to the last that reach it, reads entry `entry`.
    __device__ __forceinline__ bool reads(int position, int entry) const {
        return dilation == 1 || (entry + padBefore - position * stride) % dilation == 0;
    }
};

struct Window {
    int channels, height, width;
    Span rows, columns;

    __device__ __forceinline__ int positions() const { return rows.positions * columns.positions; }
    __device__ __forceinline__ int taps() const { return rows.size * columns.size; }
    __device__ __forceinline__ int area() const { return height * width; }
};

}  // namespace plumbline
