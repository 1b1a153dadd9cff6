package io.plumbline.stability;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.data.Philox;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.training.Sampling;
import java.util.Arrays;

/// Many trajectories of linearised SGD side by side: u (R, nK), a row for each replica, output k of example i at k·n + i.
///
/// A step adds W·M, where row ρ of W (R, nK) holds −(η/B) Σ u_i at the batch's examples and 0 elsewhere: one product of matrices for all replicas, R(nK)²
/// multiply-adds. Where batches are small W is nearly empty, and each replica adds up its B·K rows of M instead. Which of the two is decided by B and n alone.
final class Replicas implements AutoCloseable {
    /// A product of matrices does about this many multiply-adds in the time in which a sum of rows does one.
    private static final int PRODUCT_SPEED = 8;

    private final Backend backend;
    private final Workspace workspace;
    private final int n;
    private final int outputs;
    private final Sampling sampling;
    private final int batchSize;
    private final Philox selections;
    private final Philox batches;
    private final double[][] starts;
    private final double[] startLosses;
    /// M; as rows for sums of rows, as a tensor for products.
    private final double[][] rows;
    private final Tensor gram;
    private final int[] batch;
    private final boolean[] drawn;
    private double[][] u;
    private double[][] other;

    Replicas(SecondMoment z, Sampling sampling, int batchSize, int population, Philox random) {
        FunctionSpace space = z.space();
        this.backend = space.backend();
        this.n = space.examples();
        this.outputs = space.outputs();
        this.sampling = sampling;
        this.batchSize = batchSize;
        this.selections = random;
        this.batches = new Philox(random.seed(), random.stream() ^ Philox.stream("batches"));
        this.batch = new int[batchSize];
        this.drawn = new boolean[n];
        int width = n * outputs;
        u = new double[population][width];
        other = new double[population][width];
        workspace = new Workspace(backend);
        try {
            starts = starts(z);
            startLosses = losses(starts);
            Tensor whole = gram(space);
            boolean isDense = (long) batchSize * PRODUCT_SPEED >= n;
            gram = isDense ? whole : null;
            rows = isDense ? null : rows(whole);
        } catch (Throwable failure) {
            workspace.close();
            throw failure;
        }
    }

    /// M = FFᵀ by blocks of outputs.
    private Tensor gram(FunctionSpace space) {
        int width = n * outputs;
        Tensor gram = workspace.tensor(width, width);
        try (HostBuffer whole = HostBuffer.allocate(Precision.F64, gram.length());
                HostBuffer part = HostBuffer.allocate(Precision.F64, (long) n * n);
                var _ = workspace.frame()) {
            Tensor block = workspace.tensor(n, n);
            for (int k = 0; k < outputs; k++) {
                for (int l = 0; l < outputs; l++) {
                    backend.sumOuter(space.factor(k), space.factor(l), false, block);
                    backend.download(block, part);
                    for (long i = 0; i < n; i++) {
                        whole.slice(((long) k * n + i) * width + (long) l * n, n).copyFrom(part.slice(i * n, n));
                    }
                }
            }
            backend.upload(whole, gram);
        }
        return gram;
    }

    private double[][] rows(Tensor matrix) {
        double[][] all = new double[(int) matrix.rows()][];
        try (HostBuffer row = HostBuffer.allocate(Precision.F64, matrix.columns())) {
            for (int i = 0; i < all.length; i++) {
                backend.download(matrix.rows(i, 1), row);
                all[i] = row.toArray();
            }
        }
        return all;
    }

    /// F c_k as rows, Z = Σ_k c_k c_kᵀ by its eigenvectors; those of no size are left out.
    private double[][] starts(SecondMoment z) {
        FunctionSpace space = z.space();
        int r = space.rank();
        try (HostBuffer vectors = HostBuffer.allocate(Precision.F64, (long) r * r); var _ = workspace.frame()) {
            vectors.copyFrom(z.entries());
            double[] values = backend.symmetricEigenvectors(vectors, r);
            for (int k = 0; k < r; k++) {
                double root = Math.sqrt(Math.max(0, values[k]));
                for (int a = 0; a < r; a++) {
                    vectors.set((long) k * r + a, root * vectors.get((long) k * r + a));
                }
            }
            Tensor c = workspace.tensor(r, r);
            Tensor part = workspace.tensor(r, n);
            backend.upload(vectors, c);
            double[][] all = new double[r][n * outputs];
            for (int output = 0; output < outputs; output++) {
                backend.multiply(c, space.factor(output), false, false, part);
                double[][] found = rows(part);
                for (int k = 0; k < r; k++) {
                    System.arraycopy(found[k], 0, all[k], output * n, n);
                }
            }
            return all;
        }
    }

    /// Begins a population at step `at`: each replica at a start drawn in proportion to its loss, scaled to loss 1.
    void start(long at) {
        // Selections count two a step: one for starts, one for what is drawn anew.
        select(2 * at, starts, startLosses);
    }

    /// Draws the population anew after step `at`, in proportion to the losses, each scaled to loss 1.
    void resample(long at, double[] losses) {
        select(2 * at + 1, u, losses);
    }

    private void select(long number, double[][] from, double[] losses) {
        double[] cumulative = losses.clone();
        for (int k = 1; k < cumulative.length; k++) {
            cumulative[k] += cumulative[k - 1];
        }
        double total = cumulative[cumulative.length - 1];
        for (int replica = 0; replica < u.length; replica++) {
            int k = index(cumulative, selections.uniform(number * u.length + replica) * total);
            double scale = 1 / Math.sqrt(losses[k]);
            for (int i = 0; i < other[replica].length; i++) {
                other[replica][i] = scale * from[k][i];
            }
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

    /// A step of every replica, number `at` of all steps.
    void step(double eta, long at) {
        if (gram == null) {
            stepByRows(eta, at);
        } else {
            stepByProduct(eta, at);
        }
    }

    /// All u_i of the batch are read before u changes.
    private void stepByRows(double eta, long at) {
        double[] weight = new double[batchSize * outputs];
        for (int replica = 0; replica < u.length; replica++) {
            double[] state = u[replica];
            draw(at * u.length + replica);
            for (int b = 0; b < batchSize; b++) {
                for (int k = 0; k < outputs; k++) {
                    weight[b * outputs + k] = -eta / batchSize * state[k * n + batch[b]];
                }
            }
            for (int b = 0; b < batchSize; b++) {
                for (int k = 0; k < outputs; k++) {
                    Lanczos.axpy(weight[b * outputs + k], rows[k * n + batch[b]], state);
                }
            }
        }
    }

    private void stepByProduct(double eta, long at) {
        int width = n * outputs;
        double[] weights = new double[width];
        try (HostBuffer host = HostBuffer.allocate(Precision.F64, (long) u.length * width); var _ = workspace.frame()) {
            for (int replica = 0; replica < u.length; replica++) {
                draw(at * u.length + replica);
                Arrays.fill(weights, 0);
                for (int i : batch) {
                    for (int k = 0; k < outputs; k++) {
                        weights[k * n + i] -= eta / batchSize * u[replica][k * n + i];
                    }
                }
                for (int i = 0; i < width; i++) {
                    host.set((long) replica * width + i, weights[i]);
                }
            }
            Tensor w = workspace.tensor(u.length, width);
            Tensor change = workspace.tensor(u.length, width);
            backend.upload(host, w);
            backend.multiply(w, gram, false, false, change);
            backend.download(change, host);
            for (int replica = 0; replica < u.length; replica++) {
                for (int i = 0; i < width; i++) {
                    u[replica][i] += host.get((long) replica * width + i);
                }
            }
        }
    }

    /// The batch number `number`; without replacement by Floyd's algorithm (Bentley & Floyd 1987): for j = n−B … n−1 one of 0 … j, or j if that is drawn already.
    private void draw(long number) {
        for (int b = 0; b < batchSize; b++) {
            long index = number * batchSize + b;
            if (sampling == Sampling.WITH) {
                batch[b] = batches.below(index, n);
            } else {
                int last = n - batchSize + b;
                int found = batches.below(index, last + 1);
                batch[b] = drawn[found] ? last : found;
                drawn[batch[b]] = true;
            }
        }
        for (int i : batch) {
            drawn[i] = false;
        }
    }

    /// L of each replica.
    double[] losses() {
        return losses(u);
    }

    /// L = ‖u‖²/(2n).
    private double[] losses(double[][] states) {
        return Arrays.stream(states).mapToDouble(state -> Lanczos.dot(state, state) / (2.0 * n)).toArray();
    }

    @Override
    public void close() {
        workspace.close();
    }
}
