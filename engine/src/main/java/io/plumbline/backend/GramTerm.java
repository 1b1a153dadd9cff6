package io.plumbline.backend;

/// One summand of a tile of M = J Jᵀ: where a gradient's part is a sum over T positions of outer products first_t ⊗ second_t, inner products factor,
///
/// M[a,b] += Σ_{t,u} (first_{a,t} · first_{b,u}) (second_{a,t} · second_{b,u} + plusOne),
///
/// a, b over the rows (example i, output k) of the tile's two sides, t, u over positions. A factor has T consecutive rows for each (i,k), or for each
/// example, which then serve all K outputs. Without second factors the bracket is 1. `plusOne` adds a bias to a dense layer's weights.
///
/// @param firstRow     (nᵢKT or nᵢT, d₁) factor of the tile's rows
/// @param firstColumn  (nⱼKT or nⱼT, d₁) factor of its columns
/// @param secondRow    (nᵢKT or nᵢT, d₂), or null
/// @param secondColumn (nⱼKT or nⱼT, d₂), or null with `secondRow`
/// @param plusOne      whether 1 is added to the second inner product
/// @param positions    T; 1 for gradients that are one outer product
public record GramTerm(
        Tensor firstRow, Tensor firstColumn, Tensor secondRow, Tensor secondColumn, boolean plusOne, int positions) {
    public GramTerm {
        if (positions < 1 || firstRow.rows() % positions != 0 || firstColumn.rows() % positions != 0) {
            throw new IllegalArgumentException("gram term: first factors " + firstRow.shape() + " and " + firstColumn.shape() + " of " + positions
                    + " positions");
        }
        if (firstRow.columns() != firstColumn.columns()) {
            throw new IllegalArgumentException("gram term: first factors are " + firstRow.shape() + " and " + firstColumn.shape());
        }
        if ((secondRow == null) != (secondColumn == null) || secondRow != null && secondRow.columns() != secondColumn.columns()) {
            throw new IllegalArgumentException("gram term: second factors do not match");
        }
    }

    /// A term of one position.
    public GramTerm(Tensor firstRow, Tensor firstColumn, Tensor secondRow, Tensor secondColumn, boolean plusOne) {
        this(firstRow, firstColumn, secondRow, secondColumn, plusOne, 1);
    }
}
