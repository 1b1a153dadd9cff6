package io.plumbline.stability;

import io.plumbline.data.Philox;
import io.plumbline.training.Sampling;
import java.util.Arrays;

/// Simulated linearised SGD in function space: u ← u − (η/B) Σ_{i∈I} M_{:,i} u_i, I a fresh batch each step.
///
/// Replicas start from the stationary second moment Z* of [StabilityThreshold], so that E[L_t] moves away from E[L_0] at once, down below η* and up
/// above it, with no transient. With Z* = Σ_k c_k c_kᵀ, a replica starts at w₀ = c_k/√p_k with probability p_k = ½c_kᵀΛc_k: E[w₀w₀ᵀ] = Z*, and L_0 = 1
/// in every replica.
///
/// L_t is heavy-tailed: few trajectories carry its mean, and a plain average would seldom see them. So replicas move in populations in which one of large
/// L is copied and one of small L dropped: whenever (ΣL)²/ΣL² falls below half their number, they are drawn anew with probabilities in proportion to L
/// and each is scaled to the mean of L (the dynamics is linear). A population's mean of L_T stays an unbiased estimate of E[L_T] (Del Moral 2004,
/// Feynman–Kac Formulae, §7.4), and populations are independent of each other: they give the standard error.
///
/// The numbers drawn are counted by population, step, replica and place in the batch, so that they do not depend on how replicas are computed.
///
/// @param ratio         mean L_T, an unbiased estimate of E[L_T]/E[L_0]
/// @param standardError of the ratio, from the populations
/// @param steps         T
public record Trajectories(double ratio, double standardError, int steps) {
    /// |E[L_T]/E[L_0] − 1| that the horizon aims for.
    private static final double CHANGE = 0.3;
    private static final int LONGEST = 20_000;
    private static final int POPULATIONS = 32;
    private static final int SMALLEST_POPULATION = 16;
    /// (ΣL)²/ΣL², as a share of the population, below which it is drawn anew.
    private static final double EVEN = 0.5;

    /// Simulates at c·η*, for about as many steps as change E[L] by 30 %.
    ///
    /// @param threshold of the noise scale that `sampling` and `batchSize` have
    /// @param work      how many single-example updates all replicas together may take: it decides how many there are, at least 16 in each population
    /// @param random    numbers for the starts and draws; batches use its sibling stream
    /// @throws IllegalArgumentException if B is not a batch size of n examples, or c is not positive and different from 1
    public static Trajectories at(double c, StabilityThreshold threshold, Sampling sampling, int batchSize, long work, Philox random) {
        if (!(c > 0 && c != 1 && Double.isFinite(c))) {
            throw new IllegalArgumentException("trajectories: found a factor of " + c + ", expected a positive one but 1, where nothing changes");
        }
        sampling.noiseScale(batchSize, threshold.space().examples());
        SecondMoment z = threshold.secondMoment();
        int steps = (int) Math.min(LONGEST, Math.ceil(CHANGE / Math.abs(drift(z, c, threshold.eta()))));
        int population = Math.clamp(work / ((long) steps * batchSize * POPULATIONS), SMALLEST_POPULATION, Integer.MAX_VALUE);
        return run(c * threshold.eta(), steps, z, sampling, batchSize, population, random);
    }

    /// Simulates T = `steps` steps at learning rate `eta` from second moment Z, ½Tr(ΛZ) = 1, with `population` replicas in each population.
    ///
    /// @throws IllegalArgumentException if B is not a batch size of n examples, or T or the population is not positive
    public static Trajectories run(double eta, int steps, SecondMoment z, Sampling sampling, int batchSize, int population, Philox random) {
        if (steps < 1 || population < 1) {
            throw new IllegalArgumentException("trajectories: found " + steps + " steps of " + population + " replicas, expected at least 1");
        }
        sampling.noiseScale(batchSize, z.space().examples());
        double[] means = new double[POPULATIONS];
        try (var replicas = new Replicas(z, sampling, batchSize, population, random)) {
            for (int k = 0; k < POPULATIONS; k++) {
                means[k] = estimate(replicas, (long) k * steps, eta, steps);
            }
        }
        double mean = Arrays.stream(means).average().orElseThrow();
        double squares = Arrays.stream(means).map(value -> (value - mean) * (value - mean)).sum();
        return new Trajectories(mean, Math.sqrt(squares / (POPULATIONS * (POPULATIONS - 1.0))), steps);
    }

    /// By how much E[L] changes in the first step at c·η* from Z*, relative: −c(1−c)η* Tr(Λ𝓛Z*)/Tr(ΛZ*). Negative below the threshold, positive above.
    static double drift(SecondMoment stationary, double c, double eta) {
        double[] lambda = stationary.space().lambda();
        double sum = 0;
        for (int a = 0; a < lambda.length; a++) {
            sum += lambda[a] * lambda[a] * stationary.get(a, a);
        }
        return -c * (1 - c) * eta * sum;
    }

    /// A population's estimate of E[L_T], its first step being the `first` of all. Blocks of steps grow for as long as no population is drawn anew within one; where one is,
    /// its steps up to there are taken again.
    private static double estimate(Replicas replicas, long first, double eta, int steps) {
        replicas.start(first);
        double scale = 1;
        int block = 1;
        for (int t = 0; t < steps;) {
            int count = Math.min(block, steps - t);
            double[][] losses = replicas.advance(eta, first + t, count);
            int uneven = 0;
            while (uneven < count && !isUneven(losses[uneven])) {
                uneven++;
            }
            int taken = Math.min(uneven + 1, count);
            if (taken < count) {
                replicas.back();
                replicas.advance(eta, first + t, taken);
            }
            t += taken;
            double[] last = losses[taken - 1];
            if (t == steps || uneven < count) {
                scale *= Arrays.stream(last).sum() / last.length;
            }
            if (t < steps && uneven < count) {
                replicas.resample(first + t - 1, last);
            }
            block = Math.min(replicas.mostSteps(), uneven < count ? taken : 2 * block);
        }
        return scale;
    }

    private static boolean isUneven(double[] losses) {
        double sum = Arrays.stream(losses).sum();
        double sumOfSquares = Arrays.stream(losses).map(loss -> loss * loss).sum();
        return sum * sum < EVEN * losses.length * sumOfSquares;
    }
}
