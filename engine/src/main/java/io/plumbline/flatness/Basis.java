package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;

/// Orthonormal vectors q_0, q_1, … ∈ ℝᵖ, the first rows of a tensor. Coefficients are inner products in double, rounded to the backend's precision before
/// they are subtracted; a second pass removes what that leaves, so ⟨q_i, q_j⟩ = δ_ij but for some √p roundings of that precision.
final class Basis {
    /// A vector that keeps this share of its length has lost nothing to cancellation (Daniel, Gragg, Kaufman & Stewart 1976).
    private static final double KEPT = 0.5;
    private static final int MOST_PASSES = 4;
    /// A vector of which no more is left, in roundings of its length, lies in the span.
    private static final int ROUNDINGS = 64;

    private final Backend backend;
    private final Workspace workspace;
    private final Tensor rows;
    private int size;
    /// Coefficients on their way.
    private HostBuffer host;

    /// A basis for up to `capacity` vectors, cut from the workspace.
    Basis(Backend backend, Workspace workspace, int capacity, int p) {
        this.backend = backend;
        this.workspace = workspace;
        rows = workspace.tensor(capacity, p);
    }

    int size() {
        return size;
    }

    int capacity() {
        return (int) rows.rows();
    }

    /// q_from … (count, p).
    Tensor vectors(int from, int count) {
        return rows.rows(from, count);
    }

    Tensor vectors() {
        return rows.rows(0, size);
    }

    /// ⟨q_i, x_j⟩ at i·m + j, x (m, p).
    double[] coefficients(Tensor x) {
        return backend.rowProducts(vectors(), x);
    }

    /// Each row of x loses its component in the span: x −= (x Qᵀ) Q, twice.
    void project(Tensor x) {
        for (int pass = 0; pass < 2 && size > 0; pass++) {
            subtract(x);
        }
    }

    private void subtract(Tensor x) {
        double[] coefficients = backend.rowProducts(x, vectors());
        for (int i = 0; i < coefficients.length; i++) {
            coefficients[i] = -coefficients[i];
        }
        combine(coefficients, vectors(), true, x);
    }

    /// y = C·x, or +=: C (y's rows, x's rows).
    void combine(double[] coefficients, Tensor x, boolean accumulate, Tensor y) {
        if (host == null || host.length() < coefficients.length) {
            host = HostBuffer.collected(Precision.F64, 2L * coefficients.length);
        }
        for (int i = 0; i < coefficients.length; i++) {
            host.set(i, coefficients[i]);
        }
        try (var _ = workspace.frame()) {
            Tensor c = workspace.tensor(y.rows(), (int) x.rows());
            backend.upload(host.slice(0, coefficients.length), c);
            backend.multiply(c, x, false, accumulate, y);
        }
    }

    /// Takes the direction of x (1, p), which is destroyed, into the basis, orthogonalised and normalised.
    ///
    /// @return the length of its component outside the span; 0 if it lies in it, and then the basis stays as it is
    double append(Tensor x) {
        double start = norm(x);
        double before = start;
        double after = start;
        for (int pass = 0; pass < MOST_PASSES && size > 0; pass++) {
            subtract(x);
            after = norm(x);
            if (after > KEPT * before) {
                break;
            }
            before = after;
        }
        if (!(after > ROUNDINGS * backend.arithmetic().unitRoundoff() * start)) {
            requireFinite(start);
            return 0;
        }
        backend.product(1 / after, x, null, false, rows.rows(size, 1));
        size++;
        return after;
    }

    private static void requireFinite(double norm) {
        if (!Double.isFinite(norm)) {
            throw new ArithmeticException("basis: a vector has length " + norm);
        }
    }

    /// Keeps the combinations C·Q, C (m, size) with orthonormal rows, in place of Q.
    void replace(double[] coefficients, int m) {
        try (var _ = workspace.frame()) {
            Tensor kept = workspace.tensor(m, rows.columns());
            combine(coefficients, vectors(), false, kept);
            backend.product(1, kept, null, false, rows.rows(0, m));
            size = m;
        }
    }

    double norm(Tensor x) {
        return Math.sqrt(backend.rowProducts(x, x)[0]);
    }

    /// ⟨a_i, b_i⟩ in double, a, b (m, p).
    static double[] dots(Backend backend, Tensor a, Tensor b) {
        double[] dots = new double[(int) a.rows()];
        for (int i = 0; i < dots.length; i++) {
            Tensor x = a.rows(i, 1);
            dots[i] = backend.rowProducts(x, a == b ? x : b.rows(i, 1))[0];
        }
        return dots;
    }

    /// A copy in host memory.
    static HostBuffer download(Backend backend, Tensor x) {
        HostBuffer copy = HostBuffer.collected(backend.precision(), x.length());
        backend.download(x, copy);
        return copy;
    }
}
