package io.plumbline.layer;

import java.util.Arrays;
import java.util.stream.Collectors;

/// Extents of a value, row-major, without the axis of the examples: `(784)`, `(256, 784)`, `()` for a scalar.
public final class Shape {
    private final int[] dimensions;

    private Shape(int[] dimensions) {
        this.dimensions = dimensions;
    }

    /// @throws IllegalArgumentException if an extent is less than 1 or the number of entries exceeds 2³¹ − 1
    public static Shape of(int... dimensions) {
        long size = 1;
        for (int dimension : dimensions) {
            if (dimension < 1) {
                throw new IllegalArgumentException("shape " + text(dimensions) + ": extent " + dimension + ", expected at least 1");
            }
            size *= dimension;
            if (size > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("shape " + text(dimensions) + ": more than 2^31 - 1 entries");
            }
        }
        return new Shape(dimensions.clone());
    }

    public int rank() {
        return dimensions.length;
    }

    public int dimension(int axis) {
        return dimensions[axis];
    }

    public int[] toArray() {
        return dimensions.clone();
    }

    /// Number of entries; 1 for a scalar.
    public int size() {
        int size = 1;
        for (int dimension : dimensions) {
            size *= dimension;
        }
        return size;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dimensions, shape.dimensions);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dimensions);
    }

    @Override
    public String toString() {
        return text(dimensions);
    }

    private static String text(int[] dimensions) {
        return Arrays.stream(dimensions).mapToObj(Integer::toString).collect(Collectors.joining(", ", "(", ")"));
    }
}
