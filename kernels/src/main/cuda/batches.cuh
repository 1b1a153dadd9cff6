// The examples of step t, a function of (seed, t) alone: the same ones, in the same order, as io.plumbline.training.Batches draws, B of n examples from one
// stream of philox.cuh, by all threads of a block together.
//
//   WITH      example b is below(tB + b, n)
//   WITHOUT   Fisher–Yates on 0 … n−1, its first B entries: entry b changes places with entry j_b = b + below(tB + b, n − b)
//   EPOCHS    entries from (t mod ⌈n/B⌉)·B on of permutation e = ⌊t/⌈n/B⌉⌋: for i = n−1 … 1 entry i changes places with entry j_i = below(en + i, i + 1)
//   ALL       0 … n−1
//
// No array is permuted. Exchange c leaves at place j_c what was at place c, and no later one reads place c. So what entry b gets is found by going back from place
// q = j_b through the exchanges before it, b−1 … 0 (n−1 … i+1 of them in an epoch: upwards from i + 1): whenever j_c = q, go on with q = c.
// cost: a block of Philox an example and step; B²/threads comparisons a step (WITHOUT), n²/threads an epoch (EPOCHS)
#pragma once

#include "kernel.cuh"
#include "philox.cuh"

namespace plumbline::batches {

// Their numbers (io.plumbline.backend.cuda.DenseDescents has them too).
enum Law { ALL, WITH, WITHOUT, EPOCHS };

struct Batch {
    const int* examples;  // null: all of them in their order
    int count;

    __device__ __forceinline__ int example(int b) const { return examples == nullptr ? b : examples[b]; }
};

// Integers a block needs for them, in `room`: B (WITH), 2B (WITHOUT), 2n (EPOCHS).
struct Source {
    int law;
    int n;
    int size;  // B
    Philox random;
    int* room;
    int64 epoch;  // whose permutation is in room; −1: none

    // All threads call it; the examples are there for all after that, until the next call.
    __device__ Batch at(int64 step) {
        switch (law) {
            case WITH:
                return with(step);
            case WITHOUT:
                return without(step);
            case EPOCHS:
                return ofEpoch(step);
            default:
                return {nullptr, n};
        }
    }

private:
    __device__ __forceinline__ int below(int64 index, int bound) const {
        return static_cast<int>(random.below(static_cast<std::uint64_t>(index), static_cast<std::uint32_t>(bound)));
    }

    __device__ Batch with(int64 step) {
        for (int b = threadIdx.x; b < size; b += blockDim.x) {
            room[b] = below(step * size + b, n);
        }
        __syncthreads();
        return {room, size};
    }

    __device__ Batch without(int64 step) {
        int* const partners = room + size;
        for (int b = threadIdx.x; b < size; b += blockDim.x) {
            partners[b] = b + below(step * size + b, n - b);
        }
        __syncthreads();
        for (int b = threadIdx.x; b < size; b += blockDim.x) {
            int place = partners[b];
            for (int c = b - 1; c >= 0; c--) {
                place = partners[c] == place ? c : place;
            }
            room[b] = place;
        }
        __syncthreads();
        return {room, size};
    }

    __device__ Batch ofEpoch(int64 step) {
        const int64 stepsAnEpoch = (static_cast<int64>(n) + size - 1) / size;
        const int64 wanted = step / stepsAnEpoch;
        if (wanted != epoch) {
            permute(wanted);
            epoch = wanted;
        }
        const int from = static_cast<int>(step % stepsAnEpoch) * size;
        return {room + from, min(size, n - from)};
    }

    __device__ void permute(int64 number) {
        int* const partners = room + n;
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            partners[i] = i == 0 ? 0 : below(number * n + i, i + 1);
        }
        __syncthreads();
        for (int i = threadIdx.x; i < n; i += blockDim.x) {
            int place = partners[i];
            for (int c = i + 1; c < n; c++) {
                place = partners[c] == place ? c : place;
            }
            room[i] = place;
        }
        __syncthreads();
    }
};

}  // namespace plumbline::batches
