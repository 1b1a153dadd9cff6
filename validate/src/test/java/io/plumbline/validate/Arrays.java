package io.plumbline.validate;

import io.plumbline.data.Npy;
import io.plumbline.data.NpzWriter;
import io.plumbline.memory.HostBuffer;
import java.io.IOException;
import java.nio.file.Path;

/// Array files for tests.
final class Arrays {
    private Arrays() {}

    static Path npy(Path file, double[] values, long... shape) throws IOException {
        try (var buffer = HostBuffer.of(values)) {
            Npy.write(file, buffer, shape);
        }
        return file;
    }

    /// x and y in double.
    static Path npz(Path file, long[] xShape, double[] x, long[] yShape, double[] y) throws IOException {
        try (var writer = new NpzWriter(file); var xs = HostBuffer.of(x); var ys = HostBuffer.of(y)) {
            writer.put("x", xs, xShape);
            writer.put("y", ys, yShape);
            writer.commit();
        }
        return file;
    }
}
