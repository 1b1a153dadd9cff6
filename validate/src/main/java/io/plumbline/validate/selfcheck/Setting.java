package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.GramPlan;
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
    /// Multiply-adds for a pair of examples, which the reference computes many times.
    private static final long DEAREST_PAIR = 100_000;

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

    /// The point at which parameters enter as said; but as counting chooses, where factors throughout would cost too much.
    Point point(Contraction contraction) {
        boolean dear = contraction == Contraction.FACTORED && factoredPairCost() > DEAREST_PAIR;
        return points.computeIfAbsent(dear ? Contraction.COUNTED : contraction, this::open);
    }

    private long factoredPairCost() {
        return point(Contraction.COUNTED).gramPlan().choices().stream().mapToLong(GramPlan.Choice::factoredCost).filter(cost -> cost > 0).sum();
    }

    private Point open(Contraction contraction) {
        try (HostBuffer theta = problem.theta()) {
            var surface = scope.own(LossSurface.of(problem.network(), dataset, backend, new Limits(MEMORY_BYTES, tileExamples, contraction)));
            return scope.own(surface.at(theta));
        }
    }

    double[] entries(Quantity quantity) {
        return quantity.at(point(quantity.contraction()), problem);
    }

    @Override
    public void close() {
        scope.close();
    }
}
