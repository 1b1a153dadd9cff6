package io.plumbline.layer;

import io.plumbline.backend.StridedMap;
import java.util.List;

/// Zeros around an operand: y[i + before] = x[i]. Cotangent: the part that is x.
///
/// @param before zeros before the first entry of each axis, that of the examples left out
/// @param after  zeros behind the last one
public record Pad(List<Integer> before, List<Integer> after) implements Strided {
    public Pad {
        before = List.copyOf(before);
        after = List.copyOf(after);
        if (before.size() != after.size() || before.stream().anyMatch(zeros -> zeros < 0) || after.stream().anyMatch(zeros -> zeros < 0)) {
            throw new IllegalArgumentException(
                    "Pad: " + before + " zeros before and " + after + " after, expected one number each an axis, none negative");
        }
    }

    @Override
    public String name() {
        return "Pad";
    }

    @Override
    public Shape result(Shape operand) {
        if (operand.rank() != before.size()) {
            throw new IllegalArgumentException("an operand of " + before.size() + " axes");
        }
        int[] extents = operand.toArray();
        for (int axis = 0; axis < extents.length; axis++) {
            extents[axis] = Math.addExact(extents[axis], Math.addExact(before.get(axis), after.get(axis)));
        }
        return Shape.of(extents);
    }

    @Override
    public StridedMap map(Shape operand) {
        int[] to = Strides.of(result(operand));
        int start = 0;
        for (int axis = 0; axis < to.length; axis++) {
            start += before.get(axis) * to[axis];
        }
        return Strides.map(0, start, operand.toArray(), Strides.of(operand), to);
    }
}
