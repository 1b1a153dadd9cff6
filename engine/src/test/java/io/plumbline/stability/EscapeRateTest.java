package io.plumbline.stability;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.data.Philox;
import java.util.Arrays;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Growth of losses whose growth is known.
class EscapeRateTest {
    /// Roundings of some hundred logarithms of order 10 and their sums, 10·2⁻⁵³ each.
    private static final double ROUNDING = 1e-12;

    private static long[] steps(int looks, int every) {
        return LongStream.range(0, looks).map(look -> look * every).toArray();
    }

    /// L = scale·growthᵗ up to `ceiling`.
    private static double[] trajectory(long[] steps, double scale, double growth, double ceiling) {
        return Arrays.stream(steps).mapToDouble(t -> Math.min(ceiling, scale * Math.pow(growth, (double) t))).toArray();
    }

    @ParameterizedTest
    @ValueSource(doubles = {1.3, 1.001, 1, 0.97})
    void pureGrowthIsFound(double growth) {
        long[] steps = steps(31, 7);
        double[][] losses = {trajectory(steps, 1e-4, growth, 1e300), trajectory(steps, 3e-4, growth, 1e300)};
        var rate = EscapeRate.of(steps, losses);
        assertEquals(growth, rate.mean().value(), ROUNDING);
        assertEquals(growth, rate.typical().value(), ROUNDING);
        assertEquals(0, rate.mean().standardError(), ROUNDING);
        assertEquals(growth > 1.1 ? 2 : 0, rate.escaped());
    }

    /// The plateau is not part of the window: with it, growth would be far below 1.2.
    @Test
    void thePlateauIsLeftOut() {
        long[] steps = steps(200, 1);
        double[][] losses = {trajectory(steps, 1e-6, 1.2, 1)};
        var rate = EscapeRate.of(steps, losses);
        assertEquals(1.2, rate.mean().value(), ROUNDING);
        // 1.2ᵗ reaches 10³ at t = 37.9.
        assertEquals(38, rate.lastStep());
        assertEquals(39, rate.looks());
    }

    /// log L_t is a random walk with drift −σ²/2: E[L] stays, and a trajectory falls by exp(−σ²/2) a step.
    @Test
    void meanAndTypicalDiffer() {
        double sigma = 0.1;
        int looks = 40;
        double[][] losses = new double[4000][looks];
        var random = new Philox(1, "walk");
        double[] steps = new double[losses.length * looks];
        random.fillNormal(0, steps);
        for (int r = 0; r < losses.length; r++) {
            double log = 0;
            for (int t = 0; t < looks; t++) {
                losses[r][t] = Math.exp(log);
                log += sigma * steps[r * looks + t] - sigma * sigma / 2;
            }
        }
        var rate = EscapeRate.of(steps(looks, 1), losses);
        assertTrue(Math.abs(rate.mean().value() - 1) <= 4 * rate.mean().standardError(), rate.toString());
        assertTrue(Math.abs(rate.typical().value() - Math.exp(-sigma * sigma / 2)) <= 4 * rate.typical().standardError(), rate.toString());
        // The difference that they tell apart.
        assertTrue(4 * (rate.mean().standardError() + rate.typical().standardError()) <= sigma * sigma / 2, rate.toString());
    }

    @Test
    void divergenceEndsTheWindow() {
        long[] steps = steps(10, 1);
        double[][] losses = {trajectory(steps, 1, 1.5, 1e300), trajectory(steps, 1, 1.5, 1e300)};
        losses[1][6] = Double.NaN;
        losses[1][7] = Double.POSITIVE_INFINITY;
        losses[1][8] = Double.NaN;
        losses[1][9] = Double.NaN;
        var rate = EscapeRate.of(steps, losses);
        assertEquals(5, rate.lastStep());
        assertEquals(1.5, rate.mean().value(), ROUNDING);
        assertEquals(2, rate.escaped());
    }

    @Test
    void tooFewLooksAreSaid() {
        var rate = EscapeRate.of(new long[] {0, 10}, new double[][] {{1, 1e6}});
        assertFalse(rate.mean().isDefined() || rate.typical().isDefined());
        assertTrue(rate.mean().undefined().contains("2 looks"), rate.mean().undefined());
        assertTrue(EscapeRate.of(steps(4, 1), new double[][] {{1, 0, 0, 0}}).mean().undefined().contains("mean loss is 0"));
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> EscapeRate.of(steps(2, 1), new double[0][]));
        assertThrows(IllegalArgumentException.class, () -> EscapeRate.of(steps(2, 1), new double[][] {{1}}));
        assertThrows(IllegalArgumentException.class, () -> EscapeRate.of(steps(2, 1), new double[][] {{Double.NaN, 1}}));
    }
}
