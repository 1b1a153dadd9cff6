package io.plumbline.backend;

/// What one of many replicas does in a block of steps: θ_{t+1} = θ_t − η·f_t·v_{t+1}, v_{t+1} = m·v_t + g_t, g_t the gradient of the loss over the batch of step t.
///
/// @param row          of θ, and of the velocities
/// @param law          how batches are drawn
/// @param batchSize    B; ignored where batches are all examples
/// @param seed         of the batches
/// @param learningRate η
/// @param momentum     m; 0: there is no velocity
/// @param factors      f, of each step of the block, or one for all of them; replicas with equal ones share the array
/// @param step         t of the block's first step
/// @param limit        of a step's loss
public record Descent(
        int row, Law law, int batchSize, long seed, double learningRate, double momentum, double[] factors, long step, double limit) {
    /// How the examples of step t are drawn from n, with the integers of [io.plumbline.data.Philox#below].
    public enum Law {
        /// All of them in their order: nothing is drawn.
        ALL,
        /// Example b is below(tB + b, n).
        WITH,
        /// Fisher–Yates on 0 … n−1, its first B entries: entry b changes places with entry b + below(tB + b, n − b).
        WITHOUT,
        /// Entries from jB on (up to B) of permutation e, step t being step j of epoch e of ⌈n/B⌉ steps: for i = n−1 … 1, entry i changes places with entry
        /// below(en + i, i + 1).
        EPOCHS
    }
}
