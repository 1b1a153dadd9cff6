package io.plumbline.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Which examples a step sees. Frequencies are within 4 standard errors at a fixed seed and count.
class BatchesTest {
    private static final int STEPS = 20_000;

    /// P(i ∈ I) counted with repetitions is B/n an entry; P(i and j, i ≠ j) is B(B−1)/n² with and B(B−1)/(n(n−1)) without replacement: for B = 3, n = 7 these
    /// differ by 0.020, and the standard error of the count of pairs over 20,000 steps is below √(0.15/20,000)·√2 = 0.004.
    @ParameterizedTest
    @CsvSource({"WITH, 3, 7", "WITHOUT, 3, 7", "WITH, 7, 7", "WITHOUT, 1, 7", "WITHOUT, 6, 7"})
    void frequencies(Sampling sampling, int b, int n) {
        var batches = new Batches(sampling, n, b, 5);
        double single = 0;
        double singleSquares = 0;
        double pairs = 0;
        double pairSquares = 0;
        for (int t = 0; t < STEPS; t++) {
            int[] batch = batches.at(t);
            assertEquals(b, batch.length);
            double ones = Arrays.stream(batch).filter(i -> i == 2).count();
            double twos = Arrays.stream(batch).filter(i -> i == 6).count();
            single += ones;
            singleSquares += ones * ones;
            pairs += ones * twos;
            pairSquares += ones * ones * twos * twos;
            assertTrue(sampling == Sampling.WITH || Arrays.stream(batch).distinct().count() == b, () -> Arrays.toString(batch));
        }
        double both = sampling == Sampling.WITH ? (double) b * (b - 1) / (n * n) : (double) b * (b - 1) / (n * (n - 1));
        assertWithin(single, singleSquares, (double) b / n);
        assertWithin(pairs, pairSquares, both);
    }

    private static void assertWithin(double sum, double squares, double expected) {
        double mean = sum / STEPS;
        double error = Math.sqrt((squares / STEPS - mean * mean) / STEPS);
        assertTrue(Math.abs(mean - expected) <= 4 * error, () -> mean + " ± " + error + " instead of " + expected);
    }

    /// Each example once an epoch, whatever is left at its end; another order in each; and a step's batch is the same when steps are asked for in any order.
    @ParameterizedTest
    @CsvSource({"1, 1", "3, 7", "7, 7", "4, 31", "31, 33", "1, 5"})
    void epochsSeeEachExampleOnce(int b, int n) {
        var batches = new Batches(Sampling.EPOCHS, n, b, 9);
        int stepsAnEpoch = Math.ceilDiv(n, b);
        int[][] orders = new int[2][];
        for (int e = 0; e < 2; e++) {
            int first = e * stepsAnEpoch;
            orders[e] = IntStream.range(first, first + stepsAnEpoch).mapToObj(t -> batches.at(t).clone()).flatMapToInt(Arrays::stream).toArray();
            assertArrayEquals(IntStream.range(0, n).toArray(), Arrays.stream(orders[e]).sorted().toArray());
            assertEquals(n - (stepsAnEpoch - 1) * b, batches.at(first + stepsAnEpoch - 1).length);
        }
        assertTrue(n == 1 || !Arrays.equals(orders[0], orders[1]));
        assertEquals(orders[0][0], batches.at(0)[0]);
    }

    @ParameterizedTest
    @CsvSource({"WITH", "WITHOUT", "EPOCHS"})
    void aStepsBatchDependsOnSeedAndStepAlone(Sampling sampling) {
        var one = new Batches(sampling, 61, 8, 1);
        var other = new Batches(sampling, 61, 8, 1);
        int[] late = one.at(1000).clone();
        one.at(3);
        assertArrayEquals(late, one.at(1000));
        assertArrayEquals(late, other.at(1000));
        assertNotEquals(Arrays.toString(late), Arrays.toString(new Batches(sampling, 61, 8, 2).at(1000)));
    }

    @Test
    void noiseScales() {
        assertEquals(0.25, Sampling.WITH.noiseScale(4, 9));
        assertEquals(5.0 / (4 * 8), Sampling.WITHOUT.noiseScale(4, 9));
        assertEquals(0, Sampling.WITHOUT.noiseScale(1, 1));
        assertThrows(IllegalArgumentException.class, () -> Sampling.EPOCHS.noiseScale(4, 9));
        assertThrows(IllegalArgumentException.class, () -> Sampling.WITH.noiseScale(0, 9));
        assertThrows(IllegalArgumentException.class, () -> Sampling.WITHOUT.noiseScale(10, 9));
        assertEquals(Sampling.EPOCHS, Sampling.parse("epochs"));
        assertThrows(IllegalArgumentException.class, () -> Sampling.parse("never"));
    }
}
