package io.plumbline.network.onnx;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Kernel;
import io.plumbline.layer.Kernel.Axis;
import io.plumbline.layer.MaxPool;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Transpose;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/// Sums, means, norms and extrema over any axes but that of the examples.
final class ReductionOperators {
    private final Algebra algebra;
    private final Extents extents;

    ReductionOperators(Algebra algebra, Extents extents) {
        this.algebra = algebra;
        this.extents = extents;
    }

    /// A reduction that leaves extent 1 on the axes it is given, that of the examples left out.
    private interface Reduction {
        Expression apply(Expression e, List<Integer> axes);
    }

    Expression sum(OnnxNode node) {
        return reduced(node, this::summed);
    }

    Expression mean(OnnxNode node) {
        return reduced(node, (e, axes) -> algebra.reduced(axes, true, e));
    }

    Expression sumOfSquares(OnnxNode node) {
        return reduced(node, (e, axes) -> summed(algebra.square(e), axes));
    }

    /// Σ|x|
    Expression norm1(OnnxNode node) {
        return reduced(node, (e, axes) -> summed(algebra.activated(Activation.of(Kind.ABS), e), axes));
    }

    /// √Σx²
    Expression norm2(OnnxNode node) {
        return reduced(node, (e, axes) -> algebra.activated(Activation.of(Kind.SQRT), summed(algebra.square(e), axes)));
    }

    Expression maximum(OnnxNode node) {
        return reduced(node, this::largest);
    }

    Expression minimum(OnnxNode node) {
        return reduced(node, (e, axes) -> algebra.scaled(-1, largest(algebra.scaled(-1, e), axes)));
    }

    /// The mean over all axes behind the channels.
    Expression globalAverage(OnnxNode node) {
        return global(node, e -> algebra.reduced(positions(e), true, e));
    }

    Expression globalMaximum(OnnxNode node) {
        return global(node, e -> largest(e, positions(e)));
    }

    private static Expression global(OnnxNode node, UnaryOperator<Expression> reduction) {
        Expression e = node.value(0);
        if (!e.batched() || e.shape().rank() < 2) {
            throw new IllegalArgumentException("expected channels and positions per example, found " + e);
        }
        return reduction.apply(e);
    }

    private static List<Integer> positions(Expression e) {
        return IntStream.range(1, e.shape().rank()).boxed().toList();
    }

    /// A sum over all axes that are longer than 1 may be a dense layer.
    private Expression summed(Expression e, List<Integer> axes) {
        boolean isAll = IntStream.range(0, e.shape().rank()).allMatch(axis -> axes.contains(axis) || e.shape().dimension(axis) == 1);
        return isAll ? algebra.reshaped(algebra.total(e), reducedShape(e, axes)) : algebra.reduced(axes, false, e);
    }

    /// Max pooling over the axes as one, behind the others.
    private Expression largest(Expression e, List<Integer> axes) {
        int rank = e.shape().rank();
        IntStream kept = IntStream.range(0, rank).filter(axis -> !axes.contains(axis));
        List<Integer> order = IntStream.concat(kept, axes.stream().mapToInt(Integer::intValue).sorted()).boxed().toList();
        boolean inOrder = order.equals(IntStream.range(0, rank).boxed().toList());
        Expression last = inOrder ? e : algebra.apply(new Transpose(order), e);
        Shape shape = reducedShape(e, axes);
        int count = e.shape().size() / shape.size();
        Expression rows = algebra.reshaped(last, Shape.of(shape.size(), count, 1));
        return algebra.reshaped(algebra.apply(new MaxPool(new Kernel(new Axis(count, 1, 0), new Axis(1, 1, 0))), rows), shape);
    }

    private static Shape reducedShape(Expression e, List<Integer> axes) {
        int[] shape = e.shape().toArray();
        axes.forEach(axis -> shape[axis] = 1);
        return Shape.of(shape);
    }

    /// Axes come as an attribute in older operator sets, as an operand in newer ones.
    private Expression reduced(OnnxNode node, Reduction reduction) {
        Expression e = node.value(0);
        long[] axes = node.optional(1) != null ? node.integers(1).values : node.wholes("axes", new long[0]);
        int rank = extents.rank(e);
        int first = e.batched() ? 1 : 0;
        if (axes.length == 0 && node.whole("noop_with_empty_axes", 0) != 0) {
            return e;
        }
        if (axes.length == 0 && e.batched()) {
            throw new IllegalArgumentException("expected axes besides that of the examples, found all of them");
        }
        boolean[] gone = new boolean[rank - first];
        Arrays.fill(gone, axes.length == 0);
        for (long axis : axes) {
            gone[extents.ownAxis(e, axis, rank) - first] = true;
        }
        List<Integer> own = IntStream.range(0, gone.length).filter(axis -> gone[axis]).boxed().toList();
        Expression result = reduction.apply(e, own);
        if (node.whole("keepdims", 1) != 0) {
            return result;
        }
        int[] left = IntStream.range(0, gone.length).filter(axis -> !gone[axis]).map(axis -> e.shape().dimension(axis)).toArray();
        return algebra.reshaped(result, Shape.of(left));
    }
}
