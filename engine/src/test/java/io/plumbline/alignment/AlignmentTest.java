package io.plumbline.alignment;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.Cases;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The streaming pass against the definitions: G, Σ₁, Σ₂ and Σ assembled as p × p matrices from per-example gradients.
class AlignmentTest {
    /// Both sides add at most n²K²p ≈ 10⁶ products in double. Rounding is relative to the largest of the sums that Σ is a difference of, hence the
    /// cancellation factor below; 10⁻¹² leaves two digits over √10⁶ · 2⁻⁵³ ≈ 10⁻¹³.
    private static final double ROUNDING = 1e-12;

    private final Backend backend = new ReferenceBackend();

    static Stream<Cases.Case> cases() {
        return Cases.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithDenseMatrices(Cases.Case c) {
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta())) {
            var dense = new DenseOracle(point);
            var measured = Alignment.of(point);
            double cancellation = dense.squaredFrobenius(dense.secondMoment) / Math.max(dense.squaredFrobenius(dense.noise), 1e-300);
            assertTrue(data.examples() == 1 || cancellation <= 1e3, "this case cancels too much to say anything: " + cancellation);
            double bound = ROUNDING * Math.max(1, data.examples() == 1 ? 1 : cancellation);
            assertFigure(dense.loss, measured.loss(), bound);
            assertFigure(Math.sqrt(dense.trace(dense.mean)), measured.gradientNorm(), bound);
            assertFigure(dense.trace(dense.g), measured.fisherTrace(), bound);
            assertFigure(Math.sqrt(dense.squaredFrobenius(dense.g)), measured.fisherFrobenius(), bound);
            double scale = 2 * dense.loss * dense.squaredFrobenius(dense.g);
            assertFigure(dense.inner(dense.secondMoment, dense.g) / scale, measured.mu1(), bound);
            assertFigure(dense.inner(dense.mean, dense.g) / scale, measured.mu2(), bound);
            assertFigure(dense.gamma(), measured.gamma(), bound);
            assertFigure(dense.gammaLambda(backend), measured.gammaLambda(), 1e4 * bound);
            assertArrayEquals(dense.chi, measured.chi(), bound * Arrays.stream(dense.chi).max().orElseThrow());
            if (data.examples() == 1) {
                assertFalse(measured.alpha().isDefined());
                assertEquals("the noise covariance is 0", measured.alpha().undefined());
                assertEquals(0, measured.beta().value());
                assertEquals(0, measured.mu().value());
                assertEquals(0, measured.noiseFrobenius().value());
                return;
            }
            double noise = Math.sqrt(dense.squaredFrobenius(dense.noise));
            double fisher = Math.sqrt(dense.squaredFrobenius(dense.g));
            assertFigure(dense.inner(dense.noise, dense.g) / (noise * fisher), measured.alpha(), bound);
            assertFigure(noise / (2 * dense.loss * fisher), measured.beta(), bound);
            assertFigure(dense.inner(dense.noise, dense.g) / scale, measured.mu(), bound);
            assertFigure(measured.alpha().value() * measured.beta().value(), measured.mu(), bound);
            assertFigure(dense.trace(dense.noise), measured.noiseTrace(), bound);
            assertFigure(noise, measured.noiseFrobenius(), bound);
            assertFigure(dense.inner(dense.noise, dense.g), measured.noiseTraceWithFisher(), bound);
        }
    }

    /// Eigenvalues of G = JᵀJ/n: their sum is the trace, their squares add up to ‖G‖_F², whichever matrix was assembled.
    @ParameterizedTest
    @MethodSource("cases")
    void spectrumHasTheMomentsOfG(Cases.Case c) {
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta())) {
            var dense = new DenseOracle(point);
            double[] eigenvalues = Spectrum.of(point, Progress.NONE).eigenvalues();
            double sum = Arrays.stream(eigenvalues).sum();
            double squares = Arrays.stream(eigenvalues).map(value -> value * value).sum();
            assertTrue(Math.abs(sum - dense.trace(dense.g)) <= ROUNDING * dense.trace(dense.g));
            assertTrue(Math.abs(squares - dense.squaredFrobenius(dense.g)) <= ROUNDING * squares);
            for (int i = 1; i < eigenvalues.length; i++) {
                assertTrue(eigenvalues[i] <= eigenvalues[i - 1]);
            }
        }
    }

    @Test
    void zeroResidualsLeaveRatiosUndefinedWithTheReason() {
        var c = Cases.list().getFirst();
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta());
                var fitted = Dataset.copyOf("fitted", reshape(data.x().toArray(), data.width()), reshape(point.predictions(), 1));
                var fittedSurface = LossSurface.of(c.network(), fitted, backend);
                var minimum = fittedSurface.at(c.network().initialTheta())) {
            var measured = Alignment.of(minimum);
            assertEquals(0, measured.loss().value());
            assertEquals("the noise covariance is 0", measured.alpha().undefined());
            for (Figure figure : new Figure[] {measured.beta(), measured.mu(), measured.mu1(), measured.mu2()}) {
                assertEquals("the loss is 0", figure.undefined());
            }
            assertTrue(measured.gamma().isDefined());
            assertTrue(measured.fisherFrobenius().value() > 0);
        }
    }

    /// Targets that are the outputs in double: what f32 makes of the residuals is rounding, and so would be every ratio. In double, 10⁻⁹ of them is a residual as good as any.
    @Test
    void residualsLostInRoundingLeaveRatiosUndefined() {
        var network = Architectures.parse("fcn:4-7-2:tanh", Initialization.DEFAULT, 1);
        double[][] x = new double[6][4];
        var random = new Random(5);
        for (double[] row : x) {
            Arrays.setAll(row, j -> random.nextGaussian());
        }
        double[][] y;
        try (var data = Dataset.copyOf("zero", x, new double[6][2]);
                var surface = LossSurface.of(network, data, backend);
                var point = surface.at(network.initialTheta())) {
            y = reshape(Arrays.stream(point.predictions()).map(f -> f * (1 + 1e-9)).toArray(), 2);
        }
        try (var single = CpuBackend.create(Precision.F32, 1)) {
            for (Backend one : List.of(single, backend)) {
                try (var data = Dataset.copyOf("fitted", x, y);
                        var surface = LossSurface.of(network, data, one);
                        var point = surface.at(network.initialTheta())) {
                    var measured = Alignment.of(point);
                    assertTrue(measured.loss().value() > 0 && measured.gamma().isDefined());
                    Figure direction = DirectionalAlignment.of(point, network.initialTheta());
                    Figure subset = SubsetAlignment.of(point, 6, Progress.NONE).mu1();
                    for (Figure figure : new Figure[] {
                        measured.alpha(), measured.beta(), measured.mu(), measured.mu1(), measured.mu2(), direction, subset
                    }) {
                        assertEquals(one == backend, figure.isDefined());
                        assertTrue(one == backend || figure.undefined().startsWith("the residuals are lost in rounding: "), figure.undefined());
                    }
                }
            }
        }
    }

    @Test
    void noGradientsLeaveAllRatiosUndefined() {
        var sums = new GramSums(3, 1);
        var measured = Alignment.of(sums, new double[] {1, 2, 3}, backend);
        for (Figure figure : new Figure[] {
            measured.alpha(), measured.beta(), measured.mu(), measured.mu1(), measured.mu2(), measured.gamma(), measured.gammaLambda()
        }) {
            assertEquals("G is 0", figure.undefined());
        }
        assertEquals(14.0 / 6, measured.loss().value());
    }

    /// Tiles (0,0), (0,1) and (1,1) computed apart and merged in order give the whole up to rounding; a part of the last examples goes where it belongs.
    @Test
    void partsMerge() {
        var c = Cases.list().stream().filter(q -> q.examples() == 67).findFirst().orElseThrow();
        int k = c.network().outputs();
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend);
                var point = surface.at(c.network().initialTheta());
                var doubles = new Workspace(backend)) {
            GramSums whole = point.gramSums(Progress.NONE);
            Tensor rows = doubles.tensor(67L * k, (int) c.network().parameterCount());
            backend.upload(point.perExampleGradients(0, 67), rows);
            int cut = 64;
            var merged = new GramSums(67, k);
            for (int[] tile : new int[][] {{0, 0}, {0, cut}, {cut, cut}}) {
                var part = new GramSums(67, k);
                Tensor first = rows.rows((long) tile[0] * k, (long) (tile[0] == 0 ? cut : 67 - cut) * k);
                Tensor second = rows.rows((long) tile[1] * k, (long) (tile[1] == 0 ? cut : 67 - cut) * k);
                int examples = (int) first.rows() / k;
                int columns = (int) second.rows() / k;
                var terms = List.of(new GramTerm(first, second, null, null, false));
                backend.gramSums(terms, tile[0], examples, tile[1], columns, point.residuals(), part);
                merged.add(0, part);
            }
            for (int i = 0; i < 67; i++) {
                assertTrue(Math.abs(whole.squaredForm[i] - merged.squaredForm[i]) <= ROUNDING * whole.squaredForm[i]);
                assertTrue(Math.abs(whole.squaredNorm[i] - merged.squaredNorm[i]) <= ROUNDING * whole.squaredNorm[i]);
                assertTrue(Math.abs(whole.diagonalTrace[i] - merged.diagonalTrace[i]) <= ROUNDING * whole.diagonalTrace[i]);
            }
            var last = new GramSums(2, k);
            Arrays.fill(last.product, 1);
            Arrays.fill(last.block, 2);
            var target = new GramSums(67, k);
            target.add(65, last);
            assertEquals(2.0 * k, Arrays.stream(target.product).sum());
            assertEquals(1, target.product[65 * k]);
            assertEquals(0, target.product[65 * k - 1]);
            assertEquals(2, target.block[65 * k * k]);
            assertEquals(0, target.block[65 * k * k - 1]);
        }
    }

    /// Examples 1 + ε·noise of a linear model whose residuals all are about 5: Σ is ε² of Σ₁. Where a figure is given it is right to LARGEST_ERROR; where rounding would
    /// have taken more it is undefined and says why; where nothing is left it is 0.
    @Test
    void whatCancellationTookIsNotGiven() {
        var network = Architectures.parse("linear:20-1", Initialization.DEFAULT, 1);
        var random = new Random(9);
        int given = 0;
        int refused = 0;
        int zero = 0;
        int alphas = 0;
        for (double epsilon : new double[] {1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-9, 0}) {
            double[][] x = new double[40][20];
            double[][] y = new double[40][1];
            for (double[] row : x) {
                Arrays.setAll(row, i -> 1 + epsilon * random.nextGaussian());
            }
            for (double[] target : y) {
                target[0] = -5;
            }
            try (var theta = HostBuffer.of(new double[20])) {
                try (var data = Dataset.copyOf("nearly equal", x, y);
                        var surface = LossSurface.of(network, data, backend);
                        var point = surface.at(theta)) {
                    var measured = Alignment.of(point);
                    double[] mean = new double[20];
                    for (double[] row : x) {
                        for (int q = 0; q < 20; q++) {
                            mean[q] += 5 * row[q] / 40;
                        }
                    }
                    double[][] fisher = new double[20][20];
                    double[][] noise = new double[20][20];
                    for (double[] row : x) {
                        double[] centred = new double[20];
                        Arrays.setAll(centred, q -> 5 * row[q] - mean[q]);
                        DenseOracle.addOuter(fisher, row, row, 1.0 / 40);
                        DenseOracle.addOuter(noise, centred, centred, 1.0 / 40);
                    }
                    double trace = 0;
                    double product = 0;
                    double squaredFisher = 0;
                    double squaredNoise = 0;
                    for (int a = 0; a < 20; a++) {
                        trace += noise[a][a];
                        for (int b = 0; b < 20; b++) {
                            product += fisher[a][b] * noise[a][b];
                            squaredFisher += fisher[a][b] * fisher[a][b];
                            squaredNoise += noise[a][b] * noise[a][b];
                        }
                    }
                    if (!measured.noiseTrace().isDefined()) {
                        refused++;
                        assertTrue(measured.noiseTrace().undefined().startsWith("the mean gradient dwarfs the noise"));
                        assertFalse(measured.alpha().isDefined());
                    } else if (measured.noiseTrace().value() == 0) {
                        zero++;
                        assertEquals("the noise covariance is 0", measured.alpha().undefined());
                    } else {
                        given++;
                        assertFigure(trace, measured.noiseTrace(), Alignment.LARGEST_ERROR);
                        if (measured.alpha().isDefined()) {
                            alphas++;
                            assertFigure(product / Math.sqrt(squaredFisher * squaredNoise), measured.alpha(), 2 * Alignment.LARGEST_ERROR);
                        } else {
                            assertTrue(measured.alpha().undefined().startsWith("the mean gradient dwarfs the noise"));
                        }
                    }
                }
            }
        }
        assertTrue(given >= 4 && alphas >= 2 && refused >= 1 && zero >= 2,
                given + " given, " + alphas + " with alpha, " + refused + " refused, " + zero + " zero");
    }

    /// Lemma 2.2 at random θ: μ₁ ≥ γ for K = 1, μ₁ ≥ γ_λ for any K.
    @ParameterizedTest
    @MethodSource("cases")
    void gammaLambdaBoundsMu1(Cases.Case c) {
        var random = new Random(4);
        // An exponential of exponentials leaves the doubles where weights are of order 1.
        double deviation = c.name().contains("EXP") ? 0.3 : 1;
        try (var data = c.dataset();
                var surface = LossSurface.of(c.network(), data, backend)) {
            for (int trial = 0; trial < 3; trial++) {
                try (var theta = HostBuffer
                        .of(random.doubles(c.network().parameterCount()).map(ignored -> deviation * random.nextGaussian()).toArray());
                        var point = surface.at(theta)) {
                    var measured = Alignment.of(point);
                    assertTrue(measured.mu1().value() >= measured.gammaLambda().value() - ROUNDING);
                    if (c.network().outputs() == 1) {
                        assertEquals(measured.gamma().value(), measured.gammaLambda().value());
                    }
                }
            }
        }
    }

    private static double[][] reshape(double[] values, int columns) {
        double[][] rows = new double[values.length / columns][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(values, i * columns, (i + 1) * columns);
        }
        return rows;
    }

    private static void assertFigure(double expected, Figure figure, double bound) {
        double scale = Math.max(Math.abs(expected), 1e-12);
        assertTrue(Math.abs(figure.value() - expected) <= bound * scale, "expected " + expected + ", found " + figure);
    }

    /// The definitions, in plain loops over assembled matrices.
    private static final class DenseOracle {
        final int n;
        final int k;
        final int p;
        final double loss;
        final double[] chi;
        final double[][] j;
        final double[][] g;
        final double[][] secondMoment;
        final double[][] mean;
        final double[][] noise;

        DenseOracle(Point point) {
            n = point.surface().dataset().examples();
            k = point.surface().network().outputs();
            p = (int) point.surface().network().parameterCount();
            double[] r = point.residuals();
            j = reshape(point.perExampleGradients(0, n).toArray(), p);
            g = new double[p][p];
            secondMoment = new double[p][p];
            double[] gradient = new double[p];
            double squares = 0;
            for (int i = 0; i < n; i++) {
                double[] exampleGradient = new double[p];
                for (int a = i * k; a < (i + 1) * k; a++) {
                    squares += r[a] * r[a];
                    addOuter(g, j[a], j[a], 1.0 / n);
                    for (int q = 0; q < p; q++) {
                        exampleGradient[q] += r[a] * j[a][q];
                        gradient[q] += r[a] * j[a][q] / n;
                    }
                }
                addOuter(secondMoment, exampleGradient, exampleGradient, 1.0 / n);
            }
            loss = squares / (2 * n);
            mean = new double[p][p];
            addOuter(mean, gradient, gradient, 1);
            noise = new double[p][p];
            for (int a = 0; a < p; a++) {
                for (int b = 0; b < p; b++) {
                    noise[a][b] = secondMoment[a][b] - mean[a][b];
                }
            }
            chi = new double[n];
            for (int a = 0; a < n * k; a++) {
                chi[a / k] += form(j[a], j[a]);
            }
        }

        private double form(double[] u, double[] v) {
            double sum = 0;
            for (int a = 0; a < p; a++) {
                for (int b = 0; b < p; b++) {
                    sum += u[a] * g[a][b] * v[b];
                }
            }
            return sum;
        }

        double gamma() {
            return Arrays.stream(chi).min().orElseThrow() / (Arrays.stream(chi).sum() / n);
        }

        double gammaLambda(Backend backend) {
            double smallest = Double.POSITIVE_INFINITY;
            for (int i = 0; i < n; i++) {
                double[] block = new double[k * k];
                for (int a = 0; a < k; a++) {
                    for (int b = 0; b < k; b++) {
                        block[a * k + b] = form(j[i * k + a], j[i * k + b]);
                    }
                }
                try (var matrix = HostBuffer.of(block)) {
                    smallest = Math.min(smallest, backend.symmetricEigenvalues(matrix, k)[0]);
                }
            }
            return smallest / (Arrays.stream(chi).sum() / n);
        }

        double trace(double[][] m) {
            double sum = 0;
            for (int a = 0; a < p; a++) {
                sum += m[a][a];
            }
            return sum;
        }

        double inner(double[][] m, double[][] w) {
            double sum = 0;
            for (int a = 0; a < p; a++) {
                for (int b = 0; b < p; b++) {
                    sum += m[a][b] * w[a][b];
                }
            }
            return sum;
        }

        double squaredFrobenius(double[][] m) {
            return inner(m, m);
        }

        private static void addOuter(double[][] m, double[] u, double[] v, double scale) {
            for (int a = 0; a < u.length; a++) {
                for (int b = 0; b < v.length; b++) {
                    m[a][b] += scale * u[a] * v[b];
                }
            }
        }
    }
}
