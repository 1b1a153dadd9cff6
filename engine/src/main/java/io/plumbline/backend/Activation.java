package io.plumbline.backend;

import org.apache.commons.numbers.gamma.Erf;
import org.apache.commons.numbers.gamma.Erfc;

/// A scalar function applied to each entry, with its first and second derivative.
/// [#value] is the definition, in double; vectorised versions in the backends are held against it.
///
/// @param kind      which function
/// @param parameter slope of LEAKY_RELU for x < 0; scale a of ELU; upper bound of CLIP; unused elsewhere
public record Activation(Kind kind, double parameter) {
    /// The functions; σ is the logistic function, Φ and φ are the standard normal distribution function and density.
    public enum Kind {
        /// x
        IDENTITY,
        /// x²
        SQUARE,
        /// max(x, 0); relu′(0) = 0
        RELU,
        /// x for x > 0, else parameter · x; the derivative at 0 is that of the negative side
        LEAKY_RELU,
        /// tanh x
        TANH,
        /// σ(x) = 1/(1 + e⁻ˣ)
        SIGMOID,
        /// log(1 + eˣ)
        SOFTPLUS,
        /// x Φ(x) (Hendrycks & Gimpel 2016, arXiv 1606.08415)
        GELU,
        /// ½x (1 + tanh(√(2/π)(x + 0.044715 x³))) (the same paper, section 2)
        GELU_TANH,
        /// x σ(x)
        SILU,
        /// x for x > 0, else parameter · (eˣ − 1); derivatives at 0 are those of the negative side
        ELU,
        /// min(max(x, 0), parameter); the derivative at both bends is 0 (ReLU6 at parameter 6)
        CLIP,
        /// |x|; the derivative at 0 is 0
        ABS,
        /// √x; NaN for x < 0
        SQRT,
        /// 1/x
        RECIPROCAL,
        /// eˣ
        EXP,
        /// ln x; −∞ at 0, NaN for x < 0
        LOG
    }

    private static final double SQRT_HALF = Math.sqrt(0.5);
    private static final double INVERSE_SQRT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);
    /// √(2/π), the inner scale of [Kind#GELU_TANH].
    public static final double GELU_TANH_SCALE = Math.sqrt(2 / Math.PI);
    /// The cubic coefficient of [Kind#GELU_TANH].
    public static final double GELU_TANH_CUBIC = 0.044715;

    /// A function without a parameter.
    public static Activation of(Kind kind) {
        return new Activation(kind, 0);
    }

    /// The derivative of the given order (0, 1 or 2) at x.
    ///
    /// @throws IllegalArgumentException for another order
    public double value(int order, double x) {
        return switch (order) {
            case 0 -> value(x);
            case 1 -> first(x);
            case 2 -> second(x);
            default -> throw new IllegalArgumentException("activation: derivative of order " + order + ", expected 0, 1 or 2");
        };
    }

    private double value(double x) {
        return switch (kind) {
            case IDENTITY -> x;
            case SQUARE -> x * x;
            case RELU -> x > 0 ? x : zeroOrNaN(x);
            case LEAKY_RELU -> x > 0 ? x : parameter * x;
            case TANH -> Math.tanh(x);
            case SIGMOID -> sigmoid(x);
            case SOFTPLUS -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
            case GELU -> x * normalDistribution(x);
            case GELU_TANH -> 0.5 * x * (1 + Math.tanh(geluInner(x)));
            case SILU -> x * sigmoid(x);
            case ELU -> x > 0 ? x : parameter * Math.expm1(x);
            case CLIP -> Math.min(Math.max(x, 0), parameter);
            case ABS -> Math.abs(x);
            case SQRT -> Math.sqrt(x);
            case RECIPROCAL -> 1 / x;
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
        };
    }

    private double first(double x) {
        return switch (kind) {
            case IDENTITY -> 1;
            case SQUARE -> 2 * x;
            case RELU -> x > 0 ? 1 : zeroOrNaN(x);
            case LEAKY_RELU -> x > 0 ? 1 : parameter;
            case TANH -> 1 - square(Math.tanh(x));
            case SIGMOID -> sigmoid(x) * sigmoid(-x);
            case SOFTPLUS -> sigmoid(x);
            case GELU -> normalDistribution(x) + x * normalDensity(x);
            case GELU_TANH -> {
                double t = Math.tanh(geluInner(x));
                yield 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * geluInnerFirst(x);
            }
            case SILU -> sigmoid(x) * (1 + x * sigmoid(-x));
            case ELU -> x > 0 ? 1 : parameter * Math.exp(x);
            case CLIP -> x > 0 && x < parameter ? 1 : zeroOrNaN(x);
            case ABS -> x == 0 ? 0 : Math.signum(x);
            case SQRT -> 0.5 / Math.sqrt(x);
            case RECIPROCAL -> -1 / (x * x);
            case EXP -> Math.exp(x);
            case LOG -> 1 / x;
        };
    }

    private double second(double x) {
        return switch (kind) {
            case IDENTITY, RELU, LEAKY_RELU, CLIP, ABS -> 0;
            case SQUARE -> 2;
            case TANH -> {
                double t = Math.tanh(x);
                yield -2 * t * (1 - t * t);
            }
            case SIGMOID -> {
                double s = sigmoid(x);
                yield s * sigmoid(-x) * (1 - 2 * s);
            }
            case SOFTPLUS -> sigmoid(x) * sigmoid(-x);
            case GELU -> normalDensity(x) * (2 - x * x);
            case GELU_TANH -> {
                double t = Math.tanh(geluInner(x));
                double u = geluInnerFirst(x);
                double uu = 6 * GELU_TANH_SCALE * GELU_TANH_CUBIC * x;
                yield (1 - t * t) * (u + 0.5 * x * (uu - 2 * t * u * u));
            }
            case SILU -> {
                double s = sigmoid(x);
                double ds = s * sigmoid(-x);
                yield ds * (2 + x * (1 - 2 * s));
            }
            case ELU -> x > 0 ? 0 : parameter * Math.exp(x);
            case SQRT -> -0.25 / (x * Math.sqrt(x));
            case RECIPROCAL -> 2 / (x * x * x);
            case EXP -> Math.exp(x);
            case LOG -> -1 / (x * x);
        };
    }

    /// Whether the second derivative is 0 wherever it exists, so that terms with it can be left out.
    public boolean isPiecewiseLinear() {
        return switch (kind) {
            case IDENTITY, RELU, LEAKY_RELU, CLIP, ABS -> true;
            default -> false;
        };
    }

    private static double zeroOrNaN(double x) {
        return Double.isNaN(x) ? x : 0;
    }

    private static double square(double x) {
        return x * x;
    }

    private static double sigmoid(double x) {
        return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
    }

    /// Φ(x) = ½ erfc(−x/√2): relative accuracy in the left tail too.
    private static double normalDistribution(double x) {
        return x < 0 ? 0.5 * Erfc.value(-x * SQRT_HALF) : 0.5 * (1 + Erf.value(x * SQRT_HALF));
    }

    private static double normalDensity(double x) {
        return INVERSE_SQRT_TWO_PI * Math.exp(-0.5 * x * x);
    }

    private static double geluInner(double x) {
        return GELU_TANH_SCALE * (x + GELU_TANH_CUBIC * x * x * x);
    }

    private static double geluInnerFirst(double x) {
        return GELU_TANH_SCALE * (1 + 3 * GELU_TANH_CUBIC * x * x);
    }
}
