// A stack of dense layers, at one θ, as one block of threads goes through it with a tile of T examples:
//
//   z_l = W_l a_{l−1} + b_l,  a_l = φ_l(z_l),  l = 1 … L;  a_0 = x,  f = a_L
//   δ_L = (r/B) ∘ φ_L′(z_L),  δ_l = (W_{l+1}ᵀ δ_{l+1}) ∘ φ_l′(z_l),  g = Σ over examples of δ_l ⊗ a_{l−1} and δ_l
//
// Values of a tile lie unit by unit, the examples of a unit side by side, `stride` ≥ T apart (odd, so that neither way through them meets one bank of shared memory):
//
//   tile  a_0 | z_1 | a_1 | z_2 | … | a_{L−1} | z_L     each (width, stride); δ_l comes to lie where z_l was
//
// An entry is one thread's sum, in ascending order, of its inputs, or of the batch's examples from tile to tile; squared residuals are summed in double, number q
// of the batch's by lane q mod 32 of the first warp, then over lanes pairwise. So no bit depends on T, on the number of threads, or on where anything lies.
// Sums are in the kernel's precision, residuals and losses in double, as io.plumbline.derivative.MovingPoint has them.
// cost: 3 multiply-adds a weight and example (2 in the first layer); two barriers a layer and tile, and two a tile
#pragma once

#include "activations.cuh"
#include "batches.cuh"
#include "sums.cuh"

namespace plumbline::dense {

// As io.plumbline.backend.cuda.DenseDescents writes it, 40 bytes.
struct Layer {
    int64 weight, bias;  // places in θ; bias −1: none
    int in, out;
    int transposed;  // W is (out, in), else (in, out)
    int function;    // of activations.cuh
    double parameter;

    __device__ __forceinline__ int weightAt(int o, int i) const { return transposed ? o * in + i : i * out + o; }
};

struct Problem {
    const Layer* layers;
    int depth;
    int examples;
    int outputs;  // K
    const real* x;    // (n, d)
    const double* y;  // (n, K)
};

struct Stack {
    const Problem& problem;
    const real* theta;
    real* tile;
    int tileExamples;
    int stride;

    // Σ ‖r‖² over the batch, in the lanes of the first warp: what one lane has of it. With `gradient`, that becomes the gradient of the batch's loss.
    // Ends with all threads waiting for each other.
    __device__ double pass(const batches::Batch& batch, real* gradient) const {
        double squares = 0;
        for (int from = 0; from < batch.count; from += tileExamples) {
            const int count = min(tileExamples, batch.count - from);
            gather(batch, from, count);
            real* const output = forward(count);
            if (threadIdx.x < warpSize) {
                residuals(batch, from, count, output, squares);
            }
            __syncthreads();
            if (gradient != nullptr) {
                backward(count, output, from > 0, gradient);
            }
        }
        return squares;
    }

private:
    __device__ __forceinline__ void gather(const batches::Batch& batch, int from, int count) const {
        const int d = problem.layers[0].in;
        for (int item = threadIdx.x; item < count * d; item += blockDim.x) {
            const int t = item / d, i = item - t * d;
            tile[i * stride + t] = problem.x[static_cast<int64>(batch.example(from + t)) * d + i];
        }
        __syncthreads();
    }

    // Where z_L is. Behind z_l lies a_l, except at the end.
    __device__ __forceinline__ real* forward(int count) const {
        real* values = tile;
        real* z = nullptr;
        for (int l = 0; l < problem.depth; l++) {
            const Layer layer = problem.layers[l];
            const real* const w = theta + layer.weight;
            z = values + layer.in * stride;
            for (int item = threadIdx.x; item < count * layer.out; item += blockDim.x) {
                const int o = item / count, t = item - o * count;
                real sum = 0;
                for (int i = 0; i < layer.in; i++) {
                    sum = fma(w[layer.weightAt(o, i)], values[i * stride + t], sum);
                }
                if (layer.bias >= 0) {
                    sum = add(sum, theta[layer.bias + o]);
                }
                z[o * stride + t] = sum;
                if (l + 1 < problem.depth) {
                    z[(layer.out + o) * stride + t] = activations::derivative<0>(layer.function, sum, static_cast<real>(layer.parameter));
                }
            }
            __syncthreads();
            values = z + layer.out * stride;
        }
        return z;
    }

    // One warp: puts δ_L where z_L was, and adds to each lane's share of Σ ‖r‖².
    __device__ __forceinline__ void residuals(const batches::Batch& batch, int from, int count, real* z, double& squares) const {
        const Layer last = problem.layers[problem.depth - 1];
        const int first = static_cast<int>(static_cast<int64>(from) * problem.outputs % warpSize);
        for (int term = (static_cast<int>(threadIdx.x) - first + warpSize) % warpSize; term < count * problem.outputs; term += warpSize) {
            const int t = term / problem.outputs, k = term - t * problem.outputs;
            real* const at = z + k * stride + t;
            const real parameter = static_cast<real>(last.parameter);
            const double output = activations::derivative<0>(last.function, *at, parameter);
            const double residual = output - problem.y[static_cast<int64>(batch.example(from + t)) * problem.outputs + k];
            squares = fma(residual, residual, squares);
            *at = multiply(static_cast<real>(residual / batch.count), activations::derivative<1>(last.function, *at, parameter));
        }
    }

    // g (or +=) of the tile's examples.
    __device__ __forceinline__ void backward(int count, real* output, bool accumulate, real* gradient) const {
        real* delta = output;
        for (int l = problem.depth - 1; l >= 0; l--) {
            const Layer layer = problem.layers[l];
            const real* const inputs = delta - layer.in * stride;
            weightGradient(layer, count, delta, inputs, accumulate, gradient);
            if (l > 0) {
                const Layer before = problem.layers[l - 1];
                delta = inputGradient(layer, before, count, delta);
            }
            __syncthreads();
        }
    }

    __device__ __forceinline__ void weightGradient(const Layer& layer, int count, const real* delta, const real* inputs, bool accumulate,
                                                   real* gradient) const {
        const int columns = layer.transposed ? layer.in : layer.out;
        for (int item = threadIdx.x; item < layer.in * layer.out; item += blockDim.x) {
            const int row = item / columns, column = item - row * columns;
            const real* const d = delta + (layer.transposed ? row : column) * stride;
            const real* const a = inputs + (layer.transposed ? column : row) * stride;
            real* const to = gradient + layer.weight + item;
            real sum = accumulate ? *to : real(0);
            for (int t = 0; t < count; t++) {
                sum = fma(d[t], a[t], sum);
            }
            *to = sum;
        }
        for (int o = threadIdx.x; layer.bias >= 0 && o < layer.out; o += blockDim.x) {
            real* const to = gradient + layer.bias + o;
            real sum = accumulate ? *to : real(0);
            for (int t = 0; t < count; t++) {
                sum = add(sum, delta[o * stride + t]);
            }
            *to = sum;
        }
    }

    // Where δ of the layer before is, in place of its z.
    __device__ __forceinline__ real* inputGradient(const Layer& layer, const Layer& before, int count, const real* delta) const {
        const real* const w = theta + layer.weight;
        real* const z = const_cast<real*>(delta) - 2 * layer.in * stride;
        for (int item = threadIdx.x; item < count * layer.in; item += blockDim.x) {
            const int i = item / count, t = item - i * count;
            real sum = 0;
            for (int o = 0; o < layer.out; o++) {
                sum = fma(w[layer.weightAt(o, i)], delta[o * stride + t], sum);
            }
            real* const at = z + i * stride + t;
            *at = multiply(sum, activations::derivative<1>(before.function, *at, static_cast<real>(before.parameter)));
        }
        return z;
    }
};

}  // namespace plumbline::dense
