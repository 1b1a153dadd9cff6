package io.plumbline.stability;

import io.plumbline.backend.Backend;
import io.plumbline.backend.LinearDescents;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.data.Philox;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.training.Sampling;
import java.util.Arrays;

/// A population of trajectories of linearised SGD side by side: where they start, and how they are drawn anew. What moves them, [LinearDescents], is the
/// backend's where it has such, and the host's where not.
final class Replicas implements AutoCloseable {
    private final Backend backend;
    private final Workspace workspace;
    private final int n;
    private final int outputs;
    private final int population;
    private final Philox selections;
    private final double[] startLosses;
    private final LinearDescents descents;

    Replicas(SecondMoment z, Sampling sampling, int batchSize, int population, Philox random) {
        FunctionSpace space = z.space();
        this.backend = space.backend();
        this.n = space.examples();
        this.outputs = space.outputs();
        this.population = population;
        this.selections = random;
        var batches = new Philox(random.seed(), random.stream() ^ Philox.stream("batches"));
        var law = new LinearDescents.Law(n, outputs, population, batchSize, sampling == Sampling.WITH, batches);
        workspace = new Workspace(backend);
        try {
            double[][] states = starts(z);
            startLosses = Arrays.stream(states).mapToDouble(state -> Lanczos.dot(state, state) / (2.0 * n)).toArray();
            Tensor starts = upload(states);
            Tensor gram = gram(space);
            descents = backend.linearDescents(law, gram, starts).orElseGet(() -> new HostDescents(law, gram, starts, backend));
        } catch (Throwable failure) {
            workspace.close();
            throw failure;
        }
    }

    private Tensor upload(double[][] states) {
        Tensor all = workspace.tensor(states.length, n * outputs);
        for (int k = 0; k < states.length; k++) {
            try (HostBuffer row = HostBuffer.of(states[k])) {
                backend.upload(row, all.rows(k, 1));
            }
        }
        return all;
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
                double[][] found = HostDescents.rows(backend, part);
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
        var drawn = draw(2 * at, startLosses);
        descents.start(drawn.rows, drawn.scales);
    }

    /// Draws the population anew after step `at`, in proportion to the losses, each scaled to loss 1.
    void resample(long at, double[] losses) {
        var drawn = draw(2 * at + 1, losses);
        descents.select(drawn.rows, drawn.scales);
    }

    /// Which states replicas become, times what.
    private record Selection(int[] rows, double[] scales) {}

    private Selection draw(long number, double[] losses) {
        double[] cumulative = losses.clone();
        for (int k = 1; k < cumulative.length; k++) {
            cumulative[k] += cumulative[k - 1];
        }
        double total = cumulative[cumulative.length - 1];
        var selection = new Selection(new int[population], new double[population]);
        for (int replica = 0; replica < population; replica++) {
            int k = index(cumulative, selections.uniform(number * population + replica) * total);
            selection.rows[replica] = k;
            selection.scales[replica] = 1 / Math.sqrt(losses[k]);
        }
        return selection;
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

    /// Steps that are best taken at once, at most.
    int mostSteps() {
        return descents.mostSteps();
    }

    /// Steps of every replica, the first one number `first` of all steps: L of each after each.
    double[][] advance(double eta, long first, int steps) {
        return descents.advance(eta, first, steps);
    }

    /// Goes back to where they were before the last [#advance].
    void back() {
        descents.back();
    }

    @Override
    public void close() {
        descents.close();
        workspace.close();
    }
}
