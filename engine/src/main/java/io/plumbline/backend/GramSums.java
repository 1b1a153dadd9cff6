package io.plumbline.backend;

/// What one pass over the pairs (i,j) leaves for each example i of a data set: every alignment figure follows from these sums (in double).
/// With M_ij = J_i J_jᵀ (K × K) and the residuals r_j (K):
///
/// | field | entry i | shape |
/// |---|---|---|
/// | `squaredNorm` | Σ_j ‖M_ij‖²_F | n |
/// | `product` | Σ_j M_ij r_j | n × K |
/// | `squaredProduct` | Σ_j ‖M_ij r_j‖² | n |
/// | `squaredForm` | Σ_j (r_iᵀ M_ij r_j)² | n |
/// | `block` | Σ_j M_ij M_ijᵀ, kept where K > 1 | n × K × K |
/// | `diagonalTrace` | Tr M_ii | n |
/// | `diagonalForm` | r_iᵀ M_ii r_i | n |
/// | `diagonalNorm` | ‖M_ii‖²_F | n |
/// | `diagonalProduct` | ‖M_ii r_i‖² | n |
///
/// Contributions to an entry are added in ascending order of j's block, whatever the tiles and threads: the bits depend on neither.
/// Parts computed elsewhere over disjoint sets of j merge by [#add].
public final class GramSums {
    public final int examples;
    public final int outputs;
    public final double[] squaredNorm;
    public final double[] product;
    public final double[] squaredProduct;
    public final double[] squaredForm;
    public final double[] block;
    public final double[] diagonalTrace;
    public final double[] diagonalForm;
    public final double[] diagonalNorm;
    public final double[] diagonalProduct;

    /// Sums that are all zero.
    ///
    /// @throws IllegalArgumentException if n·K² is too many for an array
    public GramSums(int examples, int outputs) {
        this.examples = examples;
        this.outputs = outputs;
        long blocks = (long) examples * outputs * outputs;
        if (blocks > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException("gram sums: n·K² = " + blocks + " entries do not fit an array");
        }
        squaredNorm = new double[examples];
        product = new double[examples * outputs];
        squaredProduct = new double[examples];
        squaredForm = new double[examples];
        block = outputs > 1 ? new double[(int) blocks] : new double[0];
        diagonalTrace = new double[examples];
        diagonalForm = new double[examples];
        diagonalNorm = new double[examples];
        diagonalProduct = new double[examples];
    }

    /// Adds `part`, whose example 0 is example `from` of these sums.
    public void add(int from, GramSums part) {
        int k = outputs;
        add(squaredNorm, from, part.squaredNorm);
        add(product, from * k, part.product);
        add(squaredProduct, from, part.squaredProduct);
        add(squaredForm, from, part.squaredForm);
        add(block, from * k * k, part.block);
        add(diagonalTrace, from, part.diagonalTrace);
        add(diagonalForm, from, part.diagonalForm);
        add(diagonalNorm, from, part.diagonalNorm);
        add(diagonalProduct, from, part.diagonalProduct);
    }

    private static void add(double[] target, int from, double[] part) {
        for (int i = 0; i < part.length; i++) {
            target[from + i] += part[i];
        }
    }
}
