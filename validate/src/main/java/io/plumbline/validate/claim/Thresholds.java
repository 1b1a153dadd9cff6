package io.plumbline.validate.claim;

import io.plumbline.memory.Precision;
import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.StabilityThreshold;
import io.plumbline.stability.Trajectories;
import io.plumbline.training.Sampling;

/// What claims about the largest stable learning rate η* measure in common.
final class Thresholds {
    private static final long QUICK_WORK = 1_000_000;
    private static final long FULL_WORK = 20_000_000;

    private Thresholds() {}

    /// A multiple of η* against its bound, (flatness)·η* ≤ c·(numerator). Both sides come from one matrix in double: n·u each for norm and eigenvalues, the residual of η*.
    ///
    /// @param bound        c·numerator
    /// @param ofNumerator  what the numerator may be off by besides, relative
    static Measurement atMost(
            String name, String setting, FunctionSpace space, double flatness, StabilityThreshold threshold, double bound, double ofNumerator) {
        double value = flatness * threshold.eta();
        double rounding = space.examples() * Precision.F64.unitRoundoff() + threshold.residual();
        return Measurement.exact(name, setting, value, Relation.AT_MOST, bound, rounding * (value + bound) + ofNumerator * bound);
    }

    /// E[L_T]/E[L_0] of simulated SGD at c·η*: below 1 for c < 1, above 1 for c > 1.
    static Measurement simulate(
            String claim, double c, StabilityThreshold threshold, Sampling sampling, int batchSize, Experiment experiment, String where) {
        long work = experiment.scale().choose(QUICK_WORK, FULL_WORK);
        var random = experiment.random(claim + "." + where + "." + batchSize + "." + c);
        Trajectories simulated = Trajectories.at(c, threshold, sampling, batchSize, work, random);
        String setting = where + ", B=" + batchSize + ", T=" + simulated.steps();
        Relation relation = c < 1 ? Relation.AT_MOST : Relation.AT_LEAST;
        return new Measurement("E[L_T]/E[L_0] at " + c + " η*", setting, simulated.ratio(), simulated.standardError(), relation, 1, 0);
    }
}
