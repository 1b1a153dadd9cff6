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
    /// Standard errors that a mean over fixed seeds may be off.
    private static final double ALLOWED = 4;
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

    /// Gradients and residuals of a population, Gaussian, each example's scaled by a log-normal factor.
    private record Population(int outputs, double[] jacobian, double[] residuals) {
        static Population of(int outputs, double spread) {
            var random = new Random(7);
            double[] jacobian = new double[POPULATION * outputs * WIDTH];
            double[] residuals = new double[POPULATION * outputs];
            for (int i = 0; i < POPULATION; i++) {
                double scale = Math.exp(spread * random.nextGaussian());
                for (int a = i * outputs; a < (i + 1) * outputs; a++) {
                    residuals[a] = (random.nextBoolean() ? 1 : -1) + 0.3 * random.nextGaussian();
                    for (int c = 0; c < WIDTH; c++) {
                        jacobian[a * WIDTH + c] = scale * random.nextGaussian();
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

    /// Mean error over the seeds in standard errors, and the share of 95 % intervals that cover.
    private static void check(String name, double exact, SubsetAlignment[] found, Function<SubsetAlignment, Figure> figure, boolean covers) {
        double mean = 0;
        double squares = 0;
        int covered = 0;
        for (SubsetAlignment each : found) {
            Figure f = figure.apply(each);
            mean += (f.value() - exact) / found.length;
            squares += (f.value() - exact) * (f.value() - exact) / found.length;
            covered += Math.abs(f.value() - exact) <= 2.00 * f.standardError() ? 1 : 0;
        }
        double error = Math.sqrt(squares / found.length);
        assertTrue(Math.abs(mean) <= ALLOWED * error, name + ": off by " + mean / error + " standard errors");
        if (covers) {
            double planted = mean + 0.02 * exact;
            assertTrue(Math.abs(planted) > ALLOWED * error, name + ": 2 % are " + 0.02 * exact / error + " standard errors");
            assertTrue(covered >= 0.92 * SEEDS && covered <= 0.98 * SEEDS, name + ": " + covered + " intervals cover");
        }
    }

    private static void checkAll(Population population) {
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
        check("loss", exact.loss().value(), found, SubsetAlignment::loss, true);
        check("Tr G", exact.fisherTrace().value(), found, SubsetAlignment::fisherTrace, true);
        check("|G|²", squaredG, found, SubsetAlignment::squaredFisherFrobenius, true);
        check("Tr S1", traceSecond, found, SubsetAlignment::secondMomentTrace, true);
        check("mu1", exact.mu1().value(), found, SubsetAlignment::mu1, true);
        check("Tr S1 G", traceSecondG, found, SubsetAlignment::secondMomentTraceWithFisher, true);
        // Fourth powers of residuals, and a number near 0: too skew for intervals from so few examples.
        check("|S1|²", complete.squaredSecondMomentFrobenius().value(), found, SubsetAlignment::squaredSecondMomentFrobenius, false);
        check("|∇L|²", squaredGradient, found, SubsetAlignment::squaredGradientNorm, false);
    }

    private static void assertComplete(double exact, Figure found) {
        assertEquals(exact, found.value(), 1e-11 * exact);
        assertEquals(0, found.standardError());
    }

    @Test
    void oneOutput() {
        checkAll(Population.of(1, 0));
    }

    @Test
    void severalOutputs() {
        checkAll(Population.of(3, 0));
    }

    /// The subset's own ‖G‖_F² counts the diagonal n/m times too much, which under heavy tails is most of it; the U-statistic does not.
    @Test
    void heavyTails() {
        var population = Population.of(1, 1.2);
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
        check("|G|²", exact, found, SubsetAlignment::squaredFisherFrobenius, false);
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
