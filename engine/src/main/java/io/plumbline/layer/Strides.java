package io.plumbline.layer;

import io.plumbline.backend.StridedMap;
import io.plumbline.backend.StridedMap.Axis;
import java.util.stream.IntStream;

/// Row-major distances between neighbours along each axis of a shape.
final class Strides {
    private Strides() {}

    static int[] of(Shape shape) {
        int[] strides = new int[shape.rank()];
        int stride = 1;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= shape.dimension(axis);
        }
        return strides;
    }

    /// The map over index tuples within `extents`, with these distances on both sides.
    static StridedMap map(int from, int to, int[] extents, int[] fromStrides, int[] toStrides) {
        return new StridedMap(from, to,
                IntStream.range(0, extents.length).mapToObj(axis -> new Axis(extents[axis], fromStrides[axis], toStrides[axis])).toList());
    }
}
