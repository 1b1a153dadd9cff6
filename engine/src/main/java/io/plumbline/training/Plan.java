package io.plumbline.training;

/// When replicas stop, and when somebody looks.
///
/// @param steps             updates, at most
/// @param stopLoss          a replica whose L is at most this has converged; judged where it is looked at. Negative: never
/// @param divergence        one whose loss exceeds this many times its L(θ_0) has diverged
/// @param every             it is looked at before step 0, every so many steps, and at its end
/// @param seconds           computing stops after so many, those before a resumption counted; infinite: never
/// @param checkpointEvery   steps between checkpoints; 0: no matter how many
/// @param checkpointSeconds seconds between checkpoints; infinite: no matter how many
public record Plan(
        long steps, double stopLoss, double divergence, long every, double seconds, long checkpointEvery, double checkpointSeconds) {
    /// A loss that is a million times the initial one does not come back.
    public static final double DIVERGENCE = 1e6;
    /// Seconds between checkpoints.
    public static final double CHECKPOINT_SECONDS = 60;

    /// @throws IllegalArgumentException if a number is out of range
    public Plan {
        if (steps < 0) {
            throw new IllegalArgumentException("steps: found " + steps + ", expected at least 0");
        }
        if (Double.isNaN(stopLoss)) {
            throw new IllegalArgumentException("stop loss: found NaN, expected a number");
        }
        if (!(divergence > 1)) {
            throw new IllegalArgumentException("divergence: found " + divergence + ", expected above 1");
        }
        if (every < 1) {
            throw new IllegalArgumentException("every: found " + every + " steps, expected at least 1");
        }
        if (!(seconds > 0)) {
            throw new IllegalArgumentException("seconds: found " + seconds + ", expected above 0");
        }
        if (checkpointEvery < 0 || !(checkpointSeconds > 0)) {
            throw new IllegalArgumentException(
                    "checkpoint: every " + checkpointEvery + " steps or " + checkpointSeconds + " seconds, expected at least 0 and above 0");
        }
    }

    /// So many steps, looked at every `every` of them.
    public static Plan of(long steps, long every) {
        return new Plan(steps, -1, DIVERGENCE, every, Double.POSITIVE_INFINITY, 0, CHECKPOINT_SECONDS);
    }

    /// The same, ended at a loss.
    public Plan withStopLoss(double loss) {
        return new Plan(steps, loss, divergence, every, seconds, checkpointEvery, checkpointSeconds);
    }
}
