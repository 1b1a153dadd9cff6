package io.plumbline.layer;

import io.plumbline.backend.StridedMap;
import java.util.List;

/// Sums (or means) over some axes, which keep extent 1. Cotangent: repeated along them (and divided by the count).
///
/// @param axes without the axis of the examples
/// @param mean whether the sum is divided by the number of its terms
public record Reduce(List<Integer> axes, boolean mean) implements Strided {
    public Reduce {
        axes = List.copyOf(axes);
    }

    @Override
    public String name() {
        return mean ? "ReduceMean" : "ReduceSum";
    }

    @Override
    public Shape result(Shape operand) {
        int[] extents = operand.toArray();
        for (int axis : axes) {
            if (axis < 0 || axis >= extents.length) {
                throw new IllegalArgumentException("an operand with axes " + axes);
            }
            extents[axis] = 1;
        }
        return Shape.of(extents);
    }

    @Override
    public double factor(Shape operand) {
        return mean ? (double) result(operand).size() / operand.size() : 1;
    }

    @Override
    public StridedMap map(Shape operand) {
        int[] to = Strides.of(result(operand));
        axes.forEach(axis -> to[axis] = 0);
        return Strides.map(0, 0, operand.toArray(), Strides.of(operand), to);
    }
}
