package io.plumbline.data;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.Collectors;

/// n examples and their targets, outside the Java heap: x (n, example shape), y (n, K), both row-major, n ≥ 1, K ≥ 1, every number finite.
///
/// It owns its memory: closing it frees x and y. What was checked here need not be checked again by whoever receives one.
public final class Dataset implements AutoCloseable {
    private static final int EXPONENT_F32 = 0x7F800000;
    private static final long EXPONENT_F64 = 0x7FF0000000000000L;

    private final String name;
    private final int examples;
    private final int[] exampleShape;
    private final int width;
    private final int outputs;
    private final HostBuffer x;
    private final HostBuffer y;
    private final Scope owned;

    private Dataset(String name, int examples, int[] exampleShape, int outputs, HostBuffer x, HostBuffer y, Scope owned) {
        this.name = name;
        this.examples = examples;
        this.exampleShape = exampleShape;
        this.width = Arrays.stream(exampleShape).reduce(1, (a, b) -> a * b);
        this.outputs = outputs;
        this.x = x;
        this.y = y;
        this.owned = owned;
    }

    /// The data set of x (shape `xShape`: n, then the example's shape) and y (shape `yShape`: n, or n and K), which it takes over together with
    /// `backing`, the owners of memory that x and y borrow. If this throws, all of them are closed.
    ///
    /// @param name what messages call it, a file name say
    /// @throws IllegalArgumentException if x has rank below 2 or an empty example, y has a rank other than 1 or 2 or no outputs, n is 0 or differs
    ///     between x and y, a buffer's length is not its shape's, or an entry is NaN or infinite
    public static Dataset of(String name, long[] xShape, HostBuffer x, long[] yShape, HostBuffer y, AutoCloseable... backing) {
        Scope owned = new Scope();
        try {
            for (AutoCloseable owner : backing) {
                owned.own(owner);
            }
            owned.own(x);
            owned.own(y);
            checkShapes(name, xShape, x.length(), yShape, y.length());
            checkFinite(name, "x", xShape, x);
            checkFinite(name, "y", yShape, y);
            int[] exampleShape = Arrays.stream(xShape).skip(1).mapToInt(Math::toIntExact).toArray();
            int outputs = yShape.length == 1 ? 1 : (int) yShape[1];
            return new Dataset(name, (int) xShape[0], exampleShape, outputs, x, y, owned);
        } catch (Throwable failure) {
            try {
                owned.close();
            } catch (RuntimeException closing) {
                failure.addSuppressed(closing);
            }
            throw failure;
        }
    }

    /// A data set in double, copied from arrays: x (n, d), y (n, K).
    ///
    /// @throws IllegalArgumentException if rows differ in length, or as for [#of]
    public static Dataset copyOf(String name, double[][] x, double[][] y) {
        return of(name, shape(name, "x", x), rows(x), shape(name, "y", y), rows(y));
    }

    /// What messages call it.
    public String name() {
        return name;
    }

    /// n.
    public int examples() {
        return examples;
    }

    /// The shape of one example, {784} or {1, 28, 28} say; a copy.
    public int[] exampleShape() {
        return exampleShape.clone();
    }

    /// Numbers in one example: the product of its shape.
    public int width() {
        return width;
    }

    /// K, the targets of one example.
    public int outputs() {
        return outputs;
    }

    /// (n, width), borrowed.
    public HostBuffer x() {
        return x;
    }

    /// (n, K), borrowed.
    public HostBuffer y() {
        return y;
    }

    /// The first `examples` examples: a view that borrows this data set's memory and must not outlive it. Closing the view does nothing.
    ///
    /// @throws IllegalArgumentException if `examples` is not between 1 and n
    public Dataset take(int examples) {
        if (examples < 1 || examples > this.examples) {
            throw new IllegalArgumentException(name + ": examples is " + examples + ", expected 1 to " + this.examples);
        }
        HostBuffer firstX = x.slice(0, (long) examples * width);
        HostBuffer firstY = y.slice(0, (long) examples * outputs);
        return new Dataset(name, examples, exampleShape, outputs, firstX, firstY, new Scope());
    }

    /// `examples` of the examples, each subset as likely as any other, in their order here: a copy that the caller closes.
    ///
    /// @throws IllegalArgumentException if `examples` is not between 1 and n
    public Dataset draw(int examples, long seed) {
        if (examples < 1 || examples > this.examples) {
            throw new IllegalArgumentException(name + ": examples is " + examples + ", expected 1 to " + this.examples);
        }
        int[] chosen = Arrays.copyOf(new Philox(seed, "draw").permutation(this.examples), examples);
        Arrays.sort(chosen);
        Scope drawn = new Scope();
        try {
            HostBuffer drawnX = drawn.own(rows(x, chosen, width));
            HostBuffer drawnY = drawn.own(rows(y, chosen, outputs));
            return new Dataset(name + ", " + examples + " drawn", examples, exampleShape, outputs, drawnX, drawnY, drawn);
        } catch (Throwable failure) {
            drawn.close();
            throw failure;
        }
    }

    private static HostBuffer rows(HostBuffer source, int[] chosen, int width) {
        HostBuffer rows = HostBuffer.allocate(source.precision(), (long) chosen.length * width);
        for (int i = 0; i < chosen.length; i++) {
            rows.slice((long) i * width, width).copyFrom(source.slice((long) chosen[i] * width, width));
        }
        return rows;
    }

    /// Frees the memory. Closing twice is harmless.
    @Override
    public void close() {
        owned.close();
    }

    @Override
    public String toString() {
        return name + ": " + examples + " examples of shape " + shapeText(Arrays.stream(exampleShape).asLongStream().toArray()) + ", " + outputs
                + (outputs == 1 ? " output" : " outputs");
    }

    /// `(2, 3)`: a shape as messages print it.
    static String shapeText(long[] shape) {
        return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", ", "(", shape.length == 1 ? ",)" : ")"));
    }

    /// Throws unless x and y have these shapes and so many entries, and the shapes are those of a data set.
    static void checkShapes(String name, long[] xShape, long xLength, long[] yShape, long yLength) {
        if (xShape.length < 2) {
            throw new IllegalArgumentException(
                    name + ": x has shape " + shapeText(xShape) + ", expected rank 2 or more: the examples, then the shape of one");
        }
        if (yShape.length != 1 && yShape.length != 2) {
            throw new IllegalArgumentException(name + ": y has shape " + shapeText(yShape) + ", expected (n,) or (n, outputs)");
        }
        if (xShape[0] != yShape[0]) {
            throw new IllegalArgumentException(name + ": x has " + xShape[0] + " examples and y has " + yShape[0] + ", expected the same number");
        }
        if (xShape[0] < 1 || xShape[0] > Integer.MAX_VALUE) {
            throw new IllegalArgumentException(name + ": x has " + xShape[0] + " examples, expected 1 to " + Integer.MAX_VALUE);
        }
        checkEntries(name, "x", xShape, xLength);
        checkEntries(name, "y", yShape, yLength);
    }

    private static void checkEntries(String name, String array, long[] shape, long length) {
        long width = 1;
        for (int axis = 1; axis < shape.length; axis++) {
            if (shape[axis] < 1 || width > Integer.MAX_VALUE / shape[axis]) {
                throw new IllegalArgumentException(
                        name + ": " + array + " has shape " + shapeText(shape) + ", expected 1 to " + Integer.MAX_VALUE + " numbers an example");
            }
            width *= shape[axis];
        }
        if (shape[0] * width != length) {
            throw new IllegalArgumentException(
                    name + ": " + array + " has shape " + shapeText(shape) + " and " + length + " entries, expected " + shape[0] * width);
        }
    }

    private static void checkFinite(String name, String array, long[] shape, HostBuffer values) {
        long bad = firstNonFinite(values);
        if (bad < 0) {
            return;
        }
        long[] index = new long[shape.length];
        long rest = bad;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        String at = Arrays.stream(index).mapToObj(Long::toString).collect(Collectors.joining(",", "[", "]"));
        throw new IllegalArgumentException(name + ": " + array + at + " is " + values.get(bad) + ", expected finite numbers (example " + index[0]
                + ", flat index " + bad + ")");
    }

    private static long firstNonFinite(HostBuffer values) {
        MemorySegment segment = values.segment();
        if (values.precision() == Precision.F32) {
            for (long i = 0; i < values.length(); i++) {
                if ((segment.getAtIndex(ValueLayout.JAVA_INT, i) & EXPONENT_F32) == EXPONENT_F32) {
                    return i;
                }
            }
        } else {
            for (long i = 0; i < values.length(); i++) {
                if ((segment.getAtIndex(ValueLayout.JAVA_LONG, i) & EXPONENT_F64) == EXPONENT_F64) {
                    return i;
                }
            }
        }
        return -1;
    }

    private static long[] shape(String name, String array, double[][] rows) {
        int columns = rows.length == 0 ? 0 : rows[0].length;
        for (int i = 0; i < rows.length; i++) {
            if (rows[i].length != columns) {
                throw new IllegalArgumentException(
                        name + ": " + array + "[" + i + "] has " + rows[i].length + " entries, expected " + columns + " as row 0 has");
            }
        }
        return new long[] {rows.length, columns};
    }

    private static HostBuffer rows(double[][] rows) {
        return HostBuffer.of(Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray());
    }
}
