package io.plumbline.backend.cpu;

/// Rows along several directions, row i·d + k being row i along direction k; or rows without directions, which serve all.
///
/// @param step rows from one example's to the next one's: d, or 1
record Interleaved(View view, int step) {
    /// @param examples rows that there are along one direction
    Interleaved(View view, long examples) {
        this(view, examples == 0 ? 1 : Math.toIntExact(view.rows() / examples));
    }

    /// Whether there are rows for each direction.
    boolean hasDirections() {
        return step > 1;
    }

    /// Where the row of `example` along `direction` is among all rows.
    long row(long example, int direction) {
        return hasDirections() ? example * step + direction : example;
    }

    long address(long example, int direction) {
        return view.rowAddress(row(example, direction));
    }

    /// Numbers from one example's row to the next one's.
    int stride() {
        return step * view.columns();
    }
}
