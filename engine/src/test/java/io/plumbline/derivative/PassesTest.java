package io.plumbline.derivative;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.DeviceException;
import io.plumbline.backend.DeviceMemoryException;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.derivative.Retiling.Size;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// How passes are cut, and cut again where memory is short: the bits never show it.
class PassesTest {
    private static final int DIRECTIONS = 3;
    /// Two chunks and three examples: three tiles, or one.
    private static final int EXAMPLES = 2 * Backend.CHUNK_ROWS + 3;
    private static final String LARGE = "fcn 7-31-33-3 GELU";

    /// The CPU with passes of so many examples, and with no more memory for buffers than the limit says.
    private static final class Device implements AutoCloseable {
        private final CpuBackend cpu = CpuBackend.create(Precision.F32, 1);
        private final Backend backend;
        private final List<HostBuffer> buffers = new ArrayList<>();
        private long limitBytes = Long.MAX_VALUE;

        Device(int passExamples) {
            backend = (Backend) Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (_, method, arguments) -> {
                try {
                    return switch (method.getName()) {
                        case "passExamples" -> passExamples;
                        case "allocate" -> allocate((long) arguments[0]);
                        default -> method.invoke(cpu, arguments);
                    };
                } catch (InvocationTargetException thrown) {
                    throw thrown.getCause();
                }
            });
        }

        private Object allocate(long length) {
            if (length * Float.BYTES > limitBytes - usedBytes()) {
                throw new DeviceMemoryException("no room for " + length + " numbers", null);
            }
            buffers.add((HostBuffer) cpu.allocate(length));
            return buffers.getLast();
        }

        long usedBytes() {
            buffers.removeIf(buffer -> !buffer.segment().scope().isAlive());
            return buffers.stream().mapToLong(HostBuffer::length).sum() * Float.BYTES;
        }

        @Override
        public void close() {
            cpu.close();
        }
    }

    static List<Cases.Case> cases() {
        // Exponentials of exponentials are not finite at some of so many examples.
        return Cases.all().filter(each -> each.network().parameterCount() < 500 && !each.name().endsWith(" EXP")).toList();
    }

    /// All that passes compute at a point.
    private static Map<String, double[]> results(Point point) {
        int p = (int) point.surface().network().parameterCount();
        var results = new LinkedHashMap<String, double[]>();
        try (var vectors = HostBuffer.allocate(Precision.F32, (long) DIRECTIONS * p);
                var products = HostBuffer.allocate(Precision.F32, (long) DIRECTIONS * p)) {
            for (int k = 0; k < DIRECTIONS; k++) {
                try (HostBuffer v = Cases.direction(p, 3 + k)) {
                    vectors.slice((long) k * p, p).copyFrom(v);
                }
            }
            var directions = new Tensor(vectors, 0, DIRECTIONS, p);
            var into = new Tensor(products, 0, DIRECTIONS, p);
            results.put("squared forms", point.gramSums(Progress.NONE).squaredForm);
            results.put("predictions", point.predictions());
            point.hessianVectors(directions, into);
            results.put("H v", products.toArray());
            point.gaussNewtonVectors(directions, into);
            results.put("G v", products.toArray());
            results.put("gradients", point.perExampleGradients(1, EXAMPLES - 1).toArray());
            // In place.
            point.hessianVectors(directions, directions);
            results.put("H v in place of v", vectors.toArray());
            results.put("gradient", point.gradient().toArray());
        }
        return results;
    }

    private static Map<String, double[]> results(Cases.Case c, int passExamples) {
        try (var data = c.dataset(EXAMPLES, 1);
                var device = new Device(passExamples);
                var surface = LossSurface.of(c.network(), data, device.backend);
                var point = surface.at(c.network().initialTheta())) {
            return results(point);
        }
    }

    private static void assertSame(Map<String, double[]> expected, Map<String, double[]> found) {
        expected.forEach((name, values) -> assertArrayEquals(values, found.get(name), name));
    }

    /// Parameters used twice, expressions of parameters, and both summands of curved layers included.
    @ParameterizedTest
    @MethodSource("cases")
    void bitsDoNotDependOnTheTilesOfAPass(Cases.Case c) {
        assertSame(results(c, Backend.CHUNK_ROWS), results(c, 4 * Backend.CHUNK_ROWS));
    }

    /// Memory from what everything takes down to what nothing can do without: the same bits each time or an error, and a line for each pass that was cut again.
    @Test
    void lessMemoryTheSameBits() {
        var c = Cases.list().stream().filter(each -> each.name().equals(LARGE)).findFirst().orElseThrow();
        var expected = results(c, Backend.CHUNK_ROWS);
        var cut = new TreeSet<String>();
        int failed = 0;
        int passed = 0;
        for (long roomBytes = 24L << 20; roomBytes > 1 << 14; roomBytes -= roomBytes / 8) {
            try (var data = c.dataset(EXAMPLES, 1);
                    var device = new Device(4 * Backend.CHUNK_ROWS);
                    var surface = LossSurface.of(c.network(), data, device.backend, new Limits(1L << 30, 0));
                    var point = surface.at(c.network().initialTheta())) {
                var told = new ArrayList<Retiling>();
                surface.onRetiling(told::add);
                long before = device.usedBytes();
                device.limitBytes = before + roomBytes;
                try {
                    assertSame(expected, results(point));
                    passed++;
                } catch (DeviceException full) {
                    failed++;
                }
                assertEquals(told, surface.retilings());
                told.forEach(each -> cut.add(each.pass()));
                point.release();
                assertEquals(before, device.usedBytes(), "what was held is given back");
            }
        }
        assertTrue(passed > 5 && failed > 2, passed + " passed, " + failed + " failed");
        assertEquals(Set.of("gram pass", "per-example gradients", "products with H"), cut);
    }

    /// What had been found before memory ran out does not count, and what is said names the pass and what the backend says.
    @Test
    void noRoomForTheFewestExamples() {
        var c = Cases.list().stream().filter(each -> each.name().equals(LARGE)).findFirst().orElseThrow();
        try (var data = c.dataset(EXAMPLES, 1);
                var device = new Device(4 * Backend.CHUNK_ROWS);
                var surface = LossSurface.of(c.network(), data, device.backend);
                var point = surface.at(c.network().initialTheta())) {
            point.gramPlan();
            point.release();
            device.limitBytes = device.usedBytes();
            var failure = assertThrows(DeviceException.class, () -> point.gramSums(Progress.NONE));
            assertTrue(failure.getMessage().matches("gram pass with tiles of 32 examples, the fewest: no room for [0-9]+ numbers"),
                    failure.getMessage());
            failure = assertThrows(DeviceException.class, point::predictions);
            assertTrue(failure.getMessage().matches("predictions with tiles of 256 examples, the fewest: no room for [0-9]+ numbers"),
                    failure.getMessage());
            assertEquals(List.of(), surface.retilings());
            device.limitBytes = Long.MAX_VALUE;
            assertSame(results(c, Backend.CHUNK_ROWS), results(point));
        }
    }

    @Test
    void sizesGoDownToTheirUnit() {
        var sizes = new ArrayList<Size>();
        for (Size size = new Size(1000, 5); size != null; size = size.smaller(Backend.CHUNK_ROWS)) {
            sizes.add(size);
        }
        assertEquals(List.of(new Size(1000, 5), new Size(1000, 2), new Size(1000, 1), new Size(512, 1), new Size(256, 1)), sizes);
        assertEquals("gram pass: device memory ran out with tiles of 4096 examples; went on with 2048 examples",
                new Retiling("gram pass", new Size(4096, 1), new Size(2048, 1)).toString());
        assertEquals(
                "products with H: device memory ran out with tiles of 256 examples along 2 directions; went on with 256 examples along 1 direction",
                new Retiling("products with H", new Size(256, 2), new Size(256, 1)).toString());
    }
}
