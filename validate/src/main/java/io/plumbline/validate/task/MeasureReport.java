package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import io.plumbline.derivative.GramPlan;
import java.util.List;

/// What was measured; its JSON is `plumbline.measure/1`.
///
/// @param device         `cpu`, `reference`, …
/// @param precision      `f32` or `f64`
/// @param elapsedSeconds from opening the files to the last figure
/// @param peakBytes      the process's largest resident memory so far
/// @param examples       n
/// @param outputs        K
/// @param parameters     p, the length of θ
/// @param loss           L
/// @param gradientNorm   ‖∇L‖
/// @param density        spectral densities, null if nobody asked
/// @param examplesDetail figures of each example, null if nobody asked
/// @param walk           one example's way through the engine, null if nobody asked
/// @param method         how it was computed
public record MeasureReport(
        String schema,
        String device,
        String precision,
        long seed,
        double elapsedSeconds,
        long peakBytes,
        int examples,
        int outputs,
        long parameters,
        Measured loss,
        Measured gradientNorm,
        AlignmentFigures alignment,
        FisherFigures fisher,
        NoiseFigures noise,
        HessianFigures hessian,
        @JsonInclude(JsonInclude.Include.NON_NULL) Densities density,
        @JsonInclude(JsonInclude.Include.NON_NULL) ExamplesDetail examplesDetail,
        @JsonInclude(JsonInclude.Include.NON_NULL) Walk walk,
        Method method) {
    /// The schema's name.
    public static final String SCHEMA = "plumbline.measure/1";

    /// See [io.plumbline.alignment.Alignment].
    public record AlignmentFigures(
            Measured alpha, Measured beta, Measured mu, Measured mu1, Measured mu2, Measured gamma, Measured gammaLambda) {}

    /// Tr G, ‖G‖_F, λ_max(G), and the spectrum if it was asked for.
    public record FisherFigures(
            Measured trace, Measured frobenius, Measured topEigenvalue, @JsonInclude(JsonInclude.Include.NON_NULL) Eigenvalues spectrum) {}

    /// Tr Σ, ‖Σ‖_F, Tr(ΣG).
    public record NoiseFigures(Measured trace, Measured frobenius, Measured traceWithFisher) {}

    /// Tr H, ‖H‖_F, λ_max(H), λ_min(H).
    public record HessianFigures(Measured trace, Measured frobenius, Measured topEigenvalue, Measured bottomEigenvalue) {}

    /// Of H, G and Σ.
    public record Densities(Density hessian, Density fisher, Density noise) {}

    /// See [io.plumbline.flatness.SpectralDensity].
    ///
    /// @param starts                  random starts, over which the standard errors are taken
    /// @param products                with the matrix
    /// @param width                   standard deviation of the Gaussian that the density is convolved with
    /// @param points                  where the following are given
    /// @param density                 per unit of eigenvalue
    /// @param cumulative              share of eigenvalues that are at most so large
    /// @param nodes                   of each start's quadrature
    /// @param weights                 of these, adding up to 1 for each start
    public record Density(
            String method,
            int starts,
            long products,
            double width,
            double[] points,
            double[] density,
            double[] densityStandardError,
            double[] cumulative,
            double[] cumulativeStandardError,
            double[][] nodes,
            double[][] weights) {}

    /// The min(nK, p) eigenvalues that need not be 0, descending: an array, or null where the top eigenvalue says why not.
    public record Eigenvalues(@JsonValue double[] values) {}

    /// χ_i and ‖∇L_i‖, n of each.
    public record ExamplesDetail(double[] chi, double[] gradientNorm) {}

    /// One example's way through the engine, to its shares in the figures.
    ///
    /// @param example          i, from 0
    /// @param stops            input, layers, residual, cotangents
    /// @param chi              χ_i
    /// @param gramTimesResidual s_i = Σ_j M_ij r_j = n·J_i ∇L, K numbers
    /// @param gradientNorm     ‖∇L_i‖
    public record Walk(int example, List<Stop> stops, double chi, double[] gramTimesResidual, double gradientNorm) {}

    /// A value on the way.
    ///
    /// @param layer the layer's kind, or empty
    /// @param norm  of its values
    public record Stop(String name, String layer, double norm, double[] values) {}

    /// How it was computed. Not part of the figures: more may be said here without a new schema.
    ///
    /// @param model             as it was named
    /// @param data              as messages call it
    /// @param deviceDescription which library, how many threads
    /// @param memoryLimitBytes  what activations, cotangents and Gram features were kept under
    /// @param tileExamples      examples in a Gram tile that were asked for, 0: chosen
    /// @param gramPairCost      multiply-adds for each pair of examples
    /// @param gramPlan          how each parameter enters J Jᵀ
    /// @param notes             passes for which the device's memory was too small, and that went on with smaller tiles; none if there were none
    public record Method(
            String model,
            String data,
            String deviceDescription,
            int threads,
            long memoryLimitBytes,
            int tileExamples,
            long gramPairCost,
            List<GramPlan.Choice> gramPlan,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> notes) {}
}
