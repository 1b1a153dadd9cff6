package io.plumbline.network.onnx;

import io.plumbline.layer.Shape;
import io.plumbline.network.onnx.Expression.Filled;
import java.util.Arrays;

/// How two operands of an entry-wise operation meet. ONNX aligns shapes at their last axis and repeats what has extent 1; the axis of the examples may only
/// meet itself or an extent of 1.
///
/// @param shape of the result, without the axis of the examples
/// @param a     the first operand's own extents, as many as the result's
/// @param b     the second's
record Broadcast(Shape shape, Shape a, Shape b) {
    /// @throws IllegalArgumentException if the shapes do not fit
    static Broadcast of(Expression a, Expression b) {
        int[] x = extents(a, b);
        int[] y = extents(b, a);
        if (a.batched() && b.batched() && x.length != y.length) {
            throw unfit(a, b, "the axis of the examples would meet another one");
        }
        int rank = Math.max(x.length, y.length);
        int[] first = pad(x, rank);
        int[] second = pad(y, rank);
        int[] result = new int[rank];
        for (int axis = 0; axis < rank; axis++) {
            if (first[axis] != second[axis] && first[axis] != 1 && second[axis] != 1) {
                throw unfit(a, b, "extents differ");
            }
            result[axis] = Math.max(first[axis], second[axis]);
        }
        return new Broadcast(Shape.of(result), Shape.of(first), Shape.of(second));
    }

    /// Extents of `e` without the axis of the examples, where a shared operand may hold an extent of 1 in its place, and one number for all any extent.
    private static int[] extents(Expression e, Expression partner) {
        int[] extents = e.shape().toArray();
        if (e.batched() || !partner.batched() || extents.length <= partner.shape().rank()) {
            return extents;
        }
        if (extents.length > partner.shape().rank() + 1 || extents[0] != 1 && !(e instanceof Filled)) {
            throw unfit(partner, e, "the axis of the examples would meet another one");
        }
        return Arrays.copyOfRange(extents, 1, extents.length);
    }

    private static int[] pad(int[] extents, int rank) {
        int[] padded = new int[rank];
        Arrays.fill(padded, 1);
        System.arraycopy(extents, 0, padded, rank - extents.length, extents.length);
        return padded;
    }

    private static IllegalArgumentException unfit(Expression a, Expression b, String why) {
        return new IllegalArgumentException(
                "expected operands whose extents are equal or 1, found " + a.operand() + " and " + b.operand() + ": " + why);
    }
}
