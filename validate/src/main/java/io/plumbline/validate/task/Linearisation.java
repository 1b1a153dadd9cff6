package io.plumbline.validate.task;

import io.plumbline.alignment.Figure;
import io.plumbline.backend.Arithmetic;
import io.plumbline.memory.Precision;
import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.GrowthRate;
import io.plumbline.stability.SecondMoment;
import io.plumbline.stability.StabilityBounds;
import io.plumbline.stability.StabilityThreshold;
import io.plumbline.training.Sampling;
import java.io.IOException;
import java.util.Arrays;

/// What the model linearised at a point says of SGD from there: everything in double, from the Gram matrix and the residuals.
///
/// @param expected        E[L] at the looks, by the second moment's exact recursion from the residuals; null if there is none
/// @param whyNoneExpected the reason then
record Linearisation(EscapeReport.Linearised figures, double[] expected, String whyNoneExpected) {
    static final String METHOD = "second-moment";
    /// Multiply-adds that the recursion may take: minutes.
    private static final double MOST_WORK = 5e12;
    /// What of ‖u‖² may lie outside the range of M, where nothing moves it but it adds to the noise.
    private static final double NEGLIGIBLE = 1e-6;

    static Linearisation of(EscapeRequest request, Model model, long[] looks, Phases phases) throws IOException {
        try (var session = new Session(model, request.data(), request.resources().in(Arithmetic.F64), phases)) {
            String why = StabilityTask.whyNoRoom(session.rows(), Precision.F64, request.resources().hostLimitBytes());
            return why == null ? of(request, session, looks, phases) : none(why);
        }
    }

    private static Linearisation none(String why) {
        var none = Measured.undefined(why, Figure.EXACT_DENSE);
        return new Linearisation(new EscapeReport.Linearised(none, none, none, none, none, none, none), null, why);
    }

    private static Linearisation of(EscapeRequest request, Session session, long[] looks, Phases phases) {
        try (var space = FunctionSpace.of(session.point().gram(phases.begin("tiles of J J^T")), session.network().outputs(), session.backend())) {
            double q = Sampling.parse(request.sampling()).noiseScale(request.batchSize(), space.examples());
            double eta = request.learningRate();
            var figures = new EscapeReport.Linearised(
                    exact(space.eigenvalues()[0]),
                    exact(space.frobenius()),
                    exact(space.lowestAlignment()),
                    exact(StabilityThreshold.of(space, q).eta()),
                    Measured.of(StabilityBounds.of(space, q).gradientDescent()),
                    exact(GrowthRate.of(space, q, eta).perStep()),
                    exact(GrowthRate.lowerBound(space, q, eta)));
            double[] u = session.point().residuals();
            double[] w = space.coordinates(u);
            double work = 2.0 * looks[looks.length - 1] * space.examples() * space.outputs() * space.rank() * space.rank();
            if (work > MOST_WORK) {
                return new Linearisation(figures, null, "it would take " + work + " multiply-adds, at most " + MOST_WORK + " are spent on it");
            }
            double outside = 1 - squares(space.residuals(w)) / squares(u);
            if (!(outside <= NEGLIGIBLE)) {
                return new Linearisation(
                        figures, null, outside + " of the squared residuals lies where no parameter changes them, in the linearised model");
            }
            return new Linearisation(figures, expected(SecondMoment.of(space, w), q, eta, looks), null);
        }
    }

    private static double[] expected(SecondMoment start, double q, double eta, long[] looks) {
        double[] expected = new double[looks.length];
        SecondMoment moment = start;
        long step = 0;
        for (int look = 0; look < looks.length; look++) {
            for (; step < looks[look]; step++) {
                moment = moment.step(q, eta);
            }
            expected[look] = moment.loss();
        }
        return expected;
    }

    private static double squares(double... values) {
        return Arrays.stream(values).map(value -> value * value).sum();
    }

    private static Measured exact(double value) {
        return Measured.exact(value, Figure.EXACT_DENSE);
    }
}
