package io.plumbline.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Backend;
import io.plumbline.backend.Convolution;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Window;
import io.plumbline.memory.Precision;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Lanes compute what their backend computes, each on its caller's thread.
class LanesTest {
    private static final int ITEMS = 7;
    private static final int ROWS = 64;

    /// A convolution, a product, an activation and sums over rows of each item.
    private static double[] results(Precision precision, int threads, boolean lanes) {
        try (var backend = CpuBackend.create(precision, threads)) {
            var c = new Convolution(new Window(3, 9, 11, Window.Span.over(9, 3, 1, 1, 1, 1, false), Window.Span.over(11, 3, 1, 1, 1, 1, false)), 5,
                    1);
            Tensor x = random(backend, 1, ITEMS * ROWS, 3 * 9 * 11);
            Tensor kernel = random(backend, 2, 1, Math.toIntExact(c.weights()));
            Tensor w = random(backend, 3, 31, c.size());
            Tensor sums = Matrices.undefined(backend, ITEMS, 31 * c.size());
            Backend.Work work = (item, lane) -> {
                Tensor rows = x.rows(item * ROWS, ROWS);
                Tensor y = Matrices.undefined(lane, ROWS, c.size());
                Tensor z = Matrices.undefined(lane, ROWS, 31);
                lane.convolve(c, rows, kernel, null, false, y);
                lane.multiply(y, w, true, false, z);
                lane.activate(Activation.of(Activation.Kind.TANH), 0, z, null, null, false, z);
                lane.sumOuter(z, y, false, sums.rows(item, 1).reshape(31, c.size()));
            };
            if (lanes) {
                backend.forEach(ITEMS, work);
            } else {
                for (int item = 0; item < ITEMS; item++) {
                    work.run(item, backend);
                }
            }
            return Matrices.download(backend, sums);
        }
    }

    private static Tensor random(Backend backend, long seed, int rows, int columns) {
        return Matrices.on(backend, new Matrices(seed).random(rows, columns), rows, columns);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void theBitsAreTheBackends(Precision precision) {
        double[] whole = results(precision, 2, false);
        assertArrayEquals(whole, results(precision, 1, true));
        assertArrayEquals(whole, results(precision, 2, true));
        assertArrayEquals(whole, results(precision, 3, true));
    }

    @Test
    void eachItemStaysOnItsThread() {
        try (var backend = CpuBackend.create(Precision.F64, 3)) {
            Set<Thread> threads = ConcurrentHashMap.newKeySet();
            Set<Long> items = ConcurrentHashMap.newKeySet();
            backend.forEach(100, (item, lane) -> {
                threads.add(Thread.currentThread());
                assertTrue(items.add(item));
                assertEquals(1, lane.threads());
            });
            assertEquals(100, items.size());
            assertTrue(threads.size() <= 3);
        }
    }

    @Test
    void oneItemHasAllThreads() {
        try (var backend = CpuBackend.create(Precision.F64, 3)) {
            backend.forEach(1, (item, lane) -> assertEquals(3, lane.threads()));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aFailureIsThrown(int threads) {
        try (var backend = CpuBackend.create(Precision.F64, threads)) {
            Tensor wrong = Matrices.undefined(backend, 2, 3);
            assertThrows(IllegalArgumentException.class, () -> backend.forEach(5, (item, lane) -> lane.multiply(wrong, wrong, false, false, wrong)));
            backend.forEach(5, (item, lane) -> lane.fill(wrong.rows(0, 0), 0));
        }
    }
}
