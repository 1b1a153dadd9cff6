package io.plumbline.layer;

import io.plumbline.backend.StridedMap;
import java.util.List;

/// Every step-th entry along each axis: y[i] = x[start + i·step], i < count. Channel slicing and subsampling. Cotangent: zeros elsewhere.
///
/// @param axes one an axis, that of the examples left out
public record Slice(List<Range> axes) implements Strided {
    /// Which entries of one axis.
    public record Range(int start, int count, int step) {
        public Range {
            if (start < 0 || count < 1 || step < 1) {
                throw new IllegalArgumentException("Slice: start " + start + ", count " + count + ", step " + step + ", expected at least 0, 1, 1");
            }
        }

        @Override
        public String toString() {
            return start + " + i·" + step + ", i < " + count;
        }
    }

    public Slice {
        axes = List.copyOf(axes);
    }

    @Override
    public String name() {
        return "Slice";
    }

    @Override
    public Shape result(Shape operand) {
        boolean fits = operand.rank() == axes.size();
        for (int axis = 0; fits && axis < axes.size(); axis++) {
            Range range = axes.get(axis);
            fits = range.start + (range.count - 1L) * range.step < operand.dimension(axis);
        }
        if (!fits) {
            throw new IllegalArgumentException("an operand that has the entries " + axes);
        }
        return Shape.of(axes.stream().mapToInt(Range::count).toArray());
    }

    @Override
    public StridedMap map(Shape operand) {
        int[] own = Strides.of(operand);
        int[] from = new int[own.length];
        int start = 0;
        for (int axis = 0; axis < own.length; axis++) {
            start += axes.get(axis).start * own[axis];
            from[axis] = axes.get(axis).step * own[axis];
        }
        Shape result = result(operand);
        return Strides.map(start, 0, result.toArray(), from, Strides.of(result));
    }
}
