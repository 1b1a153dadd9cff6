package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.Limits;
import io.plumbline.derivative.Limits.Contraction;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Scope;
import java.util.EnumMap;
import java.util.Map;

/// A problem on a backend: its examples, and a point at its θ for each way in which parameters may enter Gram tiles.
final class Setting implements AutoCloseable {
    private static final long MEMORY_BYTES = 1L << 30;

    private final Scope scope = new Scope();
    private final Problem problem;
    private final Backend backend;
    private final int tileExamples;
    private final Dataset dataset;
    private final Map<Contraction, Point> points = new EnumMap<>(Contraction.class);

    /// @param tileExamples of Gram tiles, 0 to choose
    Setting(Problem problem, Backend backend, int examples, int tileExamples) {
        this.problem = problem;
        this.backend = backend;
        this.tileExamples = tileExamples;
        dataset = scope.own(problem.dataset(examples));
    }

    /// The problem's own examples.
    Setting(Problem problem, Backend backend) {
        this(problem, backend, problem.examples(), 0);
    }

    Point point(Contraction contraction) {
        return points.computeIfAbsent(contraction, c -> {
            try (HostBuffer theta = problem.theta()) {
                var surface = scope.own(LossSurface.of(problem.network(), dataset, backend, new Limits(MEMORY_BYTES, tileExamples, c)));
                return scope.own(surface.at(theta));
            }
        });
    }

    double[] entries(Quantity quantity) {
        return quantity.at(point(quantity.contraction()), problem);
    }

    @Override
    public void close() {
        scope.close();
    }
}
