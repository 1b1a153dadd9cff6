package io.plumbline.stability;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.data.Philox;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.training.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// A linear model's gradients, J (nK, p) with row i·K + k, in coordinates in which G = JᵀJ/n is diagonal: what is assembled from them in parameter space is what the
/// function space must find from M = J Jᵀ alone.
record Features(int n, int outputs, double[][] j) {
    /// Draws that do not depend on those of other steps.
    static final List<Sampling> SAMPLINGS = List.of(Sampling.WITH, Sampling.WITHOUT);
    /// Laws of features.
    enum Law {
        ISOTROPIC,
        RELU,
        POWER_LAW
    }

    /// Of p features; for several outputs J's rows of one example are independent.
    static Features of(Law law, int n, int outputs, int p, Backend backend) {
        int rows = n * outputs;
        double[][] x = new double[rows][p];
        var random = new Philox(31L * rows + p, "features");
        double[][] weights = new double[p][5];
        for (int a = 0; a < p; a++) {
            new Philox(7, "weights").fillNormal(5L * a, weights[a]);
        }
        for (int i = 0; i < rows; i++) {
            if (law == Law.RELU) {
                double[] input = new double[5];
                random.fillNormal(5L * i, input);
                Lanczos.scale(input, 1 / Lanczos.norm(input));
                for (int a = 0; a < p; a++) {
                    x[i][a] = Math.max(0, Lanczos.dot(weights[a], input));
                }
            } else {
                random.fillNormal((long) p * i, x[i]);
                for (int a = 0; a < p && law == Law.POWER_LAW; a++) {
                    x[i][a] /= a + 1;
                }
            }
        }
        return new Features(n, outputs, x).diagonal(backend);
    }

    private Features diagonal(Backend backend) {
        int p = j[0].length;
        double[][] rotated = new double[j.length][p];
        try (HostBuffer g = matrix(fisher())) {
            backend.symmetricEigenvectors(g, p);
            for (int i = 0; i < j.length; i++) {
                for (int a = 0; a < p; a++) {
                    rotated[i][a] = Lanczos.dot(g.slice((long) a * p, p).toArray(), j[i]);
                }
            }
        }
        return new Features(n, outputs, rotated);
    }

    int parameters() {
        return j[0].length;
    }

    private double[][] fisher() {
        int p = parameters();
        double[][] g = new double[p][p];
        for (double[] row : j) {
            for (int a = 0; a < p; a++) {
                Lanczos.axpy(row[a] / n, row, g[a]);
            }
        }
        return g;
    }

    /// J_iᵀJ_i.
    double[][] example(int i) {
        int p = parameters();
        double[][] sum = new double[p][p];
        for (int k = 0; k < outputs; k++) {
            double[] row = j[i * outputs + k];
            for (int a = 0; a < p; a++) {
                Lanczos.axpy(row[a], row, sum[a]);
            }
        }
        return sum;
    }

    HostBuffer gram() {
        double[][] m = new double[j.length][j.length];
        for (int i = 0; i < j.length; i++) {
            for (int l = 0; l < j.length; l++) {
                m[i][l] = Lanczos.dot(j[i], j[l]);
            }
        }
        return matrix(m);
    }

    FunctionSpace space(Backend backend) {
        try (HostBuffer m = gram()) {
            return FunctionSpace.of(m, outputs, backend);
        }
    }

    static HostBuffer matrix(double[][] rows) {
        return HostBuffer.of(Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray());
    }

    static CpuBackend backend() {
        return CpuBackend.create(Precision.F64, 2);
    }

    /// The examples of every batch, all alike probable: all nᴮ ordered ones, or those without a repetition.
    List<int[]> batches(int batchSize, Sampling sampling) {
        var all = new ArrayList<int[]>();
        for (long code = 0; code < Math.round(Math.pow(n, batchSize)); code++) {
            int[] batch = new int[batchSize];
            long rest = code;
            for (int b = 0; b < batchSize; b++, rest /= n) {
                batch[b] = (int) (rest % n);
            }
            if (sampling == Sampling.WITH || Arrays.stream(batch).distinct().count() == batchSize) {
                all.add(batch);
            }
        }
        return all;
    }

    /// E[A ⊗ A] (p², p²), A = I − (η/B) Σ_{i∈I} J_iᵀJ_i, over all batches.
    double[][] enumerated(int batchSize, Sampling sampling, double eta) {
        int p = parameters();
        double[][] sum = new double[p * p][p * p];
        List<int[]> batches = batches(batchSize, sampling);
        for (int[] batch : batches) {
            double[][] a = new double[p][p];
            for (int row = 0; row < p; row++) {
                a[row][row] = 1;
            }
            for (int i : batch) {
                double[][] example = example(i);
                for (int row = 0; row < p; row++) {
                    Lanczos.axpy(-eta / batchSize, example[row], a[row]);
                }
            }
            addSquare(1.0 / batches.size(), a, sum);
        }
        return sum;
    }

    /// sum += c·A ⊗ A.
    static void addSquare(double c, double[][] a, double[][] sum) {
        int p = a.length;
        for (int row = 0; row < p * p; row++) {
            for (int column = 0; column < p * p; column++) {
                sum[row][column] += c * a[row / p][column / p] * a[row % p][column % p];
            }
        }
    }

    /// The eigenvalue of largest magnitude of a symmetric matrix.
    static double radius(double[][] matrix, Backend backend) {
        try (HostBuffer entries = matrix(matrix)) {
            double[] values = backend.symmetricEigenvalues(entries, matrix.length);
            return Math.max(values[values.length - 1], -values[0]);
        }
    }

    /// 1/η* as the largest eigenvalue of 𝓛^(−½) 𝒬 𝓛^(−½) (p², p²), 𝒬 = (1−q) G⊗G + (q/n) Σ_i A_i⊗A_i; G is diagonal, and so is 𝓛.
    ///
    /// @param examples A_i: J_iᵀJ_i is right
    double denseThreshold(double q, double[][][] examples, Backend backend) {
        int p = parameters();
        double[][] g = fisher();
        double[][] operator = new double[p * p][p * p];
        addSquare(1 - q, g, operator);
        for (double[][] example : examples) {
            addSquare(q / n, example, operator);
        }
        for (int row = 0; row < p * p; row++) {
            for (int column = 0; column < p * p; column++) {
                double first = g[row / p][row / p] + g[row % p][row % p];
                double second = g[column / p][column / p] + g[column % p][column % p];
                operator[row][column] /= Math.sqrt(first * second);
            }
        }
        return 1 / radius(operator, backend);
    }

    double denseThreshold(double q, Backend backend) {
        double[][][] examples = new double[n][][];
        Arrays.setAll(examples, this::example);
        return denseThreshold(q, examples, backend);
    }
}
