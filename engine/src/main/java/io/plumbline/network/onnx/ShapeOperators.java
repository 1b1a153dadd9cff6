package io.plumbline.network.onnx;

import io.plumbline.layer.Operand;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Transpose;
import io.plumbline.network.onnx.Expression.Filled;
import io.plumbline.network.onnx.Expression.Integers;
import io.plumbline.network.onnx.Expression.Single;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Operators that give values other shapes, repeat them or order their axes.
final class ShapeOperators {
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
        boolean zeroIsZero = node.whole("allowzero", 0) != 0;
        return algebra.reshaped(node.input(0), extents.reshape(node.input(0), node.integers(1).values, zeroIsZero));
    }

    Expression squeeze(OnnxNode node) {
        long[] axes = node.optional(1) == null ? null : node.integers(1).values;
        return algebra.reshaped(node.input(0), extents.squeeze(node.input(0), axes));
    }

    Expression unsqueeze(OnnxNode node) {
        return algebra.reshaped(node.input(0), extents.unsqueeze(node.input(0), node.integers(1).values));
    }

    Expression transpose(OnnxNode node) {
        Expression e = node.input(0);
        int[] order = Axes.order(node.wholes("perm"), extents.rank(e));
        if (!e.batched()) {
            return transposed(e, order);
        }
        if (order[0] != 0) {
            throw new IllegalArgumentException(
                    "expected the axis of the examples to stay first, found order " + Extents.text(Arrays.stream(order).asLongStream().toArray()));
        }
        return transposed(e, Arrays.stream(order).skip(1).map(axis -> axis - 1).toArray());
    }

    /// Axes in another order, that of the examples left out: the transpose of a shared matrix stays a remark, and where only axes of extent 1 move the
    /// entries stay in their places.
    private Expression transposed(Expression e, int[] order) {
        Shape shape = e.shape();
        if (!e.batched() && order.length == 2 && order[0] == 1) {
            return algebra.transposed(e);
        }
        int[] moved = Arrays.stream(order).filter(axis -> shape.dimension(axis) != 1).toArray();
        if (Arrays.equals(moved, Arrays.stream(moved).sorted().toArray())) {
            return algebra.reshaped(e, Shape.of(Arrays.stream(order).map(shape::dimension).toArray()));
        }
        return algebra.apply(new Transpose(Arrays.stream(order).boxed().toList()), e);
    }

    Integers shape(OnnxNode node) {
        long[] all = node.input(0) instanceof Integers integers
                ? Arrays.stream(integers.extents).asLongStream().toArray()
                : extents.of(node.input(0));
        var part = new Axes.Part(0, node.whole("start", 0), node.whole("end", all.length), 1);
        return Integers.list(Arrays.stream(part.indices(all.length)).mapToLong(axis -> all[axis]).toArray());
    }

    /// Numbers may be repeated for each example too.
    Expression expand(OnnxNode node) {
        Expression e = node.input(0);
        long[] target = node.integers(1).values;
        if (e instanceof Single number) {
            return filled(number.value, extentsOf(target, e.shape().rank()));
        }
        if (e instanceof Filled filled && !filled.batched() && target.length > 0 && target[0] == Integers.EXAMPLES) {
            Shape shape = extents.expand(e, Arrays.copyOfRange(target, 1, target.length));
            return new Filled(new Operand(shape, true), filled.value);
        }
        Shape shape = extents.expand(e, target);
        int[] own = IntStream.concat(IntStream.generate(() -> 1).limit(shape.rank() - e.shape().rank()), Arrays.stream(e.shape().toArray()))
                .toArray();
        return e instanceof Filled filled
                ? new Filled(new Operand(shape, filled.batched()), filled.value)
                : algebra.repeated(e, Shape.of(own), shape);
    }

    private static long[] extentsOf(long[] target, int rank) {
        return target.length >= rank
                ? target
                : IntStream.range(0, rank).mapToLong(axis -> axis < rank - target.length ? 1 : target[axis - rank + target.length]).toArray();
    }

    /// `value` everywhere, for each example if the first extent is the open number of them.
    Expression filled(double value, long[] target) {
        if (target.length > Extents.MOST_AXES) {
            throw new IllegalArgumentException("expected at most " + Extents.MOST_AXES + " axes, found " + target.length);
        }
        boolean batched = target.length > 0 && target[0] == Integers.EXAMPLES;
        Shape shape = Shape.of(Arrays.stream(target).skip(batched ? 1 : 0).mapToInt(OnnxTensor::extent).toArray());
        return !batched && shape.size() == 1 ? algebra.number(value, shape) : new Filled(new Operand(shape, batched), value);
    }

    /// Blocks of channels laid out as squares of positions (PixelShuffle is mode CRD): (b·b·C, H, W) or (C·b·b, H, W) becomes (C, H·b, W·b).
    Expression depthToSpace(OnnxNode node) {
        Expression e = node.input(0);
        String mode = node.text("mode", "DCR");
        int block = Math.clamp(node.whole("blocksize", 0), 0, Integer.MAX_VALUE);
        long square = (long) block * block;
        if (!e.batched() || e.shape().rank() != 3 || block < 1 || e.shape().dimension(0) % square != 0
                || !mode.equals("DCR") && !mode.equals("CRD")) {
            throw new IllegalArgumentException(
                    "expected (C·b·b, H, W) per example, block size b and mode DCR or CRD, found " + e + ", " + block + " and "
                            + OnnxFile.shown(mode));
        }
        int channels = (int) (e.shape().dimension(0) / square);
        int height = e.shape().dimension(1);
        int width = e.shape().dimension(2);
        boolean channelsFirst = mode.equals("CRD");
        Shape apart = channelsFirst ? Shape.of(channels, block, block, height, width) : Shape.of(block, block, channels, height, width);
        List<Integer> order = channelsFirst ? List.of(0, 3, 1, 4, 2) : List.of(2, 3, 0, 4, 1);
        Expression moved = transposed(algebra.reshaped(e, apart), order.stream().mapToInt(Integer::intValue).toArray());
        return algebra.reshaped(moved, Shape.of(channels, height * block, width * block));
    }
}
