package io.plumbline.stability;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;

/// The order of symmetric K × K blocks, one for each example: X ≤ Y where every Y_i − X_i is positive semidefinite.
final class PositiveBlocks {
    private PositiveBlocks() {}

    /// The least c with X + εI ≤ cD: max_i λ_max(D_i^(−½) (X_i + εI) D_i^(−½)), by D_i = LLᵀ; +∞ if a D_i is not positive definite.
    ///
    /// @param rounding ε, what X may be off by: a D_i that is but rounding itself proves nothing
    static double largestRatio(double[] x, double[] d, double rounding, FunctionSpace space) {
        int outputs = space.outputs();
        int n = space.examples();
        double largest = 0;
        for (int i = 0; i < n; i++) {
            double[][] factor = cholesky(d, i, n, outputs);
            if (factor == null) {
                return Double.POSITIVE_INFINITY;
            }
            largest = Math.max(largest, top(between(factor, x, rounding, i, n), space));
        }
        return largest;
    }

    private static double top(double[][] block, FunctionSpace space) {
        int outputs = block.length;
        if (outputs == 1) {
            return block[0][0];
        }
        try (HostBuffer matrix = HostBuffer.allocate(Precision.F64, (long) outputs * outputs)) {
            for (int k = 0; k < outputs; k++) {
                for (int l = 0; l < outputs; l++) {
                    matrix.set((long) k * outputs + l, block[k][l]);
                }
            }
            return space.backend().symmetricEigenvalues(matrix, outputs)[outputs - 1];
        }
    }

    /// L with LLᵀ = D_i; null if there is none.
    private static double[][] cholesky(double[] d, int i, int n, int outputs) {
        double[][] factor = new double[outputs][outputs];
        for (int k = 0; k < outputs; k++) {
            for (int l = 0; l <= k; l++) {
                double rest = d[(k * outputs + l) * n + i];
                for (int m = 0; m < l; m++) {
                    rest -= factor[k][m] * factor[l][m];
                }
                if (l == k && !(rest > 0)) {
                    return null;
                }
                factor[k][l] = l == k ? Math.sqrt(rest) : rest / factor[l][l];
            }
        }
        return factor;
    }

    /// L⁻¹ (X_i + εI) L⁻ᵀ.
    private static double[][] between(double[][] factor, double[] x, double rounding, int i, int n) {
        int outputs = factor.length;
        double[][] block = new double[outputs][outputs];
        for (int k = 0; k < outputs; k++) {
            for (int l = 0; l < outputs; l++) {
                block[k][l] = x[(k * outputs + l) * n + i] + (k == l ? rounding : 0);
            }
        }
        for (int pass = 0; pass < 2; pass++) {
            for (int l = 0; l < outputs; l++) {
                for (int k = 0; k < outputs; k++) {
                    for (int m = 0; m < k; m++) {
                        block[k][l] -= factor[k][m] * block[m][l];
                    }
                    block[k][l] /= factor[k][k];
                }
            }
            transpose(block);
        }
        return block;
    }

    private static void transpose(double[][] block) {
        for (int k = 0; k < block.length; k++) {
            for (int l = 0; l < k; l++) {
                double kept = block[k][l];
                block[k][l] = block[l][k];
                block[l][k] = kept;
            }
        }
    }
}
