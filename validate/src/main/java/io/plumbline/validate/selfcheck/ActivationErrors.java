package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;

/// How far an activation's value may be off.
///
/// A device's elementary functions are taken to be within 3 units in the last place, that is 6u relative, and a handful of operations follow:
/// [#ROUNDINGS] times the sum of the magnitudes of the terms that the formula adds. Where the argument of an exponential is a polynomial v, its rounding counts
/// |v|-fold. What [Activation#value] itself loses in double (1 − tanh², 1 + tanh, the argument of Φ) comes on top, in roundings of double.
final class ActivationErrors {
    private static final double ROUNDINGS = 16;
    private static final double V1 = 2 * Activation.GELU_TANH_SCALE;
    private static final double V3 = V1 * Activation.GELU_TANH_CUBIC;

    private ActivationErrors() {}

    /// The error in roundings of the device: |error| ≤ u · this.
    ///
    /// @param wide a rounding in double, in roundings of the device
    static double of(Activation f, int order, double x, double wide) {
        double size = magnitude(f, order, x);
        return ROUNDINGS * size + wide * ofDefinition(f.kind(), order, x, size);
    }

    /// The sum of the magnitudes of what the formula adds.
    private static double magnitude(Activation f, int order, double x) {
        double value = Math.abs(f.value(order, x));
        double size = Math.abs(x);
        double s = Activation.of(Kind.SIGMOID).value(0, x);
        double slope = Activation.of(Kind.SIGMOID).value(1, x);
        return switch (f.kind()) {
            case SIGMOID -> order == 2 ? slope : value;
            case SILU -> order == 0 ? value : order == 1 ? s + size * slope : slope * (2 + size);
            case GELU -> {
                double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
                // value of order 0 is x Φ(x), of order 1 Φ(x) + x φ(x).
                yield order == 0 ? value : order == 1 ? value + 2 * size * density : density * (2 + x * x);
            }
            case GELU_TANH -> {
                double v = size * (V1 + V3 * x * x);
                double v1 = V1 + 3 * V3 * x * x;
                double e = Math.exp(-v) / Math.pow(1 + Math.exp(-v), 2);
                double sigmoid = Activation.of(Kind.SIGMOID).value(0, Math.copySign(v, x));
                yield (1 + v / 4) * (order == 0 ? value : order == 1 ? sigmoid + size * e * v1 : e * (2 * v1 + size * (6 * V3 * size + v1 * v1)));
            }
            default -> value;
        };
    }

    /// What the definition loses, in roundings of double.
    private static double ofDefinition(Kind kind, int order, double x, double magnitude) {
        double size = Math.abs(x);
        double v1 = V1 + 3 * V3 * x * x;
        return switch (kind) {
            case TANH -> order == 0 ? 0 : 4;
            case GELU -> 2 * x * x * magnitude;
            case GELU_TANH -> 8 * (order == 0 ? size : order == 1 ? 1 + size * v1 : v1 + size * v1 * v1);
            default -> 0;
        };
    }
}
