package io.plumbline.validate.claim;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/// What was found of one claim, as results.json holds it.
///
/// @param formula TeX
/// @param note    where the claim as printed cannot be what is meant; null without
/// @param reasons why the verdict is not SUPPORTED; empty if it is
public record ClaimResult(
        String id,
        String statement,
        String formula,
        String assumptions,
        String source,
        @JsonInclude(JsonInclude.Include.NON_NULL) String note,
        List<MeasurementResult> figures,
        Verdict verdict,
        List<String> reasons,
        double elapsedSeconds) {
    public ClaimResult {
        figures = List.copyOf(figures);
        reasons = List.copyOf(reasons);
    }

    /// The figure that speaks for the claim: of the worst verdict and the least room; null if nothing was measured.
    public MeasurementResult worst() {
        return figures.stream().max(MeasurementResult.BY_ROOM).orElse(null);
    }

    static ClaimResult of(Claim claim, Outcome outcome, double elapsedSeconds) {
        return of(claim, outcome.measurements().stream().map(MeasurementResult::of).toList(), outcome.verdict(), outcome.reasons(), elapsedSeconds);
    }

    /// The claim's own words and what was found.
    public static ClaimResult of(Claim claim, List<MeasurementResult> figures, Verdict verdict, List<String> reasons, double elapsedSeconds) {
        return new ClaimResult(
                claim.id(), claim.statement(), claim.formula(), claim.assumptions(), claim.source(), claim.note().orElse(null), figures, verdict,
                reasons,
                elapsedSeconds);
    }
}
