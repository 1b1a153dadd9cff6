package io.plumbline.backend.cpu;

import io.plumbline.memory.Precision;

/// out_s = a_sᵀ·b_s (or +=) for many parts s of t rows each: a (parts·t, r), b (parts·t, c), out (m, r·c); a and b broadcast over parts.
/// At t = 1 each is an outer product, written at the speed of memory; else each is a small matrix product.
record OuterProducts(Precision precision, Workers workers) {
    /// Entries that are worth a thread's while: some 3 to 15 µs.
    private static final long PIECE = 1 << 14;

    /// @param t rows of a part; the parts of a and of b divide those of out
    void compute(View a, View b, int t, boolean accumulate, View out) {
        if (out.length() == 0) {
            return;
        }
        if (t == 1) {
            computeOuter(a, b, accumulate, out);
            return;
        }
        int r = a.columns();
        int c = b.columns();
        var product = new MatrixProduct(precision, true, false, c, t);
        if (out.rows() >= workers.threads()) {
            workers.run(out.rows(),
                    (s, worker) -> product.compute(r, part(a, s, t, out), r, part(b, s, t, out), c, accumulate, out.rowAddress(s), c));
        } else {
            for (long s = 0; s < out.rows(); s++) {
                product.compute(workers, r, part(a, s, t, out), r, part(b, s, t, out), c, accumulate, out.rowAddress(s), c);
            }
        }
    }

    private static long part(View v, long s, int t, View out) {
        return v.rowAddress(s / (out.rows() / (v.rows() / t)) * t);
    }

    private void computeOuter(View a, View b, boolean accumulate, View out) {
        ProductKernel kernel = ProductKernel.of(precision);
        int size = precision.sizeBytes();
        int r = a.columns();
        int c = b.columns();
        int lines = Math.clamp(PIECE / c, 1, r);
        int segments = Math.ceilDiv(r, lines);
        long rowsAnItem = Math.max(1, PIECE / out.columns());
        workers.run(Math.ceilDiv(out.rows(), rowsAnItem) * segments, (item, worker) -> {
            int i = (int) (item % segments) * lines;
            int count = Math.min(lines, r - i);
            long first = item / segments * rowsAnItem;
            for (long s = first; s < Math.min(out.rows(), first + rowsAnItem); s++) {
                kernel.outer(
                        a.serving(s, out.rows()) + (long) i * size, count, b.serving(s, out.rows()), c, out.rowAddress(s) + (long) i * c * size,
                        accumulate);
            }
        });
    }
}
