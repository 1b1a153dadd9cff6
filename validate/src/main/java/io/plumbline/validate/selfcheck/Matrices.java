package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Buffer;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Collectors;

/// Tensors of one backend that live as long as one trial.
///
/// ```
/// result: | guard (NaN) | entries (NaN) | guard (NaN) |
/// ```
final class Matrices implements AutoCloseable {
    private static final int GUARD = 32;

    private final Backend backend;
    private final Scope scope = new Scope();

    Matrices(Backend backend) {
        this.backend = backend;
    }

    /// The values, uploaded.
    Tensor of(double[] values, long rows, int columns) {
        var tensor = new Tensor(allocate(values.length), 0, rows, columns);
        try (HostBuffer source = HostBuffer.of(values)) {
            backend.upload(source, tensor);
        }
        return tensor;
    }

    /// A place for a result, NaN all over, and so is what lies around it.
    Tensor undefined(long rows, int columns) {
        long length = rows * columns;
        Buffer buffer = allocate(length + 2 * GUARD);
        backend.fill(new Tensor(buffer, 0, 1, Math.toIntExact(buffer.length())), Double.NaN);
        return new Tensor(buffer, GUARD, rows, columns);
    }

    private Buffer allocate(long length) {
        return scope.own(backend.allocate(length));
    }

    /// What is wrong around a result of [#undefined], or null.
    String besides(Tensor result) {
        double[] all = entries(new Tensor(result.buffer(), 0, 1, Math.toIntExact(result.buffer().length())));
        for (int i = 0; i < GUARD; i++) {
            if (!Double.isNaN(all[i]) || !Double.isNaN(all[all.length - 1 - i])) {
                return "something was written beside the result";
            }
        }
        return null;
    }

    /// A copy in double.
    double[] entries(Tensor t) {
        try (HostBuffer target = HostBuffer.allocate(Precision.F64, t.length())) {
            backend.download(t, target);
            return target.toArray();
        }
    }

    @Override
    public void close() {
        scope.close();
    }

    /// Numbers between −1 and 1, none of them 0, that `precision` represents exactly: what a device and the reference read is the same.
    static double[] random(Random random, long count, Precision precision) {
        double[] values = new double[Math.toIntExact(count)];
        Arrays.setAll(values, i -> {
            double size = precision == Precision.F32 ? 1 - random.nextFloat() : 1 - random.nextDouble();
            return random.nextBoolean() ? size : -size;
        });
        return values;
    }

    /// The nearest number that `precision` represents.
    static double round(double value, Precision precision) {
        return precision == Precision.F32 ? (float) value : value;
    }

    /// The same without signs.
    static double[] magnitudes(double[] values) {
        return Arrays.stream(values).map(Math::abs).toArray();
    }

    /// `(31, 7) (7, 1)`.
    static String shapes(int[][] shapes) {
        return Arrays.stream(shapes).map(shape -> "(" + shape[0] + ", " + shape[1] + ")").collect(Collectors.joining(" "));
    }
}
