package io.plumbline.validate.claim;

import io.plumbline.memory.Precision;
import io.plumbline.validate.claim.SymmetricMatrix.Eigen;
import java.util.Arrays;

/// SGD linearised at a global minimum with one output, in function space: what happens to u = J(θ − θ*) (n) depends on the Gram matrix M = J Jᵀ
/// alone, and on no p.
///
/// With the tangent kernel 𝒦 = M/n = UΛUᵀ on its range (rank r) and F = U(nΛ)^½ (n × r): M = FFᵀ, FᵀF = nΛ. In the coordinates w with u = Fw,
/// which are those of θ − θ* in the row space of J, H = Λ and example i has the gradient f_i, row i of F.
final class FunctionSpace {
    private final int n;
    private final double[] lambda;
    private final double[][] f;
    private final double squaredFrobenius;

    private FunctionSpace(int n, double[] lambda, double[][] f) {
        this.n = n;
        this.lambda = lambda;
        this.f = f;
        this.squaredFrobenius = SymmetricMatrix.dot(lambda, lambda);
    }

    /// From M (n, n), row-major, symmetric positive semidefinite but for rounding in double. Eigenvalues up to n·u of the largest count as 0.
    ///
    /// @throws ArithmeticException if M is 0 or an entry is not finite
    static FunctionSpace of(double[] gram, int n) {
        double[][] kernel = new double[n][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < n; j++) {
                kernel[i][j] = (gram[i * n + j] + gram[j * n + i]) / (2.0 * n);
            }
        }
        Eigen eigen = SymmetricMatrix.eigen(kernel);
        double negligible = n * Precision.F64.unitRoundoff() * eigen.values()[0];
        int rank = (int) Arrays.stream(eigen.values()).filter(value -> value > negligible).count();
        if (rank == 0) {
            throw new ArithmeticException("function space: the Gram matrix is 0");
        }
        double[][] f = new double[n][rank];
        for (int a = 0; a < rank; a++) {
            double root = Math.sqrt(n * eigen.values()[a]);
            for (int i = 0; i < n; i++) {
                f[i][a] = eigen.vectors()[a][i] * root;
            }
        }
        return new FunctionSpace(n, Arrays.copyOf(eigen.values(), rank), f);
    }

    /// n.
    int examples() {
        return n;
    }

    /// r.
    int rank() {
        return lambda.length;
    }

    /// The non-zero eigenvalues of H = G and of 𝒦, descending. Not to be written to.
    double[] lambda() {
        return lambda;
    }

    /// F, row i of example i. Not to be written to.
    double[][] factor() {
        return f;
    }

    /// ‖H‖_F.
    double frobenius() {
        return Math.sqrt(squaredFrobenius);
    }

    /// χ_i = f_iᵀ Λ f_i.
    private double chi(int i) {
        double sum = 0;
        for (int a = 0; a < lambda.length; a++) {
            sum += f[i][a] * f[i][a] * lambda[a];
        }
        return sum;
    }

    /// max_i χ_i: the largest entry that μ₀ is an eigenvalue of a difference of.
    double largestChi() {
        double largest = 0;
        for (int i = 0; i < n; i++) {
            largest = Math.max(largest, chi(i));
        }
        return largest;
    }

    /// μ₀ = inf μ(θ) over θ − θ* in the row space of J, exactly: there the residuals are u = Jθ in range(M), 2L = ‖u‖²/n,
    /// Tr(Σ₁G) = (1/n) Σ χ_i u_i², Tr(Σ₂G) = uᵀ𝒦²u/n, hence
    ///
    /// μ(θ) = uᵀ[diag(χ) − 𝒦²]u / (‖H‖_F² ‖u‖²),  χ_i = n(𝒦²)_ii,  μ₀ = λ_min(Uᵀ diag(χ) U − Λ²)/‖H‖_F².
    ///
    /// Never negative: Σ is positive semidefinite.
    double lowestAlignment() {
        int r = lambda.length;
        double[][] form = new double[r][r];
        for (int i = 0; i < n; i++) {
            double chi = chi(i);
            double[] u = new double[r];
            for (int a = 0; a < r; a++) {
                u[a] = f[i][a] / Math.sqrt(n * lambda[a]);
            }
            for (int a = 0; a < r; a++) {
                SymmetricMatrix.axpy(chi * u[a], u, form[a]);
            }
        }
        for (int a = 0; a < r; a++) {
            form[a][a] -= lambda[a] * lambda[a];
        }
        return Math.max(0, SymmetricMatrix.eigen(form).values()[r - 1] / squaredFrobenius);
    }

    /// 𝒬Z = (1−q) ΛZΛ + (q/n) Σ_i f_i f_iᵀ (f_iᵀ Z f_i), for symmetric Z (r, r): the part of E[wwᵀ]'s step that is of second order in η. O(n r²).
    double[][] secondOrder(double q, double[][] z) {
        int r = lambda.length;
        double[][] result = new double[r][r];
        for (int a = 0; a < r; a++) {
            for (int b = 0; b < r; b++) {
                result[a][b] = (1 - q) * lambda[a] * z[a][b] * lambda[b];
            }
        }
        double[] product = new double[r];
        for (double[] row : f) {
            Arrays.fill(product, 0);
            for (int a = 0; a < r; a++) {
                SymmetricMatrix.axpy(row[a], z[a], product);
            }
            double weight = q / n * SymmetricMatrix.dot(product, row);
            for (int a = 0; a < r; a++) {
                SymmetricMatrix.axpy(weight * row[a], row, result[a]);
            }
        }
        return result;
    }

    /// One step of E[wwᵀ]: Z − η(ΛZ + ZΛ) + η²𝒬Z. E[L] = ½ Tr(ΛZ).
    double[][] step(double q, double eta, double[][] z) {
        double[][] next = secondOrder(q, z);
        for (int a = 0; a < lambda.length; a++) {
            for (int b = 0; b < lambda.length; b++) {
                next[a][b] = z[a][b] * (1 - eta * (lambda[a] + lambda[b])) + eta * eta * next[a][b];
            }
        }
        return next;
    }

    /// ½ Tr(ΛZ).
    double loss(double[][] z) {
        double sum = 0;
        for (int a = 0; a < lambda.length; a++) {
            sum += lambda[a] * z[a][a] / 2;
        }
        return sum;
    }
}
