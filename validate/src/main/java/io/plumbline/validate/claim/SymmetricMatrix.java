package io.plumbline.validate.claim;

import java.util.Arrays;

/// Small dense symmetric matrices, as rows.
final class SymmetricMatrix {
    private static final int MAXIMUM_SWEEPS = 60;
    /// Squared off-diagonal norm, relative to the squared norm, below which rotations change nothing in double.
    private static final double NEGLIGIBLE = 1e-32;

    private SymmetricMatrix() {}

    /// A = Σ_k values[k] vectors[k] vectors[k]ᵀ.
    ///
    /// @param values  descending
    /// @param vectors orthonormal rows, vectors[k] belongs to values[k]
    record Eigen(double[] values, double[][] vectors) {}

    /// Eigenvalues and vectors by cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, §8.5), O(n³) a sweep. `matrix` is left as it is.
    ///
    /// @throws ArithmeticException if an entry is not finite or the sweeps do not converge
    static Eigen eigen(double[][] matrix) {
        int n = matrix.length;
        double[][] a = new double[n][];
        double[][] v = new double[n][n];
        double squaredNorm = 0;
        for (int i = 0; i < n; i++) {
            a[i] = matrix[i].clone();
            v[i][i] = 1;
            squaredNorm += dot(a[i], a[i]);
        }
        if (!Double.isFinite(squaredNorm)) {
            throw new ArithmeticException("eigenvalues: a matrix of " + n + " rows has an entry that is not finite");
        }
        for (int sweep = 0; offDiagonal(a) > NEGLIGIBLE * squaredNorm; sweep++) {
            if (sweep == MAXIMUM_SWEEPS) {
                throw new ArithmeticException("eigenvalues: no convergence in " + MAXIMUM_SWEEPS + " sweeps");
            }
            for (int p = 0; p < n; p++) {
                for (int q = p + 1; q < n; q++) {
                    rotate(a, v, p, q);
                }
            }
        }
        return sorted(a, v);
    }

    private static double offDiagonal(double[][] a) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < i; j++) {
                sum += 2 * a[i][j] * a[i][j];
            }
        }
        return sum;
    }

    /// Annihilates a[p][q]: rows p and q of a and of v are mixed, and a's columns follow its rows by symmetry.
    private static void rotate(double[][] a, double[][] v, int p, int q) {
        double pq = a[p][q];
        if (pq == 0) {
            return;
        }
        double pp = a[p][p];
        double qq = a[q][q];
        double tau = (qq - pp) / (2 * pq);
        double t = Math.copySign(1, tau) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
        double c = 1 / Math.sqrt(1 + t * t);
        double s = t * c;
        mix(a[p], a[q], c, s);
        mix(v[p], v[q], c, s);
        a[p][p] = pp - t * pq;
        a[q][q] = qq + t * pq;
        a[p][q] = 0;
        a[q][p] = 0;
        for (int i = 0; i < a.length; i++) {
            a[i][p] = a[p][i];
            a[i][q] = a[q][i];
        }
    }

    private static void mix(double[] x, double[] y, double c, double s) {
        for (int i = 0; i < x.length; i++) {
            double xi = x[i];
            double yi = y[i];
            x[i] = c * xi - s * yi;
            y[i] = s * xi + c * yi;
        }
    }

    private static Eigen sorted(double[][] a, double[][] v) {
        int n = a.length;
        Integer[] order = new Integer[n];
        for (int i = 0; i < n; i++) {
            order[i] = i;
        }
        Arrays.sort(order, (i, j) -> Double.compare(a[j][j], a[i][i]));
        double[] values = new double[n];
        double[][] vectors = new double[n][];
        for (int k = 0; k < n; k++) {
            values[k] = a[order[k]][order[k]];
            vectors[k] = v[order[k]];
        }
        return new Eigen(values, vectors);
    }

    /// The lower triangular C with C Cᵀ = A for a positive semidefinite A; a pivot below n·2⁻⁵²·Tr A counts as 0.
    static double[][] cholesky(double[][] a) {
        int n = a.length;
        double trace = 0;
        for (int i = 0; i < n; i++) {
            trace += a[i][i];
        }
        double negligible = n * Math.ulp(1.0) * trace;
        double[][] c = new double[n][n];
        for (int j = 0; j < n; j++) {
            double pivot = a[j][j];
            for (int k = 0; k < j; k++) {
                pivot -= c[j][k] * c[j][k];
            }
            if (pivot > negligible) {
                c[j][j] = Math.sqrt(pivot);
                for (int i = j + 1; i < n; i++) {
                    double rest = a[i][j];
                    for (int k = 0; k < j; k++) {
                        rest -= c[i][k] * c[j][k];
                    }
                    c[i][j] = rest / c[j][j];
                }
            }
        }
        return c;
    }

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
