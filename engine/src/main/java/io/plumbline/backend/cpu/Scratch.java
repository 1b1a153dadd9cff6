package io.plumbline.backend.cpu;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;

/// Native memory that grows to the largest request and is used again by the next one. One user at a time.
final class Scratch implements AutoCloseable {
    private HostBuffer buffer;

    /// Where at least `sizeBytes` bytes lie, contents undefined, aligned to 64 bytes; valid until the next call.
    long address(long sizeBytes) {
        if (buffer == null || buffer.segment().byteSize() < sizeBytes) {
            close();
            buffer = HostBuffer.allocate(Precision.F64, Math.ceilDiv(sizeBytes, (long) Double.BYTES));
        }
        return buffer.segment().address();
    }

    @Override
    public void close() {
        if (buffer != null) {
            HostBuffer last = buffer;
            buffer = null;
            last.close();
        }
    }
}
