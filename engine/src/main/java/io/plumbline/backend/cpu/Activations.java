package io.plumbline.backend.cpu;

import io.plumbline.backend.Activation;
import io.plumbline.memory.Precision;

/// out = f⁽ᵒʳᵈᵉʳ⁾(x) ∘ b ∘ a (or +=), a and b optional, rows broadcast. Where a row of x serves several rows of out (one for each output of a network),
/// the function is evaluated once.
final class Activations implements AutoCloseable {
    /// Entries that are worth a thread's while: some 3 to 15 µs.
    private static final long PIECE = 1 << 13;

    private final Precision precision;
    private final Workers workers;
    private final ProductKernel products;
    private final int size;
    private final Scratch[] scratch;

    Activations(Precision precision, Workers workers) {
        this.precision = precision;
        this.workers = workers;
        products = ProductKernel.of(precision);
        size = precision.sizeBytes();
        scratch = new Scratch[workers.threads()];
        for (int i = 0; i < scratch.length; i++) {
            scratch[i] = new Scratch();
        }
    }

    /// Rows of x, a and b divide those of out; all have the same columns.
    void activate(Activation f, int order, View x, View a, View b, boolean accumulate, View out) {
        ActivationKernel kernel = ActivationKernel.of(precision, f.kind(), order);
        double parameter = f.parameter();
        long m = out.rows();
        int c = out.columns();
        long length = out.length();
        if (length == 0) {
            return;
        }
        if (x.rows() == m && (a == null || a.rows() == m) && (b == null || b.rows() == m)) {
            workers.run(Math.ceilDiv(length, PIECE), (item, worker) -> {
                long from = item * PIECE;
                long at = from * size;
                kernel.apply(
                        parameter, x.address() + at, a == null ? 0 : a.address() + at, b == null ? 0 : b.address() + at, out.address() + at,
                        Math.min(PIECE, length - from), accumulate, scratch[worker].address(ActivationKernel.SCRATCH_BYTES));
            });
            return;
        }
        long group = m / x.rows();
        boolean once = group > 1 && (b == null || x.rows() % b.rows() == 0);
        long rowsAnItem = Math.max(1, PIECE / c);
        workers.run(Math.ceilDiv(m, rowsAnItem), (item, worker) -> {
            long steps = scratch[worker].address(ActivationKernel.SCRATCH_BYTES + (long) c * size);
            long value = steps + ActivationKernel.SCRATCH_BYTES;
            long evaluated = -1;
            for (long row = item * rowsAnItem; row < Math.min(m, (item + 1) * rowsAnItem); row++) {
                long from = x.serving(row, m);
                long factor = a == null ? 0 : a.serving(row, m);
                long other = b == null ? 0 : b.serving(row, m);
                long target = out.rowAddress(row);
                if (!once) {
                    kernel.apply(parameter, from, factor, other, target, c, accumulate, steps);
                    continue;
                }
                if (row / group != evaluated) {
                    kernel.apply(parameter, from, 0, other, value, c, false, steps);
                    evaluated = row / group;
                }
                if (a == null) {
                    products.scaled(1, value, target, c, accumulate);
                } else {
                    products.product(1, value, factor, target, c, accumulate);
                }
            }
        });
    }

    @Override
    public void close() {
        for (Scratch s : scratch) {
            s.close();
        }
    }
}
