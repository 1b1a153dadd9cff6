package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.derivative.Progress;
import io.plumbline.flatness.Probes.Law;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Extreme eigenpairs by block Lanczos with full reorthogonalisation and thick restarts (Golub & Underwood 1977; Wu & Simon 2000).
///
/// Q grows by orth((I − QQᵀ)AQ_last); T = QᵀAQ is taken from inner products in double, so that it is A's compression to span(Q) whatever the roundings of the
/// recurrence. Every new vector is orthogonalised against all of Q: no eigenvalue appears twice that is not double. When Q is full, the Ritz vectors at both ends
/// stay and the rest goes. Where a block spans less than it has vectors (an invariant subspace is exhausted), random directions take the free places.
///
/// **Multiplicities.** A block of b vectors finds up to b copies of a multiple eigenvalue; further ones only as rounding brings them in, or once the space is exhausted.
///
/// **Error.** For a Ritz pair (θ, x) A has an eigenvalue within ‖Ax − θx‖/‖x‖ of θ. While Q grows the residual is known without products: the norm of what Q's
/// last block leaves over, combined with the last entries of the Ritz vector (for b = 1 |β_m s_m|). For each pair returned it is computed from one more product, and
/// θ = xᵀAx/xᵀx from inner products in double. θ itself is usually much nearer: its error is at most the residual squared over the gap.
/// That the eigenvalue found is the extreme one has probability 1 for Gaussian starts, not certainty.
///
/// Memory: the basis and 2 blocks. Cost beside the products: 4 p · basis multiply-adds a vector.
public final class BlockLanczos {
    /// Ritz vectors kept at a restart, as a share of the basis.
    private static final int KEPT_SHARE = 2;
    /// Ritz pairs are looked at each time that the basis has grown by this share.
    private static final int CHECKS = 8;

    /// @param block     b, vectors multiplied at a time
    /// @param basis     vectors kept at most
    /// @param products  with A at most, the last ones for the pairs returned not counted
    /// @param tolerance residual that is small enough, relative to the largest |θ|
    /// @param seed      of the start
    public record Options(int block, int basis, int products, double tolerance, long seed) {
        /// Vectors kept unless memory allows fewer.
        public static final int USUAL_BASIS = 80;
        private static final int USUAL_PRODUCTS = 200;
        private static final double TOLERANCE_F64 = 1e-7;
        private static final double TOLERANCE_F32 = 1e-5;

        /// @throws IllegalArgumentException if the block or the basis is empty, or the tolerance not positive
        public Options {
            if (block < 1 || basis < block || products < block || !(tolerance > 0)) {
                throw new IllegalArgumentException(
                        "lanczos: block " + block + ", basis " + basis + ", products " + products + ", tolerance " + tolerance
                                + ", expected 1 <= block <= basis, products and a positive tolerance");
            }
        }

        /// One vector at a time, `basis` kept, at most 200 products; 10⁻⁷ in double, 10⁻⁵ in single precision, whose products have no more.
        public static Options usual(Precision precision, int basis, long seed) {
            return new Options(1, basis, USUAL_PRODUCTS, precision == Precision.F64 ? TOLERANCE_F64 : TOLERANCE_F32, seed);
        }
    }

    /// @param value    θ
    /// @param residual ‖Ax − θx‖, ‖x‖ = 1: within which A has an eigenvalue
    /// @param vector   x, p numbers
    public record Eigenpair(double value, double residual, HostBuffer vector) {}

    /// @param top       the largest eigenvalues, descending
    /// @param bottom    the smallest, ascending
    /// @param products  with A, all told
    /// @param starts    random vectors
    /// @param converged whether all residuals are within the tolerance
    public record Extremes(List<Eigenpair> top, List<Eigenpair> bottom, long products, int starts, boolean converged, long seed) {
        /// λ_max.
        public Estimate largest() {
            return estimate(top.getFirst());
        }

        /// λ_min.
        public Estimate smallest() {
            return estimate(bottom.getFirst());
        }

        private Estimate estimate(Eigenpair pair) {
            return new Estimate(pair.value, pair.residual, "lanczos", starts, products, seed);
        }
    }

    private final SymmetricOperator a;
    private final Backend backend;
    private final Workspace workspace;
    private final Options options;
    private final int top;
    private final int bottom;
    private final Basis basis;
    private final double[][] t;
    private final Probes starts;
    private int started;
    /// Vectors of the basis whose products are in T.
    private int applied;
    private int nextCheck;
    private long products;

    private BlockLanczos(SymmetricOperator a, int top, int bottom, Options options, Workspace workspace) {
        this.a = a;
        this.backend = a.backend();
        this.workspace = workspace;
        this.options = options;
        this.top = top;
        this.bottom = bottom;
        int capacity = Math.min(a.size(), Math.max(options.basis, KEPT_SHARE * (top + bottom) + 2 * options.block));
        basis = new Basis(backend, workspace, capacity, a.size());
        t = new double[capacity][capacity];
        starts = new Probes(options.seed, "lanczos", Law.GAUSSIAN);
    }

    /// The `top` largest and `bottom` smallest eigenvalues with their vectors; fewer if p is less.
    ///
    /// @throws IllegalArgumentException if none is asked for
    /// @throws ArithmeticException if a product is not finite
    public static Extremes of(SymmetricOperator a, int top, int bottom, Options options, Progress progress) {
        if (top < 0 || bottom < 0 || top + bottom < 1) {
            throw new IllegalArgumentException("lanczos: " + top + " top and " + bottom + " bottom eigenvalues asked for, expected at least one");
        }
        try (var workspace = new Workspace(a.backend())) {
            int p = a.size();
            return new BlockLanczos(a, Math.min(top, p), Math.min(bottom, p), options, workspace).run(progress);
        }
    }

    private Extremes run(Progress progress) {
        int width = Math.min(options.block, a.size());
        startBlock(width);
        while (true) {
            try (var _ = workspace.frame()) {
                int count = basis.size() - applied;
                Tensor rest = workspace.tensor(count, a.size());
                apply(rest);
                progress.at(products, options.products);
                boolean last = basis.size() == a.size() || products + count > options.products;
                boolean full = basis.size() + count > basis.capacity() && basis.capacity() < a.size();
                if (last || full || applied >= nextCheck) {
                    var eigen = SymmetricEigen.of(leading());
                    if (last || converged(eigen, residuals(eigen, rest))) {
                        return extremes(eigen);
                    }
                    if (full) {
                        restart(eigen, count);
                    }
                    nextCheck = applied + Math.max(1, applied / CHECKS);
                }
                extend(rest, Math.min(count, basis.capacity() - basis.size()));
            }
        }
    }

    private void startBlock(int count) {
        for (int i = 0; i < count; i++) {
            appendRandom();
        }
    }

    private void appendRandom() {
        try (var _ = workspace.frame()) {
            Tensor v = workspace.tensor(1, a.size());
            double length;
            do {
                starts.fill(started++, backend, v);
                length = basis.append(v);
            } while (length == 0);
        }
    }

    /// rest = (I − QQᵀ)AQ_last, and T gets QᵀAQ_last.
    private void apply(Tensor rest) {
        int size = basis.size();
        int count = size - applied;
        a.apply(basis.vectors(applied, count), rest);
        products += count;
        double[] coefficients = basis.coefficients(rest);
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < count; j++) {
                t[i][applied + j] = coefficients[i * count + j];
            }
        }
        for (int j = applied; j < size; j++) {
            for (int i = 0; i < j; i++) {
                double mean = i < applied ? t[i][j] : (t[i][j] + t[j][i]) / 2;
                t[i][j] = mean;
                t[j][i] = mean;
            }
        }
        basis.project(rest);
        applied = size;
    }

    private double[][] leading() {
        double[][] leading = new double[applied][];
        Arrays.setAll(leading, i -> Arrays.copyOf(t[i], applied));
        return leading;
    }

    /// ‖Σ_j s_j rest_j‖ over the last block, for each Ritz vector s.
    private double[] residuals(SymmetricEigen eigen, Tensor rest) {
        int count = (int) rest.rows();
        double[] gram = backend.rowProducts(rest, rest);
        double[] residuals = new double[applied];
        for (int k = 0; k < applied; k++) {
            double[] s = eigen.vectors()[k];
            double sum = 0;
            for (int i = 0; i < count; i++) {
                for (int j = 0; j < count; j++) {
                    sum += s[applied - count + i] * gram[i * count + j] * s[applied - count + j];
                }
            }
            residuals[k] = Math.sqrt(Math.max(0, sum));
        }
        return residuals;
    }

    private boolean converged(SymmetricEigen eigen, double[] residuals) {
        if (applied < top || applied < bottom) {
            return false;
        }
        double allowed = options.tolerance * norm(eigen);
        for (int k = 0; k < applied; k++) {
            boolean wanted = k < top || k >= applied - bottom;
            if (wanted && !(residuals[k] <= allowed)) {
                return false;
            }
        }
        return true;
    }

    private static double norm(SymmetricEigen eigen) {
        return Math.max(Math.abs(eigen.values()[0]), Math.abs(eigen.values()[eigen.values().length - 1]));
    }

    /// The Ritz vectors at both ends become the basis, as many as leave room for the other half.
    private void restart(SymmetricEigen eigen, int count) {
        int most = Math.max(top + bottom, Math.min(basis.capacity() / KEPT_SHARE, basis.capacity() - 2 * count));
        int keep = Math.min(applied, Math.min(most, basis.capacity() - count));
        int high = Math.clamp((long) keep * top / (top + bottom), 0, keep);
        double[] coefficients = new double[keep * applied];
        for (double[] row : t) {
            Arrays.fill(row, 0);
        }
        for (int k = 0; k < keep; k++) {
            int ritz = k < high ? k : applied - keep + k;
            System.arraycopy(eigen.vectors()[ritz], 0, coefficients, k * applied, applied);
            t[k][k] = eigen.values()[ritz];
        }
        basis.replace(coefficients, keep);
        applied = keep;
    }

    /// The next block: directions of `rest`, random ones in place of those that lie in the span already.
    private void extend(Tensor rest, int count) {
        for (int i = 0; i < count; i++) {
            if (basis.append(rest.rows(i, 1)) == 0) {
                appendRandom();
            }
        }
    }

    private Extremes extremes(SymmetricEigen eigen) {
        double allowed = options.tolerance * norm(eigen);
        var largest = new ArrayList<Eigenpair>();
        for (int k = 0; k < Math.min(top, applied); k++) {
            largest.add(pair(eigen.vectors()[k]));
        }
        var smallest = new ArrayList<Eigenpair>();
        for (int k = applied - 1; k >= Math.max(0, applied - bottom); k--) {
            smallest.add(pair(eigen.vectors()[k]));
        }
        largest.sort((x, y) -> Double.compare(y.value, x.value));
        smallest.sort((x, y) -> Double.compare(x.value, y.value));
        boolean converged = largest.stream().allMatch(pair -> pair.residual <= allowed)
                && smallest.stream().allMatch(pair -> pair.residual <= allowed);
        return new Extremes(List.copyOf(largest), List.copyOf(smallest), products, started, converged, options.seed);
    }

    private Eigenpair pair(double[] s) {
        try (var _ = workspace.frame()) {
            Tensor x = workspace.tensor(1, a.size());
            basis.combine(s, basis.vectors(0, applied), false, x);
            Tensor y = workspace.tensor(1, a.size());
            a.apply(x, y);
            products++;
            double squaredLength = backend.rowProducts(x, x)[0];
            double value = backend.rowProducts(x, y)[0] / squaredLength;
            HostBuffer vector = Basis.download(backend, x);
            backend.product(-value, x, null, true, y);
            return new Eigenpair(value, basis.norm(y) / Math.sqrt(squaredLength), vector);
        }
    }
}
