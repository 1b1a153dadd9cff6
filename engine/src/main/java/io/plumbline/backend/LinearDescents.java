package io.plumbline.backend;

import io.plumbline.data.Philox;

/// Trajectories of linearised SGD in function space side by side ([Backend#linearDescents]): replica ρ is u (nK), output k of example i at k·n + i, and a step is
///
/// u ← u − (η/B) Σ_{i∈I, k} u_{ik} M_{(i,k), ·},  L = ‖u‖²/(2n).
///
/// Step t of replica ρ has batch number tR + ρ, whose example b is below(number·B + b, n); without replacement by Floyd's algorithm (Bentley & Floyd 1987): for
/// j = n−B … n−1 one of 0 … j, or j if that is drawn already.
public interface LinearDescents extends AutoCloseable {
    /// What they have in common.
    ///
    /// @param examples    n
    /// @param outputs     K
    /// @param replicas    R
    /// @param batchSize   B
    /// @param replacement whether examples are drawn with replacement
    /// @param batches     the numbers that batches are drawn with
    record Law(int examples, int outputs, int replicas, int batchSize, boolean replacement, Philox batches) {
        /// A product of matrices does about this many multiply-adds in the time in which a sum of rows does one.
        private static final int PRODUCT_SPEED = 8;

        /// nK.
        public int width() {
            return examples * outputs;
        }

        /// Whether a step is faster as a product of matrices, R(nK)² multiply-adds, than as sums of B·K rows of M in each replica. By B and n alone: bits depend on it.
        public boolean isDense() {
            return (long) batchSize * PRODUCT_SPEED >= examples;
        }
    }

    /// Replica ρ becomes scales[ρ] times start rows[ρ].
    void start(int[] rows, double[] scales);

    /// Replica ρ becomes scales[ρ] times what replica rows[ρ] was.
    void select(int[] rows, double[] scales);

    /// Steps that are best taken at once, at most: what comes back of them is R losses each.
    int mostSteps();

    /// Takes steps number `first` to `first + steps − 1`.
    ///
    /// @return L of each replica after each step, (steps, R)
    double[][] advance(double eta, long first, int steps);

    /// Goes back to where it was before the last [#advance]; only right after one.
    void back();

    /// Frees what it holds. Closing twice is harmless.
    @Override
    void close();
}
