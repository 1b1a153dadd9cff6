// x[i,c,(h,w)] = Σ_{o,k,l} w[o,c,k,l] · y[i,o,(a,b)] over the positions (a,b) whose tap (k,l) reads (h,w), or +=: the adjoint of convolve.cu, gathered
// y (images, groups·out, positions)  w (groups·out, in, taps)  x (images, groups·in, height, width), for each of several directions
//   Along one axis, position a and tap k meet h where a·stride + k·dilation − padding = h. Those h that leave the same remainder p by stride meet
//   the same taps, k = k₀ + t·q with q = stride/gcd(stride, dilation), and h = p + stride·h′ meets them at a = a₀ + h′ − t·dilation/gcd(stride, dilation):
//   a convolution of y with stride 1, in whose layout y is what is read and x what is written. One launch for each pair of remainders.
// accumulator real, (o,k,l) ascending row-major
// cost 2·images·groups·out·in·taps·positions · grid as in convolve.cu
#include "convolve.cuh"

PLUMBLINE_CONVOLVE(128, sizeof(real) == 4 ? 4 : 3, convolve_transposed_16, Tiling16, false)
PLUMBLINE_CONVOLVE(128, 3, convolve_transposed_32, Tiling32, false)
PLUMBLINE_CONVOLVE(128, 2, convolve_transposed_64, Tiling64, false)
PLUMBLINE_CONVOLVE(256, 1, convolve_transposed_128, Tiling128, false)
