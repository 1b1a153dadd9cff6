package io.plumbline.backend.cpu;

import io.plumbline.backend.StridedMap;
import io.plumbline.backend.StridedMap.Axis;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/// out = α · what a [StridedMap] makes of each row of x (or +=), shared out by rows and, where there are few, by the entries of the outer axes.
///
/// One axis is taken in one go, by the first that fits:
///
/// | nothing is summed | |
/// |---|---|
/// | an axis contiguous on both sides | fl(α·x), vectors |
/// | a repeated one, contiguous in the result | the same number, vectors |
/// | the longest | fl(α·x), one by one |
///
/// | axes are summed, in double, rounded once | |
/// |---|---|
/// | a kept axis contiguous on both sides | Σ α·x of rows, vectors |
/// | a summed axis contiguous in x | α · the sum of runs, vectors |
/// | none | α · the sum, one by one |
///
/// Where the other axes read and write is computed once for all rows.
final class Copies {
    /// Entries that are worth a thread's while: some 3 to 15 µs.
    private static final int PIECE = 1 << 14;
    /// Shorter runs cost more than single numbers.
    private static final int SHORTEST_RUN = 4;

    /// How the inner axis is taken.
    private enum Step {
        RUN, REPEAT, STRIDED, SUM_ROWS, SUM_RUNS, SUM
    }

    /// What is done for every row.
    ///
    /// @param inner   the axis taken in one go, of one index where there is none
    /// @param readAt  where entries of the outer axes begin in x
    /// @param writeAt where they begin in the result
    /// @param sumAt   distances in x of what is summed: over all summed axes but the inner one
    private record Plan(Step step, Axis inner, int[] readAt, int[] writeAt, int[] sumAt) {
        static Plan of(StridedMap map) {
            List<Axis> kept = map.axes().stream().filter(axis -> axis.toStride() != 0).toList();
            List<Axis> summed = map.axes().stream().filter(axis -> axis.toStride() == 0).toList();
            Axis run = first(kept, axis -> axis.fromStride() == 1 && axis.toStride() == 1);
            if (summed.isEmpty()) {
                Axis repeat = first(kept, axis -> axis.fromStride() == 0 && axis.toStride() == 1);
                if (run != null && run.extent() >= SHORTEST_RUN) {
                    return of(map, Step.RUN, run, kept, summed);
                }
                if (repeat != null && repeat.extent() >= SHORTEST_RUN) {
                    return of(map, Step.REPEAT, repeat, kept, summed);
                }
                return of(map, Step.STRIDED, kept.stream().max(Comparator.comparingInt(Axis::extent)).orElse(null), kept, summed);
            }
            if (run != null) {
                return of(map, Step.SUM_ROWS, run, kept, summed);
            }
            Axis sum = first(summed, axis -> axis.fromStride() == 1);
            return of(map, sum == null ? Step.SUM : Step.SUM_RUNS, sum, kept, summed);
        }

        private static Axis first(List<Axis> axes, Predicate<Axis> fits) {
            return axes.stream().filter(fits).findFirst().orElse(null);
        }

        private static Plan of(StridedMap map, Step step, Axis inner, List<Axis> kept, List<Axis> summed) {
            List<Axis> outer = without(kept, inner);
            return new Plan(step, inner == null ? new Axis(1, 0, 0) : inner, table(outer, Axis::fromStride, map.from()),
                    table(outer, Axis::toStride, map.to()), table(without(summed, inner), Axis::fromStride, 0));
        }

        private static List<Axis> without(List<Axis> axes, Axis left) {
            var others = new ArrayList<>(axes);
            others.remove(left);
            return others;
        }

        /// start + Σ_a i_a·stride_a for all index tuples, outermost first.
        private static int[] table(List<Axis> axes, ToIntFunction<Axis> stride, int start) {
            int[] table = {start};
            for (Axis axis : axes) {
                int[] longer = new int[Math.multiplyExact(table.length, axis.extent())];
                for (int i = 0; i < longer.length; i++) {
                    longer[i] = table[i / axis.extent()] + i % axis.extent() * stride.applyAsInt(axis);
                }
                table = longer;
            }
            return table;
        }

        /// Numbers read for an entry of the outer axes.
        long work() {
            return Math.max(1, (long) inner.extent() * sumAt.length);
        }
    }

    private final Precision precision;
    private final Workers workers;
    private final Products products;
    private final ProductKernel kernel;
    private final CopyKernel single;
    private final int size;

    Copies(Precision precision, Workers workers, Products products) {
        this.precision = precision;
        this.workers = workers;
        this.products = products;
        kernel = ProductKernel.of(precision);
        single = CopyKernel.of(precision);
        size = precision.sizeBytes();
    }

    /// A worker's: addresses and factors of what is summed.
    private record Terms(long[] x, double[] s, double[] lanes) {}

    /// The map reads within x and writes within out.
    void copy(StridedMap map, double alpha, View x, boolean accumulate, View out) {
        if (out.length() == 0) {
            return;
        }
        var plan = Plan.of(map);
        int entries = plan.readAt.length;
        boolean clears = !accumulate && map.written() < out.columns();
        int piece = out.rows() < 4L * workers.threads() ? Math.clamp(PIECE / plan.work(), 1, Math.max(1, entries)) : Math.max(1, entries);
        int pieces = Math.max(1, Math.ceilDiv(entries, piece));
        if (clears && pieces > 1) {
            products.fill(out, 0);
        }
        long rowsAnItem = Math.max(1, PIECE / Math.max(out.columns(), piece * plan.work()));
        var terms = new Terms[workers.threads()];
        workers.run(Math.ceilDiv(out.rows(), rowsAnItem) * pieces, (item, worker) -> {
            if (terms[worker] == null) {
                int count = plan.sumAt.length;
                terms[worker] = new Terms(new long[count], new double[count], new double[kernel.lanes()]);
                Arrays.fill(terms[worker].s, plan.step == Step.SUM_ROWS ? alpha : 1);
            }
            int from = (int) (item % pieces) * piece;
            long first = item / pieces * rowsAnItem;
            for (long row = first; row < Math.min(out.rows(), first + rowsAnItem); row++) {
                if (clears && pieces == 1) {
                    kernel.constant(0, out.rowAddress(row), out.columns(), false);
                }
                move(plan, alpha, x.rowAddress(row), from, Math.min(entries, from + piece), accumulate, out.rowAddress(row), terms[worker]);
            }
        });
    }

    /// Row i of out is row rows[i] of x.
    void gather(View x, int[] rows, View out) {
        for (int row : rows) {
            Objects.checkIndex(row, x.rows());
        }
        int rowsAnItem = Math.max(1, PIECE / Math.max(1, out.columns()));
        workers.run(Math.ceilDiv(rows.length, rowsAnItem), (item, worker) -> {
            int first = (int) item * rowsAnItem;
            for (int i = first; i < Math.min(rows.length, first + rowsAnItem); i++) {
                Memory.copy(x.rowAddress(rows[i]), out.rowAddress(i), (long) out.columns() * size);
            }
        });
    }

    /// The entries `from` to `to` − 1 of the outer axes, of the rows at x and out.
    private void move(Plan plan, double alpha, long x, int from, int to, boolean accumulate, long out, Terms terms) {
        double rounded = precision == Precision.F32 ? (float) alpha : alpha;
        Axis inner = plan.inner;
        for (int entry = from; entry < to; entry++) {
            long source = x + (long) plan.readAt[entry] * size;
            long target = out + (long) plan.writeAt[entry] * size;
            switch (plan.step) {
                case RUN -> kernel.scaled(alpha, source, target, inner.extent(), accumulate);
                case REPEAT -> kernel.constant(rounded * Memory.get(precision, source), target, inner.extent(), accumulate);
                case STRIDED -> single.strided(
                        alpha, source, (long) inner.fromStride() * size, target, (long) inner.toStride() * size, inner.extent(), accumulate);
                case SUM_ROWS -> kernel.sumOfRows(
                        plan.sumAt.length, terms.s, addresses(plan, source, terms), null, target, inner.extent(), accumulate);
                case SUM_RUNS -> {
                    double sum = kernel.sum(
                            plan.sumAt.length, terms.s, addresses(plan, source, terms), null, inner.extent(), terms.lanes);
                    single.put(alpha * sum, target, accumulate);
                }
                case SUM -> single.put(alpha * single.sum(source, plan.sumAt), target, accumulate);
            }
        }
    }

    private long[] addresses(Plan plan, long source, Terms terms) {
        for (int i = 0; i < terms.x.length; i++) {
            terms.x[i] = source + (long) plan.sumAt[i] * size;
        }
        return terms.x;
    }
}
