package io.plumbline.stability;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import java.util.Arrays;

/// SGD linearised at a global minimum, in function space: what happens to u = J(θ − θ*) ∈ ℝ^{nK} depends on the Gram matrix M = J Jᵀ alone, and on no p.
///
/// With the tangent kernel 𝒦 = M/n = UΛUᵀ on its range (rank r) and F = U(nΛ)^½ (nK × r), rows F_i (K × r) for example i: M = FFᵀ, Σ_i F_iᵀF_i = nΛ.
/// In the coordinates w with u = Fw, which are those of θ − θ* in the row space of J, H = G = Λ, and a step of SGD on the batch I is
///
/// w ← w − (η/B) Σ_{i∈I} F_iᵀF_i w.
///
/// Heavy work is products of matrices on a backend of doubles. One thread at a time; the backend is borrowed.
public final class FunctionSpace implements AutoCloseable {
    /// Inner products of up to 2²⁰ terms that were rounded at random are off by about this many roundings of their factors' norms.
    private static final int INNER_PRODUCT_ROUNDINGS = 1 << 10;

    private final Scope scope = new Scope();
    private final Backend backend;
    private final int n;
    private final int outputs;
    private final double rounding;
    private final double[] lambda;
    private final Tensor[] f;
    private final ExampleBlocks blocks;
    private Alignments alignments;

    private record Alignments(double mu, double mu1) {}

    private FunctionSpace(HostBuffer gram, int n, int outputs, Backend backend) {
        this.backend = backend;
        this.n = n;
        this.outputs = outputs;
        int rows = n * outputs;
        this.rounding = Math.max(rows, INNER_PRODUCT_ROUNDINGS) * gram.precision().unitRoundoff();
        try (HostBuffer kernel = symmetric(gram)) {
            double[] ascending = backend.symmetricEigenvectors(kernel, rows);
            this.lambda = positive(ascending);
            var workspace = scope.own(new Workspace(backend));
            this.f = factor(kernel, workspace);
            this.blocks = new ExampleBlocks(backend, workspace, f);
        } catch (Throwable failure) {
            scope.close();
            throw failure;
        }
    }

    /// From M (nK, nK), row-major of either precision, row i·K + k belonging to example i, output k.
    ///
    /// Rounding is taken to be ε = max(nK, 2¹⁰)·u, u of M's own precision: M may be asymmetric by up to ε of its largest entry on the diagonal and have eigenvalues
    /// down to −ελ₁; eigenvalues up to ελ₁ count as 0 and are no part of the range.
    ///
    /// @param outputs K
    /// @param backend computes in double
    /// @throws IllegalArgumentException if M is not square, not of a whole number of examples, not symmetric, not positive semidefinite; or the backend is not of f64
    /// @throws ArithmeticException if M is 0 or an entry is not finite
    public static FunctionSpace of(HostBuffer gram, int outputs, Backend backend) {
        int rows = (int) Math.round(Math.sqrt((double) gram.length()));
        if ((long) rows * rows != gram.length() || rows == 0) {
            throw new IllegalArgumentException("Gram matrix: found " + gram.length() + " entries, expected a square number of them");
        }
        if (outputs < 1 || rows % outputs != 0) {
            throw new IllegalArgumentException("Gram matrix: found " + rows + " rows, expected a multiple of the number of outputs, " + outputs);
        }
        if (backend.precision() != Precision.F64) {
            throw new IllegalArgumentException("function space: the backend computes in " + backend.precision().label() + ", expected f64");
        }
        return new FunctionSpace(gram, rows / outputs, outputs, backend);
    }

    /// What [#of] takes at its largest beside M, in bytes: 𝒦 becoming its eigenvectors, the decomposition's working memory twice as large, F.
    public static double sizeBytes(long rows) {
        return 4.0 * rows * rows * Double.BYTES;
    }

    /// 𝒦 = (M + Mᵀ)/(2n).
    private HostBuffer symmetric(HostBuffer gram) {
        long rows = (long) n * outputs;
        double largest = 0;
        double asymmetry = 0;
        HostBuffer kernel = HostBuffer.allocate(Precision.F64, rows * rows);
        for (long i = 0; i < rows; i++) {
            largest = Math.max(largest, Math.abs(gram.get(i * rows + i)));
            for (long j = 0; j <= i; j++) {
                double entry = gram.get(i * rows + j);
                double mirrored = gram.get(j * rows + i);
                asymmetry = Math.max(asymmetry, Math.abs(entry - mirrored));
                double mean = (entry + mirrored) / (2.0 * n);
                kernel.set(i * rows + j, mean);
                kernel.set(j * rows + i, mean);
            }
        }
        if (asymmetry > rounding * largest) {
            kernel.close();
            throw new IllegalArgumentException(
                    "Gram matrix: not symmetric: M_ij and M_ji differ by up to " + asymmetry + ", expected at most " + rounding * largest
                            + ", rounding of its largest entry on the diagonal");
        }
        return kernel;
    }

    /// What is above rounding, descending.
    private double[] positive(double[] ascending) {
        double top = ascending[ascending.length - 1];
        double bottom = ascending[0];
        double size = Math.max(top, -bottom);
        if (size == 0) {
            throw new ArithmeticException("Gram matrix: it is 0, no parameter changes any output");
        }
        if (bottom < -rounding * size) {
            throw new IllegalArgumentException(
                    "Gram matrix: not positive semidefinite: its lowest eigenvalue is " + bottom * n + ", the highest " + top * n
                            + ", expected at least " + -rounding * size * n + ", which is rounding");
        }
        double[] kept = Arrays.stream(ascending).filter(value -> value > rounding * top).toArray();
        double[] descending = new double[kept.length];
        Arrays.setAll(descending, a -> kept[kept.length - 1 - a]);
        return descending;
    }

    /// (F⁽ᵏ⁾)ᵀ (r, n) for each output: entry (a, i) is √(nλ_a)·U_{iK+k, a}.
    private Tensor[] factor(HostBuffer eigenvectors, Workspace workspace) {
        long rows = (long) n * outputs;
        var tensors = new Tensor[outputs];
        try (HostBuffer host = HostBuffer.allocate(Precision.F64, (long) lambda.length * n)) {
            for (int k = 0; k < outputs; k++) {
                for (int a = 0; a < lambda.length; a++) {
                    double root = Math.sqrt(n * lambda[a]);
                    long row = (rows - 1 - a) * rows;
                    for (int i = 0; i < n; i++) {
                        host.set((long) a * n + i, root * eigenvectors.get(row + (long) i * outputs + k));
                    }
                }
                tensors[k] = workspace.tensor(lambda.length, n);
                backend.upload(host, tensors[k]);
            }
        }
        return tensors;
    }

    /// n.
    public int examples() {
        return n;
    }

    /// K.
    public int outputs() {
        return outputs;
    }

    /// r, the rank of M.
    public int rank() {
        return lambda.length;
    }

    /// λ, the non-zero eigenvalues of H = G and of 𝒦, descending.
    public double[] eigenvalues() {
        return lambda.clone();
    }

    /// Tr H.
    public double trace() {
        return Arrays.stream(lambda).sum();
    }

    /// ‖H‖_F.
    public double frobenius() {
        return Math.sqrt(squaredFrobenius());
    }

    double squaredFrobenius() {
        return Arrays.stream(lambda).map(value -> value * value).sum();
    }

    double[] lambda() {
        return lambda;
    }

    ExampleBlocks blocks() {
        return blocks;
    }

    Backend backend() {
        return backend;
    }

    /// (F⁽ᵏ⁾)ᵀ.
    Tensor factor(int output) {
        return f[output];
    }

    /// C_i = J_i G J_iᵀ = F_i Λ F_iᵀ, K × K, whose traces are the χ_i.
    double[] fisherBlocks() {
        return blocks.ofDiagonal(lambda);
    }

    /// max_i χ_i. μ₀‖H‖_F² is an eigenvalue of a difference of matrices as large as this.
    public double largestChi() {
        double[] c = fisherBlocks();
        double largest = 0;
        for (int i = 0; i < n; i++) {
            double chi = 0;
            for (int k = 0; k < outputs; k++) {
                chi += c[(k * outputs + k) * n + i];
            }
            largest = Math.max(largest, chi);
        }
        return largest;
    }

    /// μ₀ = inf μ(θ) over θ − θ* in the row space of J, exactly: there the residuals are u ∈ range(M), 2L = ‖u‖²/n, Tr(Σ₁G) = (1/n) Σ_i u_iᵀC_iu_i,
    /// Tr(Σ₂G) = uᵀ𝒦²u/n, hence for any K
    ///
    /// μ(θ) = uᵀ[diag(C_i) − 𝒦²]u / (‖H‖_F² ‖u‖²),  C_i = J_i G J_iᵀ,  μ₀ = λ_min(Uᵀ diag(C_i) U − Λ²)/‖H‖_F².
    ///
    /// Never negative: Σ is positive semidefinite. Known to [#alignmentRounding()].
    public double lowestAlignment() {
        return alignments().mu;
    }

    /// inf μ₁(θ) over the same θ: λ_min(Uᵀ diag(C_i) U)/‖H‖_F² ≥ γ_λ.
    public double lowestSecondMomentAlignment() {
        return alignments().mu1;
    }

    /// What μ₀ and inf μ₁ may be off by: nK roundings of the matrix they are eigenvalues of, whose norm is at most max χ_i.
    public double alignmentRounding() {
        return n * outputs * Precision.F64.unitRoundoff() * largestChi() / squaredFrobenius();
    }

    private Alignments alignments() {
        if (alignments == null) {
            HostBuffer form = blocks.assembled(fisherBlocks(), (a, b, value) -> value / (n * Math.sqrt(lambda[a] * lambda[b])));
            double[] values;
            double mu1;
            try (HostBuffer copy = HostBuffer.allocate(Precision.F64, form.length())) {
                copy.copyFrom(form);
                mu1 = Math.max(0, backend.symmetricEigenvalues(copy, lambda.length)[0]) / squaredFrobenius();
            }
            for (int a = 0; a < lambda.length; a++) {
                long at = (long) a * lambda.length + a;
                form.set(at, form.get(at) - lambda[a] * lambda[a]);
            }
            values = backend.symmetricEigenvalues(form, lambda.length);
            alignments = new Alignments(Math.max(0, values[0]) / squaredFrobenius(), mu1);
        }
        return alignments;
    }

    /// u = Fw (nK, example-major) of the coordinates w (r).
    ///
    /// @throws IllegalArgumentException if w does not have r entries
    public double[] residuals(double... w) {
        if (w.length != lambda.length) {
            throw new IllegalArgumentException("coordinates: found " + w.length + " entries, expected " + lambda.length + ", the rank");
        }
        double[] u = new double[n * outputs];
        try (var workspace = new Workspace(backend); HostBuffer host = HostBuffer.of(w); HostBuffer row = HostBuffer.allocate(Precision.F64, n)) {
            Tensor coordinates = workspace.tensor(1, w.length);
            Tensor product = workspace.tensor(1, n);
            backend.upload(host, coordinates);
            for (int k = 0; k < outputs; k++) {
                backend.multiply(coordinates, f[k], false, false, product);
                backend.download(product, row);
                for (int i = 0; i < n; i++) {
                    u[i * outputs + k] = row.get(i);
                }
            }
        }
        return u;
    }

    /// w (r), the coordinates of what of u lies in the range of M: w = (nΛ)⁻¹Fᵀu, the inverse of [#residuals].
    ///
    /// @param u example-major
    /// @throws IllegalArgumentException if u does not have nK entries
    public double[] coordinates(double... u) {
        if (u.length != n * outputs) {
            throw new IllegalArgumentException("residuals: found " + u.length + " entries, expected " + n * outputs);
        }
        double[] w = new double[lambda.length];
        try (var workspace = new Workspace(backend);
                HostBuffer host = HostBuffer.allocate(Precision.F64, n);
                HostBuffer product = HostBuffer.allocate(Precision.F64, w.length)) {
            Tensor column = workspace.tensor(1, n);
            Tensor sum = workspace.zeros(1, w.length);
            for (int k = 0; k < outputs; k++) {
                for (int i = 0; i < n; i++) {
                    host.set(i, u[i * outputs + k]);
                }
                backend.upload(host, column);
                backend.multiply(column, f[k], true, true, sum);
            }
            backend.download(sum, product);
            for (int a = 0; a < w.length; a++) {
                w[a] = product.get(a) / (n * lambda[a]);
            }
        }
        return w;
    }

    /// Frees F. Closing twice is harmless.
    @Override
    public void close() {
        scope.close();
    }
}
