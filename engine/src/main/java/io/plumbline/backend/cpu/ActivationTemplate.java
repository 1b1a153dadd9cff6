package io.plumbline.backend.cpu;

import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.NEG;
import static jdk.incubator.vector.VectorOperators.SQRT;

import io.plumbline.backend.Activation;
import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/// [ActivationKernel], loaded once for each precision, function and order by [Specialised]. `Number` stands for float or double.
///
/// Simple functions are computed in one loop. The others take four over a range that stays in the first cache: the arguments of the elementary
/// functions, those functions ([ElementaryFunctions]), the derivative from x and their values e and g, and the product with a and b.
///
/// | functions | e | g |
/// |---|---|---|
/// | sigmoid, SiLU, softplus | e^(−|x|) | – |
/// | tanh | e^(−2|x|) − 1, for tanh′ e^(−2|x|) | e^(−2|x|), tanh″ only |
/// | GELU by tanh | e^(−|v|), v = 2√(2/π)(x + 0.044715 x³) | – |
/// | GELU | exp(−h), h = fl(x²/2) | erfcx(|x|/√2) |
/// | ELU | e^min(x,0) − 1, for derivatives e^min(x,0) | – |
/// | exp | eˣ | – |
/// | log | log x | – |
///
/// Loops call nothing but the Vector API, as in [ElementaryTemplate].
final class ActivationTemplate implements ActivationKernel {
    private static final Case CASE = Specialised.data(MethodHandles.lookup(), Case.class);
    private static final boolean DOUBLE = CASE.precision() == Precision.F64;
    private static final Activation.Kind KIND = CASE.kind();
    private static final int ORDER = CASE.order();
    private static final ElementaryFunctions FUNCTIONS = ElementaryFunctions.of(CASE.precision());

    private static final VectorSpecies<Number> SPECIES = Lanes.species(DOUBLE);
    private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
    private static final MemorySegment ALL = Memory.ALL;
    private static final int SIZE = SPECIES.elementSize() / Byte.SIZE;
    private static final int STEP = SPECIES.vectorByteSize();
    // Where in scratch memory the values lie.
    private static final long E = 0;
    private static final long G = (long) RANGE * SIZE;
    private static final long X = 2 * G;
    private static final long Y = X;

    private static final boolean SIMPLE = switch (KIND) {
        case IDENTITY, SQUARE, RELU, LEAKY_RELU, CLIP, ABS, SQRT, RECIPROCAL -> true;
        case LOG -> ORDER > 0;
        default -> false;
    };
    private static final boolean USES_G = KIND == Activation.Kind.GELU && ORDER < 2 || KIND == Activation.Kind.TANH && ORDER == 2;

    private static Vector<Number> splat(double value) {
        return Lanes.splat(DOUBLE, value);
    }

    private static final Vector<Number> ZERO = splat(0);
    private static final Vector<Number> ONE = splat(1);
    private static final Vector<Number> TWO = splat(2);
    private static final Vector<Number> HALF = splat(0.5);
    private static final Vector<Number> MINUS_ONE = splat(-1);
    private static final Vector<Number> MINUS_QUARTER = splat(-0.25);
    private static final Vector<Number> SQRT_HALF = splat(Math.sqrt(0.5));
    private static final Vector<Number> INVERSE_SQRT_TWO_PI = splat(1 / Math.sqrt(2 * Math.PI));
    /// Beyond it exp(−x²/2) is 0.
    private static final Vector<Number> GAUSSIAN_LARGEST = splat(DOUBLE ? 40 : 16);
    private static final double LINEAR = 2 * Activation.GELU_TANH_SCALE;
    private static final double CUBIC = 2 * Activation.GELU_TANH_SCALE * Activation.GELU_TANH_CUBIC;
    // v = x (INNER + CUBED x²), its derivative INNER + 3 CUBED x², and the second 6 CUBED x.
    private static final Vector<Number> INNER = splat(LINEAR);
    private static final Vector<Number> CUBED = splat(CUBIC);
    private static final Vector<Number> CUBED_FIRST = splat(3 * CUBIC);
    private static final Vector<Number> CUBED_SECOND = splat(6 * CUBIC);

    ActivationTemplate() {}

    @Override
    public void apply(double parameter, long x, long a, long b, long out, long count, boolean accumulate, long scratch) {
        Vector<Number> p = splat(parameter);
        if (SIMPLE) {
            results(p, x, a, b, out, count, accumulate);
            return;
        }
        for (long from = 0; from < count; from += RANGE) {
            long at = from * SIZE;
            long length = Math.min(RANGE, count - from);
            arguments(x + at, length, scratch);
            functions(length, scratch);
            derivative(p, length, scratch);
            results(p, scratch + Y, a == 0 ? 0 : a + at, b == 0 ? 0 : b + at, out + at, length, accumulate);
        }
    }

    /// Copies x and writes the arguments that e and g are computed from; whole vectors, zeros behind the end.
    private static void arguments(long from, long count, long scratch) {
        long sizeBytes = count * SIZE;
        if (sizeBytes % STEP != 0) {
            ZERO.intoMemorySegment(ALL, scratch + X + sizeBytes / STEP * STEP, NATIVE);
        }
        Memory.copy(from, scratch + X, sizeBytes);
        for (long at = scratch; at < scratch + sizeBytes; at += STEP) {
            Vector<Number> x = SPECIES.fromMemorySegment(ALL, at + X, NATIVE);
            Vector<Number> magnitude = x.lanewise(ABS);
            Vector<Number> e;
            switch (KIND) {
                case TANH -> e = magnitude.add(magnitude).lanewise(NEG);
                case GELU_TANH -> e = x.mul(x).lanewise(FMA, CUBED, INNER).mul(magnitude).lanewise(NEG);
                case GELU -> {
                    Vector<Number> clamped = magnitude.lanewise(MIN, GAUSSIAN_LARGEST);
                    e = clamped.mul(HALF).mul(clamped).lanewise(NEG);
                }
                case ELU -> e = x.lanewise(MIN, ZERO);
                case EXP, LOG -> e = x;
                default -> e = magnitude.lanewise(NEG);
            }
            e.intoMemorySegment(ALL, at + E, NATIVE);
            if (USES_G) {
                (KIND == Activation.Kind.GELU ? magnitude.mul(SQRT_HALF) : e).intoMemorySegment(ALL, at + G, NATIVE);
            }
        }
    }

    private static void functions(long count, long scratch) {
        if (KIND == Activation.Kind.TANH && ORDER != 1 || KIND == Activation.Kind.ELU && ORDER == 0) {
            FUNCTIONS.expm1(scratch + E, count);
        } else if (KIND == Activation.Kind.LOG) {
            FUNCTIONS.log(scratch + E, count);
        } else {
            FUNCTIONS.exp(scratch + E, count);
        }
        if (KIND == Activation.Kind.SOFTPLUS && ORDER == 0) {
            FUNCTIONS.log1p(scratch + E, count);
        }
        if (USES_G && KIND == Activation.Kind.GELU) {
            FUNCTIONS.scaledErfc(scratch + G, count);
        } else if (USES_G) {
            FUNCTIONS.exp(scratch + G, count);
        }
    }

    /// Replaces x by the derivative there.
    private static void derivative(Vector<Number> p, long count, long scratch) {
        for (long at = scratch; at < scratch + count * SIZE; at += STEP) {
            Vector<Number> x = SPECIES.fromMemorySegment(ALL, at + X, NATIVE);
            Vector<Number> e = SPECIES.fromMemorySegment(ALL, at + E, NATIVE);
            Vector<Number> y;
            switch (KIND) {
                // With m = e^(−2|x|) − 1: tanh |x| = −m/(2 + m). With e = m + 1: 1 − tanh² x = 4e/(1 + e)².
                case TANH -> {
                    Vector<Number> t = e.div(e.add(TWO));
                    t = t.lanewise(NEG).blend(t, x.compare(LT, 0));
                    Vector<Number> exponential = ORDER == 2 ? SPECIES.fromMemorySegment(ALL, at + G, NATIVE) : e;
                    Vector<Number> d = exponential.add(ONE).mul(HALF);
                    Vector<Number> first = exponential.div(d.mul(d));
                    y = ORDER == 0 ? t : ORDER == 1 ? first : t.add(t).mul(first).lanewise(NEG);
                }
                // e is log(1 + e^(−|x|)) for ORDER 0. The derivatives are σ and σ (1 − σ) = e/(1 + e)².
                case SOFTPLUS -> {
                    Vector<Number> d = e.add(ONE);
                    Vector<Number> s = ONE.blend(e, x.compare(LT, 0)).div(d);
                    y = ORDER == 0 ? x.lanewise(MAX, ZERO).add(e) : ORDER == 1 ? s : e.div(d.mul(d));
                }
                // σ = 1/(1 + e) for x ≥ 0, e/(1 + e) for x < 0; 1 − 2σ = ±(e − 1)/(e + 1).
                case SIGMOID -> {
                    Vector<Number> d = e.add(ONE);
                    Vector<Number> s = ONE.blend(e, x.compare(LT, 0)).div(d);
                    Vector<Number> first = e.div(d.mul(d));
                    Vector<Number> difference = e.sub(ONE).div(d);
                    difference = difference.blend(difference.lanewise(NEG), x.compare(LT, 0));
                    y = ORDER == 0 ? s : ORDER == 1 ? first : first.mul(difference);
                }
                // (xσ)′ = σ + xσ(1 − σ), (xσ)″ = σ(1 − σ)(2 + x(1 − 2σ))
                case SILU -> {
                    Vector<Number> d = e.add(ONE);
                    Vector<Number> s = ONE.blend(e, x.compare(LT, 0)).div(d);
                    Vector<Number> first = e.div(d.mul(d));
                    Vector<Number> difference = e.sub(ONE).div(d);
                    difference = difference.blend(difference.lanewise(NEG), x.compare(LT, 0));
                    y = ORDER == 0 ? x.mul(s) : ORDER == 1 ? s.add(x.mul(first)) : first.mul(TWO.add(x.mul(difference)));
                }
                // The same with σ(v): (xσ)′ = σ + xσ(1 − σ)v′, (xσ)″ = σ(1 − σ)(2v′ + x(v″ + (1 − 2σ)v′²)).
                case GELU_TANH -> {
                    Vector<Number> d = e.add(ONE);
                    Vector<Number> s = ONE.blend(e, x.compare(LT, 0)).div(d);
                    Vector<Number> first = e.div(d.mul(d));
                    Vector<Number> difference = e.sub(ONE).div(d);
                    difference = difference.blend(difference.lanewise(NEG), x.compare(LT, 0));
                    Vector<Number> v1 = x.mul(x).lanewise(FMA, CUBED_FIRST, INNER);
                    Vector<Number> bracket = x.mul(CUBED_SECOND).add(difference.mul(v1).mul(v1));
                    y = ORDER == 0 ? x.mul(s) : ORDER == 1 ? s.add(x.mul(first).mul(v1)) : first.mul(v1.add(v1).add(x.mul(bracket)));
                }
                // exp(−x²/2) = e (1 − rest): the rounding error of h, which counts h-fold, is taken along. Φ(x) = ½ exp(−x²/2) erfcx(|x|/√2) for x < 0,
                // with relative accuracy, and one minus that for x ≥ 0; (xΦ)′ = Φ + xφ, (xΦ)″ = φ(2 − x²).
                case GELU -> {
                    Vector<Number> clamped = x.lanewise(ABS).lanewise(MIN, GAUSSIAN_LARGEST);
                    Vector<Number> half = clamped.mul(HALF);
                    Vector<Number> rest = half.lanewise(FMA, clamped, half.mul(clamped).lanewise(NEG));
                    Vector<Number> gaussian = e.lanewise(NEG).lanewise(FMA, rest, e);
                    Vector<Number> density = gaussian.mul(INVERSE_SQRT_TWO_PI);
                    if (ORDER == 2) {
                        y = density.mul(TWO.sub(x.mul(x)));
                    } else {
                        Vector<Number> tail = gaussian.mul(SPECIES.fromMemorySegment(ALL, at + G, NATIVE)).mul(HALF);
                        Vector<Number> distribution = ONE.sub(tail).blend(tail, x.compare(LT, 0));
                        y = ORDER == 0 ? x.mul(distribution) : distribution.add(x.mul(density));
                    }
                }
                case ELU -> y = p.mul(e).blend(ORDER == 0 ? x : ORDER == 1 ? ONE : ZERO, x.compare(GT, 0));
                case EXP, LOG -> y = e;
                default -> throw new AssertionError(KIND);
            }
            y.intoMemorySegment(ALL, at + Y, NATIVE);
        }
    }

    /// out = y · b · a (or +=), where y is what `from` holds or, of simple functions, the derivative there.
    private static void results(Vector<Number> p, long from, long a, long b, long out, long count, boolean accumulate) {
        long sizeBytes = count * SIZE;
        long at = 0;
        for (; at <= sizeBytes - STEP; at += STEP) {
            Vector<Number> y = simple(SPECIES.fromMemorySegment(ALL, from + at, NATIVE), p);
            if (b != 0) {
                y = y.mul(SPECIES.fromMemorySegment(ALL, b + at, NATIVE));
            }
            if (a != 0) {
                y = y.mul(SPECIES.fromMemorySegment(ALL, a + at, NATIVE));
            }
            (accumulate ? SPECIES.fromMemorySegment(ALL, out + at, NATIVE).add(y) : y).intoMemorySegment(ALL, out + at, NATIVE);
        }
        if (at < sizeBytes) {
            VectorMask<Number> mask = SPECIES.indexInRange(0, (int) ((sizeBytes - at) / SIZE));
            Vector<Number> y = simple(Lanes.load(DOUBLE, from + at, mask), p);
            if (b != 0) {
                y = y.mul(Lanes.load(DOUBLE, b + at, mask));
            }
            if (a != 0) {
                y = y.mul(Lanes.load(DOUBLE, a + at, mask));
            }
            (accumulate ? Lanes.load(DOUBLE, out + at, mask).add(y) : y).intoMemorySegment(ALL, out + at, NATIVE, mask);
        }
    }

    private static Vector<Number> simple(Vector<Number> x, Vector<Number> p) {
        return !SIMPLE ? x : ORDER == 0 ? simpleValue(x, p) : ORDER == 1 ? simpleFirst(x, p) : simpleSecond(x);
    }

    private static Vector<Number> simpleValue(Vector<Number> x, Vector<Number> p) {
        return switch (KIND) {
            case SQUARE -> x.mul(x);
            case RELU -> x.lanewise(MAX, ZERO);
            case LEAKY_RELU -> p.mul(x).blend(x, x.compare(GT, 0));
            case CLIP -> x.lanewise(MAX, ZERO).lanewise(MIN, p);
            case ABS -> x.lanewise(ABS);
            case SQRT -> x.lanewise(SQRT);
            case RECIPROCAL -> ONE.div(x);
            default -> x;
        };
    }

    /// Powers of 1/x, not of x: x² overflows where 1/x² is not 0 yet.
    private static Vector<Number> simpleFirst(Vector<Number> x, Vector<Number> p) {
        return switch (KIND) {
            case SQUARE -> x.add(x);
            // max(x, 0) is NaN where x is.
            case RELU -> x.lanewise(MAX, ZERO).blend(ONE, x.compare(GT, 0));
            case LEAKY_RELU -> p.blend(ONE, x.compare(GT, 0));
            case CLIP -> x.lanewise(MIN, ZERO).lanewise(MAX, ZERO).blend(ONE, x.compare(GT, 0).and(x.compare(LT, p)));
            // x − x is 0 at 0, and NaN where x is.
            case ABS -> x.sub(x).blend(ONE, x.compare(GT, 0)).blend(MINUS_ONE, x.compare(LT, 0));
            case SQRT -> HALF.div(x.lanewise(SQRT));
            case RECIPROCAL -> minusSquare(ONE.div(x));
            case LOG -> ONE.div(x);
            default -> ONE;
        };
    }

    private static Vector<Number> simpleSecond(Vector<Number> x) {
        return switch (KIND) {
            case SQUARE -> TWO;
            case SQRT -> MINUS_QUARTER.div(x).div(x.lanewise(SQRT));
            case RECIPROCAL -> {
                Vector<Number> y = ONE.div(x);
                yield y.mul(y).mul(y.add(y));
            }
            case LOG -> minusSquare(ONE.div(x));
            default -> ZERO;
        };
    }

    private static Vector<Number> minusSquare(Vector<Number> x) {
        return x.mul(x).lanewise(NEG);
    }
}
