package io.plumbline.validate.claim;

import io.plumbline.data.Philox;
import java.util.Arrays;

/// Simulated linearised SGD in function space, with replacement: u ← u − (η/B) Σ_{i∈I} M_{:,i} u_i, I of B independent uniform examples.
///
/// Replicas start from the stationary second moment Z* of [StabilityThreshold], so that E[L_t] moves away from E[L_0] at once, down below η* and up
/// above it, with no transient. With Z* = Σ_k c_k c_kᵀ, a replica starts at w₀ = c_k/√p_k with probability p_k = ½c_kᵀΛc_k: E[w₀w₀ᵀ] = Z*, and L_0 = 1
/// in every replica.
///
/// @param ratio         mean L_T, an unbiased estimate of E[L_T]/E[L_0]
/// @param standardError of the ratio, from the replicas
/// @param steps         T
record Trajectories(double ratio, double standardError, int steps) {
    /// |E[L_T]/E[L_0] − 1| that the horizon aims for: large against the standard error, too small for few replicas to carry the mean.
    private static final double CHANGE = 0.3;
    private static final int LONGEST = 20_000;
    private static final int FEWEST = 1000;

    /// Simulates at c·η*, for about as many steps as change E[L] by 30 %.
    ///
    /// @param work   how many single-example updates all replicas together may take: it decides how many there are, at least 1,000
    /// @param random numbers for the starts; batches come from its sibling stream
    static Trajectories at(double c, FunctionSpace space, StabilityThreshold threshold, int batchSize, long work, Philox random) {
        int steps = (int) Math.min(LONGEST, Math.ceil(CHANGE / Math.abs(threshold.drift(space, c))));
        int replicas = (int) Math.clamp(work / ((long) steps * batchSize), FEWEST, Integer.MAX_VALUE);
        return run(c * threshold.eta(), steps, space, threshold.secondMoment(), batchSize, replicas, random);
    }

    /// Simulates T = `steps` steps at learning rate `eta` from second moment Z, ½Tr(ΛZ) = 1.
    static Trajectories run(double eta, int steps, FunctionSpace space, double[][] z, int batchSize, int replicas, Philox random) {
        int n = space.examples();
        double[][] gram = gram(space);
        double[][] starts = starts(space, z);
        double[] cumulative = new double[starts.length];
        for (int k = 0; k < starts.length; k++) {
            cumulative[k] = (k == 0 ? 0 : cumulative[k - 1]) + SymmetricMatrix.dot(starts[k], starts[k]) / (2 * n);
        }
        Philox batches = new Philox(random.seed(), random.stream() ^ Philox.stream("batches"));
        double[] u = new double[n];
        double sum = 0;
        double sumOfSquares = 0;
        long draw = 0;
        for (long replica = 0; replica < replicas; replica++) {
            int k = index(cumulative, random.uniform(replica) * cumulative[cumulative.length - 1]);
            double before = SymmetricMatrix.dot(starts[k], starts[k]) / (2 * n);
            Arrays.fill(u, 0);
            SymmetricMatrix.axpy(1 / Math.sqrt(before), starts[k], u);
            for (int t = 0; t < steps; t++) {
                draw = step(eta, gram, u, batchSize, batches, draw);
            }
            double loss = SymmetricMatrix.dot(u, u) / (2 * n);
            sum += loss;
            sumOfSquares += loss * loss;
        }
        double mean = sum / replicas;
        double variance = (sumOfSquares - sum * mean) / (replicas - 1.0);
        return new Trajectories(mean, Math.sqrt(Math.max(0, variance) / replicas), steps);
    }

    /// One step; returns the index of the next draw. All u_i of the batch are read before u changes.
    private static long step(double eta, double[][] gram, double[] u, int batchSize, Philox batches, long draw) {
        if (batchSize == 1) {
            int i = batches.below(draw, u.length);
            SymmetricMatrix.axpy(-eta * u[i], gram[i], u);
            return draw + 1;
        }
        int[] chosen = new int[batchSize];
        double[] weights = new double[batchSize];
        for (int b = 0; b < batchSize; b++) {
            chosen[b] = batches.below(draw + b, u.length);
            weights[b] = -eta / batchSize * u[chosen[b]];
        }
        for (int b = 0; b < batchSize; b++) {
            SymmetricMatrix.axpy(weights[b], gram[chosen[b]], u);
        }
        return draw + batchSize;
    }

    /// M = FFᵀ.
    private static double[][] gram(FunctionSpace space) {
        int n = space.examples();
        double[][] gram = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                gram[i][j] = SymmetricMatrix.dot(space.factor()[i], space.factor()[j]);
                gram[j][i] = gram[i][j];
            }
        }
        return gram;
    }

    /// The columns of F·C, C Cᵀ = Z, as rows.
    private static double[][] starts(FunctionSpace space, double[][] z) {
        double[][] c = SymmetricMatrix.cholesky(z);
        double[][] starts = new double[space.rank()][space.examples()];
        for (int k = 0; k < starts.length; k++) {
            for (int i = 0; i < space.examples(); i++) {
                for (int a = k; a < c.length; a++) {
                    starts[k][i] += space.factor()[i][a] * c[a][k];
                }
            }
        }
        return starts;
    }

    /// The first k with cumulative[k] > value; one of positive probability.
    private static int index(double[] cumulative, double value) {
        int found = Arrays.binarySearch(cumulative, value);
        int k = found >= 0 ? found + 1 : -found - 1;
        while (k < cumulative.length - 1 && cumulative[k] <= value) {
            k++;
        }
        return Math.min(k, cumulative.length - 1);
    }
}
