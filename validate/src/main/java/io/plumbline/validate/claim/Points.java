package io.plumbline.validate.claim;

import io.plumbline.alignment.Alignment;
import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.network.Network;
import java.util.function.Consumer;

/// Points on a loss surface at which a claim about every θ is tried: random ones of several scales, and those of a short gradient descent.
final class Points {
    /// Factors of the initial weights' standard deviation.
    private static final double[] SCALES = {0.3, 1, 3};
    private static final int DESCENT_POINTS = 4;
    /// η of the descent in units of 1/‖G‖_F, which is at most 1/λ₁(G): stable, and the loss falls.
    private static final double DESCENT_RATE = 0.5;

    /// How many points [#visit] visits.
    static final int COUNT = SCALES.length + DESCENT_POINTS;

    private Points() {}

    /// Calls `visitor` with each point and what is measured there; the point is closed afterwards.
    static void visit(String model, Dataset data, Experiment experiment, Visitor visitor) {
        for (int s = 0; s < SCALES.length; s++) {
            Network network = network(model, SCALES[s], experiment.seed() + s);
            try (LossSurface surface = LossSurface.of(network, data, experiment.backend());
                    Point point = surface.at(network.initialTheta())) {
                visitor.at(point, Alignment.of(point));
            }
        }
        Network network = network(model, 1, experiment.seed() + SCALES.length);
        try (LossSurface surface = LossSurface.of(network, data, experiment.backend())) {
            descend(surface, visitor);
        }
    }

    /// What is done at each point.
    @FunctionalInterface
    interface Visitor {
        void at(Point point, Alignment alignment);
    }

    /// The built-in network `model`, initialised with `scale` times LeCun's standard deviation.
    static Network network(String model, double scale, long seed) {
        return Architectures.parse(model, new Initialization(Initialization.Law.LECUN, scale), seed);
    }

    /// Runs `action` at the network's initial θ.
    static void atInitial(Network network, Dataset data, Backend backend, Consumer<Point> action) {
        at(network, network.initialTheta(), data, backend, action);
    }

    /// Runs `action` at θ.
    static void at(Network network, HostBuffer theta, Dataset data, Backend backend, Consumer<Point> action) {
        try (LossSurface surface = LossSurface.of(network, data, backend); Point point = surface.at(theta)) {
            action.accept(point);
        }
    }

    private static void descend(LossSurface surface, Visitor visitor) {
        HostBuffer theta = HostBuffer.collected(Precision.F64, surface.network().parameterCount());
        theta.copyFrom(surface.network().initialTheta());
        for (int t = 0; t < DESCENT_POINTS; t++) {
            try (Point point = surface.at(theta)) {
                Alignment alignment = Alignment.of(point);
                double eta = DESCENT_RATE / alignment.fisherFrobenius().value();
                HostBuffer gradient = point.gradient();
                for (long j = 0; j < theta.length(); j++) {
                    theta.set(j, theta.get(j) - eta * gradient.get(j));
                }
                visitor.at(point, alignment);
            }
        }
    }
}
