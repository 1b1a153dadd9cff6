package io.plumbline.stability;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Arrays;

/// The two maps between symmetric matrices Z (r, r) and one symmetric K × K block for each example, adjoint to each other:
///
/// restrict: Z ↦ D, D_i = F_i Z F_iᵀ      assemble: D ↦ Σ_i F_iᵀ D_i F_i
///
/// in products of matrices: with F⁽ᵏ⁾ (n, r) the rows of F that belong to output k, D⁽ᵏˡ⁾ the n-vector of the blocks' entries (k, l),
/// assemble is Σ_k (Σ_l diag(D⁽ᵏˡ⁾) F⁽ˡ⁾)ᵀ F⁽ᵏ⁾, restrict D⁽ˡᵏ⁾ = Σ_a F⁽ˡ⁾_a ∘ (F⁽ᵏ⁾Z)_a.
///
/// ```
/// Z, a panel of rows [from, from + count) at a time:   . . . .
///                                                      . a b b    a (count, count) counts once, b twice (its mirror image is not stored)
///                                                      . . . .
/// D: K²·n numbers, entry (k·K + l)·n + i
/// ```
///
/// So K n r² multiply-adds in all for one of each, half of what whole matrices take, and memory for one panel.
final class ExampleBlocks {
    /// Rows of a panel.
    static final int PANEL = 256;

    private final Backend backend;
    private final Workspace workspace;
    /// (F⁽ᵏ⁾)ᵀ, (r, n) each.
    private final Tensor[] f;
    private final int n;
    private final int outputs;
    private final int rank;

    ExampleBlocks(Backend backend, Workspace workspace, Tensor[] f) {
        this.backend = backend;
        this.workspace = workspace;
        this.f = f;
        n = f[0].columns();
        outputs = f.length;
        rank = (int) f[0].rows();
    }

    /// K²·n.
    int size() {
        return outputs * outputs * n;
    }

    /// D_i = I.
    double[] identity() {
        double[] d = new double[size()];
        for (int k = 0; k < outputs; k++) {
            Arrays.fill(d, (k * outputs + k) * n, (k * outputs + k + 1) * n, 1);
        }
        return d;
    }

    /// The blocks as K² rows of n, until the workspace's frame closes.
    Tensor upload(double[] d) {
        Tensor tensor = workspace.tensor((long) outputs * outputs, n);
        try (HostBuffer values = HostBuffer.of(d)) {
            backend.upload(values, tensor);
        }
        return tensor;
    }

    /// The blocks' symmetric parts: of what [#restrict] has added up they are the blocks.
    double[] symmetric(Tensor blocks) {
        double[] d;
        try (HostBuffer values = HostBuffer.allocate(Precision.F64, size())) {
            backend.download(blocks, values);
            d = values.toArray();
        }
        for (int k = 0; k < outputs; k++) {
            for (int l = 0; l < k; l++) {
                for (int i = 0; i < n; i++) {
                    double mean = (d[(k * outputs + l) * n + i] + d[(l * outputs + k) * n + i]) / 2;
                    d[(k * outputs + l) * n + i] = mean;
                    d[(l * outputs + k) * n + i] = mean;
                }
            }
        }
        return d;
    }

    /// g = the entries (a, b) of assembled D with a ∈ [from, from + count), b ≥ from: (count, r − from).
    void assemble(Tensor d, int from, int count, Tensor g) {
        try (var _ = workspace.frame()) {
            Tensor weighted = workspace.tensor(count, n);
            for (int k = 0; k < outputs; k++) {
                for (int l = 0; l < outputs; l++) {
                    backend.product(1, f[l].rows(from, count), d.rows(k * outputs + l, 1), l > 0, weighted);
                }
                backend.multiply(weighted, f[k].rows(from, rank - from), true, k > 0, g);
            }
        }
    }

    /// d += the part of restricted Z that the panel z (count, r − from) is responsible for, entries b ≥ from + count already counted twice; up to the blocks'
    /// symmetric part.
    void restrict(Tensor z, int from, int count, Tensor d) {
        try (var _ = workspace.frame()) {
            Tensor product = workspace.tensor(count, n);
            for (int k = 0; k < outputs; k++) {
                backend.multiply(z, f[k].rows(from, rank - from), false, false, product);
                for (int l = 0; l < outputs; l++) {
                    backend.product(1, product, f[l].rows(from, count), true, d.rows(l * outputs + k, 1));
                }
            }
        }
    }

    /// D_i = F_i diag(values) F_iᵀ.
    double[] ofDiagonal(double[] values) {
        try (var _ = workspace.frame(); HostBuffer host = HostBuffer.of(values)) {
            Tensor column = workspace.tensor(rank, 1);
            backend.upload(host, column);
            Tensor d = workspace.zeros((long) outputs * outputs, n);
            Tensor scaled = workspace.tensor(Math.min(PANEL, rank), n);
            for (int from = 0; from < rank; from += PANEL) {
                int count = Math.min(PANEL, rank - from);
                for (int k = 0; k < outputs; k++) {
                    backend.product(1, f[k].rows(from, count), column.rows(from, count), false, scaled.rows(0, count));
                    for (int l = 0; l < outputs; l++) {
                        backend.product(1, scaled.rows(0, count), f[l].rows(from, count), true, d.rows(l * outputs + k, 1));
                    }
                }
            }
            return symmetric(d);
        }
    }

    /// Entry (a, b) of a matrix for its panel's entry.
    interface Entry {
        /// What the entry becomes, given that there it is `value`.
        double at(int a, int b, double value);
    }

    /// How often a panel's entry (a, b) counts: those beside the square on the diagonal stand for their mirror images too.
    static int multiplicity(int a, int b) {
        return a / PANEL == b / PANEL ? 1 : 2;
    }

    /// Assembles D a panel at a time, changes its entries by `entry` and adds the restriction of the result to `restricted`, unless that is null.
    void assembleThen(double[] blocks, Entry entry, Tensor restricted) {
        try (var _ = workspace.frame()) {
            assembleThen(upload(blocks), entry, restricted);
        }
    }

    private void assembleThen(Tensor d, Entry entry, Tensor restricted) {
        for (int from = 0; from < rank; from += PANEL) {
            int count = Math.min(PANEL, rank - from);
            int columns = rank - from;
            try (var _ = workspace.frame(); HostBuffer host = HostBuffer.allocate(Precision.F64, (long) count * columns)) {
                Tensor panel = workspace.tensor(count, columns);
                assemble(d, from, count, panel);
                backend.download(panel, host);
                change(host, from, columns, entry);
                if (restricted != null) {
                    backend.upload(host, panel);
                    restrict(panel, from, count, restricted);
                }
            }
        }
    }

    /// Changes the entries of the panel whose rows begin at `from`, and lets them count as often as they do.
    private static void change(HostBuffer panel, int from, int columns, Entry entry) {
        for (long at = 0; at < panel.length(); at++) {
            int a = from + (int) (at / columns);
            int b = from + (int) (at % columns);
            panel.set(at, entry.at(a, b, panel.get(at)) * multiplicity(a, b));
        }
    }

    /// Restricts the symmetric Z (r, r), row-major.
    double[] restrict(HostBuffer z) {
        try (var _ = workspace.frame()) {
            Tensor d = workspace.zeros((long) outputs * outputs, n);
            for (int from = 0; from < rank; from += PANEL) {
                int count = Math.min(PANEL, rank - from);
                int columns = rank - from;
                try (var _ = workspace.frame(); HostBuffer host = HostBuffer.allocate(Precision.F64, (long) count * columns)) {
                    for (int a = 0; a < count; a++) {
                        host.slice((long) a * columns, columns).copyFrom(z.slice((long) (from + a) * rank + from, columns));
                    }
                    change(host, from, columns, (_, _, value) -> value);
                    Tensor panel = workspace.tensor(count, columns);
                    backend.upload(host, panel);
                    restrict(panel, from, count, d);
                }
            }
            return symmetric(d);
        }
    }

    /// The whole matrix (r, r) whose entries are `entry` of assembled D's, symmetric; nobody needs to close it.
    HostBuffer assembled(double[] d, Entry entry) {
        HostBuffer matrix = HostBuffer.collected(Precision.F64, (long) rank * rank);
        assembleThen(d, (a, b, value) -> {
            double changed = entry.at(a, b, value);
            matrix.set((long) a * rank + b, changed);
            matrix.set((long) b * rank + a, changed);
            return changed;
        }, null);
        return matrix;
    }
}
