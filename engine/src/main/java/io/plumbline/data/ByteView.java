package io.plumbline.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.Charset;

/// The bytes of a file under a name, read within bounds: what lies beyond the end is reported as a truncated file, with the offset.
record ByteView(String name, MemorySegment bytes) {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    long size() {
        return bytes.byteSize();
    }

    /// Throws unless `length` bytes of `what` lie at `offset`.
    void require(long offset, long length, String what) throws MalformedFileException {
        if (offset < 0 || length < 0 || offset > size() || length > size() - offset) {
            throw new MalformedFileException(
                    name + ": truncated: " + what + " needs " + length + " bytes at offset " + offset + ", the file has " + size());
        }
    }

    int u8(long offset, String what) throws MalformedFileException {
        require(offset, 1, what);
        return bytes.get(ValueLayout.JAVA_BYTE, offset) & 0xFF;
    }

    /// Little-endian, as all numbers of ZIP and .npy headers.
    int u16(long offset, String what) throws MalformedFileException {
        require(offset, 2, what);
        return bytes.get(SHORT, offset) & 0xFFFF;
    }

    long u32(long offset, String what) throws MalformedFileException {
        require(offset, 4, what);
        return bytes.get(INT, offset) & 0xFFFFFFFFL;
    }

    /// A 64-bit length or offset; one that does not fit a signed number is malformed.
    long u64(long offset, String what) throws MalformedFileException {
        require(offset, 8, what);
        long value = bytes.get(LONG, offset);
        if (value < 0) {
            throw new MalformedFileException(
                    name + ": " + what + " at offset " + offset + " is " + Long.toUnsignedString(value) + ", expected less than 2^63");
        }
        return value;
    }

    MemorySegment slice(long offset, long length, String what) throws MalformedFileException {
        require(offset, length, what);
        return bytes.asSlice(offset, length);
    }

    String text(long offset, int length, Charset charset, String what) throws MalformedFileException {
        return new String(slice(offset, length, what).toArray(ValueLayout.JAVA_BYTE), charset);
    }
}
