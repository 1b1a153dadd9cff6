package io.plumbline.network.onnx;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Axes, indices and ranges as ONNX writes them: negative ones count from the end.
final class Axes {
    private Axes() {}

    /// An axis of an array of `rank`.
    static int of(long given, int rank) {
        long axis = given < 0 ? given + rank : given;
        if (axis < 0 || axis >= rank) {
            throw new IllegalArgumentException("expected an axis from " + -rank + " to " + (rank - 1) + ", found " + given);
        }
        return (int) axis;
    }

    /// The order of a transpose's axes; reversed where none is given.
    static int[] order(long[] given, int rank) {
        if (given == null) {
            return IntStream.range(0, rank).map(axis -> rank - 1 - axis).toArray();
        }
        int[] sorted = IntStream.range(0, rank).toArray();
        if (!Arrays.equals(Arrays.stream(given).sorted().toArray(), Arrays.stream(sorted).asLongStream().toArray())) {
            throw new IllegalArgumentException("expected an order of " + rank + " axes, found " + Extents.text(given));
        }
        return Arrays.stream(given).mapToInt(Math::toIntExact).toArray();
    }

    /// Places on an axis of `extent` entries.
    static int[] places(long[] indices, int extent) {
        return Arrays.stream(indices)
                .mapToInt(index -> {
                    long place = index < 0 ? index + extent : index;
                    if (place < 0 || place >= extent) {
                        throw new IllegalArgumentException("expected an index below " + extent + ", found " + Extents.text(new long[] {index}));
                    }
                    return (int) place;
                })
                .toArray();
    }

    /// The part of an axis that Slice takes.
    record Part(int axis, long start, long end, long step) {
        /// The places it takes of `extent` entries.
        int[] indices(int extent) {
            int last = step > 0 ? extent : extent - 1;
            int least = step > 0 ? 0 : -1;
            long from = Math.clamp(start < 0 ? start + extent : start, Math.max(least, 0), Math.max(last, 0));
            long to = Math.clamp(end < 0 ? end + extent : end, least, Math.max(last, least));
            return IntStream.iterate((int) from, i -> step > 0 ? i < to : i > to, i -> Math.clamp(i + step, -1, extent)).limit(extent).toArray();
        }
    }

    /// What a Slice node says of the axes of its operand of `rank`.
    static List<Part> parts(OnnxNode node, int rank) {
        long[] starts = node.integers(1).values;
        long[] ends = node.integers(2).values;
        long[] axes = node.optional(3) == null ? null : node.integers(3).values;
        long[] steps = node.optional(4) == null ? null : node.integers(4).values;
        if (ends.length != starts.length || axes != null && axes.length != starts.length || steps != null && steps.length != starts.length) {
            throw new IllegalArgumentException("expected as many ends, axes and steps as starts, found starts " + Extents.text(starts) + ", ends "
                    + Extents.text(ends) + (axes == null ? "" : ", axes " + Extents.text(axes))
                    + (steps == null ? "" : ", steps " + Extents.text(steps)));
        }
        var parts = new ArrayList<Part>();
        for (int i = 0; i < starts.length; i++) {
            int axis = of(axes == null ? i : axes[i], rank);
            long step = steps == null ? 1 : steps[i];
            if (step == 0 || parts.stream().anyMatch(part -> part.axis == axis)) {
                throw new IllegalArgumentException("expected axes that differ and steps other than 0, found axis " + axis + ", step " + step);
            }
            parts.add(new Part(axis, starts[i], ends[i], step));
        }
        return parts;
    }
}
