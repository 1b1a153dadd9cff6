package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/// Thresholds and bounds; its JSON is `plumbline.stability/1`.
///
/// @param sampling       `with` or `without` replacement
/// @param device         `cpu`, `reference`, …
/// @param precision      of the gradients, or of the Gram matrix; all that follows is in double
/// @param elapsedSeconds from opening the files to the last figure
/// @param peakBytes      the process's largest resident memory so far
/// @param examples       n
/// @param outputs        K
/// @param parameters     p, null of a Gram matrix
/// @param rank           of M: directions that change an output
/// @param loss           L at the model, which the linearisation takes for a global minimum
/// @param hessian        Tr H, ‖H‖_F, λ₁ of the linearised model's H = G
/// @param alignment      the infima of μ and μ₁ over the row space
/// @param results        one for each batch size
public record StabilityReport(
        String schema,
        String sampling,
        String device,
        String precision,
        double elapsedSeconds,
        long peakBytes,
        int examples,
        int outputs,
        @JsonInclude(JsonInclude.Include.NON_NULL) Long parameters,
        int rank,
        Measured loss,
        HessianFigures hessian,
        AlignmentFigures alignment,
        List<Result> results) {
    /// The schema's name.
    public static final String SCHEMA = "plumbline.stability/1";

    /// Of H.
    public record HessianFigures(Measured trace, Measured frobenius, Measured topEigenvalue) {}

    /// inf μ and inf μ₁.
    public record AlignmentFigures(Measured mu0, Measured mu1) {}

    /// Learning rates.
    ///
    /// @param noiseScale           q
    /// @param criticalLearningRate η*
    /// @param lowerBound           which η* is proven not to be below; its distance is η*'s error
    /// @param residual             of η*'s eigenvector
    /// @param meanField            and the rest: see [io.plumbline.stability.StabilityBounds]
    public record Result(
            int batchSize,
            double noiseScale,
            Measured criticalLearningRate,
            Measured lowerBound,
            double residual,
            Measured meanField,
            Measured gdBound,
            Measured theorem33Bound,
            Measured proposition34Bound,
            Measured traceBound) {}
}
