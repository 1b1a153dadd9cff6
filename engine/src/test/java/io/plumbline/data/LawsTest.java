package io.plumbline.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/// Second moments of the laws within 4 standard errors at a fixed seed, and the algebra they rest on.
class LawsTest {
    private static final Philox RANDOM = new Philox(5, "laws");
    private static final int N = 40_000;

    /// The variance of one sample of x_a x_b is S_aa S_bb + S_ab² (Isserlis).
    @Test
    void gaussianCovariance() {
        double[] s = {4, 1, -1, 1, 2, 0.5, -1, 0.5, 3};
        for (var law : new GaussianLaw[] {
            GaussianLaw.withCovariance(s, 3), GaussianLaw.diagonal(4, 0, 0.25), GaussianLaw.isotropic(5), GaussianLaw.powerLaw(4, 1.5)
        }) {
            int d = law.dimension();
            double[] covariance = law.covariance();
            try (var x = HostBuffer.allocate(Precision.F64, (long) N * d)) {
                law.fill(RANDOM, x);
                for (int a = 0; a < d; a++) {
                    double mean = 0;
                    for (int i = 0; i < N; i++) {
                        mean += x.get((long) i * d + a) / N;
                    }
                    assertTrue(Math.abs(mean) <= 4 * Math.sqrt(covariance[a * d + a] / N));
                    for (int b = 0; b < d; b++) {
                        double moment = 0;
                        for (int i = 0; i < N; i++) {
                            moment += x.get((long) i * d + a) * x.get((long) i * d + b) / N;
                        }
                        double variance = covariance[a * d + a] * covariance[b * d + b] + square(covariance[a * d + b]);
                        assertTrue(Math.abs(moment - covariance[a * d + b]) <= 4 * Math.sqrt(variance / N));
                    }
                }
            }
        }
    }

    /// Backward error of a Cholesky factor, and of the product that forms L Lᵀ again: each at most (d+1)u·√(S_aa S_bb) to first order
    /// (Higham, Accuracy and Stability of Numerical Algorithms, theorem 10.3).
    @Test
    void covarianceIsWhatWasAskedFor() {
        int d = 33;
        double[] s = new double[d * d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j < d; j++) {
                s[i * d + j] = 1.0 / (1 + Math.abs(i - j)) + (i == j ? 1 : 0);
            }
        }
        double[] again = GaussianLaw.withCovariance(s, d).covariance();
        double bound = 2.1 * (d + 1) * 0x1p-53 * 2;
        for (int i = 0; i < s.length; i++) {
            assertTrue(Math.abs(again[i] - s[i]) <= bound);
        }
        assertArrayEquals(new double[] {1, 0, 0, 0.25}, GaussianLaw.powerLaw(2, 2).covariance());
    }

    /// L = [[2,0],[1,3]] by hand, so x = (2z₀, z₀ + 3z₁).
    @Test
    void gaussianIsTheFactorTimesTheNormalsOfTheExample() {
        var law = GaussianLaw.withCovariance(new double[] {4, 2, 2, 10}, 2);
        try (var x = HostBuffer.allocate(Precision.F64, 6)) {
            law.fill(RANDOM, x);
            for (int i = 0; i < 3; i++) {
                assertEquals(2 * RANDOM.normal(2L * i), x.get(2L * i));
                assertEquals(RANDOM.normal(2L * i) + 3 * RANDOM.normal(2L * i + 1), x.get(2L * i + 1));
            }
        }
    }

    /// E x_a x_b = r²/d·δ, with variance r⁴(1/(d(d+2)))·(1 + 2δ) − (r²/d)²δ; the norm is r to d + 4 roundings.
    @Test
    void sphereIsUniform() {
        int d = 3;
        double r = 2.5;
        try (var x = HostBuffer.allocate(Precision.F64, (long) N * d)) {
            new SphereLaw(d, r).fill(RANDOM, x);
            for (int i = 0; i < N; i++) {
                double norm = Math.sqrt(square(x.get((long) i * d)) + square(x.get((long) i * d + 1)) + square(x.get((long) i * d + 2)));
                assertTrue(Math.abs(norm - r) <= (d + 4) * 0x1p-52 * r);
            }
            for (int a = 0; a < d; a++) {
                for (int b = 0; b < d; b++) {
                    double moment = 0;
                    for (int i = 0; i < N; i++) {
                        moment += x.get((long) i * d + a) * x.get((long) i * d + b) / N;
                    }
                    double mean = a == b ? r * r / d : 0;
                    double variance = Math.pow(r, 4) / (d * (d + 2.0)) * (a == b ? 3 : 1) - mean * mean;
                    assertTrue(Math.abs(moment - mean) <= 4 * Math.sqrt(variance / N));
                }
            }
        }
    }

    @Test
    void theFirstExamplesDoNotDependOnHowManyAreDrawn() {
        try (var few = HostBuffer.allocate(Precision.F64, 15);
                var many = HostBuffer.allocate(Precision.F64, 35);
                var rounded = HostBuffer.allocate(Precision.F32, 15)) {
            for (InputLaw law : new InputLaw[] {GaussianLaw.powerLaw(5, 1), new SphereLaw(5, 1)}) {
                law.fill(RANDOM, few);
                law.fill(RANDOM, many);
                law.fill(RANDOM, rounded);
                assertArrayEquals(few.toArray(), Arrays.copyOf(many.toArray(), 15));
                for (int i = 0; i < 15; i++) {
                    assertEquals((float) few.get(i), rounded.get(i));
                }
            }
        }
    }

    @Test
    void teacherLabels() {
        var teacher = LinearTeacher.of(new double[] {1, 10, 2, 20, 3, 30}, 3, 2);
        try (var x = HostBuffer.of(1.0, 0, 0, 1, 1, 1);
                var y = HostBuffer.allocate(Precision.F64, 4)) {
            teacher.label(x, RANDOM, 0, y);
            assertArrayEquals(new double[] {1, 10, 6, 60}, y.toArray());
            teacher.label(x, RANDOM, 0.5, y);
            for (int i = 0; i < 4; i++) {
                assertEquals(new double[] {1, 10, 6, 60}[i] + 0.5 * RANDOM.normal(i), y.get(i));
            }
        }
    }

    /// Σ W² is scale²·χ²(dK)/d: mean scale²·K, standard deviation scale²·√(2K/d).
    @Test
    void drawnTeachersHaveTheirScale() {
        int d = 1000;
        double sum = Arrays.stream(LinearTeacher.draw(RANDOM, d, 2, 3).weights()).map(w -> w * w).sum();
        assertTrue(Math.abs(sum - 18) <= 4 * 9 * Math.sqrt(4.0 / d));
    }

    @Test
    void refusesWhatIsNoLaw() {
        assertEquals("gaussian: dimension is 0, expected at least 1", refused(() -> GaussianLaw.isotropic(0)));
        assertEquals("gaussian: exponent is NaN, expected a finite number of at least 0", refused(() -> GaussianLaw.powerLaw(1, Double.NaN)));
        assertEquals("gaussian: variance 1 is -1.0, expected a finite number of at least 0", refused(() -> GaussianLaw.diagonal(1, -1)));
        assertEquals("gaussian: no variances, expected at least 1", refused(GaussianLaw::diagonal));
        assertEquals("gaussian: covariance has 3 entries, expected those of 2 x 2", refused(() -> GaussianLaw.withCovariance(new double[3], 2)));
        assertEquals(
                "gaussian: covariance[1,0] is 2.0 and [0,1] is 1.0, expected the same",
                refused(() -> GaussianLaw.withCovariance(new double[] {4, 1, 2, 4}, 2)));
        assertEquals(
                "gaussian: covariance is not positive definite: pivot 1 is -3.0",
                refused(() -> GaussianLaw.withCovariance(new double[] {1, 2, 2, 1}, 2)));
        assertEquals(
                "gaussian: covariance is not positive definite: pivot 0 is Infinity",
                refused(() -> GaussianLaw.withCovariance(new double[] {Double.POSITIVE_INFINITY}, 1)));
        assertEquals("sphere: dimension is 0, expected at least 1", refused(() -> new SphereLaw(0, 1)));
        assertEquals("sphere: radius is 0.0, expected a positive finite number", refused(() -> new SphereLaw(1, 0)));
        assertEquals("teacher: has 3 weights, expected those of dimension 2 and 2 outputs", refused(() -> LinearTeacher.of(new double[3], 2, 2)));
        try (var x = HostBuffer.of(1.0, 2, 3)) {
            assertEquals("law: x has 3 entries, expected a multiple of the dimension 2", refused(() -> GaussianLaw.isotropic(2).fill(RANDOM, x)));
            var teacher = LinearTeacher.of(new double[1], 1, 1);
            assertEquals(
                    "teacher: x has 3 entries and y 2, expected n·1 and n·1", refused(() -> teacher.label(x, RANDOM, 0, HostBuffer.borrow(
                            Precision.F64, x.slice(0, 2).segment()))));
        }
    }

    private static String refused(Executable attempt) {
        return assertThrows(IllegalArgumentException.class, attempt).getMessage();
    }

    private static double square(double a) {
        return a * a;
    }
}
