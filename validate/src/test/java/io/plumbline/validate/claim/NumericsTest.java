package io.plumbline.validate.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/// The jackknife.
class NumericsTest {
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
