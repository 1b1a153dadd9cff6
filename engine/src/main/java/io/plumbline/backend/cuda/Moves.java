package io.plumbline.backend.cuda;

import io.plumbline.backend.StridedMap;
import io.plumbline.backend.StridedMap.Axis;
import io.plumbline.backend.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/// What moves and sums entries of rows.
final class Moves {
    private static final int THREADS = 256;
    /// Axes that `Axes` of copy.cu has room for.
    private static final int MOST_AXES = 8;
    /// From this extent of both axes on, transposing goes by squares.
    private static final int LEAST_SIDE = 8;
    /// Entries of a square that a thread moves.
    private static final int SQUARE_SHARE = 4;

    private final Launcher launcher;
    private final DeviceScratch scratch;
    private final Elementwise elementwise;

    Moves(Launcher launcher, DeviceScratch scratch, Elementwise elementwise) {
        this.launcher = launcher;
        this.scratch = scratch;
        this.elementwise = elementwise;
    }

    /// @throws IllegalArgumentException if the map has more than [#MOST_AXES] axes
    void copy(StridedMap map, double alpha, Tensor x, boolean accumulate, Tensor out) {
        if (map.axes().size() > MOST_AXES) {
            throw new IllegalArgumentException(
                    "copy: a map of " + map.axes().size() + " axes from " + x.shape() + " to " + out.shape() + ", cuda takes at most " + MOST_AXES);
        }
        if (!accumulate && map.written() < out.columns()) {
            elementwise.fill(out, 0);
        }
        List<Axis> written = map.axes().stream().filter(axis -> axis.toStride() != 0).sorted(Comparator.comparingInt(Axis::toStride)).toList();
        List<Axis> summed = map.axes().reversed().stream().filter(axis -> axis.toStride() == 0).toList();
        Axis outer = written.stream().filter(axis -> axis.fromStride() == 1 && axis.extent() >= LEAST_SIDE).findFirst().orElse(null);
        boolean transposes = summed.isEmpty() && outer != null && outer != written.getFirst() && written.getFirst().toStride() == 1
                && written.getFirst().extent() >= LEAST_SIDE;
        if (transposes) {
            transpose(map, alpha, x, accumulate, out, written, outer);
            return;
        }
        int width = packs(map, written, summed, x, out) ? launcher.packWidth() : 1;
        launcher.kernel("copy").tensor(x).i64(x.columns() / width).tensor(out).i64(out.columns() / width).i64(out.rows());
        axes(written, summed, width).i32(map.from() / width).i32(map.to() / width).f64(alpha).i32(accumulate ? 1 : 0).i32(width > 1 ? 1 : 0)
                .share(out.rows() * (map.written() / width), THREADS);
    }

    /// Neighbours in `out` are those of the first axis that is written, neighbours in x those of `outer`.
    private void transpose(StridedMap map, double alpha, Tensor x, boolean accumulate, Tensor out, List<Axis> written, Axis outer) {
        Axis inner = written.getFirst();
        List<Axis> others = written.stream().filter(axis -> axis != inner && axis != outer).toList();
        launcher.kernel("copy_transposed").tensor(x).i64(x.columns()).tensor(out).i64(out.columns()).i64(out.rows());
        axis(axis(axes(others, List.of(), 1), inner), outer).i32(map.from()).i32(map.to()).real(alpha).i32(accumulate ? 1 : 0)
                .share(Math.ceilDiv(out.rows() * map.written(), SQUARE_SHARE), THREADS);
    }

    /// Whether whole packs move: the innermost axis goes from number to number on both sides, and everything else in steps of packs.
    private boolean packs(StridedMap map, List<Axis> written, List<Axis> summed, Tensor x, Tensor out) {
        if (written.isEmpty() || written.getFirst().fromStride() != 1 || written.getFirst().toStride() != 1) {
            return false;
        }
        boolean packs = launcher.packs(written.getFirst().extent()) && launcher.packs(map.from()) && launcher.packs(map.to())
                && launcher.packs(x) && launcher.packs(x.columns()) && launcher.packs(out) && launcher.packs(out.columns());
        var others = new ArrayList<>(written.subList(1, written.size()));
        others.addAll(summed);
        return packs && others.stream().allMatch(axis -> launcher.packs(axis.fromStride()) && launcher.packs(axis.toStride()));
    }

    /// The `Axes` of copy.cu, in units of `width` numbers: those that are written, then those that are summed, innermost first.
    private Launcher axes(List<Axis> written, List<Axis> summed, int width) {
        var axes = new ArrayList<Axis>();
        for (Axis axis : written) {
            boolean innermost = axes.isEmpty() && width > 1;
            axes.add(innermost ? new Axis(axis.extent() / width, 1, 1) : new Axis(axis.extent(), axis.fromStride() / width, axis.toStride() / width));
        }
        for (Axis axis : summed) {
            axes.add(new Axis(axis.extent(), axis.fromStride() / width, 0));
        }
        while (axes.size() < MOST_AXES) {
            axes.add(new Axis(1, 0, 0));
        }
        launcher.i32(written.size()).i32(summed.size());
        axes.forEach(axis -> axis(launcher, axis));
        return launcher;
    }

    private static Launcher axis(Launcher launcher, Axis axis) {
        return launcher.i32(axis.extent()).i32(axis.fromStride()).i32(axis.toStride());
    }

    void gather(Tensor x, int[] rows, Tensor out) {
        for (int row : rows) {
            Objects.checkIndex(row, x.rows());
        }
        if (out.length() == 0) {
            return;
        }
        int columns = x.columns();
        boolean packed = launcher.packs(x) && launcher.packs(out) && launcher.packs(columns);
        int width = packed ? launcher.packWidth() : 1;
        launcher.kernel("gather").tensor(x).i64(columns / width).address(scratch.upload("rows to gather", rows)).i64(rows.length).tensor(out)
                .i32(packed ? 1 : 0).share(rows.length * (long) (columns / width), THREADS);
    }
}
