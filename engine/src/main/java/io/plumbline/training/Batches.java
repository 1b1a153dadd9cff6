package io.plumbline.training;

import io.plumbline.data.Philox;

/// The examples of step t: a function of (seed, t) alone.
///
/// | sampling | example b of step t |
/// |---|---|
/// | with | below(tB + b, n) |
/// | without | Fisher–Yates on 0 … n−1, its first B entries: entry b changes places with entry b + below(tB + b, n − b) |
/// | epochs | entry jB + b of permutation e, step t being step j of epoch e: for i = n−1 … 1, entry i changes places with entry below(en + i, i + 1) |
///
/// The integers are those of [Philox]'s stream `batch`; kernels draw the same ones ([io.plumbline.backend.Descent.Law]). One thread at a time.
final class Batches {
    /// Of [Philox].
    static final String STREAM = "batch";

    private final Sampling sampling;
    private final int examples;
    private final int batchSize;
    private final Philox random;
    /// 0 … n−1, or the permutation of an epoch.
    private final int[] order;
    private final int[] batch;
    private final int[] last;
    private final int[] partners;
    private long epoch = -1;

    /// @throws IllegalArgumentException if B is no batch size of n examples
    Batches(Sampling sampling, int examples, int batchSize, long seed) {
        sampling.requireBatch(batchSize, examples);
        this.sampling = sampling;
        this.examples = examples;
        this.batchSize = batchSize;
        random = new Philox(seed, STREAM);
        order = new int[sampling == Sampling.WITH ? 0 : examples];
        batch = new int[batchSize];
        last = new int[sampling == Sampling.EPOCHS ? (examples - 1) % batchSize + 1 : 0];
        partners = new int[sampling == Sampling.WITHOUT ? batchSize : 0];
        identity();
    }

    private void identity() {
        for (int i = 0; i < order.length; i++) {
            order[i] = i;
        }
    }

    /// The examples of step `step`, for as long as nobody asks again.
    int[] at(long step) {
        return switch (sampling) {
            case WITH -> with(step);
            case WITHOUT -> without(step);
            case EPOCHS -> epochs(step);
        };
    }

    private int[] with(long step) {
        for (int b = 0; b < batchSize; b++) {
            batch[b] = random.below(step * batchSize + b, examples);
        }
        return batch;
    }

    private int[] without(long step) {
        for (int b = 0; b < batchSize; b++) {
            partners[b] = b + random.below(step * batchSize + b, examples - b);
            swap(b, partners[b]);
            batch[b] = order[b];
        }
        // Back to the identity, in as many steps: a draw depends on none before it.
        for (int b = batchSize - 1; b >= 0; b--) {
            swap(b, partners[b]);
        }
        return batch;
    }

    private int[] epochs(long step) {
        int stepsAnEpoch = Math.ceilDiv(examples, batchSize);
        long wanted = step / stepsAnEpoch;
        if (wanted != epoch) {
            identity();
            for (int i = examples - 1; i > 0; i--) {
                swap(i, random.below(wanted * examples + i, i + 1));
            }
            epoch = wanted;
        }
        int from = (int) (step % stepsAnEpoch) * batchSize;
        int[] target = from + batchSize > examples ? last : batch;
        System.arraycopy(order, from, target, 0, target.length);
        return target;
    }

    private void swap(int i, int j) {
        int kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
}
