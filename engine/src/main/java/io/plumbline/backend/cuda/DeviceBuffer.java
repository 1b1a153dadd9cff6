package io.plumbline.backend.cuda;

import io.plumbline.memory.Buffer;
import io.plumbline.memory.Precision;

/// Numbers in the memory of a device. Use after close throws.
final class DeviceBuffer implements Buffer {
    private final DeviceMemory memory;
    private final Precision precision;
    private final long length;
    private long address;

    DeviceBuffer(DeviceMemory memory, Precision precision, long length) {
        this.memory = memory;
        this.precision = precision;
        this.length = length;
        address = memory.allocate(Math.max(1, Math.multiplyExact(length, (long) precision.sizeBytes())));
    }

    @Override
    public Precision precision() {
        return precision;
    }

    @Override
    public long length() {
        return length;
    }

    DeviceMemory memory() {
        return memory;
    }

    /// Of number 0.
    ///
    /// @throws IllegalStateException after [#close()]
    long address() {
        if (address == 0) {
            throw new IllegalStateException("device buffer of " + length + " " + precision.label() + ": used after it was closed");
        }
        return address;
    }

    @Override
    public void close() {
        if (address != 0) {
            memory.free(address);
            address = 0;
        }
    }
}
