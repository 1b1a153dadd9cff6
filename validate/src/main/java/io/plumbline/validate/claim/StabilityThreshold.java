package io.plumbline.validate.claim;

import io.plumbline.validate.claim.SymmetricMatrix.Eigen;
import java.util.Arrays;

/// The largest learning rate at which linearised SGD is stable in mean square, exactly (Mulayoff & Michaeli, arXiv 2306.07850, in n × n rather than
/// p² × p²).
///
/// E[wwᵀ] = Z takes the step Z ↦ Z − η𝓛Z + η²𝒬Z, 𝓛Z = ΛZ + ZΛ. 𝓛 and 𝒬 are symmetric, so E[L] stays bounded ⇔ η𝒬 ≤ 𝓛, and η* = 1/ν with ν the
/// largest eigenvalue of 𝓛^(−½) 𝒬 𝓛^(−½), found by restarted Lanczos. Its eigenvector 𝓛^½ Z* belongs to a positive semidefinite Z*: 𝓛⁻¹𝒬 maps the
/// cone of such matrices into itself.
///
/// @param eta           η*
/// @param relativeError residual of the eigenpair relative to ν; ν itself is off by about its square
/// @param secondMoment  Z*, ½Tr(ΛZ*) = 1: at η* it is stationary
record StabilityThreshold(double eta, double relativeError, double[][] secondMoment) {
    private static final int STEPS = 30;
    private static final int MAXIMUM_RESTARTS = 40;
    private static final double LARGEST_RESIDUAL = 1e-7;

    /// @param q the noise scale, [Sampling#noiseScale]
    /// @throws ArithmeticException if the iteration does not converge
    static StabilityThreshold of(FunctionSpace space, double q) {
        int r = space.rank();
        double[] start = new double[r * r];
        for (int a = 0; a < r; a++) {
            start[a * r + a] = Math.sqrt(2 * space.lambda()[a]);
        }
        for (int restart = 0; restart < MAXIMUM_RESTARTS; restart++) {
            Ritz ritz = lanczos(space, q, start);
            start = ritz.vector;
            if (ritz.residual <= LARGEST_RESIDUAL * ritz.value) {
                return new StabilityThreshold(1 / ritz.value, ritz.residual / ritz.value, secondMoment(space, ritz.vector));
            }
        }
        throw new ArithmeticException("stability threshold: no convergence in " + MAXIMUM_RESTARTS * STEPS + " iterations");
    }

    private record Ritz(double value, double residual, double[] vector) {}

    /// The largest Ritz pair after up to STEPS steps from `start`, fully reorthogonalised.
    private static Ritz lanczos(FunctionSpace space, double q, double[] start) {
        int steps = Math.min(STEPS, start.length);
        double[][] basis = new double[steps][];
        double[][] tridiagonal = new double[steps][steps];
        basis[0] = scaled(start, 1 / norm(start));
        int size = 0;
        double next = 0;
        while (size < steps) {
            double[] product = apply(space, q, basis[size]);
            double scale = norm(product);
            tridiagonal[size][size] = SymmetricMatrix.dot(basis[size], product);
            for (int pass = 0; pass < 2; pass++) {
                for (int k = 0; k <= size; k++) {
                    SymmetricMatrix.axpy(-SymmetricMatrix.dot(basis[k], product), basis[k], product);
                }
            }
            next = norm(product);
            size++;
            if (next <= Math.ulp(1.0) * start.length * scale) {
                next = 0;
                break;
            }
            if (size < steps) {
                tridiagonal[size][size - 1] = next;
                tridiagonal[size - 1][size] = next;
                basis[size] = scaled(product, 1 / next);
            }
        }
        double[][] projected = new double[size][];
        for (int k = 0; k < size; k++) {
            projected[k] = Arrays.copyOf(tridiagonal[k], size);
        }
        Eigen eigen = SymmetricMatrix.eigen(projected);
        double[] top = eigen.vectors()[0];
        double[] vector = new double[start.length];
        for (int k = 0; k < size; k++) {
            SymmetricMatrix.axpy(top[k], basis[k], vector);
        }
        return new Ritz(eigen.values()[0], Math.abs(next * top[size - 1]), vector);
    }

    /// 𝓛^(−½) 𝒬 𝓛^(−½) x.
    private static double[] apply(FunctionSpace space, double q, double[] x) {
        double[][] product = space.secondOrder(q, divided(space, x));
        int r = space.rank();
        double[] y = new double[r * r];
        for (int a = 0; a < r; a++) {
            for (int b = 0; b < r; b++) {
                y[a * r + b] = product[a][b] / Math.sqrt(space.lambda()[a] + space.lambda()[b]);
            }
        }
        return y;
    }

    /// 𝓛^(−½) x as a matrix.
    private static double[][] divided(FunctionSpace space, double[] x) {
        int r = space.rank();
        double[][] z = new double[r][r];
        for (int a = 0; a < r; a++) {
            for (int b = 0; b < r; b++) {
                z[a][b] = x[a * r + b] / Math.sqrt(space.lambda()[a] + space.lambda()[b]);
            }
        }
        return z;
    }

    private static double[][] secondMoment(FunctionSpace space, double[] vector) {
        double[][] z = divided(space, vector);
        double loss = space.loss(z);
        for (double[] row : z) {
            for (int b = 0; b < row.length; b++) {
                row[b] /= loss;
            }
        }
        return z;
    }

    /// By how much E[L] changes in the first step at c·η* from Z*, relative: −c(1−c)η* Tr(Λ𝓛Z*)/Tr(ΛZ*). Negative below the threshold, positive above.
    double drift(FunctionSpace space, double c) {
        double sum = 0;
        for (int a = 0; a < space.rank(); a++) {
            double lambda = space.lambda()[a];
            sum += lambda * lambda * secondMoment[a][a];
        }
        return -c * (1 - c) * eta * sum;
    }

    private static double norm(double[] x) {
        return Math.sqrt(SymmetricMatrix.dot(x, x));
    }

    private static double[] scaled(double[] x, double factor) {
        return Arrays.stream(x).map(value -> value * factor).toArray();
    }
}
