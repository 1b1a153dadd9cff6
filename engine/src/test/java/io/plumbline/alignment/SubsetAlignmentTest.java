package io.plumbline.alignment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.data.Dataset;
import io.plumbline.data.Philox;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/// Figures from random subsets against those of all examples.
class SubsetAlignmentTest {
    private static final int POPULATION = 200;
    private static final int SUBSET = 64;
    private static final int SEEDS = 2000;
    private static final int WIDTH = 31;
    /// Student's t, 0.975, 63 degrees of freedom.
    private static final double QUANTILE = 2.00;
    /// Standard errors that a mean over fixed seeds may be off.
    private static final double ALLOWED = 4;
    /// Mean of gradients' entries and of residuals where ∇L is large beside the scatter.
    private static final double DRIFT = 2;
    private static final CpuBackend BACKEND = CpuBackend.create(Precision.F64, 1);

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    private record Sums(GramSums sums, double[] residuals) {
        /// (1/m²) Σ over all pairs of the subset.
        double plainSquaredNorm() {
            return Arrays.stream(sums.squaredNorm).sum() / sums.examples / sums.examples;
        }
    }

    /// Gradients and residuals of a population, Gaussian, each example's gradients scaled by a log-normal factor, all moved by `drift`.
    private record Population(int outputs, double[] jacobian, double[] residuals) {
        static Population of(int outputs, double spread, double drift) {
            var random = new Random(7);
            double[] jacobian = new double[POPULATION * outputs * WIDTH];
            double[] residuals = new double[POPULATION * outputs];
            for (int i = 0; i < POPULATION; i++) {
                double scale = Math.exp(spread * random.nextGaussian());
                for (int a = i * outputs; a < (i + 1) * outputs; a++) {
                    residuals[a] = drift + (random.nextBoolean() ? 1 : -1) + 0.3 * random.nextGaussian();
                    for (int c = 0; c < WIDTH; c++) {
                        jacobian[a * WIDTH + c] = drift + scale * random.nextGaussian();
                    }
                }
            }
            return new Population(outputs, jacobian, residuals);
        }

        Sums sums(int[] chosen) {
            int m = chosen.length;
            var sums = new GramSums(m, outputs);
            double[] r = new double[m * outputs];
            double[] rows = new double[m * outputs * WIDTH];
            for (int i = 0; i < m; i++) {
                System.arraycopy(residuals, chosen[i] * outputs, r, i * outputs, outputs);
                System.arraycopy(jacobian, chosen[i] * outputs * WIDTH, rows, i * outputs * WIDTH, outputs * WIDTH);
            }
            try (var workspace = new Workspace(BACKEND);
                    var host = HostBuffer.of(rows)) {
                Tensor j = workspace.tensor((long) m * outputs, WIDTH);
                BACKEND.upload(host, j);
                BACKEND.gramSums(List.of(new GramTerm(j, j, null, null, false)), 0, m, 0, m, r, sums);
            }
            return new Sums(sums, r);
        }

        Sums whole() {
            return sums(IntStream.range(0, POPULATION).toArray());
        }

        Sums drawn(long seed) {
            return sums(Arrays.copyOf(new Philox(seed, "test").permutation(POPULATION), SUBSET));
        }
    }

    /// What many subsets say of a figure, held against its value.
    ///
    /// @param bias        mean error, in standard errors of that mean
    /// @param power       2 % of the value in the same unit
    /// @param coverage    share of subsets whose 95 % interval holds the value
    /// @param logarithmic the same of intervals of the logarithm
    /// @param variance    mean squared standard error, in mean squared errors
    private record Trials(String name, double bias, double power, double coverage, double logarithmic, double variance) {
        static Trials of(String name, double exact, SubsetAlignment[] found, Function<SubsetAlignment, Figure> figure) {
            double mean = 0;
            double squares = 0;
            double variance = 0;
            double covered = 0;
            double logarithms = 0;
            for (SubsetAlignment each : found) {
                Figure f = figure.apply(each);
                double error = f.value() - exact;
                double bound = QUANTILE * f.standardError();
                mean += error / found.length;
                squares += error * error / found.length;
                variance += f.standardError() * f.standardError() / found.length;
                covered += Math.abs(error) <= bound ? 1.0 / found.length : 0;
                logarithms += Math.abs(Math.log(f.value() / exact)) <= bound / f.value() ? 1.0 / found.length : 0;
            }
            double unit = Math.sqrt(squares / found.length);
            return new Trials(name, mean / unit, 0.02 * exact / unit, covered, logarithms, variance / squares);
        }

        Trials unbiased() {
            assertTrue(Math.abs(bias) <= ALLOWED, () -> "biased: " + this);
            return this;
        }

        /// 2 % more or less would be found.
        Trials sensitive() {
            assertTrue(Math.abs(bias + power) > ALLOWED && Math.abs(bias - power) > ALLOWED, () -> "2 % are not seen: " + this);
            return this;
        }

        Trials covered() {
            assertCovers(coverage);
            return this;
        }

        void assertCovers(double share) {
            assertTrue(share >= 0.92 && share <= 0.98, () -> "intervals do not cover: " + this);
        }
    }

    /// @param drifts whether ‖∇L‖² is far from 0
    private static void checkAll(Population population, boolean drifts) {
        Sums whole = population.whole();
        var exact = Alignment.of(whole.sums, whole.residuals, BACKEND);
        double squaredG = Math.pow(exact.fisherFrobenius().value(), 2);
        double squaredGradient = Math.pow(exact.gradientNorm().value(), 2);
        double traceSecond = exact.noiseTrace().value() + squaredGradient;
        double traceSecondG = exact.mu1().value() * 2 * exact.loss().value() * squaredG;
        var complete = SubsetAlignment.of(whole.sums, whole.residuals, POPULATION);
        // The subset is all: equal, and no error. Sums of 10⁴ products in double.
        assertComplete(exact.loss().value(), complete.loss());
        assertComplete(exact.fisherTrace().value(), complete.fisherTrace());
        assertComplete(squaredG, complete.squaredFisherFrobenius());
        assertComplete(exact.mu1().value(), complete.mu1());
        assertComplete(squaredGradient, complete.squaredGradientNorm());
        assertComplete(traceSecond, complete.secondMomentTrace());
        assertComplete(traceSecondG, complete.secondMomentTraceWithFisher());
        assertComplete(Arrays.stream(whole.sums.squaredForm).sum() / POPULATION / POPULATION, complete.squaredSecondMomentFrobenius());
        var found = new SubsetAlignment[SEEDS];
        for (int seed = 0; seed < SEEDS; seed++) {
            Sums drawn = population.drawn(seed);
            found[seed] = SubsetAlignment.of(drawn.sums, drawn.residuals, POPULATION);
        }
        check("loss", exact.loss().value(), found, SubsetAlignment::loss);
        check("Tr G", exact.fisherTrace().value(), found, SubsetAlignment::fisherTrace);
        check("|G|²", squaredG, found, SubsetAlignment::squaredFisherFrobenius);
        check("Tr S1", traceSecond, found, SubsetAlignment::secondMomentTrace);
        check("mu1", exact.mu1().value(), found, SubsetAlignment::mu1);
        check("Tr S1 G", traceSecondG, found, SubsetAlignment::secondMomentTraceWithFisher);
        var second = check("|S1|²", complete.squaredSecondMomentFrobenius().value(), found, SubsetAlignment::squaredSecondMomentFrobenius);
        second.assertCovers(second.logarithmic);
        if (drifts) {
            check("|∇L|²", squaredGradient, found, SubsetAlignment::squaredGradientNorm);
        } else {
            // Second order, which the jackknife counts twice. The ratio of the two means of squares is within 13 %: 4 relative standard errors √(2/2,000).
            var gradient = Trials.of("|∇L|²", squaredGradient, found, SubsetAlignment::squaredGradientNorm).unbiased();
            assertTrue(gradient.coverage >= 0.95 && gradient.variance >= 1 / 1.13 && gradient.variance <= 2 * 1.13, gradient.toString());
        }
    }

    private static Trials check(String name, double exact, SubsetAlignment[] found, Function<SubsetAlignment, Figure> figure) {
        return Trials.of(name, exact, found, figure).unbiased().sensitive().covered();
    }

    private static void assertComplete(double exact, Figure found) {
        assertEquals(exact, found.value(), 1e-11 * exact);
        assertEquals(0, found.standardError());
    }

    @Test
    void oneOutput() {
        checkAll(Population.of(1, 0, 0), false);
        checkAll(Population.of(1, 0, DRIFT), true);
    }

    @Test
    void severalOutputs() {
        checkAll(Population.of(3, 0, 0), false);
        checkAll(Population.of(3, 0, DRIFT), true);
    }

    /// The subset's own ‖G‖_F² counts the diagonal n/m times too much, which under heavy tails is most of it; the U-statistic does not.
    @Test
    void heavyTails() {
        var population = Population.of(1, 1.2, 0);
        double exact = population.whole().plainSquaredNorm();
        double naive = 0;
        double squares = 0;
        var found = new SubsetAlignment[SEEDS];
        for (int seed = 0; seed < SEEDS; seed++) {
            Sums drawn = population.drawn(seed);
            naive += drawn.plainSquaredNorm() / SEEDS;
            squares += Math.pow(drawn.plainSquaredNorm() - exact, 2) / SEEDS;
            found[seed] = SubsetAlignment.of(drawn.sums, drawn.residuals, POPULATION);
        }
        Trials.of("|G|²", exact, found, SubsetAlignment::squaredFisherFrobenius).unbiased();
        double error = Math.sqrt((squares - (naive - exact) * (naive - exact)) / SEEDS);
        assertTrue(naive > 1.5 * exact && naive - exact > ALLOWED * error, "naive " + naive + " ± " + error + ", exact " + exact);
    }

    /// Drawn examples are examples of the data set, in their order; a point on their surface measures.
    @Test
    void fromAPoint() {
        var network = Architectures.parse("fcn:2-3-1:tanh", Initialization.DEFAULT, 1);
        double[][] x = new double[50][2];
        double[][] y = new double[50][1];
        for (int i = 0; i < 50; i++) {
            x[i] = new double[] {i, (double) i * i};
            y[i][0] = i / 50.0;
        }
        try (var data = Dataset.copyOf("fifty", x, y);
                var drawn = data.draw(20, 3);
                var surface = LossSurface.of(network, drawn, BACKEND);
                var point = surface.at(network.initialTheta())) {
            assertEquals(20, drawn.examples());
            for (int i = 0; i < 20; i++) {
                int index = (int) drawn.x().get(2L * i);
                assertEquals((double) index * index, drawn.x().get(2L * i + 1));
                assertEquals(index / 50.0, drawn.y().get(i));
                assertTrue(i == 0 || index > drawn.x().get(2L * i - 2));
            }
            var found = SubsetAlignment.of(point, 50, Progress.NONE);
            assertEquals(point.loss(), found.loss().value(), 1e-14 * point.loss());
            assertEquals(20, found.mu1().probes());
            try (var all = data.draw(50, 1)) {
                assertArrayEquals(data.x().toArray(), all.x().toArray());
            }
            assertTrue(assertThrows(IllegalArgumentException.class, () -> SubsetAlignment.of(point, 19, Progress.NONE)).getMessage()
                    .startsWith("subset: found 20 examples, expected 3 to 19"));
            assertThrows(IllegalArgumentException.class, () -> data.draw(0, 1));
            assertThrows(IllegalArgumentException.class, () -> data.draw(51, 1));
        }
    }
}
