// W[r, (k, i)] = −(η/B) u[r, (k, i)] as often as i is in the batch of replica r, added up, and 0 where it is not: a step of linearised SGD is u += W·M, a product of
// matrices, which is faster than adding up rows of M (function_descend.cu) where batches hold many of the examples
//
// u, out (R, nK) · writes = · a block of threads a replica; grids smaller than R take several · batch (blocks, B): room
// Replica r has batch number number·R + r.
// cost: B comparisons an entry
#include "function_space.cuh"

KERNEL(256, function_weights)
(const real* u, int examples, int outputs, int replicas, int size, int replacement, unsigned long long seed, unsigned long long stream, double scale,
 int64 number, int* batchRoom, real* out) {
    using namespace plumbline;
    const int width = examples * outputs;
    int* const batch = batchRoom + static_cast<int64>(blockIdx.x) * size;
    const functions::Batches batches{{seed, stream}, examples, size, replacement};
    for (int r = blockIdx.x; r < replicas; r += gridDim.x) {
        functions::draw(batches, number * replicas + r, batch);
        for (int j = threadIdx.x; j < width; j += blockDim.x) {
            const int64 at = static_cast<int64>(r) * width + j;
            const real weight = multiply(static_cast<real>(scale), u[at]);
            real sum = 0;
            for (int b = 0; b < size; b++) {
                sum = batch[b] == j % examples ? add(sum, weight) : sum;
            }
            out[at] = sum;
        }
        __syncthreads();
    }
}
