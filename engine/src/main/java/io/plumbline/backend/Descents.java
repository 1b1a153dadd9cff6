package io.plumbline.backend;

import java.util.List;

/// Descents of many replicas of one [DenseStack] on one data set under the square loss, a block of steps of all of them in one launch ([Backend#descents]).
///
/// A replica's bits depend on itself alone: not on the others, nor on how its steps are cut into blocks. Gradients agree with those of the backend's primitives, and
/// losses too, to the rounding of sums in another order.
public interface Descents extends AutoCloseable {
    /// Why replicas with such batches are better not sent here, as counted from the network's size and B; null if they are welcome.
    ///
    /// @param batchSize B; ignored where batches are all examples
    String refusal(Descent.Law law, int batchSize);

    /// Takes `steps` steps with each of the replicas, but for one whose loss (of a step's batch) is not finite or above its limit: it stops before that step, and θ and
    /// its velocity stay.
    ///
    /// @param theta    (·, p)
    /// @param velocity (·, p); null if no replica has momentum
    /// @return how many steps each took
    /// @throws IllegalArgumentException if shapes do not fit, or factors are neither one nor as many as steps
    long[] advance(Tensor theta, Tensor velocity, List<Descent> replicas, long steps);

    /// Why losses over all examples are better not computed here; null if they may be.
    String lossRefusal();

    /// L over all examples at each row of θ (R, p): NaN or infinite where a number on the way is, NaN where ‖θ‖² is not finite in the backend's precision.
    double[] losses(Tensor theta);

    /// Frees what it holds. Closing twice is harmless.
    @Override
    void close();
}
