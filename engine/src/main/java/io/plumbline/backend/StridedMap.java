package io.plumbline.backend;

import java.util.ArrayList;
import java.util.List;

/// A linear map that moves and sums entries of a row: for all index tuples i within the axes' extents
///
/// out[to + Σ_a i_a·toStride_a] += x[from + Σ_a i_a·fromStride_a].
///
/// Repeating (fromStride 0), summing (toStride 0), padding, slicing, subsampling, concatenating and transposing are such maps, and so is the
/// adjoint of one. Entries of the result that are reached from different indices of the axes with toStride ≠ 0 must differ, and likewise on the other side.
///
/// @param from index of the first entry read
/// @param to   index of the first entry written
/// @param axes outermost first
public record StridedMap(int from, int to, List<Axis> axes) {
    /// One axis: how many indices, and how far the next entry is on either side; 0 repeats or sums.
    public record Axis(int extent, int fromStride, int toStride) {}

    /// Axes of one index are left out; neighbours that go on where the other ends become one.
    public StridedMap {
        var merged = new ArrayList<Axis>();
        for (Axis axis : axes) {
            if (axis.extent == 1) {
                continue;
            }
            Axis outer = merged.isEmpty() ? null : merged.getLast();
            if (outer != null && outer.fromStride == axis.extent * axis.fromStride && outer.toStride == axis.extent * axis.toStride) {
                merged.set(merged.size() - 1, new Axis(outer.extent * axis.extent, axis.fromStride, axis.toStride));
            } else {
                merged.add(axis);
            }
        }
        axes = List.copyOf(merged);
    }

    /// The adjoint: what was read is written.
    public StridedMap transposed() {
        return new StridedMap(to, from, axes.stream().map(axis -> new Axis(axis.extent, axis.toStride, axis.fromStride)).toList());
    }

    /// Index of the last entry read.
    public int lastRead() {
        return from + axes.stream().mapToInt(axis -> (axis.extent - 1) * axis.fromStride).sum();
    }

    /// Index of the last entry written.
    public int lastWritten() {
        return to + axes.stream().mapToInt(axis -> (axis.extent - 1) * axis.toStride).sum();
    }

    /// How many entries of the result are written: the product of the extents of axes that are not summed.
    public int written() {
        return axes.stream().filter(axis -> axis.toStride != 0).mapToInt(Axis::extent).reduce(1, (a, b) -> a * b);
    }
}
