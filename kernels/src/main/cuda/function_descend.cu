// Steps of linearised SGD in function space, R replicas at once:
//
//   u ← u − (η/B) Σ_{b,k} u[k, i_b] · M[(k, i_b), ·]        losses[s, r] = ‖u‖²/(2n) after step s
//
// M (nK, nK), symmetric  from, to (R, nK)  losses (steps, R) in double · writes = · one block of threads a replica, which goes through all `steps`; grids smaller than
// R take several
// Step s of replica r has batch number (first + s)·R + r. All u[k, i_b] are read before u changes; products are rounded, then added in the order of b, then k, as
// io.plumbline.stability.HostDescents does. The sum of squares: a thread's own entries in ascending order, then pairwise within each warp, then warp by warp; threads are
// as many as nK says.
// What fits lies in shared memory (`stateShared`, `weightsShared`): u; the batch's weights, their places and examples.
// cost: B·K·nK multiply-adds a step, each reading a number of M, from L2 where M fits
#include "function_space.cuh"
#include "sums.cuh"

KERNEL(256, function_descend)
(const real* gram, int examples, int outputs, const real* from, real* to, int replicas, int size, int replacement, unsigned long long seed,
 unsigned long long stream, double scale, int64 first, int steps, int stateShared, int weightsShared, real* weightsRoom, int* batchRoom, double* losses) {
    using namespace plumbline;
    DYNAMIC_SHARED(unsigned char, shared);
    const int width = examples * outputs, terms = size * outputs;
    real* const room = reinterpret_cast<real*>(shared);
    real* const free = room + (stateShared ? width : 0);
    real* const weights = weightsShared ? free : weightsRoom + static_cast<int64>(blockIdx.x) * terms;
    int* const columns = weightsShared ? reinterpret_cast<int*>(free + terms) : batchRoom + static_cast<int64>(blockIdx.x) * (terms + size);
    int* const batch = columns + terms;
    const functions::Batches batches{{seed, stream}, examples, size, replacement};
    for (int r = blockIdx.x; r < replicas; r += gridDim.x) {
        const int64 row = static_cast<int64>(r) * width;
        real* const u = stateShared ? room : to + row;
        for (int j = threadIdx.x; j < width; j += blockDim.x) {
            u[j] = from[row + j];
        }
        for (int s = 0; s < steps; s++) {
            functions::draw(batches, (first + s) * replicas + r, batch);
            for (int term = threadIdx.x; term < terms; term += blockDim.x) {
                columns[term] = term % outputs * examples + batch[term / outputs];
                weights[term] = multiply(static_cast<real>(scale), u[columns[term]]);
            }
            __syncthreads();
            double squares = 0;
            for (int j = threadIdx.x; j < width; j += blockDim.x) {
                real entry = u[j];
                for (int term = 0; term < terms; term++) {
                    entry = add(entry, multiply(weights[term], gram[static_cast<int64>(columns[term]) * width + j]));
                }
                u[j] = entry;
                squares = fma(static_cast<double>(entry), static_cast<double>(entry), squares);
            }
            const double sum = blockSum(squares);
            if (threadIdx.x == 0) {
                losses[static_cast<int64>(s) * replicas + r] = sum / (2.0 * examples);
            }
        }
        for (int j = threadIdx.x; stateShared && j < width; j += blockDim.x) {
            to[row + j] = u[j];
        }
    }
}
