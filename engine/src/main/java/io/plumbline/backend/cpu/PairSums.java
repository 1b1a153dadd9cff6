package io.plumbline.backend.cpu;

/// What one pair of blocks of examples contributes to [io.plumbline.backend.GramSums], for the examples of the row side and for those of the
/// column side, in double. Each side is a slot of native doubles:
///
/// ```
/// Σ‖M‖² (32) | Σ‖M r‖² (32) | Σ(rᵀM r)² (32) | Tr M_ii (32) | rᵀM_ii r (32) | ‖M_ii‖² (32) | ‖M_ii r‖² (32) | ΣM r (32·K) | ΣM Mᵀ (32·K², where K > 1)
/// ```
interface PairSums {
    int EXAMPLES = GramBlocks.EXAMPLES;
    int SQUARED_NORM = 0;
    int SQUARED_PRODUCT = EXAMPLES;
    int SQUARED_FORM = 2 * EXAMPLES;
    int TRACE = 3 * EXAMPLES;
    int DIAGONAL_FORM = 4 * EXAMPLES;
    int DIAGONAL_NORM = 5 * EXAMPLES;
    int DIAGONAL_PRODUCT = 6 * EXAMPLES;
    int PRODUCT = 7 * EXAMPLES;

    static int block(int outputs) {
        return PRODUCT + EXAMPLES * outputs;
    }

    /// Doubles in a slot.
    static long slotLength(int outputs) {
        return block(outputs) + (outputs > 1 ? (long) EXAMPLES * outputs * outputs : 0);
    }

    /// A block of examples: the first residual's index in r, and how many examples.
    record Side(int residual, int examples) {}

    /// Adds to both slots (which start as zeros) what a piece of M contributes: (height·K, column.examples·K) at `m`, of this computation's precision.
    ///
    /// @param piece      the first of its rows' examples, counted in the block
    /// @param columnSlot 0 if the pair is on the diagonal and counts once
    void add(long m, int piece, int height, Side row, Side column, double[] residuals, long rowSlot, long columnSlot);
}
