package io.plumbline.validate.claim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.data.Philox;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// Small dense linear algebra and the jackknife.
class NumericsTest {
    /// A = VᵀΛV, VVᵀ = I, values descending; Jacobi is accurate to a few n·u of the norm.
    @Test
    void eigenvectorsReassembleTheMatrix() {
        for (int n : new int[] {1, 2, 31, 33}) {
            double[][] a = symmetric(n);
            SymmetricMatrix.Eigen eigen = SymmetricMatrix.eigen(a);
            double tolerance = 16 * n * Math.ulp(1.0) * Math.sqrt(Arrays.stream(a).mapToDouble(row -> SymmetricMatrix.dot(row, row)).sum());
            for (int i = 0; i < n; i++) {
                assertTrue(i == 0 || eigen.values()[i - 1] >= eigen.values()[i]);
                for (int j = 0; j < n; j++) {
                    double sum = 0;
                    for (int k = 0; k < n; k++) {
                        sum += eigen.vectors()[k][i] * eigen.values()[k] * eigen.vectors()[k][j];
                    }
                    assertEquals(a[i][j], sum, tolerance);
                    assertEquals(i == j ? 1 : 0, SymmetricMatrix.dot(eigen.vectors()[i], eigen.vectors()[j]), 16 * n * Math.ulp(1.0));
                }
            }
        }
    }

    /// Of rank 3 in 7 dimensions: the factor reassembles it, and later pivots count as 0. The square root of a pivot that is rounding is not in it.
    @Test
    void choleskyOfASemidefiniteMatrix() {
        int n = 7;
        double[][] b = new double[n][3];
        for (int i = 0; i < n; i++) {
            new Philox(1, "factor").fillNormal(3L * i, b[i]);
        }
        double[][] c = SymmetricMatrix.cholesky(products(b));
        double[][] again = products(c);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                assertEquals(SymmetricMatrix.dot(b[i], b[j]), again[i][j], 1e-12);
                assertTrue(j <= i || c[i][j] == 0);
            }
        }
        assertEquals(0, c[6][6]);
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

    private static double[][] products(double[][] rows) {
        double[][] products = new double[rows.length][rows.length];
        for (int i = 0; i < rows.length; i++) {
            for (int j = 0; j < rows.length; j++) {
                products[i][j] = SymmetricMatrix.dot(rows[i], rows[j]);
            }
        }
        return products;
    }

    private static double[][] symmetric(int n) {
        double[][] a = new double[n][n];
        var random = new Philox(n, "symmetric");
        for (int i = 0; i < n; i++) {
            for (int j = 0; j <= i; j++) {
                a[i][j] = random.normal((long) i * n + j);
                a[j][i] = a[i][j];
            }
        }
        return a;
    }
}
