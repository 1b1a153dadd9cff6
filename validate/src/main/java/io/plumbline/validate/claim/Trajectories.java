package io.plumbline.validate.claim;

import io.plumbline.data.Philox;
import java.util.Arrays;

/// Simulated linearised SGD in function space, with replacement: u ← u − (η/B) Σ_{i∈I} M_{:,i} u_i, I of B independent uniform examples.
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
/// @param ratio         mean L_T, an unbiased estimate of E[L_T]/E[L_0]
/// @param standardError of the ratio, from the populations
/// @param steps         T
record Trajectories(double ratio, double standardError, int steps) {
    /// |E[L_T]/E[L_0] − 1| that the horizon aims for.
    private static final double CHANGE = 0.3;
    private static final int LONGEST = 20_000;
    private static final int POPULATIONS = 32;
    private static final int SMALLEST_POPULATION = 16;
    /// (ΣL)²/ΣL², as a share of the population, below which it is drawn anew.
    private static final double EVEN = 0.5;

    /// Simulates at c·η*, for about as many steps as change E[L] by 30 %.
    ///
    /// @param work   how many single-example updates all replicas together may take: it decides how many there are, at least 16 in each population
    /// @param random numbers for the starts and draws; batches use its sibling stream
    static Trajectories at(double c, FunctionSpace space, StabilityThreshold threshold, int batchSize, long work, Philox random) {
        int steps = (int) Math.min(LONGEST, Math.ceil(CHANGE / Math.abs(threshold.drift(space, c))));
        int population = Math.clamp(work / ((long) steps * batchSize * POPULATIONS), SMALLEST_POPULATION, Integer.MAX_VALUE);
        return run(c * threshold.eta(), steps, space, threshold.secondMoment(), batchSize, population, random);
    }

    /// Simulates T = `steps` steps at learning rate `eta` from second moment Z, ½Tr(ΛZ) = 1, with `population` replicas in each population.
    static Trajectories run(double eta, int steps, FunctionSpace space, double[][] z, int batchSize, int population, Philox random) {
        var simulation = new Simulation(eta, batchSize, space, z, population, random);
        double[] means = new double[POPULATIONS];
        for (int k = 0; k < POPULATIONS; k++) {
            means[k] = simulation.run(steps);
        }
        double mean = Arrays.stream(means).average().orElseThrow();
        double squares = Arrays.stream(means).map(value -> (value - mean) * (value - mean)).sum();
        return new Trajectories(mean, Math.sqrt(squares / (POPULATIONS * (POPULATIONS - 1.0))), steps);
    }

    /// One population after the other; each uses the next random numbers.
    private static final class Simulation {
        private final double eta;
        private final double[][] gram;
        private final double[][] starts;
        private final double[] startLoss;
        private final int[] batch;
        private final double[] weight;
        private final double[] loss;
        private double[][] u;
        private double[][] other;
        private final Philox random;
        private final Philox batches;
        private long drawn;
        private long batchesDrawn;

        Simulation(double eta, int batchSize, FunctionSpace space, double[][] z, int population, Philox random) {
            this.eta = eta;
            this.gram = gram(space);
            this.starts = starts(space, z);
            this.startLoss = Arrays.stream(starts).mapToDouble(Simulation::loss).toArray();
            this.batch = new int[batchSize];
            this.weight = new double[batchSize];
            this.loss = new double[population];
            this.u = new double[population][space.examples()];
            this.other = new double[population][space.examples()];
            this.random = random;
            this.batches = new Philox(random.seed(), random.stream() ^ Philox.stream("batches"));
        }

        /// A population's estimate of E[L_T].
        double run(int steps) {
            select(starts, startLoss);
            double scale = 1;
            for (int t = 0; t < steps; t++) {
                double sum = 0;
                double sumOfSquares = 0;
                for (int r = 0; r < u.length; r++) {
                    step(u[r]);
                    loss[r] = loss(u[r]);
                    sum += loss[r];
                    sumOfSquares += loss[r] * loss[r];
                }
                if (t == steps - 1) {
                    scale *= sum / u.length;
                } else if (sum * sum < EVEN * u.length * sumOfSquares) {
                    scale *= sum / u.length;
                    select(u, loss);
                }
            }
            return scale;
        }

        /// Makes the population anew of copies of `from`, drawn in proportion to their loss, each scaled to loss 1.
        private void select(double[][] from, double[] losses) {
            double[] cumulative = losses.clone();
            for (int k = 1; k < cumulative.length; k++) {
                cumulative[k] += cumulative[k - 1];
            }
            double total = cumulative[cumulative.length - 1];
            for (double[] copy : other) {
                int k = index(cumulative, random.uniform(drawn++) * total);
                Arrays.fill(copy, 0);
                SymmetricMatrix.axpy(1 / Math.sqrt(losses[k]), from[k], copy);
            }
            double[][] kept = u;
            u = other;
            other = kept;
        }

        /// The first k with cumulative[k] > value.
        private static int index(double[] cumulative, double value) {
            int found = Arrays.binarySearch(cumulative, value);
            int k = found >= 0 ? found + 1 : -found - 1;
            while (k < cumulative.length - 1 && cumulative[k] <= value) {
                k++;
            }
            return Math.min(k, cumulative.length - 1);
        }

        /// All u_i of the batch are read before u changes.
        private void step(double[] state) {
            for (int b = 0; b < batch.length; b++) {
                batch[b] = batches.below(batchesDrawn++, state.length);
                weight[b] = -eta / batch.length * state[batch[b]];
            }
            for (int b = 0; b < batch.length; b++) {
                SymmetricMatrix.axpy(weight[b], gram[batch[b]], state);
            }
        }

        /// L = ‖u‖²/(2n).
        private static double loss(double[] state) {
            return SymmetricMatrix.dot(state, state) / (2 * state.length);
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
    }
}
