package io.plumbline.layer;

import io.plumbline.backend.StridedMap;

/// Repeats an operand along axes where its extent is 1; axes that `shape` has in front of the operand's are new. Cotangent: the sum over what was repeated.
///
/// @param shape of the result, without the axis of the examples
public record Expand(Shape shape) implements Strided {
    @Override
    public String name() {
        return "Expand";
    }

    @Override
    public Shape result(Shape operand) {
        int added = shape.rank() - operand.rank();
        boolean fits = added >= 0;
        for (int axis = 0; fits && axis < operand.rank(); axis++) {
            fits = operand.dimension(axis) == 1 || operand.dimension(axis) == shape.dimension(added + axis);
        }
        if (!fits) {
            throw new IllegalArgumentException("a shape whose extents are 1 or those of the last axes of " + shape);
        }
        return shape;
    }

    @Override
    public StridedMap map(Shape operand) {
        int added = shape.rank() - operand.rank();
        int[] own = Strides.of(operand);
        int[] from = new int[shape.rank()];
        for (int axis = added; axis < from.length; axis++) {
            from[axis] = operand.dimension(axis - added) == 1 ? 0 : own[axis - added];
        }
        return Strides.map(0, 0, shape.toArray(), from, Strides.of(shape));
    }
}
