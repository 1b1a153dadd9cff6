package io.plumbline.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/// The generator against the test vectors of its authors' library (Random123, kat_vectors), each law against its definition, and the laws' moments
/// within 4 standard errors at a fixed seed.
class PhiloxTest {
    private static final int DRAWS = 1 << 18;
    private static final Philox RANDOM = new Philox(20260101, "test");

    @Test
    void testVectorsOfTheAuthors() {
        assertArrayEquals(new int[] {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}, Philox.philox4x32(0, 0, 0));
        assertArrayEquals(new int[] {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}, Philox.philox4x32(-1, -1, -1));
        assertArrayEquals(
                new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1},
                Philox.philox4x32(0x85a308d3_243f6a88L, 0x03707344_13198a2eL, 0x299f31d0_a4093822L));
    }

    @Test
    void seedStreamAndIndexAreTheKeyTheUpperAndTheLowerCounter() {
        var random = new Philox(0x299f31d0_a4093822L, 0x03707344_13198a2eL);
        assertArrayEquals(new int[] {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}, random.block(0x85a308d3_243f6a88L));
    }

    /// Of the words 6627e8d5 e169c58d bc57ac4c 9b00dbd8, computed outside Java. The logarithm, root, cosine and product round by at most 1 ulp
    /// each, and the angle, 4.6, carries half an ulp of it: 8·2⁻⁵² bounds both.
    @Test
    void lawsOfTheFirstBlock() {
        var random = new Philox(0, 0);
        assertEquals(0.3990464708489646, random.uniform(0));
        assertEquals(0.7357127844834425, random.uniform(1));
        double bound = 8 * 0x1p-52;
        assertTrue(Math.abs(random.normal(0) + 0.12151797595308224) <= bound);
        assertTrue(Math.abs(random.normal(1) + 1.350032659857655) <= bound);
        assertEquals(3, random.below(0, 10));
        assertEquals(735, random.below(1, 1000));
        int[] signs = new int[] {0, 1, 2, 3, 31, 32, 33, 127};
        assertArrayEquals(
                new double[] {1, -1, 1, -1, -1, 1, -1, 1},
                Arrays.stream(signs).mapToDouble(random::rademacher).toArray());
    }

    /// The published values of the 64-bit FNV-1a hash.
    @Test
    void streamsHaveNames() {
        assertEquals(0xcbf29ce484222325L, Philox.stream(""));
        assertEquals(0xaf63dc4c8601ec8cL, Philox.stream("a"));
        assertEquals(0x85944171f73967e8L, Philox.stream("foobar"));
        assertNotEquals(new Philox(1, "x").uniform(0), new Philox(1, "y").uniform(0));
        assertNotEquals(new Philox(1, "x").uniform(0), new Philox(2, "x").uniform(0));
    }

    @Test
    void uniformIsOpenAtBothEnds() {
        assertEquals(0x1p-53, Philox.unit(0));
        assertEquals(1 - 0x1p-53, Philox.unit(-1));
    }

    /// Var u = 1/12, Var u² = 4/45, and neighbours are uncorrelated: Var (u−½)(u′−½) = 1/144.
    @Test
    void uniformMoments() {
        assertMean(0.5, 1.0 / 12, RANDOM::uniform);
        assertMean(1.0 / 3, 4.0 / 45, i -> square(RANDOM.uniform(i)));
        for (int lag : new int[] {1, 2, 3, 64}) {
            assertMean(0, 1.0 / 144, i -> (RANDOM.uniform(i) - 0.5) * (RANDOM.uniform(i + lag) - 0.5));
        }
    }

    /// E z = 0, E z² = 1, E z³ = 0, E z⁴ = 3, with variances 1, 2, 15, 96; P(|z| > 2) = 0.0455003; neighbours, the two of one Box–Muller pair among
    /// them, uncorrelated in value (variance 1) and in square (4).
    @Test
    void normalMoments() {
        assertMean(0, 1, RANDOM::normal);
        assertMean(1, 2, i -> Math.pow(RANDOM.normal(i), 2));
        assertMean(0, 15, i -> Math.pow(RANDOM.normal(i), 3));
        assertMean(3, 96, i -> Math.pow(RANDOM.normal(i), 4));
        double tail = 0.04550026389635842;
        assertMean(tail, tail * (1 - tail), i -> Math.abs(RANDOM.normal(i)) > 2 ? 1 : 0);
        for (int lag : new int[] {1, 2, 3, 64}) {
            assertMean(0, 1, i -> RANDOM.normal(i) * RANDOM.normal(i + lag));
            assertMean(0, 4, i -> (square(RANDOM.normal(i)) - 1) * (square(RANDOM.normal(i + lag)) - 1));
        }
    }

    /// Each value of a bound that is no power of two is as frequent as the others: 4 standard errors of a binomial share.
    @Test
    void belowIsEven() {
        int bound = 7;
        for (int value = 0; value < bound; value++) {
            int wanted = value;
            assertMean(1.0 / bound, 1.0 / bound * (1 - 1.0 / bound), i -> RANDOM.below(i, bound) == wanted ? 1 : 0);
        }
        assertEquals(0, RANDOM.below(5, 1));
        assertThrows(IllegalArgumentException.class, () -> RANDOM.below(0, 0));
    }

    @Test
    void rademacherMoments() {
        assertTrue(LongStream.range(0, 1000).allMatch(i -> Math.abs(RANDOM.rademacher(i)) == 1));
        assertMean(0, 1, RANDOM::rademacher);
        for (int lag : new int[] {1, 2, 31, 32, 128}) {
            assertMean(0, 1, i -> RANDOM.rademacher(i) * RANDOM.rademacher(i + lag));
        }
    }

    @Test
    void fillsAreTheNumbersOfTheirIndices() {
        for (int length : new int[] {1, 31, 33, 128, 257}) {
            assertFill(length, target -> RANDOM.fillNormal(target, 0.5), i -> 0.5 * RANDOM.normal(i));
            assertFill(length, target -> RANDOM.fillUniform(target, -2, 3), i -> -2 + 5 * RANDOM.uniform(i));
            assertFill(length, target -> RANDOM.fillRademacher(target, 3), i -> 3 * RANDOM.rademacher(i));
        }
    }

    /// A permutation of 4 has 24 equally likely values; over streams each is met within 4 standard errors of its binomial share.
    @Test
    void permutationsAreUniform() {
        int[] counts = new int[4 * 4 * 4 * 4];
        int trials = 24_000;
        for (int stream = 0; stream < trials; stream++) {
            int[] order = new Philox(7, stream).permutation(4);
            counts[((order[0] * 4 + order[1]) * 4 + order[2]) * 4 + order[3]]++;
        }
        double share = 1.0 / 24;
        double bound = 4 * Math.sqrt(share * (1 - share) / trials);
        int[] met = Arrays.stream(counts).filter(count -> count > 0).toArray();
        assertEquals(24, met.length);
        for (int count : met) {
            assertTrue(Math.abs((double) count / trials - share) <= bound);
        }
        int[] sorted = RANDOM.permutation(1009);
        Arrays.sort(sorted);
        assertArrayEquals(IntStream.range(0, 1009).toArray(), sorted);
        assertArrayEquals(new int[0], RANDOM.permutation(0));
    }

    private static double square(double a) {
        return a * a;
    }

    private static void assertMean(double mean, double variance, LongToDoubleFunction draw) {
        double sum = LongStream.range(0, DRAWS).mapToDouble(draw).sum();
        double error = Math.abs(sum / DRAWS - mean);
        double bound = 4 * Math.sqrt(variance / DRAWS);
        assertTrue(error <= bound, () -> "mean " + sum / DRAWS + ", expected " + mean + " ± " + bound);
    }

    private static void assertFill(int length, Consumer<HostBuffer> fill, LongToDoubleFunction expected) {
        for (Precision precision : Precision.values()) {
            DoubleUnaryOperator rounded = value -> precision == Precision.F32 ? (float) value : value;
            try (var target = HostBuffer.allocate(precision, length)) {
                fill.accept(target);
                for (int i = 0; i < length; i++) {
                    assertEquals(rounded.applyAsDouble(expected.applyAsDouble(i)), target.get(i));
                }
            }
        }
    }
}
