package io.plumbline.validate.claim;

import io.plumbline.data.Philox;

/// Simulated linearised SGD in function space, with replacement: u ← u − (η/B) Σ_{i∈I} M_{:,i} u_i, I of B independent uniform examples.
///
/// Replicas start from u₀ = Fw₀, w₀ ~ N(0, Z*) with the stationary second moment Z* of [StabilityThreshold], so that E[L_t] moves away from E[L_0] = 1
/// at once, down below η* and up above it, with no transient. Each replica is its own control: L_T − L_0 is averaged.
///
/// @param ratio         1 + mean(L_T − L_0), an unbiased estimate of E[L_T]/E[L_0]
/// @param standardError of the ratio, from the replicas
/// @param steps         T
record Trajectories(double ratio, double standardError, int steps) {
    /// |E[L_T]/E[L_0] − 1| that the horizon aims for: large against the standard error, too small for few replicas to carry the mean.
    private static final double CHANGE = 0.3;
    private static final int LONGEST = 20_000;

    /// Simulates `replicas` trajectories at c·η*, for about as many steps as change E[L] by 30 %.
    ///
    /// @param random numbers for the starts; batches come from its sibling stream
    static Trajectories at(double c, FunctionSpace space, StabilityThreshold threshold, int batchSize, int replicas, Philox random) {
        int steps = (int) Math.min(LONGEST, Math.ceil(CHANGE / Math.abs(threshold.drift(space, c))));
        return run(c * threshold.eta(), steps, space, threshold.secondMoment(), batchSize, replicas, random);
    }

    /// Simulates T = `steps` steps at learning rate `eta` from w₀ ~ N(0, Z), ½Tr(ΛZ) = 1.
    static Trajectories run(double eta, int steps, FunctionSpace space, double[][] z, int batchSize, int replicas, Philox random) {
        int n = space.examples();
        double[][] gram = gram(space);
        double[][] root = root(space, z);
        Philox batches = new Philox(random.seed(), random.stream() ^ Philox.stream("batches"));
        double[] normals = new double[space.rank()];
        double[] u = new double[n];
        double sum = 0;
        double sumOfSquares = 0;
        long draw = 0;
        for (long replica = 0; replica < replicas; replica++) {
            random.fillNormal(replica * normals.length, normals);
            for (int i = 0; i < n; i++) {
                u[i] = SymmetricMatrix.dot(root[i], normals);
            }
            double before = SymmetricMatrix.dot(u, u);
            for (int t = 0; t < steps; t++) {
                draw = step(eta, gram, u, batchSize, batches, draw);
            }
            double change = (SymmetricMatrix.dot(u, u) - before) / (2 * n);
            sum += change;
            sumOfSquares += change * change;
        }
        double mean = sum / replicas;
        double variance = (sumOfSquares - sum * mean) / (replicas - 1.0);
        return new Trajectories(1 + mean, Math.sqrt(Math.max(0, variance) / replicas), steps);
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

    /// F·C with C Cᵀ = Z: u₀ = F C g, g standard normal.
    private static double[][] root(FunctionSpace space, double[][] z) {
        double[][] c = SymmetricMatrix.cholesky(z);
        double[][] root = new double[space.examples()][space.rank()];
        for (int i = 0; i < root.length; i++) {
            for (int a = 0; a < c.length; a++) {
                SymmetricMatrix.axpy(space.factor()[i][a], c[a], root[i]);
            }
        }
        return root;
    }
}
