package io.plumbline.flatness;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.flatness.Probes.Law;
import io.plumbline.memory.HostBuffer;

/// A's diagonal: A_ii = E v_i(Av)_i for Rademacher probes (Bekas, Kokiopoulou & Saad 2007: with v_i² = 1 their quotient's denominator is the number of probes).
/// One product a probe; unbiased; one probe's variance of entry i is Σ_{j≠i} A_ij².
///
/// Sums of v_i(Av)_i and of their squares are taken about the first probe's values, so that entries whose scatter is small beside them keep their standard error in single
/// precision too.
///
/// @param values         A_ii, p numbers
/// @param standardErrors of each
public record Diagonal(HostBuffer values, HostBuffer standardErrors, int probes, long seed) {
    /// Estimates from `probes` probes.
    ///
    /// @throws IllegalArgumentException if there are fewer than 2
    public static Diagonal of(SymmetricOperator a, int probes, long seed) {
        int count = Effort.of(probes).probes();
        Backend backend = a.backend();
        int p = a.size();
        try (var workspace = new Workspace(backend)) {
            Tensor shift = workspace.tensor(1, p);
            Tensor sum = workspace.zeros(1, p);
            Tensor squares = workspace.zeros(1, p);
            new Probes(seed, "diagonal", Law.RADEMACHER).forEachBlock(0, count, p, backend, workspace, (first, v) -> {
                Tensor image = workspace.tensor(v.rows(), p);
                a.apply(v, image);
                Tensor terms = workspace.tensor(v.rows(), p);
                backend.product(1, v, image, false, terms);
                if (first == 0) {
                    backend.product(1, terms.rows(0, 1), null, false, shift);
                }
                backend.product(-1, shift, null, true, terms);
                backend.product(1, terms, null, true, sum);
                backend.product(1, terms, terms, true, squares);
            });
            HostBuffer values = Basis.download(backend, shift);
            HostBuffer sums = Basis.download(backend, sum);
            HostBuffer errors = Basis.download(backend, squares);
            for (int i = 0; i < p; i++) {
                double mean = sums.get(i) / count;
                double variance = Math.max(0, errors.get(i) - count * mean * mean) / (count - 1);
                values.set(i, values.get(i) + mean);
                errors.set(i, Math.sqrt(variance / count));
            }
            return new Diagonal(values, errors, count, seed);
        }
    }
}
