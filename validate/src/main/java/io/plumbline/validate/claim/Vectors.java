package io.plumbline.validate.claim;

import java.util.Arrays;

/// Arithmetic of short vectors.
final class Vectors {
    private Vectors() {}

    /// Σ x_i y_i.
    static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }

    /// y += alpha x.
    static void axpy(double alpha, double[] x, double[] y) {
        for (int i = 0; i < x.length; i++) {
            y[i] += alpha * x[i];
        }
    }

    /// A·B, both (n, n).
    static double[][] product(double[][] a, double[][] b) {
        double[][] product = new double[a.length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int k = 0; k < a.length; k++) {
                axpy(a[i][k], b[k], product[i]);
            }
        }
        return product;
    }

    /// The least-squares slope Σ (x − x̄)(y − ȳ)/Σ (x − x̄)².
    static double slope(double[] x, double[] y) {
        double mean = Arrays.stream(x).average().orElseThrow();
        double covariance = 0;
        double variance = 0;
        for (int i = 0; i < x.length; i++) {
            covariance += (x[i] - mean) * y[i];
            variance += (x[i] - mean) * (x[i] - mean);
        }
        return covariance / variance;
    }
}
