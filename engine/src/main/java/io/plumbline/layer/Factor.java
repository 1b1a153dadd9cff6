package io.plumbline.layer;

import io.plumbline.backend.Tensor;

/// A parameter's gradient rows as outer products, never formed: row (i,k) is first[(i,k)] ⊗ second[(i,k)], flattened row-major, or first alone.
/// A factor with one row an example serves all K rows of that example. Inner products factor: ⟨a⊗b, c⊗d⟩ = ⟨a,c⟩⟨b,d⟩.
///
/// @param first  (nK or n, d₁)
/// @param second (nK or n, d₂), or null
public record Factor(Tensor first, Tensor second) {}
