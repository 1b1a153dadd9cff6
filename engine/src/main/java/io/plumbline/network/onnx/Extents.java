package io.plumbline.network.onnx;

import io.plumbline.layer.Shape;
import io.plumbline.network.onnx.Expression.Integers;
import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/// Shapes as ONNX has them, the axis of the examples included and first. What does not keep that axis where it is raises [IllegalArgumentException].
///
/// @param examples the number of examples if the file fixes it, else [Integers#EXAMPLES]
record Extents(long examples) {
    static final int MOST_AXES = 64;

    /// All extents of `e`.
    long[] of(Expression e) {
        LongStream own = Arrays.stream(e.shape().toArray()).asLongStream();
        return (e.batched() ? LongStream.concat(LongStream.of(examples), own) : own).toArray();
    }

    int rank(Expression e) {
        return e.shape().rank() + (e.batched() ? 1 : 0);
    }

    /// The shape, without the axis of the examples, that `target` asks for: -1 is what is left, 0 the extent that was there unless `zeroIsZero`.
    Shape reshape(Expression e, long[] target, boolean zeroIsZero) {
        if (target.length > MOST_AXES) {
            throw new IllegalArgumentException("expected at most " + MOST_AXES + " axes, found " + target.length);
        }
        long[] found = of(e);
        long[] wanted = target.clone();
        if (e.batched()) {
            keepExamples(e, wanted, zeroIsZero);
        }
        int first = e.batched() ? 1 : 0;
        long known = 1;
        int open = -1;
        for (int axis = first; axis < wanted.length; axis++) {
            if (wanted[axis] == 0 && !zeroIsZero && axis < found.length) {
                wanted[axis] = found[axis];
            }
            if (wanted[axis] == -1 && open < 0) {
                open = axis;
            } else if (wanted[axis] < 1 || wanted[axis] > Integer.MAX_VALUE || known * wanted[axis] > Integer.MAX_VALUE) {
                throw unfit(e, target);
            } else {
                known *= wanted[axis];
            }
        }
        int size = e.shape().size();
        if (open >= 0) {
            wanted[open] = size / known;
            known *= wanted[open];
        }
        if (known != size) {
            throw unfit(e, target);
        }
        return Shape.of(Arrays.stream(wanted).skip(first).mapToInt(Math::toIntExact).toArray());
    }

    /// Checks that `wanted` starts with the axis of the examples: open, copied, left over, or a number that leaves each example its entries.
    private void keepExamples(Expression e, long[] wanted, boolean zeroIsZero) {
        boolean restOpen = Arrays.stream(wanted).skip(1).anyMatch(extent -> extent == -1);
        boolean kept = wanted.length > 0
                && (isExamples(wanted[0]) || wanted[0] == 0 && !zeroIsZero || wanted[0] == -1 && !restOpen
                        || wanted[0] > 0 && examples == Integers.EXAMPLES && !restOpen);
        if (!kept) {
            throw unfit(e, wanted);
        }
    }

    private IllegalArgumentException unfit(Expression e, long[] target) {
        String expected = e.batched()
                ? "the axis of the examples first and " + e.shape().size() + " entries for each"
                : e.shape().size() + " entries";
        return new IllegalArgumentException("expected a shape with " + expected + ", found " + text(target));
    }

    /// The shape with `axes` (of extent 1; null: all such) left out.
    Shape squeeze(Expression e, long[] axes) {
        int rank = rank(e);
        boolean[] out = new boolean[rank];
        long[] extents = of(e);
        if (axes == null) {
            for (int axis = e.batched() ? 1 : 0; axis < rank; axis++) {
                out[axis] = extents[axis] == 1;
            }
        } else {
            for (long given : axes) {
                int axis = ownAxis(e, given, rank);
                if (extents[axis] != 1) {
                    throw new IllegalArgumentException("expected extent 1 on axis " + given + ", found " + extents[axis]);
                }
                out[axis] = true;
            }
        }
        var kept = LongStream.builder();
        for (int axis = e.batched() ? 1 : 0; axis < rank; axis++) {
            if (!out[axis]) {
                kept.add(extents[axis]);
            }
        }
        return Shape.of(kept.build().mapToInt(Math::toIntExact).toArray());
    }

    /// The shape with axes of extent 1 put in, so that they are `axes` of the result.
    Shape unsqueeze(Expression e, long[] axes) {
        int rank = rank(e) + axes.length;
        if (rank > MOST_AXES) {
            throw new IllegalArgumentException("expected at most " + MOST_AXES + " axes, found " + rank);
        }
        boolean[] isNew = new boolean[rank];
        for (long given : axes) {
            isNew[ownAxis(e, given, rank)] = true;
        }
        long[] extents = of(e);
        var all = LongStream.builder();
        int taken = 0;
        for (int axis = 0; axis < rank; axis++) {
            if (!isNew[axis] && taken == extents.length) {
                throw new IllegalArgumentException("expected axes that differ, found " + text(axes));
            }
            long extent = isNew[axis] ? 1 : extents[taken++];
            if (axis > 0 || !e.batched()) {
                all.add(extent);
            }
        }
        return Shape.of(all.build().mapToInt(Math::toIntExact).toArray());
    }

    /// An axis of a value of `rank`, which is not that of the examples.
    int ownAxis(Expression e, long given, int rank) {
        int axis = Axes.of(given, rank);
        if (axis == 0 && e.batched()) {
            throw new IllegalArgumentException("expected the axis of the examples to stay as it is, found axis " + given);
        }
        return axis;
    }

    /// The shape of `e` where it is repeated as `target` asks for.
    Shape expand(Expression e, long[] target) {
        int[] own = e.shape().toArray();
        long[] wanted = target;
        if (e.batched() && target.length == own.length + 1) {
            if (target[0] != 1 && !isExamples(target[0])) {
                throw unfitExpansion(e, target);
            }
            wanted = Arrays.copyOfRange(target, 1, target.length);
        }
        if (wanted.length > MOST_AXES || e.batched() && wanted.length > own.length) {
            throw unfitExpansion(e, target);
        }
        int[] result = new int[Math.max(own.length, wanted.length)];
        for (int axis = 0; axis < result.length; axis++) {
            int x = axis - result.length + own.length < 0 ? 1 : own[axis - result.length + own.length];
            long y = axis - result.length + wanted.length < 0 ? 1 : wanted[axis - result.length + wanted.length];
            if (x != 1 && y != 1 && x != y) {
                throw unfitExpansion(e, target);
            }
            result[axis] = y == 1 ? x : OnnxTensor.extent(y);
        }
        return Shape.of(result);
    }

    private static IllegalArgumentException unfitExpansion(Expression e, long[] target) {
        return new IllegalArgumentException("expected a shape that repeats axes of extent 1 of " + e + " only, found " + text(target));
    }

    /// Whether an extent is the number of examples.
    boolean isExamples(long extent) {
        return extent == examples || extent == Integers.EXAMPLES;
    }

    static String text(long[] extents) {
        return Arrays.stream(extents).mapToObj(extent -> extent == Integers.EXAMPLES ? "n" : Long.toString(extent))
                .collect(Collectors.joining(", ", "[", "]"));
    }
}
