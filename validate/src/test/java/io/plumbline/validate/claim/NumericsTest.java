package io.plumbline.validate.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/// Estimates and their standard errors.
class NumericsTest {
    /// Of the points (0, 1), (1, 2), (2, 6): Σ (x − 1)(y − 3) = 5, Σ (x − 1)² = 2.
    @Test
    void slope() {
        assertEquals(2.5, Vectors.slope(new double[] {0, 1, 2}, new double[] {1, 2, 6}), 1e-15);
    }

    /// Of 1, 2, 6: mean 3, variance 7, standard error √(7/3).
    @Test
    void mean() {
        Estimate mean = Estimate.mean(1, 2, 6);
        assertEquals(3, mean.value(), 1e-15);
        assertEquals(Math.sqrt(7.0 / 3), mean.standardError(), 1e-15);
    }

    /// The mean's jackknife is its textbook standard error; of the square of a mean, x̄² − s²/g has no bias: with two values 1 and 3 it is 4 − 1.
    @Test
    void jackknife() {
        double[] x = {1, 3};
        Estimate mean = Estimate.jackknife(2, without -> without < 0 ? 2 : x[1 - without]);
        assertEquals(2, mean.value(), 1e-15);
        assertEquals(1, mean.standardError(), 1e-15);
        Estimate square = Estimate.jackknife(2, without -> without < 0 ? 4 : x[1 - without] * x[1 - without]);
        assertEquals(3, square.value(), 1e-15);
    }
}
