package io.plumbline.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The covariance of each law, from many replicas' first steps at one θ, against the matrix that [Noise] says, entry by entry.
class NoiseTest {
    private static final int SAMPLES = 4000;
    private static final double RATE = 0.5;
    private static final int B = 4;

    private static double[] noise(Replicas replicas, int r, double[] theta, double[] gradient) {
        double[] noise = replicas.theta(r).toArray();
        for (int j = 0; j < noise.length; j++) {
            noise[j] = (theta[j] - noise[j]) / RATE - gradient[j];
        }
        return noise;
    }

    /// The exact covariance, from the rows of J.
    private static double[][] expected(Problems problem, Point point, Noise noise, Sampling sampling) {
        int p = (int) problem.network.parameterCount();
        int k = problem.network.outputs();
        int n = problem.data.examples();
        double[] rows = point.perExampleGradients(0, n).toArray();
        double[] r = point.residuals();
        double[] mean = point.gradient().toArray();
        double[][] fisher = new double[p][p];
        double[][] sigma = new double[p][p];
        for (int i = 0; i < n; i++) {
            double[] own = new double[p];
            for (int a = i * k; a < (i + 1) * k; a++) {
                for (int j = 0; j < p; j++) {
                    own[j] += r[a] * rows[a * p + j];
                    for (int l = 0; l < p; l++) {
                        fisher[j][l] += rows[a * p + j] * rows[a * p + l] / n;
                    }
                }
            }
            for (int j = 0; j < p; j++) {
                for (int l = 0; l < p; l++) {
                    sigma[j][l] += (own[j] - mean[j]) * (own[l] - mean[l]) / n;
                }
            }
        }
        double loss = point.loss();
        return switch (noise.law()) {
            case SAMPLING -> scaled(sigma, sampling.noiseScale(B, n));
            case GAUSSIAN -> scaled(sigma, 1.0 / B);
            case GEOMETRY -> scaled(fisher, 2 * loss / B);
            case ISOTROPIC -> identity(p, trace(sigma) / (B * p));
            case ISOTROPIC_FISHER -> identity(p, 2 * loss * trace(fisher) / (B * p));
            case ISOTROPIC_SCALED -> identity(p, 2 * noise.scale() * loss / B);
            case BOUNDED -> identity(p, noise.scale() * noise.scale() / p);
            case NONE -> new double[p][p];
        };
    }

    private static double[][] scaled(double[][] a, double by) {
        for (double[] row : a) {
            for (int j = 0; j < row.length; j++) {
                row[j] *= by;
            }
        }
        return a;
    }

    private static double[][] identity(int p, double scale) {
        double[][] a = new double[p][p];
        for (int j = 0; j < p; j++) {
            a[j][j] = scale;
        }
        return a;
    }

    private static double trace(double[][] a) {
        return IntStream.range(0, a.length).mapToDouble(j -> a[j][j]).sum();
    }

    /// Worst |mean of ε_j ε_l − C_jl| and |mean of ε_j| in standard errors, over all entries; entries that never vary must be exact to rounding, 2⁻⁴⁰.
    private static double worst(Problems problem, Noise noise, Sampling sampling, double[][] covariance) {
        int p = (int) problem.network.parameterCount();
        var recipes = IntStream.range(0, SAMPLES).mapToObj(r -> new Recipe(RATE, Schedule.CONSTANT, 0, B, sampling, noise, r)).toList();
        double[][] products = new double[p][p];
        double[][] squares = new double[p][p];
        double[] sums = new double[p];
        double[] theta = problem.network.initialTheta().toArray();
        double worst = 0;
        try (var replicas = problem.replicas(recipes, problem.network.initialTheta());
                var point = problem.surface.at(problem.network.initialTheta())) {
            double[] gradient = point.gradient().toArray();
            replicas.advance(1);
            for (int r = 0; r < SAMPLES; r++) {
                double[] e = noise(replicas, r, theta, gradient);
                for (int j = 0; j < p; j++) {
                    sums[j] += e[j];
                    for (int l = 0; l < p; l++) {
                        products[j][l] += e[j] * e[l];
                        squares[j][l] += e[j] * e[l] * e[j] * e[l];
                    }
                }
            }
        }
        for (int j = 0; j < p; j++) {
            worst = Math.max(worst, Math.abs(sums[j] / SAMPLES) / (Math.sqrt(products[j][j]) / SAMPLES + 0x1p-40));
            for (int l = 0; l < p; l++) {
                double mean = products[j][l] / SAMPLES;
                double error = Math.sqrt(Math.max(0, squares[j][l] / SAMPLES - mean * mean) / SAMPLES);
                worst = Math.max(worst, Math.abs(mean - covariance[j][l]) / (error + 0x1p-40));
            }
        }
        return worst;
    }

    /// p = 7, so 28 entries and 7 means, each within 4 standard errors at these seeds; and a tenth more covariance is out of that for the largest entry:
    /// a Gaussian's squares have standard error √(2/4000) = 0.022.
    @ParameterizedTest
    @ValueSource(strings = {"sampling", "gaussian", "geometry", "isotropic", "isotropic-fisher", "isotropic:0.7", "bounded:3"})
    void covariances(String text) {
        try (var problem = new Problems("fcn:2-1-2:tanh", 6, new ReferenceBackend());
                var point = problem.surface.at(problem.network.initialTheta())) {
            Noise noise = Noise.parse(text);
            assertEquals(text.replace(":3", ":3.0"), noise.toString());
            double[][] exact = expected(problem, point, noise, Sampling.WITH);
            double found = worst(problem, noise, Sampling.WITH, exact);
            assertTrue(found <= 4, () -> found + " standard errors");
            assertFalse(worst(problem, noise, Sampling.WITH, scaled(exact, 1.2)) <= 4);
        }
    }

    @Test
    void withoutReplacementTheCovarianceIsScaled() {
        try (var problem = new Problems("fcn:2-1-2:tanh", 6, new ReferenceBackend());
                var point = problem.surface.at(problem.network.initialTheta())) {
            double found = worst(problem, Noise.SAMPLING, Sampling.WITHOUT, expected(problem, point, Noise.SAMPLING, Sampling.WITHOUT));
            assertTrue(found <= 4, () -> found + " standard errors");
            assertFalse(worst(problem, Noise.SAMPLING, Sampling.WITHOUT, expected(problem, point, Noise.SAMPLING, Sampling.WITH)) <= 4);
        }
    }

    /// R exactly: √p·R/√p, to the roundings of p squares.
    @Test
    void boundedNoiseHasItsLength() {
        try (var problem = new Problems("linear:33-1", 5, new ReferenceBackend());
                var replicas = problem.replicas(new Recipe(RATE, Schedule.CONSTANT, 0, 1, Sampling.WITH, Noise.parse("bounded:0.25"), 3));
                var point = problem.surface.at(problem.network.initialTheta())) {
            double[] theta = problem.network.initialTheta().toArray();
            double[] gradient = point.gradient().toArray();
            replicas.advance(1);
            double length = 0;
            for (double e : noise(replicas, 0, theta, gradient)) {
                length += e * e;
            }
            assertEquals(0.25, Math.sqrt(length), 33 * 0x1p-50);
        }
    }

    @Test
    void gradientDescentHasNone() {
        try (var problem = new Problems("linear:3-1", 5, new ReferenceBackend());
                var replicas = problem.replicas(Recipe.gradientDescent(1));
                var point = problem.surface.at(problem.network.initialTheta())) {
            replicas.advance(1);
            HostBuffer theta = replicas.theta(0);
            for (int j = 0; j < 3; j++) {
                assertEquals(problem.network.initialTheta().get(j) - point.gradient().get(j), theta.get(j), 0x1p-50);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"white", "isotropic:", "isotropic:-1", "bounded", "bounded:0", "gaussian:2", "isotropic:NaN"})
    void whatIsNoLawIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> Noise.parse(text));
        assertThrows(IllegalArgumentException.class, () -> new Noise(Noise.Law.GAUSSIAN, 1));
        assertEquals(List.of("none", "sampling"), List.of(Noise.NONE.toString(), Noise.SAMPLING.toString()));
    }
}
