package io.plumbline.layer;

import io.plumbline.backend.Tensor;

/// A parameter's gradient rows as sums over T positions of outer products, never formed: row (i,k) is Σ_t first[(i,k),t] ⊗ second[(i,k),t], flattened
/// row-major, or Σ_t first alone. A factor with T rows an example serves all K rows of that example. Inner products factor: ⟨a⊗b, c⊗d⟩ = ⟨a,c⟩⟨b,d⟩.
///
/// @param first     (nKT or nT, d₁)
/// @param second    (nKT or nT, d₂), or null
/// @param positions T: consecutive rows
public record Factor(Tensor first, Tensor second, int positions) {
    /// One outer product.
    public Factor(Tensor first, Tensor second) {
        this(first, second, 1);
    }
}
