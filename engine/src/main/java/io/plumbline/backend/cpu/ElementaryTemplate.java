package io.plumbline.backend.cpu;

import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.SUB;

import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorSpecies;

/// [ElementaryFunctions], loaded once for each precision by [Specialised]. `Number` stands for float or double.
///
/// Loops call nothing but the Vector API, whose methods are always inlined; constants are vectors made once. C2 stops inlining other methods, and boxes
/// what they return, when a method has grown to 18,000 nodes, which is some 25 vector operations.
@SuppressWarnings("unchecked")
final class ElementaryTemplate implements ElementaryFunctions {
    private static final boolean DOUBLE = Specialised.data(MethodHandles.lookup(), Case.class).precision() == Precision.F64;
    private static final VectorSpecies<Number> SPECIES = Lanes.species(DOUBLE);
    private static final ByteOrder NATIVE = ByteOrder.nativeOrder();
    private static final MemorySegment ALL = Memory.ALL;
    private static final int STEP = SPECIES.vectorByteSize();
    private static final int SIZE = SPECIES.elementSize() / Byte.SIZE;

    ElementaryTemplate() {}

    private static Vector<Number> splat(double value) {
        return Lanes.splat(DOUBLE, value);
    }

    private static final Vector<Number> ZERO = splat(0);
    private static final Vector<Number> ONE = splat(1);

    // eˣ = 2ᵏ(1 + p(r)), x = k ln 2 + r, |r| ≤ ½ ln 2, p the Taylor series of expm1 up to r¹³/13! (r⁷/7! in float): the remainder is below u/4.
    // Adding 1.5·2⁵² (1.5·2²³) rounds to an integer and leaves it in the low bits.
    private static final double SHIFT_VALUE = DOUBLE ? 0x1.8p52 : 0x1.8p23;
    private static final long SHIFT_BITS = DOUBLE ? Double.doubleToRawLongBits(SHIFT_VALUE) : Float.floatToRawIntBits((float) SHIFT_VALUE);
    private static final int EXPONENT_BIAS = DOUBLE ? Double.MAX_EXPONENT : Float.MAX_EXPONENT;
    private static final int MANTISSA_BITS = DOUBLE ? Double.PRECISION - 1 : Float.PRECISION - 1;
    private static final double LN2 = DOUBLE ? Math.log(2) : (float) Math.log(2);
    private static final Vector<Number> SHIFT = splat(SHIFT_VALUE);
    private static final Vector<Number> INVERSE_LN2 = splat(1 / Math.log(2));
    private static final Vector<Number> LN2_HIGH = splat(LN2);
    private static final Vector<Number> MINUS_LN2_HIGH = splat(-LN2);
    /// ln 2 − LN2: in double what `Math.log(2)` lacks, in float what is left of it.
    private static final double LN2_REST = DOUBLE ? 0x1.abc9e3b39803fp-56 : Math.log(2) - LN2;
    private static final Vector<Number> LN2_LOW = splat(LN2_REST);
    private static final Vector<Number> MINUS_LN2_LOW = splat(-LN2_REST);
    /// eˣ rounds to 0 below, and to ∞ above.
    private static final Vector<Number> EXP_LOWEST = splat(DOUBLE ? -760 : -120);
    private static final Vector<Number> EXP_HIGHEST = splat(DOUBLE ? 710 : 89);
    /// eˣ − 1 rounds to −1 below; only x ≤ 0 are asked for.
    private static final Vector<Number> EXPM1_LOWEST = splat(DOUBLE ? -40 : -20);
    private static final Vector<Number> F2 = splat(1 / 2.0);
    private static final Vector<Number> F3 = splat(1 / 6.0);
    private static final Vector<Number> F4 = splat(1 / 24.0);
    private static final Vector<Number> F5 = splat(1 / 120.0);
    private static final Vector<Number> F6 = splat(1 / 720.0);
    private static final Vector<Number> F7 = splat(1 / 5040.0);
    private static final Vector<Number> F8 = splat(1 / 40320.0);
    private static final Vector<Number> F9 = splat(1 / 362880.0);
    private static final Vector<Number> F10 = splat(1 / 3628800.0);
    private static final Vector<Number> F11 = splat(1 / 39916800.0);
    private static final Vector<Number> F12 = splat(1 / 479001600.0);
    private static final Vector<Number> F13 = splat(1 / 6227020800.0);

    @Override
    public void exp(long at, long count) {
        exponential(at, count, EXP_LOWEST, EXP_HIGHEST, false);
    }

    @Override
    public void expm1(long at, long count) {
        exponential(at, count, EXPM1_LOWEST, ZERO, true);
    }

    private static void exponential(long at, long count, Vector<Number> lowest, Vector<Number> highest, boolean minusOne) {
        for (long i = 0; i < count * SIZE; i += STEP) {
            Vector<Number> x = SPECIES.fromMemorySegment(ALL, at + i, NATIVE).lanewise(MAX, lowest).lanewise(MIN, highest);
            Vector<Number> shifted = x.lanewise(FMA, INVERSE_LN2, SHIFT);
            Vector<Number> k = shifted.sub(SHIFT);
            // In fused operations the leading product is subtracted exactly.
            Vector<Number> r = k.lanewise(FMA, MINUS_LN2_LOW, k.lanewise(FMA, MINUS_LN2_HIGH, x));
            Vector<Number> q = F7;
            if (DOUBLE) {
                q = F13.lanewise(FMA, r, F12).lanewise(FMA, r, F11).lanewise(FMA, r, F10).lanewise(FMA, r, F9).lanewise(FMA, r, F8).lanewise(FMA, r,
                        F7);
            }
            q = q.lanewise(FMA, r, F6).lanewise(FMA, r, F5).lanewise(FMA, r, F4).lanewise(FMA, r, F3).lanewise(FMA, r, F2);
            Vector<Number> p = r.mul(r).lanewise(FMA, q, r);
            var integer = shifted.viewAsIntegralLanes().lanewise(SUB, SHIFT_BITS);
            if (minusOne) {
                Vector<Number> power = (Vector<Number>) integer.lanewise(ADD, EXPONENT_BIAS).lanewise(LSHL, MANTISSA_BITS).viewAsFloatingLanes();
                power.lanewise(FMA, p, power.sub(ONE)).intoMemorySegment(ALL, at + i, NATIVE);
            } else {
                // In two steps, so that results below the normal range and at its upper end come out too.
                var half = integer.lanewise(ASHR, 1).lanewise(ADD, EXPONENT_BIAS);
                var rest = integer.lanewise(ADD, 1).lanewise(ASHR, 1).lanewise(ADD, EXPONENT_BIAS);
                Vector<Number> scaled = p.add(ONE).mul((Vector<Number>) half.lanewise(LSHL, MANTISSA_BITS).viewAsFloatingLanes());
                scaled.mul((Vector<Number>) rest.lanewise(LSHL, MANTISSA_BITS).viewAsFloatingLanes()).intoMemorySegment(ALL, at + i, NATIVE);
            }
        }
    }

    private static final Vector<Number> TWO = splat(2);
    private static final Vector<Number> R3 = splat(1 / 3.0);
    private static final Vector<Number> R5 = splat(1 / 5.0);
    private static final Vector<Number> R7 = splat(1 / 7.0);
    private static final Vector<Number> R9 = splat(1 / 9.0);
    private static final Vector<Number> R11 = splat(1 / 11.0);
    private static final Vector<Number> R13 = splat(1 / 13.0);
    private static final Vector<Number> R15 = splat(1 / 15.0);
    private static final Vector<Number> R17 = splat(1 / 17.0);
    private static final Vector<Number> R19 = splat(1 / 19.0);
    private static final Vector<Number> R21 = splat(1 / 21.0);
    private static final Vector<Number> R23 = splat(1 / 23.0);
    private static final Vector<Number> R25 = splat(1 / 25.0);
    private static final Vector<Number> R27 = splat(1 / 27.0);
    private static final Vector<Number> R29 = splat(1 / 29.0);
    private static final Vector<Number> R31 = splat(1 / 31.0);
    private static final Vector<Number> R33 = splat(1 / 33.0);

    /// log(1 + t) = 2 artanh s = 2s Σ s²ⁿ/(2n+1), s = t/(2+t), where s² ≤ 1/9: up to n = 16 (7 in float).
    @Override
    public void log1p(long at, long count) {
        for (long i = 0; i < count * SIZE; i += STEP) {
            Vector<Number> t = SPECIES.fromMemorySegment(ALL, at + i, NATIVE);
            Vector<Number> s = t.div(t.add(TWO));
            Vector<Number> z = s.mul(s);
            Vector<Number> q = R15;
            if (DOUBLE) {
                q = R33.lanewise(FMA, z, R31).lanewise(FMA, z, R29).lanewise(FMA, z, R27).lanewise(FMA, z, R25).lanewise(FMA, z, R23);
                q = q.lanewise(FMA, z, R21).lanewise(FMA, z, R19).lanewise(FMA, z, R17).lanewise(FMA, z, R15);
            }
            q = q.lanewise(FMA, z, R13).lanewise(FMA, z, R11).lanewise(FMA, z, R9).lanewise(FMA, z, R7).lanewise(FMA, z, R5).lanewise(FMA, z, R3);
            Vector<Number> twice = s.add(s);
            twice.mul(z).lanewise(FMA, q, twice).intoMemorySegment(ALL, at + i, NATIVE);
        }
    }

    private static final long MANTISSA = (1L << MANTISSA_BITS) - 1;
    private static final long SQRT_HALF_BITS = DOUBLE ? Double.doubleToRawLongBits(Math.sqrt(0.5)) : Float.floatToRawIntBits((float) Math.sqrt(0.5));
    /// Lifts numbers below the normal range into it.
    private static final double LIFT = 0x1p64;
    private static final Vector<Number> LIFTED = splat(LIFT);
    private static final Vector<Number> LIFTED_EXPONENT = splat(Math.getExponent(LIFT));
    private static final Vector<Number> SMALLEST_NORMAL = splat(DOUBLE ? Double.MIN_NORMAL : Float.MIN_NORMAL);
    private static final Vector<Number> MINUS_ONE = splat(-1);
    private static final Vector<Number> INFINITY = splat(Double.POSITIVE_INFINITY);
    private static final Vector<Number> MINUS_INFINITY = splat(Double.NEGATIVE_INFINITY);
    private static final Vector<Number> NOT_A_NUMBER = splat(Double.NaN);

    /// log x = k ln 2 + log m, x = 2ᵏm, √½ ≤ m < √2: k and m are cut from the bits, m − 1 is exact. log m as in [#log1p] with s² ≤ 0.0295, so that
    /// terms up to n = 9 (4 in float) leave less than u/4; and since |log m| ≤ ½ ln 2 the sum loses nothing by cancellation.
    @Override
    public void log(long at, long count) {
        for (long i = 0; i < count * SIZE; i += STEP) {
            Vector<Number> x = SPECIES.fromMemorySegment(ALL, at + i, NATIVE);
            var small = x.compare(LT, SMALLEST_NORMAL);
            var bits = x.blend(x.mul(LIFTED), small).viewAsIntegralLanes().lanewise(SUB, SQRT_HALF_BITS);
            Vector<Number> shifted = (Vector<Number>) bits.lanewise(ASHR, MANTISSA_BITS).lanewise(ADD, SHIFT_BITS).viewAsFloatingLanes();
            Vector<Number> k = shifted.sub(SHIFT);
            k = k.blend(k.sub(LIFTED_EXPONENT), small);
            Vector<Number> m = (Vector<Number>) bits.lanewise(AND, MANTISSA).lanewise(ADD, SQRT_HALF_BITS).viewAsFloatingLanes();
            Vector<Number> s = m.add(MINUS_ONE).div(m.add(ONE));
            Vector<Number> z = s.mul(s);
            Vector<Number> q = R9;
            if (DOUBLE) {
                q = R19.lanewise(FMA, z, R17).lanewise(FMA, z, R15).lanewise(FMA, z, R13).lanewise(FMA, z, R11).lanewise(FMA, z, R9);
            }
            q = q.lanewise(FMA, z, R7).lanewise(FMA, z, R5).lanewise(FMA, z, R3);
            Vector<Number> twice = s.add(s);
            Vector<Number> y = k.lanewise(FMA, LN2_HIGH, k.lanewise(FMA, LN2_LOW, twice.mul(z).lanewise(FMA, q, twice)));
            // x is its own logarithm where it is ∞ or NaN.
            y = x.blend(y, x.compare(LT, INFINITY)).blend(NOT_A_NUMBER, x.compare(LT, ZERO)).blend(MINUS_INFINITY, x.compare(EQ, ZERO));
            y.intoMemorySegment(ALL, at + i, NATIVE);
        }
    }

    private static final int TERMS = DOUBLE ? 24 : 13;
    /// The coefficients, each repeated to fill a vector.
    private static final MemorySegment COEFFICIENTS = Lanes.repeated(DOUBLE, ScaledErfc.coefficients(TERMS));
    private static final Vector<Number> LARGEST = splat(ScaledErfc.LARGEST);
    private static final Vector<Number> SCALE = splat(ScaledErfc.SCALE);
    private static final Vector<Number> MINUS_SLOPE = splat(-ScaledErfc.SLOPE);
    private static final Vector<Number> SQRT_PI = splat(ScaledErfc.SQRT_PI);

    /// The polynomial of [ScaledErfc] by Horner's rule.
    @Override
    public void scaledErfc(long at, long count) {
        for (long i = 0; i < count * SIZE; i += STEP) {
            Vector<Number> z = SPECIES.fromMemorySegment(ALL, at + i, NATIVE).lanewise(MIN, LARGEST);
            Vector<Number> y = z.div(z.add(SCALE)).lanewise(FMA, MINUS_SLOPE, ONE);
            Vector<Number> sum = SPECIES.fromMemorySegment(COEFFICIENTS, (long) (TERMS - 1) * STEP, NATIVE);
            for (int k = TERMS - 2; k >= 0; k--) {
                sum = sum.lanewise(FMA, y, SPECIES.fromMemorySegment(COEFFICIENTS, (long) k * STEP, NATIVE));
            }
            sum.div(z.lanewise(FMA, SQRT_PI, ONE)).intoMemorySegment(ALL, at + i, NATIVE);
        }
    }
}
