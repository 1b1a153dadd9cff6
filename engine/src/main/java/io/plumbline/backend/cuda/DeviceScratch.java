package io.plumbline.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Memory on the device that one call needs and the next one may overwrite, by name; it grows to the largest size asked for. What goes to one stream comes in order,
/// so no call waits for another one's scratch.
final class DeviceScratch implements AutoCloseable {
    private record Block(long address, long sizeBytes) {}

    private final DeviceMemory memory;
    private final Transfers transfers;
    private final Map<String, Block> blocks = new HashMap<>();

    DeviceScratch(DeviceMemory memory, Transfers transfers) {
        this.memory = memory;
        this.transfers = transfers;
    }

    /// Memory of its own, beside this one's; the caller closes it.
    DeviceScratch another() {
        return new DeviceScratch(memory, transfers);
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
        long address = address(use, values.byteSize());
        upload(List.of(values), address);
        return address;
    }

    /// Copies of the bytes of `values`, one behind the other, at an address that this scratch gave.
    void upload(List<MemorySegment> values, long address) {
        transfers.upload(values, address);
    }

    /// `count` doubles from the device, after everything sent before.
    double[] download(long address, int count) {
        double[] values = new double[count];
        download(address, List.of(MemorySegment.ofArray(values)));
        return values;
    }

    /// Fills `values` with bytes from the device, one behind the other, after everything sent before.
    void download(long address, List<MemorySegment> values) {
        transfers.download(address, values);
    }

    /// Gives all of it back; later calls get new memory.
    @Override
    public void close() {
        blocks.values().forEach(block -> memory.free(block.address));
        blocks.clear();
    }
}
