// g[o,c,k,l] = Σ_{i,a,b} y[i,o,(a,b)] · x[i,c,row(a,k),column(b,l)], or +=; c and o in the same of several groups of channels
// y (images, groups·out, positions)  x (images, groups·in, height, width), image i at y + i·yStride and x + i·xStride  g (groups·out, in, taps)
//   images come in chunks, each with a sum of its own: of one image (per-example gradients, x then serving several chunks), or of 256; the (image, position)
//   of a chunk in parts of `length`, which the geometry alone decides: sums (parts, chunks, directions, weights). fold_parts adds a chunk's parts up
//   in each group a product of matrices, (out × images·positions) by (images·positions × in·taps), the second one read from the images (sliding.cuh);
//   `direct`, where a group has one or two channels o: a thread an entry of sums
// accumulator real, (i,a,b) ascending row-major within a part
// cost 2·images·groups·out·in·taps·positions · grid (tiles of in·taps · tiles of out · groups · directions · chunks · parts)
#include "sliding.cuh"

namespace plumbline {

// What belongs to a direction lies …Direction numbers behind what belongs to the one before. Images of x serve `served` images of y each.
struct Summation {
    int64 yDirection, yStride, xDirection, xStride, images;
    int served, chunkImages, chunks, directions, length, groups, out, in;
};

// One of the sums: (image, position) from ≤ k < to, counted from the first image of y and x on.
struct Part {
    int64 y, x;
    int from, to;
};

__device__ __forceinline__ Part part(const Summation& sums, const Divisor& positions, int number) {
    const int direction = number % sums.directions;
    const int chunk = number / sums.directions % sums.chunks;
    const int64 begin = static_cast<int64>(number / sums.directions / sums.chunks) * sums.length;
    const int64 image = positions.quotientOfAny(begin);
    const int64 firstImage = static_cast<int64>(chunk) * sums.chunkImages + image;
    const int64 left = sums.images - static_cast<int64>(chunk) * sums.chunkImages;
    const int64 end = (left < sums.chunkImages ? left : sums.chunkImages) * positions.divisor;
    const int64 before = image * positions.divisor;
    const int64 to = begin + sums.length < end ? begin + sums.length : end;
    return {direction * sums.yDirection + firstImage * sums.yStride, direction * sums.xDirection + firstImage / sums.served * sums.xStride,
        static_cast<int>(begin - before), begin < to ? static_cast<int>(to - before) : static_cast<int>(begin - before)};
}

// A tile of one of the sums, and which group's.
struct GradientTile {
    int row, column, group, number;
};

template <class T>
__device__ __forceinline__ GradientTile gradientTile(unsigned block, const Summation& sums, int inner) {
    const int columnTiles = (inner + T::BN - 1) / T::BN;
    const int rowTiles = (sums.out + T::BM - 1) / T::BM;
    const int tile = block / columnTiles;
    return {tile % rowTiles * T::BM, static_cast<int>(block % columnTiles) * T::BN, tile / rowTiles % sums.groups, tile / rowTiles / sums.groups};
}

// blockIdx.x, asked for anew: what is found by it need not stay in registers while a tile is computed.
__device__ __forceinline__ unsigned blockHere() {
#ifdef PLUMBLINE_EMULATOR
    return blockIdx.x;
#else
    unsigned block;
    asm volatile("mov.u32 %0, %%ctaid.x;" : "=r"(block));
    return block;
#endif
}

template <class T>
__device__ __forceinline__ void convolutionGradient(const real* y, const real* x, real* g, const Summation& sums, const Slide& slide, int accumulate) {
    __shared__ __align__(16) real shared[T::SHARED];
    const int inner = sums.in * slide.taps.divisor;
    const GradientTile read = gradientTile<T>(blockIdx.x, sums, inner);
    const Part p = part(sums, slide.positions, read.number);
    real acc[T::TM][T::TN] = {};
    const Planes left(y + p.y + static_cast<int64>(read.group) * sums.out * slide.positions.divisor, sums.yStride, sums.out, slide.positions);
    const TapReadings right(x + p.x + static_cast<int64>(read.group) * sums.in * slide.plane(), sums.xStride, inner, slide);
    multiplyTile<T>(left, right, read.row, read.column, p.from, p.to, shared, acc);
    const auto [row, column, group, number] = gradientTile<T>(blockHere(), sums, inner);
    g += (static_cast<int64>(number) * sums.groups + group) * sums.out * inner;
    putTile<T>(g, inner, row, sums.out, column, inner, accumulate != 0, acc);
}

// Σ_{from ≤ k < to} a(row, k) b(column, k), k ascending, by one thread.
template <class A, class B>
__device__ __forceinline__ real dot(A a, int64 row, B b, int64 column, int from, int to) {
    a.start(row);
    b.start(column);
    real sum = 0;
    for (int k = from; k < to; k += 4) {
        real x[4], y[4];
        a.load(k, to, x);
        b.load(k, to, y);
#pragma unroll
        for (int i = 0; i < 4; i++) {
            sum = multiplyAdd(x[i], y[i], sum);
        }
    }
    return sum;
}

// Few taps in all channels.
using Tiling32By32 = Tiling<32, 32, 16, 32, 16>;
using Tiling128By32 = Tiling<128, 32, 8, 32, 32>;

}  // namespace plumbline

#define PLUMBLINE_CONVOLUTION_GRADIENT(threads, blocks, name, T)                                                  \
    KERNEL_RESIDENT(threads, blocks, name)                                                                        \
    (const real* y, const real* x, real* g, plumbline::Summation sums, plumbline::Slide slide, int accumulate) {  \
        plumbline::convolutionGradient<plumbline::T>(y, x, g, sums, slide, accumulate);                           \
    }

KERNEL(256, convolution_gradient_direct)
(const real* y, const real* x, real* g, plumbline::Summation sums, plumbline::Slide slide, int accumulate, int64 numbers, plumbline::Divisor weights,
    plumbline::Divisor inner) {
    using namespace plumbline;
    for (int64 index = gridIndex(); index < numbers * weights.divisor; index += gridStride()) {
        const int64 number = weights.quotientOfAny(index);
        const int weight = static_cast<int>(index - number * weights.divisor);
        const int channel = inner.quotient(weight);
        const int entry = weight - channel * inner.divisor;
        const Part p = part(sums, slide.positions, static_cast<int>(number));
        const Planes left(y + p.y, sums.yStride, sums.groups * sums.out, slide.positions);
        const TapReadings right(x + p.x + static_cast<int64>(channel / sums.out) * sums.in * slide.plane(), sums.xStride, inner.divisor, slide);
        put(g + index, accumulate, dot(left, channel, right, entry, p.from, p.to));
    }
}

PLUMBLINE_CONVOLUTION_GRADIENT(64, 8, convolution_gradient_32_32, Tiling32By32)
PLUMBLINE_CONVOLUTION_GRADIENT(128, 4, convolution_gradient_128_32, Tiling128By32)
PLUMBLINE_CONVOLUTION_GRADIENT(128, 4, convolution_gradient_32, Tiling32)
PLUMBLINE_CONVOLUTION_GRADIENT(128, 2, convolution_gradient_64, Tiling64)
PLUMBLINE_CONVOLUTION_GRADIENT(256, 1, convolution_gradient_128, Tiling128)
