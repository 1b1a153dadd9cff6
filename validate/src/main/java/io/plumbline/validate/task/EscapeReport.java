package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/// What became of SGD that was started where gradient descent had converged; its JSON is `plumbline.escape/1`.
///
/// @param elapsedSeconds of computing, those before resumptions included
/// @param peakBytes      the process's largest resident memory so far
/// @param descent        how gradient descent ended
/// @param linearised     what the model linearised at that point says
/// @param growth         what the trajectories did
/// @param losses         their losses
/// @param out            the folder, or null
/// @param method         how it was computed
public record EscapeReport(
        String schema,
        String device,
        String precision,
        long seed,
        double elapsedSeconds,
        long peakBytes,
        int examples,
        int outputs,
        long parameters,
        double learningRate,
        int batchSize,
        String sampling,
        Descent descent,
        @JsonInclude(JsonInclude.Include.NON_NULL) Linearised linearised,
        @JsonInclude(JsonInclude.Include.NON_NULL) Growth growth,
        @JsonInclude(JsonInclude.Include.NON_NULL) Losses losses,
        @JsonInclude(JsonInclude.Include.NON_NULL) String out,
        TrainReport.Method method) {
    /// The schema's name.
    public static final String SCHEMA = "plumbline.escape/1";

    /// Gradient descent's end. Where it diverged, there is nothing else.
    ///
    /// @param status `converged`, `finished` or `diverged`
    /// @param loss   L over all examples
    public record Descent(String status, long steps, Measured loss) {}

    /// Of H = G at the point.
    ///
    /// @param topEigenvalue        λ₁
    /// @param frobenius            ‖H‖_F
    /// @param lowestAlignment      μ₀
    /// @param criticalLearningRate η* of the batch size and the sampling
    /// @param gdBound              2/λ₁
    /// @param growth               of E[L] a step in the long run, by the exact second-moment operator
    /// @param gamma0               η²qμ₀‖H‖_F², which it is at least (Theorem 3.5)
    public record Linearised(
            Measured topEigenvalue, Measured frobenius, Measured lowestAlignment, Measured criticalLearningRate, Measured gdBound, Measured growth,
            Measured gamma0) {}

    /// A step's growth of the observed losses, see [io.plumbline.stability.EscapeRate].
    ///
    /// @param mean     of their mean
    /// @param expected what the linearised model, moved on exactly from the same residuals, does at the same looks
    /// @param typical  of a trajectory
    /// @param lastStep of the window that it was taken from
    /// @param escaped  trajectories that rose to ten times their first loss
    /// @param diverged trajectories that diverged
    public record Growth(Measured mean, Measured expected, Measured typical, long lastStep, int looks, int escaped, int diverged) {}

    /// L over all examples of each trajectory at each look; null from where one diverged on.
    ///
    /// @param mean     over trajectories; null where one has diverged
    /// @param expected E[L] of the linearised model, by the second moment's exact recursion; null without one
    public record Losses(
            long[] step, List<Double> mean, List<Double> standardError, List<Double> median, List<Double> expected,
            List<List<Double>> trajectories) {}
}
