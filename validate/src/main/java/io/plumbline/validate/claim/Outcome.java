package io.plumbline.validate.claim;

import java.util.ArrayList;
import java.util.List;

/// What a claim's trials measured and what that says.
///
/// @param measurements in the order of the trials
/// @param verdict      the worst of the trials'
/// @param reasons      for each measurement or trial with another verdict than SUPPORTED, what and why; a refutation says how to repeat it
public record Outcome(List<Measurement> measurements, Verdict verdict, List<String> reasons) {
    public Outcome {
        measurements = List.copyOf(measurements);
        reasons = List.copyOf(reasons);
    }

    /// Runs `trials` in order, calling `afterEach` after each.
    static Outcome of(Claim claim, Experiment experiment, List<Claim.Trial> trials, Runnable afterEach) {
        var measurements = new ArrayList<Measurement>();
        var verdicts = new ArrayList<Verdict>();
        var reasons = new ArrayList<String>();
        for (Claim.Trial trial : trials) {
            try {
                for (Measurement measurement : trial.measure()) {
                    Verdict verdict = measurement.verdict();
                    measurements.add(measurement);
                    verdicts.add(verdict);
                    if (verdict == Verdict.REFUTED) {
                        reasons.add(measurement + " (seed " + experiment.seed() + "); to repeat: " + experiment.rerun(claim.id()));
                    } else if (verdict != Verdict.SUPPORTED) {
                        reasons.add(measurement.toString());
                    }
                }
            } catch (ArithmeticException | Claim.UnmetAssumptionException invalid) {
                verdicts.add(Verdict.INVALID);
                reasons.add(invalid.getMessage());
            }
            afterEach.run();
        }
        return new Outcome(measurements, Verdict.worst(verdicts), reasons);
    }
}
