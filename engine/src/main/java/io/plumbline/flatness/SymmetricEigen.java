package io.plumbline.flatness;

import java.util.Arrays;

/// Eigenvalues, descending, and orthonormal eigenvectors of a small symmetric matrix in double: Householder's reduction to tridiagonal form, then QL iterations with
/// implicit shifts (Golub & Van Loan, Matrix Computations, sections 8.3.1 and 8.3.3). Backward stable, O(n³).
///
/// @param vectors rows; vectors[k] belongs to values[k]
record SymmetricEigen(double[] values, double[][] vectors) {
    private static final int MOST_ITERATIONS = 60;

    /// @throws ArithmeticException if an entry is not finite
    static SymmetricEigen of(double[][] matrix) {
        int n = matrix.length;
        double[][] a = new double[n][];
        double[][] z = identity(n);
        for (int i = 0; i < n; i++) {
            a[i] = matrix[i].clone();
        }
        for (int k = 0; k < n - 2; k++) {
            eliminate(a, z, k);
        }
        double[] diagonal = new double[n];
        double[] beside = new double[n];
        for (int i = 0; i < n; i++) {
            diagonal[i] = a[i][i];
            beside[i] = i + 1 < n ? a[i + 1][i] : 0;
        }
        return tridiagonal(diagonal, beside, z);
    }

    /// Of the tridiagonal matrix with these diagonals, `beside[i]` between i and i + 1.
    static SymmetricEigen ofTridiagonal(double[] diagonal, double[] beside) {
        return tridiagonal(diagonal.clone(), Arrays.copyOf(beside, diagonal.length), identity(diagonal.length));
    }

    private static double[][] identity(int n) {
        double[][] identity = new double[n][n];
        for (int i = 0; i < n; i++) {
            identity[i][i] = 1;
        }
        return identity;
    }

    /// A ← PAP and Z ← PZ with the reflection P = I − 2uuᵀ that annihilates column k below its subdiagonal.
    private static void eliminate(double[][] a, double[][] z, int k) {
        int n = a.length;
        double scale = 0;
        for (int i = k + 1; i < n; i++) {
            scale = Math.max(scale, Math.abs(a[i][k]));
        }
        if (scale == 0 || !Double.isFinite(scale)) {
            return;
        }
        double[] u = new double[n];
        for (int i = k + 1; i < n; i++) {
            u[i] = a[i][k] / scale;
        }
        u[k + 1] += Math.copySign(Math.sqrt(SmallMatrix.dot(u, u)), u[k + 1]);
        SmallMatrix.scale(1 / Math.sqrt(SmallMatrix.dot(u, u)), u);
        double[] au = new double[n];
        for (int i = k; i < n; i++) {
            au[i] = SmallMatrix.dot(a[i], u);
        }
        SmallMatrix.add(-SmallMatrix.dot(u, au), u, au);
        for (int i = k; i < n; i++) {
            SmallMatrix.add(-2 * u[i], au, a[i]);
            SmallMatrix.add(-2 * au[i], u, a[i]);
        }
        double[] uz = new double[n];
        for (int i = k + 1; i < n; i++) {
            SmallMatrix.add(u[i], z[i], uz);
        }
        for (int i = k + 1; i < n; i++) {
            SmallMatrix.add(-2 * u[i], uz, z[i]);
        }
    }

    /// Rows of z are rotated as the matrix is: at the end they are the eigenvectors.
    private static SymmetricEigen tridiagonal(double[] d, double[] e, double[][] z) {
        int n = d.length;
        for (int l = 0; l < n; l++) {
            int iteration = 0;
            for (int m = splitAfter(d, e, l); m != l; m = splitAfter(d, e, l)) {
                if (iteration++ == MOST_ITERATIONS) {
                    throw new ArithmeticException("eigenvalues: no convergence in " + MOST_ITERATIONS + " iterations, or an entry is not finite");
                }
                step(d, e, z, l, m);
            }
        }
        Integer[] order = new Integer[n];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, (i, j) -> Double.compare(d[j], d[i]));
        double[] values = new double[n];
        double[][] vectors = new double[n][];
        for (int i = 0; i < n; i++) {
            values[i] = d[order[i]];
            vectors[i] = z[order[i]];
        }
        return new SymmetricEigen(values, vectors);
    }

    /// The first index from l on behind which the off-diagonal entry is negligible.
    private static int splitAfter(double[] d, double[] e, int l) {
        int m = l;
        while (m < d.length - 1) {
            double size = Math.abs(d[m]) + Math.abs(d[m + 1]);
            if (Math.abs(e[m]) <= Math.ulp(size) / 2) {
                break;
            }
            m++;
        }
        return m;
    }

    /// One QL step on the rows l … m.
    private static void step(double[] d, double[] e, double[][] z, int l, int m) {
        double g = (d[l + 1] - d[l]) / (2 * e[l]);
        g = d[m] - d[l] + e[l] / (g + Math.copySign(Math.hypot(g, 1), g));
        double s = 1;
        double c = 1;
        double p = 0;
        for (int i = m - 1; i >= l; i--) {
            double f = s * e[i];
            double b = c * e[i];
            double r = Math.hypot(f, g);
            e[i + 1] = r;
            if (r == 0) {
                d[i + 1] -= p;
                e[m] = 0;
                return;
            }
            s = f / r;
            c = g / r;
            g = d[i + 1] - p;
            r = (d[i] - g) * s + 2 * c * b;
            p = s * r;
            d[i + 1] = g + p;
            g = c * r - b;
            double[] upper = z[i];
            double[] lower = z[i + 1];
            for (int k = 0; k < upper.length; k++) {
                double x = lower[k];
                lower[k] = s * upper[k] + c * x;
                upper[k] = c * upper[k] - s * x;
            }
        }
        d[l] -= p;
        e[l] = g;
        e[m] = 0;
    }
}
