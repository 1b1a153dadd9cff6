package io.plumbline.backend.cpu;

import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.NEG;

import io.plumbline.backend.Activation;
import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// [ActivationKernel], loaded once for each precision, function and order by [Specialised]. `Number` stands for float or double.
///
/// The elementary functions are built here from arithmetic alone. The Vector API's own (EXP, TANH) call one library when compiled and another when
/// interpreted, which differ in the last bits: results would depend on when the compiler got to them. Errors, measured over the range in double and
/// float: exp, expm1, log1p, erfc within 3 ulp, results below the normal range aside.
@SuppressWarnings("unchecked")
final class ActivationTemplate implements ActivationKernel {
    private static final Case CASE = Specialised.data(MethodHandles.lookup(), Case.class);
    private static final boolean DOUBLE = CASE.precision() == Precision.F64;
    private static final Activation.Kind KIND = CASE.kind();
    private static final int ORDER = CASE.order();

    private static final VectorSpecies<Number> SPECIES =
            (VectorSpecies<Number>) (VectorSpecies<?>) (DOUBLE ? DoubleVector.SPECIES_PREFERRED : FloatVector.SPECIES_PREFERRED);
    private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
    private static final MemorySegment ALL = Memory.ALL;
    private static final int SIZE = DOUBLE ? Double.BYTES : Float.BYTES;
    private static final int STEP = SPECIES.vectorByteSize();

    ActivationTemplate() {}

    @Override
    public void apply(double parameter, long x, long a, long b, long out, long count, boolean accumulate) {
        Vector<Number> p = splat(parameter);
        long sizeBytes = count * SIZE;
        long at = 0;
        for (; at <= sizeBytes - STEP; at += STEP) {
            Vector<Number> y = derivative(load(x + at), p);
            if (b != 0) {
                y = y.mul(load(b + at));
            }
            if (a != 0) {
                y = y.mul(load(a + at));
            }
            (accumulate ? load(out + at).add(y) : y).intoMemorySegment(ALL, out + at, NATIVE);
        }
        if (at < sizeBytes) {
            VectorMask<Number> mask = SPECIES.indexInRange(0, (int) ((sizeBytes - at) / SIZE));
            Vector<Number> y = derivative(load(x + at, mask), p);
            if (b != 0) {
                y = y.mul(load(b + at, mask));
            }
            if (a != 0) {
                y = y.mul(load(a + at, mask));
            }
            (accumulate ? load(out + at, mask).add(y) : y).intoMemorySegment(ALL, out + at, NATIVE, mask);
        }
    }

    private static Vector<Number> splat(double value) {
        Vector<?> v = DOUBLE
                ? DoubleVector.broadcast(DoubleVector.SPECIES_PREFERRED, value)
                : FloatVector.broadcast(FloatVector.SPECIES_PREFERRED, (float) value);
        return (Vector<Number>) v;
    }

    private static Vector<Number> load(long address) {
        return SPECIES.fromMemorySegment(ALL, address, NATIVE);
    }

    private static Vector<Number> load(long address, VectorMask<Number> mask) {
        Vector<?> v = DOUBLE
                ? DoubleVector.fromMemorySegment(DoubleVector.SPECIES_PREFERRED, ALL, address, NATIVE, (VectorMask<Double>) (VectorMask<?>) mask)
                : FloatVector.fromMemorySegment(FloatVector.SPECIES_PREFERRED, ALL, address, NATIVE, (VectorMask<Float>) (VectorMask<?>) mask);
        return (Vector<Number>) v;
    }

    private static Vector<Number> derivative(Vector<Number> x, Vector<Number> p) {
        return ORDER == 0 ? value(x, p) : ORDER == 1 ? first(x, p) : second(x, p);
    }

    private static Vector<Number> value(Vector<Number> x, Vector<Number> p) {
        return switch (KIND) {
            case IDENTITY -> x;
            case SQUARE -> x.mul(x);
            case RELU -> x.lanewise(MAX, 0);
            case LEAKY_RELU -> p.mul(x).blend(x, positive(x));
            case TANH -> tanh(x);
            case SIGMOID -> sigmoid(x);
            case SOFTPLUS -> x.lanewise(MAX, 0).add(log1p(exp(magnitude(x).lanewise(NEG))));
            case GELU -> x.mul(normalDistribution(x));
            case GELU_TANH -> x.mul(sigmoid(twiceGeluInner(x)));
            case SILU -> x.mul(sigmoid(x));
            case ELU -> p.mul(expm1(x.lanewise(MIN, 0))).blend(x, positive(x));
        };
    }

    private static Vector<Number> first(Vector<Number> x, Vector<Number> p) {
        return switch (KIND) {
            case IDENTITY -> splat(1);
            case SQUARE -> x.add(x);
            // max(x, 0) is NaN where x is.
            case RELU -> x.lanewise(MAX, 0).blend(splat(1), positive(x));
            case LEAKY_RELU -> p.blend(splat(1), positive(x));
            case TANH -> squaredSech(x);
            case SIGMOID -> sigmoid(x).mul(sigmoid(x.lanewise(NEG)));
            case SOFTPLUS -> sigmoid(x);
            case GELU -> normalDistribution(x).add(x.mul(normalDensity(x)));
            case GELU_TANH -> {
                Vector<Number> s = sigmoid(twiceGeluInner(x));
                Vector<Number> c = sigmoid(twiceGeluInner(x).lanewise(NEG));
                yield s.add(x.mul(s.mul(c)).mul(twiceGeluInnerFirst(x)));
            }
            case SILU -> {
                Vector<Number> c = sigmoid(x.lanewise(NEG));
                yield sigmoid(x).mul(x.mul(c).add(splat(1)));
            }
            case ELU -> p.mul(exp(x.lanewise(MIN, 0))).blend(splat(1), positive(x));
        };
    }

    private static Vector<Number> second(Vector<Number> x, Vector<Number> p) {
        return switch (KIND) {
            case IDENTITY, RELU, LEAKY_RELU -> splat(0);
            case SQUARE -> splat(2);
            case TANH -> tanh(x).mul(squaredSech(x)).mul(splat(-2));
            case SIGMOID -> {
                Vector<Number> s = sigmoid(x);
                Vector<Number> c = sigmoid(x.lanewise(NEG));
                yield s.mul(c).mul(c.sub(s));
            }
            case SOFTPLUS -> sigmoid(x).mul(sigmoid(x.lanewise(NEG)));
            case GELU -> normalDensity(x).mul(splat(2).sub(x.mul(x)));
            case GELU_TANH -> {
                // With v = 2·inner and s = σ(v): (x s)″ = s c (2v′ + x (v″ + (c − s) v′²)), c = 1 − s.
                Vector<Number> s = sigmoid(twiceGeluInner(x));
                Vector<Number> c = sigmoid(twiceGeluInner(x).lanewise(NEG));
                Vector<Number> v1 = twiceGeluInnerFirst(x);
                Vector<Number> v2 = x.mul(splat(12 * Activation.GELU_TANH_SCALE * Activation.GELU_TANH_CUBIC));
                yield s.mul(c).mul(v1.add(v1).add(x.mul(v2.add(c.sub(s).mul(v1).mul(v1)))));
            }
            case SILU -> {
                Vector<Number> s = sigmoid(x);
                Vector<Number> c = sigmoid(x.lanewise(NEG));
                yield s.mul(c).mul(splat(2).add(x.mul(c.sub(s))));
            }
            case ELU -> p.mul(exp(x.lanewise(MIN, 0))).blend(splat(0), positive(x));
        };
    }

    private static VectorMask<Number> positive(Vector<Number> x) {
        return x.compare(GT, 0);
    }

    private static Vector<Number> magnitude(Vector<Number> x) {
        return x.lanewise(VectorOperators.ABS);
    }

    private static Vector<Number> fma(Vector<Number> a, Vector<Number> b, Vector<Number> c) {
        return a.lanewise(FMA, b, c);
    }

    // eˣ = 2ᵏ(1 + p(r)), x = k ln 2 + r, |r| ≤ ½ ln 2, p the Taylor series of expm1 up to r¹³/13! (r⁷/7! in float): the remainder is below u/4.
    // Adding 1.5·2⁵² (1.5·2²³) rounds to an integer and leaves it in the low bits.
    private static final double SHIFT = DOUBLE ? 0x1.8p52 : 0x1.8p23;
    private static final long SHIFT_BITS = DOUBLE ? Double.doubleToRawLongBits(SHIFT) : Float.floatToRawIntBits((float) SHIFT);
    private static final int EXPONENT_BIAS = DOUBLE ? Double.MAX_EXPONENT : Float.MAX_EXPONENT;
    private static final int MANTISSA_BITS = DOUBLE ? Double.PRECISION - 1 : Float.PRECISION - 1;
    private static final double LN2_HIGH = DOUBLE ? Math.log(2) : (float) Math.log(2);
    /// ln 2 − LN2_HIGH: the part that `Math.log(2)` lacks in double, the rest of it in float.
    private static final double LN2_LOW = DOUBLE ? 0x1.abc9e3b39803fp-56 : Math.log(2) - LN2_HIGH;
    /// exp is 0 below this.
    private static final double EXP_LOWEST = DOUBLE ? -760 : -120;
    /// expm1 is −1 below this.
    private static final double EXPM1_LOWEST = DOUBLE ? -40 : -20;

    private static Vector<Number> shifted(Vector<Number> x) {
        return fma(x, splat(1 / Math.log(2)), splat(SHIFT));
    }

    /// eʳ − 1 with r = x − k ln 2; in fused operations k·LN2_HIGH is subtracted exactly.
    private static Vector<Number> reducedExpm1(Vector<Number> x, Vector<Number> minusK) {
        Vector<Number> r = fma(minusK, splat(LN2_LOW), fma(minusK, splat(LN2_HIGH), x));
        Vector<Number> q = splat(1 / 5040.0);
        if (DOUBLE) {
            q = splat(1 / 6227020800.0);
            q = fma(q, r, splat(1 / 479001600.0));
            q = fma(q, r, splat(1 / 39916800.0));
            q = fma(q, r, splat(1 / 3628800.0));
            q = fma(q, r, splat(1 / 362880.0));
            q = fma(q, r, splat(1 / 40320.0));
            q = fma(q, r, splat(1 / 5040.0));
        }
        q = fma(q, r, splat(1 / 720.0));
        q = fma(q, r, splat(1 / 120.0));
        q = fma(q, r, splat(1 / 24.0));
        q = fma(q, r, splat(1 / 6.0));
        q = fma(q, r, splat(1 / 2.0));
        return fma(r.mul(r), q, r);
    }

    /// 2ᵏ for integers k that leave a normal number.
    private static <I> Vector<Number> powerOfTwo(Vector<I> k) {
        return (Vector<Number>) k.lanewise(VectorOperators.ADD, EXPONENT_BIAS).lanewise(VectorOperators.LSHL, MANTISSA_BITS).viewAsFloatingLanes();
    }

    private static <I> Vector<Number> timesPowerOfTwo(Vector<Number> x, Vector<I> k) {
        // In two steps, so that results below the normal range come out too.
        Vector<I> half = k.lanewise(VectorOperators.ASHR, 1);
        return x.mul(powerOfTwo(half)).mul(powerOfTwo(k.sub(half)));
    }

    /// eˣ for x ≤ 0.
    private static Vector<Number> exp(Vector<Number> x) {
        Vector<Number> clamped = x.lanewise(MAX, splat(EXP_LOWEST));
        Vector<Number> shifted = shifted(clamped);
        Vector<Number> minusK = splat(SHIFT).sub(shifted);
        Vector<Number> p = reducedExpm1(clamped, minusK);
        return timesPowerOfTwo(p.add(splat(1)), integer(shifted));
    }

    private static Vector<?> integer(Vector<Number> shifted) {
        return shifted.viewAsIntegralLanes().lanewise(VectorOperators.SUB, SHIFT_BITS);
    }

    /// eˣ − 1 for x ≤ 0.
    private static Vector<Number> expm1(Vector<Number> x) {
        Vector<Number> clamped = x.lanewise(MAX, splat(EXPM1_LOWEST));
        Vector<Number> shifted = shifted(clamped);
        Vector<Number> minusK = splat(SHIFT).sub(shifted);
        Vector<Number> power = powerOfTwo(integer(shifted));
        return fma(power, reducedExpm1(clamped, minusK), power.sub(splat(1)));
    }

    /// log(1 + t) = 2 artanh s = 2s Σ s²ⁿ/(2n+1), s = t/(2+t), for 0 ≤ t ≤ 1, where s² ≤ 1/9: up to n = 16 (7 in float).
    private static Vector<Number> log1p(Vector<Number> t) {
        Vector<Number> s = t.div(t.add(splat(2)));
        Vector<Number> z = s.mul(s);
        Vector<Number> q = splat(1 / 15.0);
        if (DOUBLE) {
            q = splat(1 / 33.0);
            q = fma(q, z, splat(1 / 31.0));
            q = fma(q, z, splat(1 / 29.0));
            q = fma(q, z, splat(1 / 27.0));
            q = fma(q, z, splat(1 / 25.0));
            q = fma(q, z, splat(1 / 23.0));
            q = fma(q, z, splat(1 / 21.0));
            q = fma(q, z, splat(1 / 19.0));
            q = fma(q, z, splat(1 / 17.0));
            q = fma(q, z, splat(1 / 15.0));
        }
        q = fma(q, z, splat(1 / 13.0));
        q = fma(q, z, splat(1 / 11.0));
        q = fma(q, z, splat(1 / 9.0));
        q = fma(q, z, splat(1 / 7.0));
        q = fma(q, z, splat(1 / 5.0));
        q = fma(q, z, splat(1 / 3.0));
        Vector<Number> twice = s.add(s);
        return fma(twice.mul(z), q, twice);
    }

    /// With m = e^(−2|x|) − 1: tanh |x| = −m/(2 + m).
    private static Vector<Number> tanh(Vector<Number> x) {
        Vector<Number> m = expm1(magnitude(x).mul(splat(-2)));
        Vector<Number> t = m.div(m.add(splat(2)));
        return t.lanewise(NEG).blend(t, x.compare(VectorOperators.LT, 0));
    }

    /// 1 − tanh² x = 4e/(1 + e)², e = e^(−2|x|)
    private static Vector<Number> squaredSech(Vector<Number> x) {
        Vector<Number> e = exp(magnitude(x).mul(splat(-2)));
        Vector<Number> d = e.add(splat(1));
        return e.mul(splat(4)).div(d.mul(d));
    }

    /// With e = e^(−|x|): 1/(1 + e) for x ≥ 0, e/(1 + e) for x < 0.
    private static Vector<Number> sigmoid(Vector<Number> x) {
        Vector<Number> e = exp(magnitude(x).lanewise(NEG));
        Vector<Number> numerator = splat(1).blend(e, x.compare(VectorOperators.LT, 0));
        return numerator.div(e.add(splat(1)));
    }

    /// 2√(2/π)(x + 0.044715 x³)
    private static Vector<Number> twiceGeluInner(Vector<Number> x) {
        Vector<Number> scale = splat(2 * Activation.GELU_TANH_SCALE);
        return x.mul(fma(x.mul(x), splat(2 * Activation.GELU_TANH_SCALE * Activation.GELU_TANH_CUBIC), scale));
    }

    private static Vector<Number> twiceGeluInnerFirst(Vector<Number> x) {
        Vector<Number> scale = splat(2 * Activation.GELU_TANH_SCALE);
        return fma(x.mul(x), splat(6 * Activation.GELU_TANH_SCALE * Activation.GELU_TANH_CUBIC), scale);
    }

    /// exp(−x²/2); the rounding error of x²/2, which would count x²/2-fold, is taken along. Clamped: ∞ − ∞ would be NaN.
    private static Vector<Number> gaussian(Vector<Number> x) {
        Vector<Number> clamped = magnitude(x).lanewise(MIN, splat(DOUBLE ? 40 : 16));
        Vector<Number> half = clamped.mul(splat(0.5));
        Vector<Number> h = half.mul(clamped);
        Vector<Number> rest = fma(half, clamped, h.lanewise(NEG));
        Vector<Number> e = exp(h.lanewise(NEG));
        return fma(e.lanewise(NEG), rest, e);
    }

    private static final double INVERSE_SQRT_TWO_PI = 1 / Math.sqrt(2 * Math.PI);

    private static Vector<Number> normalDensity(Vector<Number> x) {
        return gaussian(x).mul(splat(INVERSE_SQRT_TWO_PI));
    }

    private static final double[] ERFCX = ScaledErfc.coefficients(DOUBLE ? 23 : 12);

    /// Φ(x): ½ exp(−x²/2) erfcx(|x|/√2) for x < 0 with relative accuracy, one minus that for x ≥ 0. The series by Clenshaw's recurrence.
    private static Vector<Number> normalDistribution(Vector<Number> x) {
        Vector<Number> z = magnitude(x).mul(splat(Math.sqrt(0.5))).lanewise(MIN, splat(ScaledErfc.LARGEST));
        Vector<Number> t = splat(ScaledErfc.SCALE).div(z.add(splat(ScaledErfc.SCALE)));
        Vector<Number> y = fma(t, splat(ScaledErfc.SLOPE), splat(ScaledErfc.INTERCEPT));
        Vector<Number> twiceY = y.add(y);
        Vector<Number> b1 = splat(ERFCX[ERFCX.length - 1]);
        Vector<Number> b2 = splat(0);
        for (int j = ERFCX.length - 2; j > 0; j--) {
            Vector<Number> b = fma(twiceY, b1, splat(ERFCX[j]).sub(b2));
            b2 = b1;
            b1 = b;
        }
        Vector<Number> series = fma(y, b1, splat(ERFCX[0]).sub(b2));
        Vector<Number> tail = series.mul(t).mul(gaussian(x)).mul(splat(0.5));
        return splat(1).sub(tail).blend(tail, x.compare(VectorOperators.LT, 0));
    }
}
