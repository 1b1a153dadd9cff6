package io.plumbline.derivative;

import io.plumbline.backend.Tensor;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;

/// f(x_i; θ) of all examples at a point: computed when they are first asked for, unless a pass for something else has come across them.
final class Predictions {
    private final Point point;
    private final int n;
    private final int outputs;
    private double[] known;
    /// What a pass over the examples has come across, while it runs.
    private double[] found;

    Predictions(Point point) {
        this.point = point;
        n = point.surface().dataset().examples();
        outputs = point.surface().network().outputs();
    }

    /// n·K numbers.
    ///
    /// @throws ArithmeticException if one is not finite: names the example, and the layer where numbers stopped being finite
    double[] all() {
        find();
        return known.clone();
    }

    /// Has them known from here on.
    ///
    /// @throws ArithmeticException as [#all()]
    void find() {
        if (known == null) {
            double[] all = new double[Math.multiplyExact(n, outputs)];
            point.passes().overExamples("predictions", point, 1, size -> {
                point.forEachTile(size.examples(), (from, count, values) -> download(values[point.surface().network().output()], all, from));
                return all;
            }, (_, _) -> {});
            requireFinite(all, 0, n);
            known = all;
        }
    }

    /// Notes outputs of the examples from `from` on that another pass has come across.
    void take(long from, Tensor rows) {
        if (known == null) {
            if (found == null) {
                found = new double[Math.multiplyExact(n, outputs)];
            }
            download(rows, found, (int) from);
            requireFinite(found, (int) from, (int) rows.rows());
        }
    }

    /// Such a pass begins, perhaps again: what one that broke off has come across does not count.
    void passBegins() {
        found = null;
    }

    /// That pass is over, and has come across all.
    void passEnded() {
        known = known == null ? found : known;
        found = null;
    }

    /// r of the examples from `from` on, of which the outputs have been found, into their places.
    void residuals(int from, int count, double[] residuals) {
        double[] outputsSoFar = known == null ? found : known;
        for (int i = from * outputs; i < (from + count) * outputs; i++) {
            residuals[i] = outputsSoFar[i] - point.surface().targets()[i];
        }
    }

    private void requireFinite(double[] values, int from, int count) {
        for (int i = from * outputs; i < (from + count) * outputs; i++) {
            if (!Double.isFinite(values[i])) {
                throw new ArithmeticException(
                        point.surface().network().name() + ": output " + i % outputs + " of example " + i / outputs + " is " + values[i] + " in "
                                + point.surface().backend().precision().label() + "; " + Trace.firstNotFinite(point, i / outputs));
            }
        }
    }

    private void download(Tensor rows, double[] target, int from) {
        try (HostBuffer buffer = HostBuffer.allocate(Precision.F64, rows.length())) {
            point.surface().backend().download(rows, buffer);
            System.arraycopy(buffer.toArray(), 0, target, from * outputs, (int) rows.length());
        }
    }
}
