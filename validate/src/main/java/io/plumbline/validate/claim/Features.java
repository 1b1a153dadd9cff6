package io.plumbline.validate.claim;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.stability.FunctionSpace;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/// Model gradients g_i, one output each, at which SGD is linearised: their Gram matrix M decides all that the claims about linear stability speak of.
@FunctionalInterface
interface Features {
    /// M (n, n) in double, whatever precision the gradients were computed in, so that it is positive semidefinite and its small eigenvalues are those of these
    /// gradients.
    ///
    /// @param where which gradients of how many examples
    record Gram(String where, HostBuffer matrix) implements AutoCloseable {
        /// n.
        int examples() {
            return (int) Math.round(Math.sqrt((double) matrix.length()));
        }

        /// M_ij.
        double get(int i, int j) {
            return matrix.get((long) i * examples() + j);
        }

        @Override
        public void close() {
            matrix.close();
        }
    }

    /// Computes M, which the caller closes.
    ///
    /// @param doubles computes in double
    /// @throws Claim.UnmetAssumptionException if the model has more than one output
    Gram gram(Experiment experiment, Backend doubles);

    /// What a claim measures there.
    @FunctionalInterface
    interface Measure {
        List<Measurement> of(FunctionSpace space, Gram gram);
    }

    /// Measures in the function space of these gradients.
    ///
    /// @throws ArithmeticException if a gradient is not finite, or all are 0
    default List<Measurement> measure(Experiment experiment, Measure measure) {
        try (Backend doubles = experiment.doubles();
                Gram gram = gram(experiment, doubles);
                FunctionSpace space = FunctionSpace.of(gram.matrix(), 1, doubles)) {
            return measure.of(space, gram);
        }
    }

    /// Gradients of all kinds: isotropic ones, ReLU features, isotropic ones of falling sizes, and ReLU features of real images, which come last.
    static List<Features> ofAllKinds(Experiment experiment, int n) {
        return List.of(
                isotropic(experiment, n),
                relu(experiment, n),
                of("power-law features", "linear:d-1", () -> experiment.synthetic("gaussian:n=" + n + ",d=" + 2 * n + ",exponent=1")),
                images(experiment, n));
    }

    /// Gaussian gradients of 2n entries.
    static Features isotropic(Experiment experiment, int n) {
        return of("isotropic features", "linear:d-1", () -> experiment.synthetic("gaussian:n=" + n + ",d=" + 2 * n));
    }

    /// 1,000 random ReLU features of points on the sphere in ℝ⁵.
    static Features relu(Experiment experiment, int n) {
        return of("ReLU features", "rfm:d-1000", () -> experiment.synthetic("sphere:n=" + n + ",d=5"));
    }

    /// 500 random ReLU features of at most n images.
    static Features images(Experiment experiment, int n) {
        return of("ReLU features", "rfm:d-500", () -> experiment.twoClasses(n));
    }

    /// The gradients of a network with one hidden layer where gradient descent has fitted at most n images.
    static Features trained(Experiment experiment, int n) {
        return (_, doubles) -> {
            try (Dataset data = experiment.twoClasses(n)) {
                Network network = Points.network("fcn:" + data.width() + "-8-1:tanh", 1, experiment.seed());
                HostBuffer theta;
                try (LossSurface surface = LossSurface.of(network, data, experiment.backend())) {
                    theta = Minima.find(surface, network.initialTheta());
                }
                return new Gram("trained " + network.name() + ", " + Lemma22.kind(data), at(network, theta, data, experiment.backend(), doubles));
            }
        };
    }

    /// n orthogonal gradients of length 1: M = I.
    static Features orthogonal(int n) {
        return (_, _) -> {
            double[] identity = new double[n * n];
            for (int i = 0; i < n; i++) {
                identity[i * n + i] = 1;
            }
            return new Gram(n + " orthogonal gradients", HostBuffer.of(identity));
        };
    }

    /// The gradients of a built-in model at its initial θ, with `d` for the width of the data.
    static Features of(String name, String model, Supplier<Dataset> source) {
        return (experiment, doubles) -> {
            try (Dataset data = source.get()) {
                Network network = Points.network(model.replace(":d", ":" + data.width()), 1, experiment.seed());
                return new Gram(name + ", " + Lemma22.kind(data), at(network, network.initialTheta(), data, experiment.backend(), doubles));
            }
        };
    }

    /// M at θ.
    static HostBuffer at(Network network, HostBuffer theta, Dataset data, Backend backend, Backend doubles) {
        if (network.outputs() != 1) {
            throw new Claim.UnmetAssumptionException(network.name() + " has " + network.outputs() + " outputs, expected 1");
        }
        int n = data.examples();
        HostBuffer gram = HostBuffer.allocate(Precision.F64, (long) n * n);
        try (var workspace = new Workspace(doubles)) {
            Tensor gradients = workspace.tensor(n, (int) network.parameterCount());
            Points.at(network, theta, data, backend, point -> doubles.upload(point.perExampleGradients(0, n), gradients));
            Tensor products = workspace.tensor(n, n);
            doubles.multiply(gradients, gradients, true, false, products);
            doubles.download(products, gram);
            return gram;
        } catch (RuntimeException failure) {
            gram.close();
            throw failure;
        }
    }

    /// One trial for each set of gradients.
    static List<Claim.Trial> trials(Experiment experiment, List<Features> all, Measure measure) {
        var trials = new ArrayList<Claim.Trial>();
        for (Features features : all) {
            trials.add(() -> features.measure(experiment, measure));
        }
        return trials;
    }
}
