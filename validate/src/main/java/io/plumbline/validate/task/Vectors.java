package io.plumbline.validate.task;

import io.plumbline.data.NdArray;
import io.plumbline.data.Npy;
import io.plumbline.memory.HostBuffer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/// Vectors in .npy files.
final class Vectors {
    private Vectors() {}

    /// The vector of `length` floating-point numbers in `file`, all finite, which nobody needs to close.
    ///
    /// @param reason what the length follows from, for the message
    /// @throws IOException if the file cannot be read or is no array
    /// @throws IllegalArgumentException if it is not such a vector: names the file, what was found and expected
    static HostBuffer read(Path file, long length, String reason) throws IOException {
        return read(file, new long[][] {{length}}, reason);
    }

    /// The same for a vector with an entry for each example and output: of shape (n·K) or (n, K).
    static HostBuffer readRows(Path file, int examples, int outputs) throws IOException {
        return read(file, new long[][] {{(long) examples * outputs}, {examples, outputs}}, "an entry for each example and output");
    }

    private static HostBuffer read(Path file, long[][] shapes, String reason) throws IOException {
        try (NdArray array = Npy.read(file)) {
            if (array.type().isInteger()) {
                throw new IllegalArgumentException(
                        file + ": entries are " + array.type().name().toLowerCase(Locale.ROOT) + ", expected floating-point numbers (f4 or f8)");
            }
            if (Arrays.stream(shapes).noneMatch(shape -> Arrays.equals(shape, array.shape()))) {
                throw new IllegalArgumentException(file + ": shape is " + text(array.shape()) + ", expected "
                        + Arrays.stream(shapes).map(Vectors::text).collect(Collectors.joining(" or ")) + ", " + reason);
            }
            long length = array.size();
            HostBuffer vector = HostBuffer.collected(array.type().precision(), length);
            vector.copyFrom(array.values());
            for (long i = 0; i < length; i++) {
                if (!Double.isFinite(vector.get(i))) {
                    throw new IllegalArgumentException(file + ": entry " + i + " is " + vector.get(i) + ", expected finite numbers");
                }
            }
            return vector;
        }
    }

    static String text(long[] shape) {
        return Arrays.stream(shape).mapToObj(Long::toString).collect(Collectors.joining(", ", "(", shape.length == 1 ? ",)" : ")"));
    }
}
