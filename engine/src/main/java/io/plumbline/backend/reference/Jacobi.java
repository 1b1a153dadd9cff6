package io.plumbline.backend.reference;

import io.plumbline.memory.HostBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/// Eigenvalues and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub & Van Loan, Matrix Computations, section 8.5): each rotation by
/// the angle that annihilates one off-diagonal entry, sweep after sweep, until what is off the diagonal is below rounding. O(n³) a sweep.
///
/// Rotations mix rows p and q of A, whose columns follow by symmetry, and of V, which begins as I: V A₀ Vᵀ = A all the time.
final class Jacobi {
    private static final int MAXIMUM_SWEEPS = 60;

    private final double[][] a;
    private final double[][] v;
    private final double squaredNorm;

    private Jacobi(HostBuffer matrix, int n) {
        a = new double[n][n];
        v = new double[n][n];
        double sum = 0;
        for (int i = 0; i < n; i++) {
            v[i][i] = 1;
            for (int j = 0; j < n; j++) {
                a[i][j] = matrix.get((long) i * n + j);
                sum += a[i][j] * a[i][j];
            }
        }
        squaredNorm = sum;
        if (!Double.isFinite(squaredNorm)) {
            throw new ArithmeticException("eigenvalues: the matrix of " + n + " rows has an entry that is not finite");
        }
    }

    /// Ascending.
    static double[] eigenvalues(HostBuffer matrix, int n) {
        var jacobi = new Jacobi(matrix, n);
        jacobi.diagonalise();
        return IntStream.range(0, n).mapToDouble(i -> jacobi.a[i][i]).sorted().toArray();
    }

    /// Ascending; row k of `matrix` becomes the vector of value k.
    static double[] eigenvectors(HostBuffer matrix, int n) {
        var jacobi = new Jacobi(matrix, n);
        jacobi.diagonalise();
        int[] order = IntStream.range(0, n).boxed().sorted(Comparator.comparingDouble(i -> jacobi.a[i][i])).mapToInt(i -> i).toArray();
        for (int k = 0; k < n; k++) {
            for (int i = 0; i < n; i++) {
                matrix.set((long) k * n + i, jacobi.v[order[k]][i]);
            }
        }
        return Arrays.stream(order).mapToDouble(i -> jacobi.a[i][i]).toArray();
    }

    private void diagonalise() {
        int n = a.length;
        double rounding = n * 0x1p-53;
        for (int sweep = 0; sweep < MAXIMUM_SWEEPS; sweep++) {
            if (squaredOffDiagonal() <= rounding * rounding * squaredNorm) {
                return;
            }
            for (int p = 0; p < n; p++) {
                for (int q = p + 1; q < n; q++) {
                    rotate(p, q);
                }
            }
        }
        throw new ArithmeticException("eigenvalues: no convergence in " + MAXIMUM_SWEEPS + " sweeps");
    }

    private double squaredOffDiagonal() {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < i; j++) {
                sum += 2 * a[i][j] * a[i][j];
            }
        }
        return sum;
    }

    private void rotate(int p, int q) {
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
}
