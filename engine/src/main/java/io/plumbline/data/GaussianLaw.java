package io.plumbline.data;

import java.util.Arrays;

/// N(0, S): x = L z with S = L Lᵀ and z standard normal. L is the lower Cholesky factor, or the standard deviations if S is diagonal.
public final class GaussianLaw implements InputLaw {
    private final int dimension;
    /// The diagonal of L, or all of it, row-major.
    private final double[] factor;
    private final boolean diagonal;

    private GaussianLaw(int dimension, double[] factor, boolean diagonal) {
        this.dimension = dimension;
        this.factor = factor;
        this.diagonal = diagonal;
    }

    /// S = I.
    public static GaussianLaw isotropic(int dimension) {
        return powerLaw(dimension, 0);
    }

    /// S = diag(1, 2^−a, 3^−a, …, d^−a) with a = `exponent`.
    ///
    /// @throws IllegalArgumentException if d is below 1, or the exponent negative or not finite
    public static GaussianLaw powerLaw(int dimension, double exponent) {
        if (dimension < 1) {
            throw new IllegalArgumentException("gaussian: dimension is " + dimension + ", expected at least 1");
        }
        if (!(exponent >= 0 && exponent < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("gaussian: exponent is " + exponent + ", expected a finite number of at least 0");
        }
        double[] variances = new double[dimension];
        Arrays.setAll(variances, j -> StrictMath.pow(j + 1, -exponent));
        return diagonal(variances);
    }

    /// S = diag(variances).
    ///
    /// @throws IllegalArgumentException if there is none, or one is negative or not finite
    public static GaussianLaw diagonal(double... variances) {
        if (variances.length == 0) {
            throw new IllegalArgumentException("gaussian: no variances, expected at least 1");
        }
        for (int j = 0; j < variances.length; j++) {
            if (!(variances[j] >= 0 && variances[j] < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("gaussian: variance " + j + " is " + variances[j] + ", expected a finite number of at least 0");
            }
        }
        return new GaussianLaw(variances.length, Arrays.stream(variances).map(StrictMath::sqrt).toArray(), true);
    }

    /// The law whose covariance is the symmetric positive definite matrix S (d, d), row-major.
    ///
    /// @throws IllegalArgumentException if S is not d × d, not symmetric, or not positive definite in double
    public static GaussianLaw withCovariance(double[] covariance, int dimension) {
        if (dimension < 1 || covariance.length != (long) dimension * dimension) {
            throw new IllegalArgumentException("gaussian: covariance has " + covariance.length + " entries, expected those of " + dimension + " x "
                    + dimension);
        }
        for (int i = 0; i < dimension; i++) {
            for (int j = 0; j < i; j++) {
                double here = covariance[i * dimension + j];
                double there = covariance[j * dimension + i];
                if (here != there) {
                    throw new IllegalArgumentException(
                            "gaussian: covariance[" + i + "," + j + "] is " + here + " and [" + j + "," + i + "] is " + there
                                    + ", expected the same");
                }
            }
        }
        return new GaussianLaw(dimension, cholesky(covariance, dimension), false);
    }

    @Override
    public int dimension() {
        return dimension;
    }

    /// S (d, d), row-major, as L Lᵀ.
    public double[] covariance() {
        double[] s = new double[dimension * dimension];
        for (int i = 0; i < dimension; i++) {
            for (int j = 0; j < dimension; j++) {
                if (!diagonal) {
                    s[i * dimension + j] = dot(factor, i * dimension, j * dimension, Math.min(i, j) + 1);
                } else if (i == j) {
                    s[i * dimension + j] = factor[i] * factor[i];
                }
            }
        }
        return s;
    }

    @Override
    public void transform(double[] normals) {
        for (int i = dimension - 1; i >= 0; i--) {
            if (diagonal) {
                normals[i] *= factor[i];
            } else {
                double sum = 0;
                for (int j = 0; j <= i; j++) {
                    sum += factor[i * dimension + j] * normals[j];
                }
                normals[i] = sum;
            }
        }
    }

    /// The lower L with L Lᵀ = S, row by row (Golub & Van Loan, Matrix Computations, §4.2).
    private static double[] cholesky(double[] s, int d) {
        double[] l = new double[d * d];
        for (int i = 0; i < d; i++) {
            for (int j = 0; j <= i; j++) {
                double rest = s[i * d + j] - dot(l, i * d, j * d, j);
                if (j < i) {
                    l[i * d + j] = rest / l[j * d + j];
                } else if (rest > 0 && rest < Double.POSITIVE_INFINITY) {
                    l[i * d + i] = StrictMath.sqrt(rest);
                } else {
                    throw new IllegalArgumentException("gaussian: covariance is not positive definite: pivot " + i + " is " + rest);
                }
            }
        }
        return l;
    }

    private static double dot(double[] a, int from, int other, int length) {
        double sum = 0;
        for (int k = 0; k < length; k++) {
            sum += a[from + k] * a[other + k];
        }
        return sum;
    }
}
