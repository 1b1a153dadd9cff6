package io.plumbline.backend.cpu;

import io.plumbline.backend.Tensor;

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

    /// Whether t has the directions that out has, or serves all of them.
    static boolean hasOrServes(int directions, Tensor t, Tensor out) {
        return directions > 0 && out.rows() % directions == 0 && (t.rows() == out.rows() || t.rows() * directions == out.rows());
    }

    /// Whether both tensors have the directions, or one has them and the other serves all.
    static boolean haveDirections(int directions, Tensor a, Tensor b) {
        return directions > 0 && Math.max(a.rows(), b.rows()) % directions == 0
                && (a.rows() == b.rows() || Math.min(a.rows(), b.rows()) * directions == Math.max(a.rows(), b.rows()));
    }

    /// Whether t holds `count` numbers, or so many for each direction.
    static boolean oneOrEach(int directions, Tensor t, long count) {
        return t.length() == count || t.length() == directions * count;
    }
}
