package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import java.util.Arrays;
import java.util.function.Function;

/// The reference's derivatives against central differences, (f(θ + h v) − f(θ − h v))/2h.
///
/// Their error is C·h² + 2⁻⁵³·c/h, C a third derivative along v, of order 1 to 100 in these networks (relative to the largest entry): at h = 2⁻¹⁶ below
/// 100·2⁻³² + 100·2⁻³⁷ < [#BOUND]. Where f has kinks a step may lie across one: the best of several steps counts. A wrong derivative has the same error at every step.
final class Differences {
    private static final double BOUND = 1e-7;
    private static final int[] STEPS = {-12, -14, -16, -18};

    private Differences() {}

    static Deviation jacobian(Problem problem, Backend reference) {
        return compare(problem, reference, entries(problem, reference, Quantity.JACOBIAN), Point::predictions);
    }

    static Deviation hessian(Problem problem, Backend reference) {
        double[] products = entries(problem, reference, Quantity.HESSIAN);
        return compare(problem, reference, Arrays.copyOf(products, products.length / 2), point -> point.gradient().toArray());
    }

    private static double[] entries(Problem problem, Backend reference, Quantity quantity) {
        try (var setting = new Setting(problem, reference)) {
            return setting.entries(quantity);
        }
    }

    private static Deviation compare(Problem problem, Backend reference, double[] derivative, Function<Point, double[]> function) {
        double scale = Arrays.stream(derivative).map(Math::abs).max().orElseThrow();
        double[] bounds = new double[derivative.length];
        Arrays.fill(bounds, BOUND * scale);
        Deviation best = null;
        try (Dataset data = problem.dataset(problem.examples());
                var surface = LossSurface.of(problem.network(), data, reference);
                HostBuffer v = Quantity.v(problem)) {
            for (int exponent : STEPS) {
                double h = Math.scalb(1.0, exponent);
                double[] plus = at(problem, surface, v, h, function);
                double[] minus = at(problem, surface, v, -h, function);
                double[] difference = new double[derivative.length];
                Arrays.setAll(difference, i -> (plus[i] - minus[i]) / (2 * h));
                var deviation = Deviation.worst(derivative, difference, bounds);
                best = best == null || Deviation.worse(best, deviation) == best ? deviation : best;
            }
        }
        return best;
    }

    private static double[] at(Problem problem, LossSurface surface, HostBuffer v, double h, Function<Point, double[]> function) {
        try (HostBuffer theta = problem.theta()) {
            for (long i = 0; i < theta.length(); i++) {
                theta.set(i, theta.get(i) + h * v.get(i));
            }
            try (Point point = surface.at(theta)) {
                return function.apply(point);
            }
        }
    }
}
