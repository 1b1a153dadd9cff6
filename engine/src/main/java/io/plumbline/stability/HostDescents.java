package io.plumbline.stability;

import io.plumbline.backend.Backend;
import io.plumbline.backend.LinearDescents;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.data.Philox;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Arrays;

/// Linearised SGD in the host's memory: u (R, nK), a row for each replica.
///
/// A step adds W·M, where row ρ of W (R, nK) holds −(η/B) Σ u_i at the batch's examples and 0 elsewhere: one product of matrices for all replicas, R(nK)²
/// multiply-adds, on the backend. Where batches are small W is nearly empty, and each replica adds up its B·K rows of M instead ([Law#isDense]).
final class HostDescents implements LinearDescents {
    private final Backend backend;
    private final Workspace workspace;
    private final Law law;
    private final double[][] starts;
    /// M; as rows for sums of rows, as a tensor for products.
    private final double[][] rows;
    private final Tensor gram;
    private final int[] batch;
    private final boolean[] drawn;
    private double[][] u;
    private double[][] other;

    HostDescents(Law law, Tensor gram, Tensor starts, Backend backend) {
        this.backend = backend;
        this.law = law;
        this.batch = new int[law.batchSize()];
        this.drawn = new boolean[law.examples()];
        this.gram = law.isDense() ? gram : null;
        this.rows = law.isDense() ? null : rows(backend, gram);
        this.starts = rows(backend, starts);
        u = new double[law.replicas()][law.width()];
        other = new double[law.replicas()][law.width()];
        workspace = new Workspace(backend);
    }

    /// A matrix of this backend as rows.
    static double[][] rows(Backend backend, Tensor matrix) {
        double[][] all = new double[(int) matrix.rows()][];
        try (HostBuffer row = HostBuffer.allocate(Precision.F64, matrix.columns())) {
            for (int i = 0; i < all.length; i++) {
                backend.download(matrix.rows(i, 1), row);
                all[i] = row.toArray();
            }
        }
        return all;
    }

    @Override
    public void start(int[] from, double[] scales) {
        take(starts, from, scales);
    }

    @Override
    public void select(int[] from, double[] scales) {
        take(u, from, scales);
    }

    private void take(double[][] states, int[] from, double[] scales) {
        for (int replica = 0; replica < u.length; replica++) {
            double[] state = states[from[replica]];
            for (int i = 0; i < state.length; i++) {
                other[replica][i] = scales[replica] * state[i];
            }
        }
        double[][] kept = u;
        u = other;
        other = kept;
    }

    /// Nothing is gained by more.
    @Override
    public int mostSteps() {
        return 1;
    }

    @Override
    public double[][] advance(double eta, long first, int steps) {
        double[][] losses = new double[steps][];
        for (int s = 0; s < steps; s++) {
            if (gram == null) {
                stepByRows(eta, first + s);
            } else {
                stepByProduct(eta, first + s);
            }
            losses[s] = Arrays.stream(u).mapToDouble(state -> Lanczos.dot(state, state) / (2.0 * law.examples())).toArray();
        }
        return losses;
    }

    /// Never asked for: a block of one step needs none.
    @Override
    public void back() {
        throw new UnsupportedOperationException("trajectories on the host take single steps");
    }

    /// All u_i of the batch are read before u changes.
    private void stepByRows(double eta, long at) {
        int n = law.examples();
        int outputs = law.outputs();
        double[] weight = new double[batch.length * outputs];
        for (int replica = 0; replica < u.length; replica++) {
            double[] state = u[replica];
            draw(at * u.length + replica);
            for (int b = 0; b < batch.length; b++) {
                for (int k = 0; k < outputs; k++) {
                    weight[b * outputs + k] = -eta / batch.length * state[k * n + batch[b]];
                }
            }
            for (int b = 0; b < batch.length; b++) {
                for (int k = 0; k < outputs; k++) {
                    Lanczos.axpy(weight[b * outputs + k], rows[k * n + batch[b]], state);
                }
            }
        }
    }

    private void stepByProduct(double eta, long at) {
        int n = law.examples();
        int outputs = law.outputs();
        int width = law.width();
        double[] weights = new double[width];
        try (HostBuffer host = HostBuffer.allocate(Precision.F64, (long) u.length * width); var _ = workspace.frame()) {
            for (int replica = 0; replica < u.length; replica++) {
                draw(at * u.length + replica);
                Arrays.fill(weights, 0);
                for (int i : batch) {
                    for (int k = 0; k < outputs; k++) {
                        weights[k * n + i] -= eta / batch.length * u[replica][k * n + i];
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

    /// The batch number `number`.
    private void draw(long number) {
        int n = law.examples();
        Philox batches = law.batches();
        for (int b = 0; b < batch.length; b++) {
            long index = number * batch.length + b;
            if (law.replacement()) {
                batch[b] = batches.below(index, n);
            } else {
                int last = n - batch.length + b;
                int found = batches.below(index, last + 1);
                batch[b] = drawn[found] ? last : found;
                drawn[batch[b]] = true;
            }
        }
        for (int i : batch) {
            drawn[i] = false;
        }
    }

    @Override
    public void close() {
        workspace.close();
    }
}
