package io.plumbline.alignment;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;

/// The exact spectrum of G = (1/n) JᵀJ, where it is small: the smaller of the tangent kernel J Jᵀ/n (nK × nK) and G itself (p × p) is assembled;
/// their non-zero eigenvalues are the same.
///
/// @param eigenvalues descending, min(nK, p) of them; the other eigenvalues of G are 0
public record Spectrum(double[] eigenvalues) {
    /// The largest matrix that is assembled: n³ work and n² memory.
    public static final int LARGEST = 4000;

    /// Whether min(nK, p) is small enough.
    public static boolean isSmall(Point point) {
        return size(point) <= LARGEST;
    }

    /// Why there is no exact spectrum, where [#isSmall] is false.
    public static String whyNot(Point point) {
        return "min(nK, p) is " + size(point) + ", an exact spectrum is assembled up to " + LARGEST;
    }

    private static long size(Point point) {
        long rows = (long) point.surface().dataset().examples() * point.surface().network().outputs();
        return Math.min(rows, point.surface().network().parameterCount());
    }

    /// Assembles and decomposes.
    ///
    /// @throws IllegalArgumentException if [#isSmall] is false
    public static Spectrum of(Point point, Progress progress) {
        if (!isSmall(point)) {
            throw new IllegalArgumentException("spectrum: " + whyNot(point));
        }
        Backend backend = point.surface().backend();
        int n = point.surface().dataset().examples();
        long p = point.surface().network().parameterCount();
        boolean kernel = (long) n * point.surface().network().outputs() <= p;
        HostBuffer matrix = kernel ? point.gram(progress) : gaussNewton(point, (int) p);
        int size = (int) Math.round(Math.sqrt((double) matrix.length()));
        try (HostBuffer doubles = HostBuffer.allocate(Precision.F64, matrix.length())) {
            for (long i = 0; i < matrix.length(); i++) {
                doubles.set(i, matrix.get(i) / n);
            }
            double[] ascending = backend.symmetricEigenvalues(doubles, size);
            double[] descending = new double[size];
            for (int i = 0; i < size; i++) {
                descending[i] = ascending[size - 1 - i];
            }
            return new Spectrum(descending);
        }
    }

    /// n·G, from per-example gradients in tiles of rows.
    private static HostBuffer gaussNewton(Point point, int p) {
        Backend backend = point.surface().backend();
        int n = point.surface().dataset().examples();
        HostBuffer matrix = HostBuffer.collected(backend.precision(), (long) p * p);
        try (var workspace = new Workspace(backend)) {
            Tensor sum = workspace.zeros(p, p);
            for (int from = 0; from < n; from += Backend.CHUNK_ROWS) {
                try (var _ = workspace.frame()) {
                    HostBuffer rows = point.perExampleGradients(from, Math.min(Backend.CHUNK_ROWS, n - from));
                    Tensor jacobian = workspace.tensor(rows.length() / p, p);
                    backend.upload(rows, jacobian);
                    backend.sumOuter(jacobian, jacobian, true, sum);
                }
            }
            backend.download(sum, matrix);
        }
        return matrix;
    }
}
