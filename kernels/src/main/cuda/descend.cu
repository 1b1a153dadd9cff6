// Blocks of steps of SGD and gradient descent, R replicas of a stack of dense layers at once:
//
//   g = ∇L_I(θ),  v ← m·v + g,  θ ← θ − η_t·v       I the batch of step t (batches.cuh), g as dense_stack.cuh has it
//
// replicas (R)  theta (·, p)  velocity (·, p), null without momentum  taken (R): steps until the end, or until a loss was not finite or above the replica's limit: θ and v
// stay where that was found · writes = · one block of threads a replica, which goes through all `steps`; grids smaller than R take several
// Learning rates are the replica's η times factors[t], rounded once to the kernel's precision, as the two products and sums of an entry's update are.
// What fits lies in shared memory (at offsets in bytes, −1 for what does not): a tile of values, θ, the gradient, the velocity, the batch; what does not lies in a
// block's share of `tiles`, `gradients` and `batches`, or where it came from.
// cost: see dense_stack.cuh, and 3 to 5 reads and writes of p numbers a step
#include "dense_stack.cuh"

namespace plumbline::descents {

// As io.plumbline.backend.cuda.DenseDescents writes it, 72 bytes.
struct Replica {
    int64 row;  // of theta and velocity
    std::uint64_t seed;
    int64 step;           // of the first step
    int law, size;        // how its batches are drawn, B
    double rate;          // η
    double momentum;      // m; 0: no velocity
    double limit;         // of a step's loss
    int64 factors;        // where its factors begin
    int64 factorsStride;  // 0: one for all steps
};

template <class T>
__device__ __forceinline__ T* place(unsigned char* shared, int at, T* elsewhere) {
    return at < 0 ? elsewhere : reinterpret_cast<T*>(shared + at);
}

__device__ __forceinline__ void copy(const real* from, int p, real* to) {
    for (int j = threadIdx.x; from != to && j < p; j += blockDim.x) {
        to[j] = from[j];
    }
}

// θ and v after a step, entry by entry, as `copy` goes through them: each thread has entries of its own. Others read them when all have waited for the next batch's
// examples (Stack::pass).
__device__ __forceinline__ void update(int p, const real* gradient, real momentum, real rate, real* theta, real* velocity) {
    for (int j = threadIdx.x; j < p; j += blockDim.x) {
        real direction = gradient[j];
        if (velocity != nullptr) {
            direction = add(direction, multiply(momentum, velocity[j]));
            velocity[j] = direction;
        }
        theta[j] = add(theta[j], multiply(-rate, direction));
    }
}

}  // namespace plumbline::descents

// Bare bounds make the compiler spill on Ada, in double.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ == 890
KERNEL_RESIDENT(256, 2, descend)
#else
KERNEL(256, descend)
#endif
(const plumbline::dense::Layer* layers, int depth, int examples, int outputs, const real* x, const double* y, int p, real* theta, real* velocity,
 const plumbline::descents::Replica* replicas, int count, int64 steps, const double* factors, unsigned long long stream, int tileExamples, int stride,
 int tilePlace, int thetaPlace, int gradientPlace, int velocityPlace, int batchPlace, real* tiles, int64 tileNumbers, real* gradients, int* batches,
 int64 batchNumbers, double* taken) {
    using namespace plumbline;
    using namespace plumbline::descents;
    DYNAMIC_SHARED(unsigned char, shared);
    const dense::Problem problem{layers, depth, examples, outputs, x, y};
    real* const tile = place(shared, tilePlace, tiles + blockIdx.x * tileNumbers);
    real* const gradient = place(shared, gradientPlace, gradients + static_cast<int64>(blockIdx.x) * p);
    int* const room = place(shared, batchPlace, batches + blockIdx.x * batchNumbers);
    for (int r = blockIdx.x; r < count; r += gridDim.x) {
        const Replica replica = replicas[r];
        real* const thetaHome = theta + replica.row * p;
        real* const velocityHome = replica.momentum > 0 ? velocity + replica.row * p : nullptr;
        real* const at = place(shared, thetaPlace, thetaHome);
        real* const moving = velocityHome == nullptr ? nullptr : place(shared, velocityPlace, velocityHome);
        copy(thetaHome, p, at);
        copy(velocityHome, velocityHome == nullptr ? 0 : p, moving);
        batches::Source source{replica.law, examples, replica.size, {replica.seed, stream}, room, -1};
        const dense::Stack stack{problem, at, tile, tileExamples, stride};
        int64 step = 0;
        for (; step < steps; step++) {
            const batches::Batch batch = source.at(replica.step + step);
            const double loss = blockSum(stack.pass(batch, gradient)) / (2.0 * batch.count);
            // NaN is not below a limit.
            if (!(loss <= replica.limit) || loss == INFINITY) {
                break;
            }
            const double rate = replica.rate * factors[replica.factors + step * replica.factorsStride];
            update(p, gradient, static_cast<real>(replica.momentum), static_cast<real>(rate), at, moving);
        }
        copy(at, p, thetaHome);
        copy(moving, velocityHome == nullptr ? 0 : p, velocityHome);
        if (threadIdx.x == 0) {
            taken[r] = static_cast<double>(step);
        }
        __syncthreads();  // of no need but to the compiler, which otherwise mixes two replicas and spills
    }
}
