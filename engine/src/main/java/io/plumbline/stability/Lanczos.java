package io.plumbline.stability;

import io.plumbline.backend.Backend;
import io.plumbline.memory.HostBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/// The largest eigenvalue of a symmetric map of vectors and its eigenvector, by Lanczos' iteration with full reorthogonalisation, twice (Golub & Van Loan, Matrix
/// Computations, §10.3).
///
/// @param value        the largest Ritz value
/// @param vector       its Ritz vector, length 1
/// @param applications of the map, the first one not counted
record Lanczos(double value, double[] vector, int applications) {
    private static final int MOST_STEPS = 60;

    /// @param start  a vector of length 1 that is not orthogonal to the eigenvector
    /// @param image  the map's image of it
    /// @param goal   stop when the residual is at most this, relative to the value
    static Lanczos top(UnaryOperator<double[]> map, double[] start, double[] image, double goal, Backend backend) {
        var basis = new ArrayList<double[]>(List.of(start));
        var diagonal = new ArrayList<Double>();
        var beside = new ArrayList<Double>();
        double[] next = image.clone();
        while (true) {
            double size = norm(next);
            diagonal.add(dot(basis.getLast(), next));
            for (int pass = 0; pass < 2; pass++) {
                for (double[] known : basis) {
                    axpy(-dot(known, next), known, next);
                }
            }
            double rest = norm(next);
            int steps = basis.size();
            double[] ritz = new double[steps];
            double value = topOfTridiagonal(diagonal, beside, backend, ritz);
            boolean exhausted = rest <= Math.ulp(1.0) * start.length * size || steps == start.length;
            if (exhausted || rest * Math.abs(ritz[steps - 1]) <= goal * value || steps == MOST_STEPS) {
                double[] vector = new double[start.length];
                for (int k = 0; k < steps; k++) {
                    axpy(ritz[0] < 0 ? -ritz[k] : ritz[k], basis.get(k), vector);
                }
                scale(vector, 1 / norm(vector));
                return new Lanczos(value, vector, steps - 1);
            }
            scale(next, 1 / rest);
            beside.add(rest);
            basis.add(next);
            next = map.apply(next).clone();
        }
    }

    /// @param vector where the eigenvector goes
    private static double topOfTridiagonal(List<Double> diagonal, List<Double> beside, Backend backend, double[] vector) {
        int size = vector.length;
        double[] entries = new double[size * size];
        for (int k = 0; k < size; k++) {
            entries[k * size + k] = diagonal.get(k);
            if (k > 0) {
                entries[k * size + k - 1] = beside.get(k - 1);
                entries[(k - 1) * size + k] = beside.get(k - 1);
            }
        }
        try (HostBuffer matrix = HostBuffer.of(entries)) {
            double[] values = backend.symmetricEigenvectors(matrix, size);
            for (int k = 0; k < size; k++) {
                vector[k] = matrix.get((size - 1L) * size + k);
            }
            return values[size - 1];
        }
    }

    static double dot(double[] x, double[] y) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }

    static double norm(double[] x) {
        return Math.sqrt(dot(x, x));
    }

    /// y += αx.
    static void axpy(double alpha, double[] x, double[] y) {
        for (int i = 0; i < x.length; i++) {
            y[i] += alpha * x[i];
        }
    }

    /// x *= α.
    static void scale(double[] x, double alpha) {
        for (int i = 0; i < x.length; i++) {
            x[i] *= alpha;
        }
    }
}
