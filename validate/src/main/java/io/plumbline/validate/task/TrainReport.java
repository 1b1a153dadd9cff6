package io.plumbline.validate.task;

import java.util.List;

/// What a training run came to; its JSON is `plumbline.train/1`.
///
/// @param device         `cpu`, `reference`, …
/// @param precision      `f32` or `f64`
/// @param elapsedSeconds of computing, those before resumptions included
/// @param peakBytes      the process's largest resident memory so far
/// @param examples       n
/// @param outputs        K
/// @param parameters     p, the length of θ
/// @param status         the replicas' own where they agree; else `diverged`, `stopped` or `finished`, the first that there is
/// @param steps          the most updates that a replica made
/// @param loss           L over all examples, the mean over replicas
/// @param replicas       each one's end
/// @param out            the folder
/// @param method         how it was computed
public record TrainReport(
        String schema,
        String device,
        String precision,
        long seed,
        double elapsedSeconds,
        long peakBytes,
        int examples,
        int outputs,
        long parameters,
        String status,
        long steps,
        Measured loss,
        List<Replica> replicas,
        String out,
        Method method) {
    /// The schema's name.
    public static final String SCHEMA = "plumbline.train/1";

    /// Where a replica ended.
    ///
    /// @param status `converged`, `finished`, `diverged` or `stopped` (out of time)
    /// @param steps  updates it made
    /// @param loss   L over all examples; undefined where it is not finite
    /// @param theta  the file in the folder that has θ
    public record Replica(int replica, long seed, String status, long steps, Measured loss, String theta) {}

    /// How it was computed. Not part of the result: more may be said here without a new schema.
    ///
    /// @param model as it was named
    /// @param data  as messages call it
    public record Method(String model, String data, String deviceDescription, int threads) {}
}
