package io.plumbline.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Arithmetic;
import io.plumbline.backend.DeviceException;
import io.plumbline.backend.DeviceMemoryException;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.data.DataOptions;
import io.plumbline.data.DataSource;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.Limits;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.derivative.Progress;
import io.plumbline.derivative.Retiling;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.network.Network;
import io.plumbline.validate.Emulator;
import io.plumbline.validate.OnEmulator;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Where the (emulated) device's memory ends: passes are cut again, to the same bits, and nothing stays behind.
@OnEmulator
class DeviceMemoryTest {
    private static final int DIRECTIONS = 3;
    /// Two chunks and three examples.
    private static final Network NETWORK = Architectures.parse("fcn:5-40-40-2:tanh", Initialization.DEFAULT, 1);

    private static Dataset data() throws IOException {
        return DataSource.parse("gaussian:n=515,d=5,k=2").load(DataOptions.defaults());
    }

    @AfterEach
    void asBefore() {
        Emulator.set("MEMORY_LIMIT", String.valueOf(1L << 32));
    }

    /// All that passes compute at a point.
    private static Map<String, double[]> results(Point point) {
        int p = (int) NETWORK.parameterCount();
        var backend = point.surface().backend();
        var results = new LinkedHashMap<String, double[]>();
        try (var workspace = new Workspace(backend)) {
            Tensor directions = workspace.tensor(DIRECTIONS, p);
            Tensor products = workspace.tensor(DIRECTIONS, p);
            backend.randomNormals(1, new long[] {1, 2, 3}, directions);
            var sums = point.gramSums(Progress.NONE);
            results.put("squared forms", sums.squaredForm);
            results.put("blocks", sums.block);
            results.put("predictions", point.predictions());
            point.gaussNewtonVectors(directions, products);
            results.put("G v", backend.rowProducts(products, directions));
            point.hessianVectors(directions, directions);
            results.put("H v in place of v", backend.rowProducts(directions, products));
            results.put("gradients", point.perExampleGradients(3, 300).toArray());
        }
        return results;
    }

    @Test
    void lessMemoryTheSameBits() throws IOException {
        var cut = new TreeSet<String>();
        int failed = 0;
        try (var data = data()) {
            Map<String, double[]> expected = null;
            for (long limit = 5L << 20; limit > 1 << 19; limit -= limit / 3) {
                try (var backend = CudaBackend.create(Arithmetic.F32, 0, limit)) {
                    try (var surface = LossSurface.of(NETWORK, data, backend, new Limits(1L << 30, 0));
                            var point = surface.at(NETWORK.initialTheta())) {
                        Map<String, double[]> first = expected;
                        Map<String, double[]> found = results(point);
                        expected = first == null ? found : first;
                        expected.forEach((name, values) -> assertArrayEquals(values, found.get(name), name));
                        surface.retilings().stream().map(Retiling::pass).forEach(cut::add);
                    } catch (DeviceException full) {
                        assertTrue(full.getMessage().contains(": no room for ") && full.getMessage().endsWith(", the limit is " + limit),
                                full.getMessage());
                        failed++;
                    }
                    backend.release();
                    assertEquals(limit, backend.freeBytes().getAsLong(), "nothing is in use");
                }
            }
        }
        assertEquals(Set.of("gram pass", "per-example gradients", "products with G"), cut);
        assertTrue(failed > 0);
    }

    /// What is free after a pass that even the fewest examples were too many for is what was free before it, and the next one has all of it.
    @Test
    void aPassThatFailsLeavesNothingBehind() throws IOException {
        Emulator.set("MEMORY_LIMIT", String.valueOf(1L << 25));
        try (var scope = new Scope()) {
            var data = scope.own(data());
            var backend = scope.own(CudaBackend.create(Precision.F64));
            var surface = scope.own(LossSurface.of(NETWORK, data, backend));
            var point = scope.own(surface.at(NETWORK.initialTheta()));
            point.gramPlan();
            // Everything idle goes at the first shortage.
            long before = backend.freeBytes().getAsLong();
            Tensor all = new Tensor(backend.allocate(before / Double.BYTES - 64), 0, 1, 1);
            var failure = assertThrows(DeviceException.class, () -> point.gramSums(Progress.NONE));
            assertTrue(failure.getMessage()
                    .matches("gram pass with tiles of 32 examples, the fewest: cuda: [a-zA-Z]+.*: no room for [0-9]+ bytes more on the "
                            + "device: [0-9]+ are free, [0-9]+ are in use, there is no limit but the device's [0-9]+"),
                    failure.getMessage());
            long idle = backend.freeBytes().getAsLong();
            assertThrows(DeviceException.class, () -> point.gramSums(Progress.NONE));
            assertEquals(idle, backend.freeBytes().getAsLong());
            all.buffer().close();
            assertTrue(backend.freeBytes().getAsLong() >= before);
            assertTrue(surface.retilings().isEmpty());
            point.gramSums(Progress.NONE);
        }
    }

    /// Freed blocks are kept for requests of their size; they go back to the driver before another one is refused, and count towards the limit.
    @Test
    void whatIsKeptGoesBackFirst() {
        long unit = 1 << 20;
        try (var scope = new Scope()) {
            var context = scope.own(new Context(0));
            long free = Driver.freeBytes();
            var memory = scope.own(new DeviceMemory(context, 4 * unit));
            long[] small = {memory.allocate(unit), memory.allocate(unit), memory.allocate(unit)};
            for (long address : small) {
                memory.free(address);
            }
            assertEquals(4 * unit, memory.freeBytes());
            assertEquals(free - 3 * unit, Driver.freeBytes(), "kept");
            long large = memory.allocate(2 * unit);
            assertEquals(free - 2 * unit, Driver.freeBytes(), "given back, or the limit would not hold");
            var failure = assertThrows(DeviceMemoryException.class, () -> memory.allocate(2 * unit + 1));
            assertEquals("cuda: no room for " + (2 * unit + 1) + " bytes more on the device: " + 2 * unit + " are free, " + 2 * unit
                    + " are in use, the limit is " + 4 * unit, failure.getMessage());
            memory.free(large);
        }
    }
}
