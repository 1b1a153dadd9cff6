package io.plumbline.network.onnx;

import io.plumbline.layer.Shape;
import io.plumbline.network.onnx.Expression.Integers;
import java.util.Arrays;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// Operators that move no number: other shapes for values, and the arithmetic of extents that exporters leave in a graph.
final class ShapeOperators {
    private static final int MOST_INTEGERS = 1024;

    private final Algebra algebra;
    private final Extents extents;

    ShapeOperators(Algebra algebra, Extents extents) {
        this.algebra = algebra;
        this.extents = extents;
    }

    Expression flatten(OnnxNode node) {
        Expression e = node.input(0);
        int rank = extents.rank(e);
        long axis = node.whole("axis", 1);
        long first = axis < 0 ? axis + rank : axis;
        if (e.batched() && first != 1) {
            throw new IllegalArgumentException("expected axis 1, behind the examples, found " + axis);
        }
        if (first < 0 || first > rank) {
            throw new IllegalArgumentException("expected an axis from " + -rank + " to " + rank + ", found " + axis);
        }
        if (e.batched()) {
            return algebra.reshaped(e, Shape.of(e.shape().size()));
        }
        int rows = Arrays.stream(e.shape().toArray()).limit(first).reduce(1, Math::multiplyExact);
        return algebra.reshaped(e, Shape.of(rows, e.shape().size() / rows));
    }

    Expression reshape(OnnxNode node) {
        Integers target = node.integers(1);
        boolean zeroIsZero = node.whole("allowzero", 0) != 0;
        if (node.input(0) instanceof Integers integers) {
            boolean scalar = target.values.length == 0;
            if (scalar
                    ? integers.values.length != 1
                    : target.values.length != 1 || target.values[0] != -1 && target.values[0] != integers.values.length) {
                throw new IllegalArgumentException("expected integers of rank 0 or 1, found shape " + Extents.text(target.values));
            }
            return new Integers(scalar, integers.values);
        }
        return algebra.reshaped(node.input(0), extents.reshape(node.input(0), target.values, zeroIsZero));
    }

    Expression squeeze(OnnxNode node) {
        long[] axes = node.optional(1) == null ? null : node.integers(1).values;
        if (node.input(0) instanceof Integers integers) {
            return new Integers(integers.values.length == 1, integers.values);
        }
        return algebra.reshaped(node.input(0), extents.squeeze(node.input(0), axes));
    }

    Expression unsqueeze(OnnxNode node) {
        long[] axes = node.integers(1).values;
        if (node.input(0) instanceof Integers integers) {
            if (!integers.scalar || axes.length != 1) {
                throw new IllegalArgumentException("expected integers of rank 0 or 1 as the result");
            }
            return new Integers(false, integers.values);
        }
        return algebra.reshaped(node.input(0), extents.unsqueeze(node.input(0), axes));
    }

    /// A transpose of a shared matrix, or one that moves axes of extent 1 only.
    Expression transpose(OnnxNode node) {
        Expression e = node.input(0);
        long[] found = extents.of(e);
        int rank = found.length;
        long[] given = node.wholes("perm");
        long[] order = given == null ? IntStream.range(0, rank).mapToLong(axis -> rank - 1 - axis).toArray() : given;
        if (!Arrays.equals(Arrays.stream(order).sorted().toArray(), LongStream.range(0, rank).toArray())) {
            throw new IllegalArgumentException("expected an order of " + rank + " axes, found " + Extents.text(order));
        }
        if (!e.batched() && rank == 2 && order[0] == 1) {
            return algebra.transposed(e);
        }
        long[] moved = Arrays.stream(order).filter(axis -> found[(int) axis] != 1).toArray();
        boolean inOrder = Arrays.equals(moved, Arrays.stream(moved).sorted().toArray());
        if (e.batched() ? inOrder && order[0] == 0 : inOrder) {
            int[] shape = Arrays.stream(order).mapToInt(axis -> (int) found[(int) axis]).toArray();
            return algebra.reshaped(e, Shape.of(e.batched() ? Arrays.copyOfRange(shape, 1, rank) : shape));
        }
        throw new IllegalArgumentException("expected a matrix of parameters, found " + e);
    }

    Expression shape(OnnxNode node) {
        long[] all = extents.of(node.input(0));
        return new Integers(false, part(all, node.whole("start", 0), node.whole("end", all.length)));
    }

    Expression gather(OnnxNode node) {
        long[] from = node.integers(0).values;
        Integers indices = node.integers(1);
        long axis = node.whole("axis", 0);
        if (axis != 0 && axis != -1 || node.integers(0).scalar) {
            throw new IllegalArgumentException("expected integers of rank 1 and axis 0, found axis " + axis);
        }
        long[] taken = Arrays.stream(indices.values)
                .map(index -> {
                    long place = index < 0 ? index + from.length : index;
                    if (place < 0 || place >= from.length) {
                        throw new IllegalArgumentException("expected an index below " + from.length + ", found " + Extents.text(new long[] {index}));
                    }
                    return from[(int) place];
                })
                .toArray();
        return new Integers(indices.scalar, taken);
    }

    Expression slice(OnnxNode node) {
        long[] from = node.integers(0).values;
        boolean plain = (node.optional(3) == null || Arrays.stream(node.integers(3).values).allMatch(axis -> axis == 0 || axis == -1))
                && (node.optional(4) == null || Arrays.stream(node.integers(4).values).allMatch(step -> step == 1))
                && node.integers(1).values.length == 1
                && node.integers(2).values.length == 1;
        if (!plain) {
            throw new IllegalArgumentException("expected one range with step 1 along axis 0");
        }
        return new Integers(false, part(from, node.integers(1).values[0], node.integers(2).values[0]));
    }

    Expression concat(OnnxNode node) {
        int count = node.inputs().size();
        long[] all = IntStream.range(0, count).mapToObj(node::integers).flatMapToLong(part -> Arrays.stream(part.values)).limit(MOST_INTEGERS + 1L)
                .toArray();
        if (all.length > MOST_INTEGERS) {
            throw new IllegalArgumentException("expected at most " + MOST_INTEGERS + " integers");
        }
        return new Integers(false, all);
    }

    private static long[] part(long[] all, long start, long end) {
        int from = clamp(start, all.length);
        return Arrays.copyOfRange(all, from, Math.max(from, clamp(end, all.length)));
    }

    private static int clamp(long index, int length) {
        long place = index < 0 ? index + length : index;
        return Math.clamp(place, 0, length);
    }
}
