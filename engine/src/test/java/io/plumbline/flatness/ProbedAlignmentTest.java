package io.plumbline.flatness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.flatness.Probes.Law;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/// α, β, μ by common probes, the operators of a point, and the probes themselves.
class ProbedAlignmentTest {
    private static final double LOSS = 0.7;
    private static final double FORM = 0.9;
    private static final double SQUARED_GRADIENT = 1.1;

    private static double trace(double[][] a, double[][] b) {
        return SmallMatrix.trace(SmallMatrix.multiply(a, b));
    }

    /// G and Σ with common directions, as at a minimum.
    @Test
    void ratiosAndTheirErrors() {
        int p = 61;
        double[] g = new double[p];
        Arrays.setAll(g, i -> 1 / Math.sqrt(1 + i));
        double[][] fisher = Spectra.matrix(g, 3);
        double[] s = new double[p];
        Arrays.setAll(s, i -> g[i] * (1 + 0.5 * Math.cos(i)));
        double[][] noise = Spectra.matrix(s, 3);
        double gg = trace(fisher, fisher);
        double ss = trace(noise, noise);
        double gs = trace(fisher, noise);
        int probes = 60;
        int seeds = 1000;
        try (var backend = CpuBackend.create(Precision.F64, 1)) {
            var found = new ProbedAlignment[seeds];
            for (int seed = 0; seed < seeds; seed++) {
                found[seed] = ProbedAlignment.of(new DenseOperator(backend, fisher), new DenseOperator(backend, noise), LOSS, SQUARED_GRADIENT, FORM,
                        probes, seed);
            }
            check("alpha", gs / Math.sqrt(gg * ss), probes, found, ProbedAlignment::alpha);
            check("beta", Math.sqrt(ss / gg) / (2 * LOSS), probes, found, ProbedAlignment::beta);
            check("mu", gs / (2 * LOSS * gg), probes, found, ProbedAlignment::mu);
            check("mu1", (gs + FORM) / (2 * LOSS * gg), probes, found, ProbedAlignment::mu1);
            check("mu2", FORM / (2 * LOSS * gg), probes, found, ProbedAlignment::mu2);
            check("trace", SmallMatrix.trace(fisher), probes, found, each -> each.fisher().trace());
            check("norm", ss, probes, found, each -> each.noise().squaredFrobenius());
            var flat = ProbedAlignment.of(new DenseOperator(backend, new double[p][p]), new DenseOperator(backend, noise), LOSS, SQUARED_GRADIENT,
                    FORM, 5, 1);
            assertNull(flat.alpha());
            assertNull(flat.mu());
            var interpolating = ProbedAlignment.of(new DenseOperator(backend, fisher), new DenseOperator(backend, new double[p][p]), 0, 0, 0, 5, 1);
            assertNull(interpolating.alpha());
            assertNull(interpolating.beta());
        }
    }

    private static void check(String name, double exact, int probes, ProbedAlignment[] found, Function<ProbedAlignment, Estimate> figure) {
        Trials.of(name, found.length, probes - 1, exact, seed -> figure.apply(found[(int) seed])).unbiased().covered();
    }

    private static double[][] assembled(SymmetricOperator a) {
        int p = a.size();
        try (var workspace = new Workspace(a.backend())) {
            Tensor x = workspace.zeros(p, p);
            Tensor y = workspace.tensor(p, p);
            for (int i = 0; i < p; i++) {
                a.backend().fill(x.rows(i, 1).reshape(p, 1).rows(i, 1), 1);
            }
            a.apply(x, y);
            return SmallMatrix.of(DenseOperator.download(a.backend(), y), p, p);
        }
    }

    /// H, G, Σ, Σ₁ at a point against sums over per-example gradients, and the alignment of that point against its dense figures.
    @Test
    void operatorsOfAPoint() {
        var network = Architectures.parse("fcn:3-4-2:tanh", Initialization.DEFAULT, 1);
        int n = 7;
        var random = new Random(1);
        double[][] x = new double[n][3];
        double[][] y = new double[n][2];
        for (int i = 0; i < n; i++) {
            Arrays.setAll(x[i], j -> random.nextGaussian());
            Arrays.setAll(y[i], j -> random.nextGaussian());
        }
        Backend backend = new ReferenceBackend();
        try (var data = Dataset.copyOf("seven", x, y);
                var surface = LossSurface.of(network, data, backend);
                Point point = surface.at(network.initialTheta())) {
            int p = (int) network.parameterCount();
            double[][] jacobian = SmallMatrix.of(point.perExampleGradients(0, n).toArray(), 2 * n, p);
            double[] residuals = point.residuals();
            double[][] fisher = new double[p][p];
            double[][] second = new double[p][p];
            for (int i = 0; i < n; i++) {
                double[] gradient = new double[p];
                for (int k = 2 * i; k < 2 * i + 2; k++) {
                    SmallMatrix.add(residuals[k], jacobian[k], gradient);
                    addOuter(1.0 / n, jacobian[k], fisher);
                }
                addOuter(1.0 / n, gradient, second);
            }
            double[][] noise = second.clone();
            for (int i = 0; i < p; i++) {
                noise[i] = second[i].clone();
            }
            double[] gradient = point.gradient().toArray();
            addOuter(-1, gradient, noise);
            assertClose(fisher, assembled(PointOperator.gaussNewton(point)));
            assertClose(second, assembled(PointOperator.gradientSecondMoment(point)));
            assertClose(noise, assembled(PointOperator.noiseCovariance(point)));
            double[][] hessian = assembled(PointOperator.hessian(point));
            try (HostBuffer direction = HostBuffer.of(gradient)) {
                double[] product = point.hessianVector(direction).toArray();
                for (int i = 0; i < p; i++) {
                    assertEquals(SmallMatrix.dot(hessian[i], gradient), product[i], 1e-12);
                }
            }
            double gg = trace(fisher, fisher);
            double exact = trace(fisher, noise) / (2 * point.loss() * gg);
            double form = SmallMatrix.dot(SmallMatrix.multiply(new double[][] {gradient}, fisher)[0], gradient);
            var estimate = ProbedAlignment.of(point, 400, 2);
            assertTrue(Math.abs(estimate.mu().value() - exact) <= 4 * estimate.mu().standardError());
            double mu2 = form / (2 * point.loss() * gg);
            assertTrue(Math.abs(estimate.mu2().value() - mu2) <= 4 * estimate.mu2().standardError());
            assertTrue(estimate.mu().standardError() < 0.2 * exact && estimate.mu().products() == 801);
            assertThrows(IllegalArgumentException.class, () -> ProbedAlignment.of(point, 2, 2));
        }
    }

    /// Alike examples have no noise: what rounding leaves of it in either precision is no figure. One that differs by 10⁻³ makes it, also where u Tr Σ₁ would hide it in f32.
    @Test
    void alikeExamplesHaveNoNoise() {
        for (Precision precision : Precision.values()) {
            try (var backend = CpuBackend.create(precision, 1)) {
                ProbedAlignment alike = alike(backend, 0);
                assertNull(alike.alpha());
                for (Estimate none : List.of(alike.beta(), alike.mu(), alike.noise().trace(), alike.noise().squaredFrobenius(),
                        alike.noiseWithFisher())) {
                    assertEquals(0, none.value());
                    assertEquals(0, none.standardError());
                }
                assertEquals(alike.mu2().value(), alike.mu1().value());
                ProbedAlignment other = alike(backend, 1e-3);
                assertTrue(other.alpha() != null && other.beta().value() > 0 && other.noise().trace().value() > 0);
            }
        }
    }

    /// Five examples, the last one's input larger by the share `change`.
    private static ProbedAlignment alike(Backend backend, double change) {
        var network = Architectures.parse("fcn:4-3-2:tanh", Initialization.DEFAULT, 0);
        double[][] x = new double[5][];
        double[][] y = new double[5][];
        Arrays.setAll(x, i -> new double[] {0.126, -0.132, 0.640, 0.105});
        Arrays.setAll(y, i -> new double[] {-0.536, 0.362});
        x[4][2] *= 1 + change;
        try (var data = Dataset.copyOf("alike", x, y);
                var surface = LossSurface.of(network, data, backend);
                Point point = surface.at(network.initialTheta())) {
            return ProbedAlignment.of(point, 30, 0);
        }
    }

    /// f = θx at θ = 1/3, which f32 rounds, and targets x/3 in double: residuals are rounding.
    @Test
    void residualsLostInRoundingLeaveNoRatios() {
        var network = Architectures.parse("linear:1-1", Initialization.DEFAULT, 0);
        try (var single = CpuBackend.create(Precision.F32, 1);
                var data = Dataset.copyOf("fitted", new double[][] {{1}, {2}, {5}}, new double[][] {{1 / 3.0}, {2 / 3.0}, {5 / 3.0}});
                var surface = LossSurface.of(network, data, single);
                Point point = surface.at(HostBuffer.of(1 / 3.0))) {
            var found = ProbedAlignment.of(point, 30, 0);
            assertTrue(point.loss() > 0);
            for (Estimate none : Arrays.asList(found.alpha(), found.beta(), found.mu(), found.mu1(), found.mu2())) {
                assertNull(none);
            }
            assertEquals(10, found.fisher().trace().value(), 1e-5);
        }
    }

    private static void addOuter(double alpha, double[] x, double[][] a) {
        for (int i = 0; i < x.length; i++) {
            SmallMatrix.add(alpha * x[i], x, a[i]);
        }
    }

    /// Sums of 14 products of order 1.
    private static void assertClose(double[][] expected, double[][] found) {
        for (int i = 0; i < expected.length; i++) {
            for (int j = 0; j < expected.length; j++) {
                assertEquals(expected[i][j], found[i][j], 1e-12);
            }
        }
    }

    /// Probe k is the same in any block, on any backend, and another one for another purpose, seed or index.
    @Test
    void probesDoNotDependOnBlocks() {
        for (Law law : Law.values()) {
            double[][] all = MomentsTest.probes(new Probes(3, "test", law), 7, 200);
            try (var backend = CpuBackend.create(Precision.F64, 1);
                    var workspace = new Workspace(backend)) {
                for (int k = 0; k < 7; k++) {
                    Tensor one = workspace.tensor(1, 200);
                    new Probes(3, "test", law).fill(k, backend, one);
                    org.junit.jupiter.api.Assertions.assertArrayEquals(all[k], DenseOperator.download(backend, one));
                    double correlation = SmallMatrix.dot(all[k], all[(k + 1) % 7]) / 200;
                    assertTrue(Math.abs(correlation) <= 4 / Math.sqrt(200), law + " " + k + ": " + correlation);
                }
            }
            assertTrue(!Arrays.equals(all[0], MomentsTest.probes(new Probes(3, "other", law), 1, 200)[0]));
            assertTrue(!Arrays.equals(all[0], MomentsTest.probes(new Probes(4, "test", law), 1, 200)[0]));
        }
        assertEquals(32, Probes.blockRows(1000));
        assertEquals(1, Probes.blockRows(100_000_000));
    }

    /// From tables of Student's t.
    @Test
    void quantiles() {
        double[][] table = {{1, 12.7062}, {2, 4.30265}, {3, 3.18245}, {4, 2.77645}, {5, 2.57058}, {7, 2.36462}, {15, 2.13145}, {31, 2.03951},
            {99, 1.98422}};
        for (double[] row : table) {
            assertEquals(row[1], StudentT.quantile975((int) row[0]), 1e-3);
        }
    }
}
