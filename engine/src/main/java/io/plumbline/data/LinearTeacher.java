package io.plumbline.data;

import io.plumbline.memory.HostBuffer;

/// y = Wᵀx + σε: labels of a linear teacher W (d, K) with independent noise ε ~ N(0, I_K).
public final class LinearTeacher {
    private final int dimension;
    private final int outputs;
    private final double[] weights;

    private LinearTeacher(int dimension, int outputs, double[] weights) {
        this.dimension = dimension;
        this.outputs = outputs;
        this.weights = weights;
    }

    /// The teacher of the given weights W (d, K), row-major.
    ///
    /// @throws IllegalArgumentException if the weights are not d·K
    public static LinearTeacher of(double[] weights, int dimension, int outputs) {
        if (dimension < 1 || outputs < 1 || weights.length != (long) dimension * outputs) {
            throw new IllegalArgumentException(
                    "teacher: has " + weights.length + " weights, expected those of dimension " + dimension + " and " + outputs + " outputs");
        }
        return new LinearTeacher(dimension, outputs, weights.clone());
    }

    /// W_jk = scale·normal(j·K + k)/√d: for inputs of covariance I, labels of variance scale².
    public static LinearTeacher draw(Philox random, int dimension, int outputs, double scale) {
        double[] weights = new double[Math.multiplyExact(dimension, outputs)];
        random.fillNormal(0, weights);
        for (int j = 0; j < weights.length; j++) {
            weights[j] *= scale / StrictMath.sqrt(dimension);
        }
        return of(weights, dimension, outputs);
    }

    /// W (d, K), row-major; a copy.
    public double[] weights() {
        return weights.clone();
    }

    /// Fills y (n, K) for x (n, d): y_ik = Σ_j W_jk x_ij + σ·normal(i·K + k), sums in ascending j, in double.
    ///
    /// @throws IllegalArgumentException if the lengths do not fit d and K
    public void label(HostBuffer x, Philox noise, double noiseDeviation, HostBuffer y) {
        if (x.length() % dimension != 0 || y.length() % outputs != 0 || x.length() / dimension != y.length() / outputs) {
            throw new IllegalArgumentException(
                    "teacher: x has " + x.length() + " entries and y " + y.length() + ", expected n·" + dimension + " and n·"
                            + outputs);
        }
        double[] label = new double[outputs];
        for (long i = 0; i < y.length() / outputs; i++) {
            noise.fillNormal(i * outputs, label);
            for (int k = 0; k < outputs; k++) {
                double sum = 0;
                for (int j = 0; j < dimension; j++) {
                    sum += weights[j * outputs + k] * x.get(i * dimension + j);
                }
                y.set(i * outputs + k, sum + noiseDeviation * label[k]);
            }
        }
    }
}
