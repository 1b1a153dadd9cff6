package io.plumbline.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.Random;
import org.apache.commons.numbers.gamma.Erfc;
import org.apache.commons.numbers.gamma.Erfcx;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The functions and their derivatives against [Activation#value], which is in double with the library's elementary functions.
///
/// The elementary functions here are within 3 ulp, that is 6u relative; a handful of operations follow. So |error| ≤ 16u·(the sum of the magnitudes of
/// the terms that are added), where the argument of the exponential is exact; where it is a polynomial v, its rounding counts |v|-fold.
/// Powers of √x and 1/x take at most 4 operations.
/// Results below the normal range are as good as their spacing. What the definition itself loses in double (1 − tanh², 1 + tanh) is added.
class ActivationsTest {
    private static final double PARAMETER = 0.25;
    private static final double U64 = Precision.F64.unitRoundoff();

    /// Points of float: near 0, over [−40, 40], and the ends of the range.
    static double[] points(int n) {
        var random = new Random(7);
        double[] points = new double[n];
        Arrays.setAll(points, i -> switch (i % 4) {
            case 0 -> (float) (80 * (random.nextDouble() - 0.5));
            case 1 -> (float) (8 * (random.nextDouble() - 0.5));
            case 2 -> (float) ((random.nextDouble() - 0.5) * Math.pow(2, -random.nextInt(40)));
            default -> (float) (-random.nextDouble() * 100);
        });
        double[] special = {0, -0.0, 0.5, -0.5, 1, -1, 20, -20, 38, -38, 88, -88, 104, -104, 700, -700, 745, -746, 1e6, -1e6, 1e30, -1e30};
        System.arraycopy(special, 0, points, 0, special.length);
        return points;
    }

    private static double sigmoid(double x) {
        return Activation.of(Kind.SIGMOID).value(0, x);
    }

    private static double normalDistribution(double x) {
        return 0.5 * Erfc.value(-x * Math.sqrt(0.5));
    }

    /// The sum of the magnitudes of what the formula adds, times the number of roundings.
    private static double magnitude(Kind kind, int order, double x) {
        double s = sigmoid(x);
        double sc = s * sigmoid(-x);
        double size = Math.abs(x);
        double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
        double f = Math.abs(new Activation(kind, PARAMETER).value(order, x));
        double inner = 2 * Activation.GELU_TANH_SCALE;
        double cubed = inner * Activation.GELU_TANH_CUBIC;
        double v = size * (inner + cubed * x * x);
        double v1 = inner + 3 * cubed * x * x;
        double e = Math.exp(-v) / Math.pow(1 + Math.exp(-v), 2);
        return switch (kind) {
            case SIGMOID -> order == 2 ? sc : f;
            case SILU -> order == 0 ? f : order == 1 ? s + size * sc : sc * (2 + size);
            case GELU -> order == 0 ? f : order == 1 ? normalDistribution(x) + size * density : density * (2 + x * x);
            case GELU_TANH ->
                (1 + v / 4) * (order == 0
                        ? f
                        : order == 1 ? sigmoid(Math.copySign(v, x)) + size * e * v1 : e * (2 * v1 + size * (6 * cubed * size + v1 * v1)));
            default -> f;
        };
    }

    /// What the definition in double loses.
    private static double definitionError(Kind kind, int order, double x) {
        double size = Math.min(Math.abs(x), 50);
        double v1 = 2 * Activation.GELU_TANH_SCALE * (1 + 3 * Activation.GELU_TANH_CUBIC * size * size);
        return switch (kind) {
            case TANH -> order == 0 ? 0 : 4 * U64;
            // Φ's argument x/√2 is rounded, which counts x²-fold; so is x²/2 in φ.
            case GELU -> 2 * U64 * x * x * magnitude(kind, order, x);
            // 1 ± tanh near 1 has an absolute error of u, times what it is multiplied with.
            case GELU_TANH -> 8 * U64 * (order == 0 ? size : order == 1 ? 1 + size * v1 : v1 + size * v1 * v1);
            default -> 0;
        };
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void agreeWithTheirDefinitions(Precision precision) {
        int n = 4000;
        double[] points = points(n);
        double u = precision.unitRoundoff();
        double spacing = precision == Precision.F32 ? Float.MIN_VALUE : Double.MIN_VALUE;
        try (var backend = CpuBackend.create(precision, 1)) {
            Tensor x = Matrices.on(backend, points, 1, n);
            Tensor out = Matrices.undefined(backend, 1, n);
            for (Kind kind : Kind.values()) {
                for (int order = 0; order <= 2; order++) {
                    backend.activate(new Activation(kind, PARAMETER), order, x, null, null, false, out);
                    double[] found = Matrices.download(backend, out);
                    for (int i = 0; i < n; i++) {
                        double expected = new Activation(kind, PARAMETER).value(order, points[i]);
                        if (Math.abs(points[i]) > 1e3 && (!isOrdinary(expected, precision) || !isOrdinary(found[i], precision))) {
                            // Far out, 0 · ∞ and squares that overflow may come at different points; [#infinitiesAndNaN] is about the ends.
                            continue;
                        }
                        // Intermediate results below the normal range are multiplied with at most 2 + |x| + x² and what v adds.
                        double size = Math.min(Math.abs(points[i]), 1e3);
                        double bound = 16 * u * magnitude(kind, order, points[i]) + definitionError(kind, order, points[i])
                                + 4 * spacing * (2 + size + Math.pow(size, 6));
                        if (Double.isNaN(expected) || Double.isInfinite(round(expected, precision))) {
                            assertEquals(round(expected, precision), found[i], kind + ", order " + order + " at " + points[i]);
                            continue;
                        }
                        double error = Math.abs(found[i] - expected);
                        assertTrue(
                                error <= bound,
                                kind + ", order " + order + " at " + points[i] + ": " + found[i] + ", expected " + expected + ", error " + error
                                        + " > " + bound);
                    }
                }
            }
        }
    }

    private static double round(double value, Precision precision) {
        return precision == Precision.F32 ? (float) value : value;
    }

    private static boolean isOrdinary(double value, Precision precision) {
        return Double.isFinite(value) && Math.abs(value) < (precision == Precision.F32 ? Float.MAX_VALUE : Double.MAX_VALUE);
    }

    /// Φ over [−38, 38] in double within 8 ulp, against ½ exp(−x²/2) erfcx(−x/√2) with the rounding error of x²/2 taken along;
    /// erfcx is insensitive to that of x/√2. In float the same with its ulp.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void normalDistributionKeepsItsLeftTail(Precision precision) {
        int n = 10_000;
        double lowest = precision == Precision.F64 ? -37.5 : -12.9;
        double[] points = new double[n];
        var random = new Random(11);
        Arrays.setAll(points, i -> (float) (lowest * random.nextDouble()));
        try (var backend = CpuBackend.create(precision, 1)) {
            Tensor x = Matrices.on(backend, points, 1, n);
            Tensor out = Matrices.undefined(backend, 1, n);
            backend.activate(Activation.of(Kind.GELU), 0, x, null, null, false, out);
            double[] found = Matrices.download(backend, out);
            for (int i = 0; i < n; i++) {
                double half = points[i] / 2;
                double square = half * points[i];
                double rest = Math.fma(half, points[i], -square);
                double expected = points[i] * 0.5 * StrictMath.exp(-square) * (1 - rest) * Erfcx.value(-points[i] * Math.sqrt(0.5));
                assertTrue(
                        Math.abs(found[i] - expected) <= 8 * 2 * precision.unitRoundoff() * Math.abs(expected),
                        points[i] + ": " + found[i] + ", expected " + expected);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void infinitiesAndNaN(Precision precision) {
        double[] points = {Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Double.NaN};
        try (var backend = CpuBackend.create(precision, 1)) {
            Tensor x = Matrices.on(backend, points, 1, 3);
            Tensor out = Matrices.undefined(backend, 1, 3);
            for (Kind kind : Kind.values()) {
                for (int order = 0; order <= 2; order++) {
                    backend.activate(new Activation(kind, PARAMETER), order, x, null, null, false, out);
                    double[] found = Matrices.download(backend, out);
                    for (int i = 0; i < points.length; i++) {
                        double expected = new Activation(kind, PARAMETER).value(order, points[i]);
                        assertEquals(expected, found[i], 4 * precision.unitRoundoff(), kind + ", order " + order + " at " + points[i]);
                    }
                }
            }
        }
    }

    /// From the smallest number to the largest, with ever smaller steps towards 1. Relative, because the series of the mantissa's logarithm is: its argument
    /// (m − 1)/(m + 1) rounds twice and counts once, the sum and the multiple of ln 2 round once each, and no sum is smaller than its terms: 6u.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void logarithmOfAllMagnitudes(Precision precision) {
        int lowest = precision == Precision.F64 ? -1074 : -149;
        int highest = precision == Precision.F64 ? Double.MAX_EXPONENT : Float.MAX_EXPONENT;
        double u = precision.unitRoundoff();
        var random = new Random(13);
        double[] points = new double[12_000];
        Arrays.setAll(points, i -> {
            double step = Math.max(u, Math.scalb(random.nextDouble(), -random.nextInt(precision == Precision.F64 ? 53 : 24)));
            return round(
                    switch (i % 3) {
                        case 0 -> Math.scalb(1 + random.nextDouble() * (1 - u), lowest + random.nextInt(highest - lowest + 1));
                        case 1 -> 1 + 2 * step;
                        default -> 1 - step / 2;
                    }, precision);
        });
        double[] special = {
            Math.scalb(1.0, lowest), 3 * Math.scalb(1.0, lowest), Math.sqrt(0.5), Math.nextDown(Math.sqrt(0.5)), Math.sqrt(2), 1, 2, 0.5,
            precision == Precision.F64 ? Double.MAX_VALUE : Float.MAX_VALUE};
        System.arraycopy(Arrays.stream(special).map(x -> round(x, precision)).toArray(), 0, points, 0, special.length);
        requireRelative(precision, Kind.LOG, 6, points);
    }

    /// Up to where it overflows: within 3 ulp, as below 0.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void exponentialOfAllMagnitudes(Precision precision) {
        double highest = precision == Precision.F64 ? 709.78 : 88.72;
        double lowest = precision == Precision.F64 ? -708.39 : -87.33;
        var random = new Random(17);
        double[] points = new double[10_000];
        Arrays.setAll(points, i -> round(lowest + (highest - lowest) * random.nextDouble(), precision));
        requireRelative(precision, Kind.EXP, 6, points);
        double[] beyond = {highest + 0.01, highest + 1, 1000, 1e9};
        for (double x : beyond) {
            assertEquals(Double.POSITIVE_INFINITY, values(precision, Activation.of(Kind.EXP), 0, round(x, precision))[0]);
        }
    }

    /// |found − expected| ≤ units·u·|expected|; 1 more for the definition in double.
    private static void requireRelative(Precision precision, Kind kind, int units, double[] points) {
        double[] found = values(precision, Activation.of(kind), 0, points);
        for (int i = 0; i < points.length; i++) {
            double expected = Activation.of(kind).value(0, points[i]);
            double bound = (units * precision.unitRoundoff() + U64) * Math.abs(expected);
            double error = Math.abs(found[i] - expected);
            if (!(error <= bound)) {
                fail(kind + " at " + points[i] + ": " + found[i] + ", expected " + expected + ", error " + error + " > " + bound);
            }
        }
    }

    private static double[] values(Precision precision, Activation f, int order, double... points) {
        try (var backend = CpuBackend.create(precision, 1)) {
            Tensor out = Matrices.undefined(backend, 1, points.length);
            backend.activate(f, order, Matrices.on(backend, points, 1, points.length), null, null, false, out);
            return Matrices.download(backend, out);
        }
    }

    /// At the bends and next to them nothing is rounded.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void bends(Precision precision) {
        double step = 2 * precision.unitRoundoff();
        double[] points = {0, -0.0, step, -step, PARAMETER, PARAMETER - step, PARAMETER + step, 7, -7, Double.NaN};
        for (Kind kind : new Kind[] {Kind.CLIP, Kind.ABS, Kind.RELU}) {
            for (int order = 0; order <= 2; order++) {
                double[] found = values(precision, new Activation(kind, PARAMETER), order, points);
                for (int i = 0; i < points.length; i++) {
                    double expected = new Activation(kind, PARAMETER).value(order, points[i]);
                    assertEquals(expected, found[i], kind + ", order " + order + " at " + points[i]);
                }
            }
        }
    }
}
