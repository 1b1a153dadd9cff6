package io.plumbline.flatness;

import java.util.Arrays;
import java.util.Random;

/// Small symmetric matrices with known eigenvalues, in a random orthonormal basis.
enum Spectra {
    INDEFINITE(61),
    OUTLIERS(47),
    POWER_LAW(61),
    RANK_DEFICIENT(61),
    ONE(1),
    PRIME(31);

    final int size;

    Spectra(int size) {
        this.size = size;
    }

    double[] eigenvalues() {
        double[] eigenvalues = new double[size];
        Arrays.setAll(eigenvalues, this::eigenvalue);
        return eigenvalues;
    }

    private double eigenvalue(int i) {
        return switch (this) {
            case INDEFINITE -> 1.5 * Math.sin(1 + i) + 0.7;
            case OUTLIERS -> i < 5 ? new double[] {10, 8, -6, 5, 4}[i] : 0.2 * Math.cos(i);
            case POWER_LAW -> 1.0 / (1 + i);
            case RANK_DEFICIENT -> i < 20 ? 1 + Math.cos(i) : 0;
            case ONE -> 3;
            case PRIME -> 1 + 0.1 * i;
        };
    }

    double[][] matrix() {
        return matrix(eigenvalues(), size);
    }

    double trace() {
        return Arrays.stream(eigenvalues()).sum();
    }

    double squaredFrobenius() {
        return Arrays.stream(eigenvalues()).map(x -> x * x).sum();
    }

    double norm() {
        return Arrays.stream(eigenvalues()).map(Math::abs).max().orElseThrow();
    }

    double[] descending() {
        double[] sorted = eigenvalues();
        Arrays.sort(sorted);
        for (int i = 0; i < sorted.length / 2; i++) {
            double kept = sorted[i];
            sorted[i] = sorted[sorted.length - 1 - i];
            sorted[sorted.length - 1 - i] = kept;
        }
        return sorted;
    }

    /// U diag(λ) Uᵀ with U from p random reflections: as good as uniform for what is tested.
    static double[][] matrix(double[] eigenvalues, long seed) {
        int p = eigenvalues.length;
        double[][] a = new double[p][p];
        for (int i = 0; i < p; i++) {
            a[i][i] = eigenvalues[i];
        }
        var random = new Random(seed);
        for (int reflection = 0; p > 1 && reflection < 40; reflection++) {
            double[] u = random.doubles(p).map(x -> x - 0.5).toArray();
            SmallMatrix.scale(1 / Math.sqrt(SmallMatrix.dot(u, u)), u);
            for (int side = 0; side < 2; side++) {
                for (double[] row : a) {
                    SmallMatrix.add(-2 * SmallMatrix.dot(row, u), u, row);
                }
                a = SmallMatrix.transpose(a);
            }
        }
        return SmallMatrix.symmetric(a);
    }
}
