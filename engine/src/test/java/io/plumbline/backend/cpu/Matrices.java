package io.plumbline.backend.cpu;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.Random;

/// Random matrices that float represents exactly, and the same ones on a backend.
final class Matrices {
    /// The oracle.
    static final Backend REFERENCE = new ReferenceBackend();

    private final Random random;

    Matrices(long seed) {
        random = new Random(seed);
    }

    /// Entries between −1 and 1, none of them 0.
    double[] random(long rows, int columns) {
        double[] values = new double[Math.toIntExact(rows * columns)];
        Arrays.setAll(values, i -> random.nextBoolean() ? 1 - random.nextFloat() : random.nextFloat() - 1);
        return values;
    }

    /// A tensor of the backend's own that holds the values.
    static Tensor on(Backend backend, double[] values, long rows, int columns) {
        HostBuffer memory = HostBuffer.collected(backend.precision(), values.length);
        var tensor = new Tensor(memory, 0, rows, columns);
        try (HostBuffer source = HostBuffer.of(values)) {
            backend.upload(source, tensor);
        }
        return tensor;
    }

    /// A tensor with a guard on both sides: poisoned memory that nobody may read or write.
    static Tensor undefined(Backend backend, long rows, int columns) {
        HostBuffer memory = HostBuffer.collected(backend.precision(), rows * columns + 2 * GUARD);
        return new Tensor(memory, GUARD, rows, columns);
    }

    private static final int GUARD = 32;

    /// Whether the guards of [#undefined] are as they were.
    static boolean guardsAreIntact(Tensor t) {
        var memory = (HostBuffer) t.buffer();
        boolean intact = true;
        for (long i = 0; i < GUARD; i++) {
            intact &= Double.isNaN(memory.get(i)) && Double.isNaN(memory.get(memory.length() - 1 - i));
        }
        return intact;
    }

    static double[] download(Backend backend, Tensor t) {
        try (HostBuffer target = HostBuffer.allocate(Precision.F64, t.length())) {
            backend.download(t, target);
            return target.toArray();
        }
    }

    static double[] magnitudes(double[] values) {
        return Arrays.stream(values).map(Math::abs).toArray();
    }
}
