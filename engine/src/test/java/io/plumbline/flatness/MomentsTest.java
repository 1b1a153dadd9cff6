package io.plumbline.flatness;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.flatness.Probes.Law;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Traces and norms by probes, against matrices whose eigenvalues are known, over 1,000 seeds.
class MomentsTest {
    private static final int SEEDS = 1000;
    private static final int PROBES = 90;
    private static final Backend BACKEND = CpuBackend.create(Precision.F64, 1);

    @AfterAll
    static void close() {
        BACKEND.close();
    }

    /// The estimator is a function of its seed; trace and norm in one run.
    private static void check(Spectra spectra, String name, int freedom, java.util.function.BiFunction<DenseOperator, Long, Moments> estimator) {
        var a = new DenseOperator(BACKEND, spectra.matrix());
        var moments = new Moments[SEEDS];
        for (int seed = 0; seed < SEEDS; seed++) {
            moments[seed] = estimator.apply(a, (long) seed);
        }
        var trace = Trials.of(name + " trace " + spectra, SEEDS, freedom, spectra.trace(), seed -> moments[(int) seed].trace()).unbiased();
        var norm = Trials.of(name + " norm² " + spectra, SEEDS, freedom, spectra.squaredFrobenius(), seed -> moments[(int) seed].squaredFrobenius())
                .unbiased();
        if (spectra != Spectra.ONE && !(spectra == Spectra.RANK_DEFICIENT && name.startsWith("deflated"))) {
            trace.covered();
            norm.covered();
        } else {
            assertEquals(1, trace.coverage());
            assertEquals(1, norm.coverage());
        }
    }

    @ParameterizedTest
    @EnumSource(Spectra.class)
    void hutchinson(Spectra spectra) {
        check(spectra, "Rademacher", PROBES - 1, (a, seed) -> Hutchinson.of(a, Effort.of(PROBES), seed));
    }

    @Test
    void hutchinsonWithGaussianProbes() {
        check(Spectra.INDEFINITE, "Gaussian", PROBES - 1, (a, seed) -> Hutchinson.of(a, Effort.of(PROBES), seed, Law.GAUSSIAN));
    }

    /// A third of the probes sketch: those of the rank-deficient matrix find all of its range, and the rest is 0.
    @ParameterizedTest
    @EnumSource(Spectra.class)
    void deflated(Spectra spectra) {
        check(spectra, "deflated", PROBES / 3 * 2 - 1, (a, seed) -> DeflatedHutchinson.of(a, Effort.of(PROBES), seed));
    }

    /// Intervals are right with the covariance of the terms, too short without.
    @ParameterizedTest
    @EnumSource(Spectra.class)
    void xtrace(Spectra spectra) {
        int probes = 15;
        var a = new DenseOperator(BACKEND, spectra.matrix());
        var results = new XTrace.Result[SEEDS];
        Arrays.setAll(results, seed -> XTrace.of(a, probes, seed));
        var trials = Trials.of("xtrace " + spectra, SEEDS, probes - 1, spectra.trace(), seed -> results[(int) seed].trace()).unbiased();
        var alone = Trials.of("leave one out " + spectra, SEEDS, probes - 1, spectra.trace(), seed -> {
            var result = results[(int) seed];
            return new Estimate(result.trace().value(), result.leaveOneOutError(), "xtrace", probes, 0, seed);
        });
        if (spectra == Spectra.ONE) {
            assertEquals(1, trials.coverage());
        } else {
            trials.covered();
            assertTrue(alone.coverage() < trials.coverage() - 0.02, alone.toString());
        }
    }

    /// The squared standard error has the variance as its expectation. It has a relative standard deviation of 0.3 to 0.5 here, the squared error one of √2: their
    /// means over 1,000 seeds are within 4 standard errors of each other.
    @ParameterizedTest
    @EnumSource(names = {"INDEFINITE", "POWER_LAW", "PRIME"})
    void xtracesVarianceIsUnbiased(Spectra spectra) {
        var a = new DenseOperator(BACKEND, spectra.matrix());
        var difference = new Sample();
        var squares = new Sample();
        for (int seed = 0; seed < SEEDS; seed++) {
            var trace = XTrace.of(a, 10, seed).trace();
            double square = Math.pow(trace.value() - spectra.trace(), 2);
            squares.add(square);
            difference.add(Math.pow(trace.standardError(), 2) - square);
        }
        assertTrue(Math.abs(difference.mean()) <= 4 * difference.standardError(), difference.mean() + " ± " + difference.standardError());
        assertTrue(4 * difference.standardError() <= 0.25 * squares.mean(), difference.standardError() + " of " + squares.mean());
    }

    /// XTrace by its definition: each Q_(i) orthonormalised anew. Also where columns are linearly dependent: more probes than rank, and than dimensions.
    @ParameterizedTest
    @EnumSource(Spectra.class)
    void xtraceIsItsDefinition(Spectra spectra) {
        int p = spectra.size;
        double[][] matrix = spectra.matrix();
        for (int m : new int[] {3, 7, 29}) {
            double[][] omega = probes(new Probes(5, "xtrace", Law.RADEMACHER), m, p);
            double[] terms = new double[m];
            for (int i = 0; i < m; i++) {
                terms[i] = leaveOneOut(matrix, omega, i, -1);
            }
            var expected = Sample.of(terms);
            var found = XTrace.of(new DenseOperator(new ReferenceBackend(), matrix), m, 5);
            double rounding = 1e-9 * Math.sqrt(spectra.squaredFrobenius() * p);
            assertEquals(expected.mean(), found.trace().value(), rounding, spectra + " " + m);
            assertEquals(expected.standardError(), found.leaveOneOutError(), rounding, spectra + " " + m);
            if (m <= p && m < 20) {
                double shared = 0;
                for (int i = 0; i < m; i++) {
                    double share = 0;
                    for (int j = 0; j < m; j++) {
                        share += i == j ? 0 : (terms[i] - leaveOneOut(matrix, omega, i, j)) * (terms[j] - leaveOneOut(matrix, omega, j, i));
                    }
                    shared += Math.max(0, share);
                }
                double error = Math.sqrt(expected.variance() / m + shared / (m * (m - 1)));
                assertEquals(error, found.trace().standardError(), rounding, spectra + " " + m);
            }
            assertEquals(m + Math.min(m, rank(spectra)), found.trace().products());
        }
    }

    private static int rank(Spectra spectra) {
        return spectra == Spectra.RANK_DEFICIENT ? 20 : spectra.size;
    }

    static double[][] probes(Probes probes, int m, int p) {
        var backend = new ReferenceBackend();
        try (var workspace = new io.plumbline.backend.Workspace(backend)) {
            var v = workspace.tensor(m, p);
            probes.fill(0, backend, v);
            return SmallMatrix.of(DenseOperator.download(backend, v), m, p);
        }
    }

    /// Tr QᵀAQ + xᵀAx with x = (I − QQᵀ)ω_i, Q from the images of all probes but i and j.
    private static double leaveOneOut(double[][] a, double[][] omega, int i, int j) {
        var q = new java.util.ArrayList<double[]>();
        for (int k = 0; k < omega.length; k++) {
            if (k != i && k != j) {
                double[] y = times(a, omega[k]);
                double start = Math.sqrt(SmallMatrix.dot(y, y));
                project(y, q);
                project(y, q);
                double norm = Math.sqrt(SmallMatrix.dot(y, y));
                if (norm > 1e-10 * start) {
                    SmallMatrix.scale(1 / norm, y);
                    q.add(y);
                }
            }
        }
        double[] x = omega[i].clone();
        project(x, q);
        project(x, q);
        return q.stream().mapToDouble(v -> SmallMatrix.dot(v, times(a, v))).sum() + SmallMatrix.dot(x, times(a, x));
    }

    private static void project(double[] x, java.util.List<double[]> q) {
        q.forEach(v -> SmallMatrix.add(-SmallMatrix.dot(x, v), v, x));
    }

    private static double[] times(double[][] a, double[] x) {
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = SmallMatrix.dot(a[i], x);
        }
        return y;
    }

    /// 40 products on 5 outliers: half of the spectrum's square is in them, and the error falls more than tenfold.
    @Test
    void deflationPaysOnOutliers() {
        var a = new DenseOperator(BACKEND, Spectra.OUTLIERS.matrix());
        double exact = Spectra.OUTLIERS.squaredFrobenius();
        var plain = Trials.of("plain", 300, 39, exact, seed -> Hutchinson.of(a, Effort.of(40), seed).squaredFrobenius());
        var deflated = Trials.of("deflated", 300, 19, exact, seed -> DeflatedHutchinson.of(a, Effort.of(30), seed).squaredFrobenius());
        assertTrue(deflated.rms() < plain.rms() / 10, plain + " " + deflated);
    }

    /// Two stages: given the pilot the rest is a sample of fixed size. Unbiased, intervals right, and within 5 % of the value at least 95 times of 100.
    @Test
    void relativeErrorsAreKept() {
        double epsilon = 0.05;
        var effort = new Effort(100_000, epsilon);
        for (Spectra spectra : new Spectra[] {Spectra.INDEFINITE, Spectra.PRIME}) {
            var a = new DenseOperator(BACKEND, spectra.matrix());
            double exact = Math.sqrt(spectra.squaredFrobenius());
            int[] kept = new int[1];
            var trials = Trials.of("two stages", 300, 200, exact, seed -> {
                var estimate = DeflatedHutchinson.of(a, effort, seed).frobenius();
                kept[0] += Math.abs(estimate.value() - exact) <= epsilon * exact ? 1 : 0;
                return estimate;
            });
            assertTrue(kept[0] >= 285, spectra + ": " + kept[0] + " of 300");
            trials.covered();
        }
        var few = DeflatedHutchinson.of(new DenseOperator(BACKEND, Spectra.INDEFINITE.matrix()), new Effort(50, 1e-6), 1);
        assertEquals(50, few.squaredFrobenius().probes());
        assertTrue(few.frobenius().standardError() > 1e-6 * few.frobenius().value());
    }

    @Test
    void countsAreTrue() {
        var a = new DenseOperator(BACKEND, Spectra.INDEFINITE.matrix());
        for (int probes : new int[] {2, 3, 31, 100}) {
            a.products = 0;
            var plain = Hutchinson.of(a, Effort.of(probes), 7);
            assertEquals(a.products, plain.trace().products());
            assertEquals(probes, plain.trace().probes());
            a.products = 0;
            var deflated = DeflatedHutchinson.of(a, Effort.of(probes), 7);
            assertEquals(a.products, deflated.trace().products());
            assertEquals(probes, deflated.trace().probes());
            assertEquals(probes + Math.min(probes / 3, probes - 2), a.products);
        }
        a.products = 0;
        var planned = DeflatedHutchinson.of(a, new Effort(100, 0.2), 7);
        assertEquals(a.products, planned.trace().products());
        assertEquals(a.products - DeflatedHutchinson.SKETCH, planned.trace().probes());
        assertEquals("hutch++", planned.trace().method());
        assertEquals("deflated-hutchinson", planned.frobenius().method());
    }

    /// The root's standard error, and the trace's and the norm's, are those of the numbers that the probes gave.
    @Test
    void theRootFollowsTheDeltaMethod() {
        var root = new Estimate(16, 0.8, "m", 5, 9, 3).root();
        assertEquals(new Estimate(4, 0.1, "m", 5, 9, 3), root);
        assertEquals(0, new Estimate(0, 0, "m", 5, 9, 3).root().standardError());
    }

    @Test
    void theSameBitsForAnyThreads() {
        double[] eigenvalues = new double[300];
        Arrays.setAll(eigenvalues, i -> Math.cos(i) / (1 + i));
        double[][] matrix = Spectra.matrix(eigenvalues, 1);
        for (Precision precision : Precision.values()) {
            double[][] found = new double[3][];
            for (int threads = 1; threads <= 3; threads++) {
                try (var backend = CpuBackend.create(precision, threads)) {
                    var a = new DenseOperator(backend, matrix);
                    var moments = DeflatedHutchinson.of(a, Effort.of(60), 3);
                    var pair = BlockLanczos.of(a, 1, 1, BlockLanczos.Options.usual(precision, 80, 3), (done, total) -> {});
                    var density = SpectralDensity.of(a, 3, 10, 3, (done, total) -> {});
                    found[threads - 1] = new double[] {moments.trace().value(), moments.frobenius().value(), moments.frobenius().standardError(),
                        XTrace.of(a, 20, 3).trace().value(), pair.largest().value(), pair.smallest().value(), density.cumulative(0).value(),
                        Diagonal.of(a, 20, 3).values().get(17)};
                }
            }
            assertArrayEquals(found[0], found[1]);
            assertArrayEquals(found[0], found[2]);
        }
    }

    @Test
    void badEffortsSayWhy() {
        assertEquals("probes: found 1, expected at least 2: a standard error needs as many",
                assertThrows(IllegalArgumentException.class, () -> Effort.of(1)).getMessage());
        for (double wrong : new double[] {-0.1, 1, Double.NaN}) {
            assertTrue(assertThrows(IllegalArgumentException.class, () -> new Effort(100, wrong)).getMessage()
                    .startsWith("relative-error: found " + wrong));
        }
        assertTrue(assertThrows(IllegalArgumentException.class, () -> new Effort(10, 0.1)).getMessage()
                .startsWith("probes: found 10, expected at least 18"));
        var a = new DenseOperator(BACKEND, Spectra.ONE.matrix());
        assertTrue(assertThrows(IllegalArgumentException.class, () -> XTrace.of(a, 1, 0)).getMessage().contains("at least 2"));
        assertTrue(
                assertThrows(IllegalArgumentException.class, () -> SpectralDensity.of(a, 1, 3, 0, (d, t) -> {})).getMessage().contains("at least 2"));
        assertThrows(IllegalArgumentException.class, () -> Diagonal.of(a, 1, 0));
    }

    @Test
    void productsThatAreNotFiniteAreRefused() {
        var a = new DenseOperator(BACKEND, new double[][] {{1, Double.NaN}, {Double.NaN, 1}});
        assertThrows(ArithmeticException.class, () -> Hutchinson.of(a, Effort.of(4), 0));
        assertThrows(ArithmeticException.class, () -> DeflatedHutchinson.of(a, Effort.of(9), 0));
        assertThrows(ArithmeticException.class, () -> BlockLanczos.of(a, 1, 0, BlockLanczos.Options.usual(Precision.F64, 80, 1), (d, t) -> {}));
    }

    /// Every entry unbiased, and its intervals right; a nearly diagonal matrix keeps small standard errors in single precision.
    @Test
    void theDiagonal() {
        double[][] matrix = Spectra.PRIME.matrix();
        var a = new DenseOperator(BACKEND, matrix);
        var estimates = new Diagonal[SEEDS];
        for (int seed = 0; seed < SEEDS; seed++) {
            estimates[seed] = Diagonal.of(a, 40, seed);
        }
        for (int i = 0; i < matrix.length; i++) {
            int entry = i;
            Trials.of("diagonal " + i, SEEDS, 39, matrix[i][i], seed -> {
                var d = estimates[(int) seed];
                return new Estimate(d.values().get(entry), d.standardErrors().get(entry), "diagonal", 40, 40, seed);
            }).unbiased().covered();
        }
        try (var single = CpuBackend.create(Precision.F32, 1)) {
            double small = 1e-5;
            var d = Diagonal.of(new DenseOperator(single, new double[][] {{1, small}, {small, 3}}), 100, 1);
            assertEquals(small / 10, d.standardErrors().get(0), small / 20);
            assertEquals(3, d.values().get(1), 4 * small / 10 + 3 * 0x1p-22);
        }
    }
}
