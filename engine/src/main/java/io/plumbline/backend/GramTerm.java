package io.plumbline.backend;

/// One summand of a tile of M = J Jᵀ: where a gradient's part is an outer product first ⊗ second, inner products factor,
///
/// M[a,b] += (first_a · first_b) (second_a · second_b + plusOne),
///
/// a, b over the rows (example i, output k) of the tile's two sides. A factor has one row for each (i,k), or one for each example,
/// which then serves all K outputs. Without second factors the bracket is 1. `plusOne` adds a bias to a dense layer's weights.
///
/// @param firstRow     (nᵢK or nᵢ, d₁) factor of the tile's rows
/// @param firstColumn  (nⱼK or nⱼ, d₁) factor of its columns
/// @param secondRow    (nᵢK or nᵢ, d₂), or null
/// @param secondColumn (nⱼK or nⱼ, d₂), or null with `secondRow`
/// @param plusOne      whether 1 is added to the second inner product
public record GramTerm(Tensor firstRow, Tensor firstColumn, Tensor secondRow, Tensor secondColumn, boolean plusOne) {
    public GramTerm {
        if (firstRow.columns() != firstColumn.columns()) {
            throw new IllegalArgumentException("gram term: first factors are " + firstRow.shape() + " and " + firstColumn.shape());
        }
        if ((secondRow == null) != (secondColumn == null) || secondRow != null && secondRow.columns() != secondColumn.columns()) {
            throw new IllegalArgumentException("gram term: second factors do not match");
        }
    }
}
