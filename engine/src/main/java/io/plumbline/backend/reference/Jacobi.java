package io.plumbline.backend.reference;

import io.plumbline.memory.HostBuffer;
import java.util.Arrays;

/// Eigenvalues of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, section 8.5): each rotation by the angle that
/// annihilates one off-diagonal entry, sweep after sweep, until what is off the diagonal is below rounding. O(n³) a sweep.
final class Jacobi {
    private static final int MAXIMUM_SWEEPS = 60;

    private Jacobi() {}

    static double[] eigenvalues(HostBuffer matrix, int n) {
        double[][] a = new double[n][n];
        double squaredNorm = 0;
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                a[i][j] = matrix.get((long) i * n + j);
                squaredNorm += a[i][j] * a[i][j];
            }
        }
        if (!Double.isFinite(squaredNorm)) {
            throw new ArithmeticException("eigenvalues: the matrix of " + n + " rows has an entry that is not finite");
        }
        double rounding = n * 0x1p-53;
        for (int sweep = 0; sweep < MAXIMUM_SWEEPS; sweep++) {
            double offDiagonal = 0;
            for (int i = 0; i < n; i++) {
                for (int j = 0; j < i; j++) {
                    offDiagonal += 2 * a[i][j] * a[i][j];
                }
            }
            if (offDiagonal <= rounding * rounding * squaredNorm) {
                double[] values = new double[n];
                Arrays.setAll(values, i -> a[i][i]);
                Arrays.sort(values);
                return values;
            }
            for (int p = 0; p < n; p++) {
                for (int q = p + 1; q < n; q++) {
                    rotate(a, p, q);
                }
            }
        }
        throw new ArithmeticException("eigenvalues: no convergence in " + MAXIMUM_SWEEPS + " sweeps");
    }

    private static void rotate(double[][] a, int p, int q) {
        if (a[p][q] == 0) {
            return;
        }
        double tau = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        double t = Math.copySign(1, tau) / (Math.abs(tau) + Math.sqrt(1 + tau * tau));
        double c = 1 / Math.sqrt(1 + t * t);
        double s = t * c;
        for (int i = 0; i < a.length; i++) {
            double x = a[i][p];
            double y = a[i][q];
            a[i][p] = c * x - s * y;
            a[i][q] = s * x + c * y;
        }
        for (int j = 0; j < a.length; j++) {
            double x = a[p][j];
            double y = a[q][j];
            a[p][j] = c * x - s * y;
            a[q][j] = s * x + c * y;
        }
        a[p][q] = 0;
        a[q][p] = 0;
    }
}
