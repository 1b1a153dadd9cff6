package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Slabs;
import io.plumbline.backend.Tensor;
import io.plumbline.data.Dataset;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Scope;
import io.plumbline.network.Network;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/// The empirical risk L(θ) = (1/n) Σ_i ½‖f(x_i; θ) − y_i‖² of a network on a data set (the paper's setup; square loss, summed over outputs).
///
/// The examples are put where the backend computes once. Network, data set and backend are borrowed and must outlive it.
public final class LossSurface implements AutoCloseable {
    private final Network network;
    private final Dataset dataset;
    private final Backend backend;
    private final Limits limits;
    private final Passes passes = new Passes();
    private final Scope scope = new Scope();
    private final Slabs slabs;
    private final Tensor x;
    private final double[] targets;

    private LossSurface(Network network, Dataset dataset, Backend backend, Limits limits) {
        this.network = network;
        this.dataset = dataset;
        this.backend = backend;
        this.limits = limits;
        if (dataset.width() != network.input().size()) {
            throw new IllegalArgumentException(dataset.name() + ": an example has " + dataset.width() + " entries, " + network.name() + " takes "
                    + network.input().size() + " " + network.input());
        }
        int[] own = withoutOnes(dataset.exampleShape());
        int[] expected = withoutOnes(network.input().toArray());
        if (own.length > 1 && expected.length > 1 && !Arrays.equals(own, expected)) {
            throw new IllegalArgumentException(dataset.name() + ": an example has shape " + Shape.of(dataset.exampleShape()) + ", " + network.name()
                    + " takes " + network.input() + " (flatten the examples if that is the order of their entries)");
        }
        if (dataset.outputs() != network.outputs()) {
            throw new IllegalArgumentException(
                    dataset.name() + ": y has " + dataset.outputs() + " outputs, " + network.name() + " has " + network.outputs());
        }
        if ((long) dataset.examples() * dataset.outputs() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    dataset.name() + ": n·K is " + (long) dataset.examples() * dataset.outputs() + ", expected at most " + Integer.MAX_VALUE);
        }
        this.targets = dataset.y().toArray();
        try {
            this.slabs = scope.own(new Slabs(backend));
            this.x = place(dataset.x(), dataset.examples(), dataset.width());
        } catch (Throwable failure) {
            scope.close();
            throw failure;
        }
    }

    private static int[] withoutOnes(int[] extents) {
        return Arrays.stream(extents).filter(extent -> extent != 1).toArray();
    }

    /// The surface, under the backend's default limits ([Limits#of]).
    ///
    /// @throws IllegalArgumentException if the examples' shape or the number of outputs does not fit the network; flat examples, and flat inputs, need only as many
    ///     entries
    public static LossSurface of(Network network, Dataset dataset, Backend backend) {
        return of(network, dataset, backend, Limits.of(backend));
    }

    /// The surface, under the given limits.
    ///
    /// @throws IllegalArgumentException if the examples' shape or the number of outputs does not fit the network; flat examples, and flat inputs, need only as many
    ///     entries
    public static LossSurface of(Network network, Dataset dataset, Backend backend, Limits limits) {
        return new LossSurface(network, dataset, backend, limits);
    }

    /// The point θ: p numbers of either precision, copied.
    ///
    /// @throws IllegalArgumentException if θ does not have p entries or one is not finite
    public Point at(HostBuffer theta) {
        long p = network.parameterCount();
        if (theta.length() != p) {
            throw new IllegalArgumentException("theta has " + theta.length() + " entries, " + network.name() + " has " + p + " parameters");
        }
        long i = theta.firstNotFinite();
        if (i >= 0) {
            throw new IllegalArgumentException("theta[" + i + "] is " + theta.get(i) + ", expected finite numbers");
        }
        return new Point(this, theta);
    }

    public Network network() {
        return network;
    }

    public Dataset dataset() {
        return dataset;
    }

    public Backend backend() {
        return backend;
    }

    public Limits limits() {
        return limits;
    }

    /// Passes that the device's memory was too small for, and that went on with smaller tiles, to the same bits.
    public List<Retiling> retilings() {
        return passes.retilings();
    }

    /// Has somebody told of each such pass from now on, in the thread that asked for the pass.
    public void onRetiling(Consumer<Retiling> listener) {
        passes.tell(listener);
    }

    /// How passes at its points are cut.
    Passes passes() {
        return passes;
    }

    /// Memory that its points use one after the other.
    Slabs slabs() {
        return slabs;
    }

    /// The examples where the backend computes: (n, width), in its precision. Borrowed; not to be written to.
    public Tensor x() {
        return x;
    }

    /// y (n, K), row-major.
    double[] targets() {
        return targets;
    }

    /// The numbers as a tensor of the backend: where they are if it can read them there, else a copy that this surface owns.
    private Tensor place(HostBuffer source, long rows, int columns) {
        if (backend.readsHostMemory() && source.precision() == backend.precision()) {
            return new Tensor(source, 0, rows, columns);
        }
        var tensor = new Tensor(scope.own(backend.allocate(rows * columns)), 0, rows, columns);
        backend.upload(source, tensor);
        return tensor;
    }

    /// Frees the copy of the examples, and the memory of its points, which must be closed before.
    @Override
    public void close() {
        scope.close();
    }
}
