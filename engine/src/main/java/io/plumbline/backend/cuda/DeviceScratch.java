package io.plumbline.backend.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import jcuda.driver.JCudaDriver;

/// Memory on the device that one call needs and the next one may overwrite, by name; it grows to the largest size asked for. What goes to one stream comes in order,
/// so no call waits for another one's scratch.
final class DeviceScratch implements AutoCloseable {
    private record Block(long address, long sizeBytes) {}

    private final DeviceMemory memory;
    private final Map<String, Block> blocks = new HashMap<>();

    DeviceScratch(DeviceMemory memory) {
        this.memory = memory;
    }

    /// At least `sizeBytes`, undefined.
    ///
    /// @param use calls that need two at a time ask for them under two names
    long address(String use, long sizeBytes) {
        Block block = blocks.get(use);
        if (block == null || block.sizeBytes < sizeBytes) {
            if (block != null) {
                memory.free(block.address);
                blocks.remove(use);
            }
            block = new Block(memory.allocate(Math.max(1, sizeBytes)), sizeBytes);
            blocks.put(use, block);
        }
        return block.address;
    }

    /// Copies of `values` on the device.
    long upload(String use, int[] values) {
        return upload(use, MemorySegment.ofArray(values));
    }

    /// Copies of `values` on the device.
    long upload(String use, long[] values) {
        return upload(use, MemorySegment.ofArray(values));
    }

    /// Copies of `values` on the device.
    long upload(String use, double[] values) {
        return upload(use, MemorySegment.ofArray(values));
    }

    private long upload(String use, MemorySegment values) {
        memory.context().notALaunch("upload");
        long address = address(use, values.byteSize());
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(Math.max(1, values.byteSize()), Long.BYTES).copyFrom(values);
            // From pageable memory: the driver has taken its copy when the call returns.
            memory.context().calling("upload of " + values.byteSize() + " bytes", () -> JCudaDriver.cuMemcpyHtoDAsync(
                    new DeviceAddress(address), new Raw(copy), values.byteSize(), memory.context().stream()));
        }
        return address;
    }

    /// `count` doubles from the device, after everything sent before.
    double[] download(long address, int count) {
        memory.context().notALaunch("download");
        double[] values = new double[count];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(Math.max(1, (long) count * Double.BYTES), Double.BYTES);
            memory.context().calling("download of " + count + " numbers", () -> JCudaDriver.cuMemcpyDtoHAsync(
                    new Raw(copy), new DeviceAddress(address), (long) count * Double.BYTES, memory.context().stream()));
            memory.awaitDownload();
            MemorySegment.copy(copy, ValueLayout.JAVA_DOUBLE, 0, values, 0, count);
        }
        return values;
    }

    /// Gives all of it back; later calls get new memory.
    @Override
    public void close() {
        blocks.values().forEach(block -> memory.free(block.address));
        blocks.clear();
    }
}
