package io.plumbline.data;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Bytes that come from a stream into memory outside the heap, 64-byte aligned; closing it frees them.
record Inflated(HostBuffer owner, MemorySegment bytes) implements AutoCloseable {
    private static final int CHUNK_BYTES = 1 << 16;
    private static final long FIRST_BYTES = 16L << 20;

    /// Reads exactly `sizeBytes` bytes. A claimed size is not believed: memory starts small and at most doubles as bytes really arrive.
    ///
    /// @throws EOFException if the stream ends before
    static Inflated read(InputStream stream, long sizeBytes) throws IOException {
        HostBuffer memory = allocate(Math.min(sizeBytes, FIRST_BYTES));
        try {
            byte[] chunk = new byte[CHUNK_BYTES];
            long read = 0;
            while (read < sizeBytes) {
                int count = stream.read(chunk, 0, (int) Math.min(CHUNK_BYTES, sizeBytes - read));
                if (count < 0) {
                    throw new EOFException("ends after " + read + " bytes of data, expected " + sizeBytes);
                }
                if (read + count > memory.segment().byteSize()) {
                    HostBuffer larger = allocate(Math.min(sizeBytes, 2 * memory.segment().byteSize()));
                    MemorySegment.copy(memory.segment(), 0, larger.segment(), 0, read);
                    memory.close();
                    memory = larger;
                }
                MemorySegment.copy(chunk, 0, memory.segment(), ValueLayout.JAVA_BYTE, read, count);
                read += count;
            }
            return new Inflated(memory, memory.segment().asSlice(0, sizeBytes));
        } catch (Throwable failure) {
            memory.close();
            throw failure;
        }
    }

    private static HostBuffer allocate(long sizeBytes) {
        return HostBuffer.allocate(Precision.F32, Math.ceilDiv(Math.max(sizeBytes, 1), (long) Float.BYTES));
    }

    @Override
    public void close() {
        owner.close();
    }
}
