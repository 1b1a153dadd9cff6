// L over all n examples at θ, of R replicas of a stack of dense layers: out[r] = Σ_i ‖f(x_i) − y_i‖² / (2n), NaN where ‖θ‖² is not finite in the kernel's precision,
// which a network may hide
//
// theta (R, p)  out (R) in double · writes = · one block of threads a replica; grids smaller than R take several · sums as dense_stack.cuh has them
// cost: 1 multiply-add a weight and example
#include "dense_stack.cuh"

KERNEL(256, dense_losses)
(const plumbline::dense::Layer* layers, int depth, int examples, int outputs, const real* x, const double* y, int p, const real* theta, int count,
 int tileExamples, int stride, int tileShared, real* tiles, int64 tileNumbers, double* out) {
    using namespace plumbline;
    DYNAMIC_SHARED(real, shared);
    const dense::Problem problem{layers, depth, examples, outputs, x, y};
    real* const tile = tileShared ? shared : tiles + blockIdx.x * tileNumbers;
    for (int r = blockIdx.x; r < count; r += gridDim.x) {
        const real* const at = theta + static_cast<int64>(r) * p;
        double squares = 0;
        for (int j = threadIdx.x; j < p; j += blockDim.x) {
            squares = fma(static_cast<double>(at[j]), static_cast<double>(at[j]), squares);
        }
        const double norm = blockSum(squares);
        const dense::Stack stack{problem, at, tile, tileExamples, stride};
        const double loss = blockSum(stack.pass({nullptr, examples}, nullptr)) / (2.0 * examples);
        if (threadIdx.x == 0) {
            out[r] = isfinite(static_cast<real>(norm)) ? loss : static_cast<double>(NAN);
        }
    }
}
