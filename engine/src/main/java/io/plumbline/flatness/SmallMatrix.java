package io.plumbline.flatness;

/// Small dense matrices in double on the host, as rows.
final class SmallMatrix {
    private SmallMatrix() {}

    /// The matrix with these entries, row-major.
    static double[][] of(double[] entries, int rows, int columns) {
        double[][] matrix = new double[rows][columns];
        for (int i = 0; i < rows; i++) {
            System.arraycopy(entries, i * columns, matrix[i], 0, columns);
        }
        return matrix;
    }

    /// Sets columns `from` … to those of a row-major matrix with as many rows.
    static void copyColumns(double[] entries, double[][] matrix, int from) {
        int columns = entries.length / matrix.length;
        for (int i = 0; i < matrix.length; i++) {
            System.arraycopy(entries, i * columns, matrix[i], from, columns);
        }
    }

    /// (A + Aᵀ)/2.
    static double[][] symmetric(double[][] a) {
        double[][] mean = new double[a.length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a.length; j++) {
                mean[i][j] = (a[i][j] + a[j][i]) / 2;
            }
        }
        return mean;
    }

    static double trace(double[][] a) {
        double trace = 0;
        for (int i = 0; i < a.length; i++) {
            trace += a[i][i];
        }
        return trace;
    }

    static double[][] transpose(double[][] a) {
        double[][] t = new double[a[0].length][a.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < a[i].length; j++) {
                t[j][i] = a[i][j];
            }
        }
        return t;
    }

    static double[][] multiply(double[][] a, double[][] b) {
        double[][] product = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int k = 0; k < b.length; k++) {
                add(a[i][k], b[k], product[i]);
            }
        }
        return product;
    }

    static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }

    /// y += alpha x.
    static void add(double alpha, double[] x, double[] y) {
        for (int i = 0; i < x.length; i++) {
            y[i] += alpha * x[i];
        }
    }

    static void scale(double alpha, double[] x) {
        for (int i = 0; i < x.length; i++) {
            x[i] *= alpha;
        }
    }
}
