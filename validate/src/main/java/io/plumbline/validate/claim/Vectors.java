package io.plumbline.validate.claim;

/// Sums over short vectors.
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
}
