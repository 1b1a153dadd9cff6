package io.plumbline.data;

import io.plumbline.memory.HostBuffer;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

/// Writes an .npz archive of f4 and f8 arrays. The file appears at [#commit()], whole, or not at all.
///
/// Stored members begin at multiples of 64 bytes, so that [Npz] maps them without a copy. The same arrays give the same bytes: no time of day
/// is recorded. Sizes from 2³² on are written as ZIP's 64-bit extension has them.
public final class NpzWriter implements AutoCloseable {
    private static final int ALIGNMENT = 64;
    private static final int ALIGNMENT_EXTRA = 0xD935;
    private static final int ZIP64_EXTRA_BYTES = 20;
    private static final int FLAG_UTF8 = 0x800;
    private static final int FIRST_OF_JANUARY_1980 = 0x21;
    private static final int VERSION = 20;
    private static final int VERSION_ZIP64 = 45;
    private static final int BUFFER_BYTES = 1 << 16;

    private final Path file;
    private final boolean deflated;
    private final long zip64From;
    private final AtomicFile atomic;
    private final Map<String, Written> members = new LinkedHashMap<>();

    private record Written(ZipDirectory.Member member, long localHeader) {}

    /// Begins an archive of stored members.
    public NpzWriter(Path file) throws IOException {
        this(file, false);
    }

    /// Begins an archive of deflated or stored members.
    public NpzWriter(Path file, boolean deflated) throws IOException {
        this(file, deflated, ZipDirectory.MAX_32 - (1L << 24));
    }

    /// @param zip64From sizes and offsets from here on are written as 64-bit ones; lower than 2³² − 2²⁴ only to try that
    NpzWriter(Path file, boolean deflated, long zip64From) throws IOException {
        this.file = file;
        this.deflated = deflated;
        this.zip64From = zip64From;
        this.atomic = new AtomicFile(file);
    }

    /// Adds `values`, row-major, as the array `array` of `shape`.
    ///
    /// @throws IllegalArgumentException if the name is empty or taken, or the shape's entries are not as many as the values
    public void put(String array, HostBuffer values, long... shape) throws IOException {
        long expected = Npy.sizeOf(file + ": " + array, values.precision(), shape);
        if (expected != values.length()) {
            throw new IllegalArgumentException(
                    file + ": " + array + " has shape " + Dataset.shapeText(shape) + " and " + values.length() + " entries, expected " + expected);
        }
        String name = array + ".npy";
        byte[] nameBytes = name.getBytes(StandardCharsets.UTF_8);
        if (array.isEmpty() || nameBytes.length > 1024 || members.containsKey(name)) {
            throw new IllegalArgumentException(file + ": array name '" + array + "' is " + (members.containsKey(name) ? "taken" : "not usable"));
        }
        MemorySegment entries = values.segment();
        byte[] head = NpyHeader.format(Npy.type(values.precision()), shape);
        long size = head.length + entries.byteSize();
        boolean zip64 = size >= zip64From;
        long local = atomic.channel().position();
        long unaligned = local + ZipDirectory.LOCAL_BYTES + nameBytes.length + (zip64 ? ZIP64_EXTRA_BYTES : 0);
        int padding = deflated ? 0 : (int) (ALIGNMENT - (unaligned + 6) % ALIGNMENT) % ALIGNMENT + 6;
        long data = unaligned + padding;

        atomic.channel().position(data);
        var crc = new CRC32();
        if (deflated) {
            deflate(head, entries, crc);
        } else {
            store(head, entries, crc);
        }
        long after = atomic.channel().position();
        int method = deflated ? ZipDirectory.DEFLATED : ZipDirectory.STORED;
        var member = new ZipDirectory.Member(name, method, crc.getValue(), data, after - data, size);
        atomic.channel().position(local);
        atomic.append(localHeader(member, nameBytes, zip64, padding));
        atomic.channel().position(after);
        members.put(name, new Written(member, local));
    }

    /// Writes the directory and gives the file its name.
    public void commit() throws IOException {
        long directory = atomic.channel().position();
        for (Written written : members.values()) {
            atomic.append(centralHeader(written.member(), written.localHeader()));
        }
        atomic.append(end(directory, atomic.channel().position() - directory));
        atomic.commit();
    }

    /// Removes what was written, unless it was committed.
    @Override
    public void close() throws IOException {
        atomic.close();
    }

    private void store(byte[] head, MemorySegment entries, CRC32 crc) throws IOException {
        crc.update(head);
        atomic.append(ByteBuffer.wrap(head));
        for (long from = 0; from < entries.byteSize(); from += Npy.CHUNK_BYTES) {
            crc.update(Npy.chunk(entries, from));
            atomic.append(Npy.chunk(entries, from));
        }
    }

    private void deflate(byte[] head, MemorySegment entries, CRC32 crc) throws IOException {
        var deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
        try {
            crc.update(head);
            deflater.setInput(head);
            drain(deflater);
            for (long from = 0; from < entries.byteSize(); from += Npy.CHUNK_BYTES) {
                crc.update(Npy.chunk(entries, from));
                deflater.setInput(Npy.chunk(entries, from));
                drain(deflater);
            }
            deflater.finish();
            drain(deflater);
        } finally {
            deflater.end();
        }
    }

    /// Compresses until the deflater wants input or, once told to finish, is done.
    private void drain(Deflater deflater) throws IOException {
        byte[] packed = new byte[BUFFER_BYTES];
        int count = deflater.deflate(packed);
        while (count > 0) {
            atomic.append(ByteBuffer.wrap(packed, 0, count));
            count = deflater.deflate(packed);
        }
    }

    private ByteBuffer localHeader(ZipDirectory.Member member, byte[] name, boolean zip64, int padding) {
        int extra = (zip64 ? ZIP64_EXTRA_BYTES : 0) + padding;
        ByteBuffer header = littleEndian(ZipDirectory.LOCAL_BYTES + name.length + extra).putInt(ZipDirectory.LOCAL_SIGNATURE);
        header.putShort((short) (zip64 ? VERSION_ZIP64 : VERSION));
        putCommon(header, member, zip64);
        header.putShort((short) name.length).putShort((short) extra).put(name);
        if (zip64) {
            header.putShort((short) ZipDirectory.ZIP64_EXTRA).putShort((short) 16).putLong(member.sizeBytes()).putLong(member.packedBytes());
        }
        if (padding > 0) {
            header.putShort((short) ALIGNMENT_EXTRA).putShort((short) (padding - 4)).putShort((short) ALIGNMENT);
        }
        return header.position(0).limit(header.capacity());
    }

    private ByteBuffer centralHeader(ZipDirectory.Member member, long local) {
        byte[] name = member.name().getBytes(StandardCharsets.UTF_8);
        boolean zip64 = member.sizeBytes() >= zip64From || local >= zip64From;
        int extra = zip64 ? 28 : 0;
        ByteBuffer header = littleEndian(ZipDirectory.CENTRAL_BYTES + name.length + extra).putInt(ZipDirectory.CENTRAL_SIGNATURE);
        header.putShort((short) (zip64 ? VERSION_ZIP64 : VERSION)).putShort((short) (zip64 ? VERSION_ZIP64 : VERSION));
        putCommon(header, member, zip64);
        header.putShort((short) name.length).putShort((short) extra).putShort((short) 0).putShort((short) 0).putShort((short) 0).putInt(0);
        header.putInt((int) (zip64 ? ZipDirectory.MAX_32 : local)).put(name);
        if (zip64) {
            header.putShort((short) ZipDirectory.ZIP64_EXTRA).putShort((short) 24);
            header.putLong(member.sizeBytes()).putLong(member.packedBytes()).putLong(local);
        }
        return header.flip();
    }

    /// Flags, method, time, date, checksum and sizes: what both headers of a member say.
    private static void putCommon(ByteBuffer header, ZipDirectory.Member member, boolean zip64) {
        header.putShort((short) FLAG_UTF8).putShort((short) member.method()).putShort((short) 0).putShort((short) FIRST_OF_JANUARY_1980);
        header.putInt((int) member.crc());
        header.putInt((int) (zip64 ? ZipDirectory.MAX_32 : member.packedBytes())).putInt((int) (zip64 ? ZipDirectory.MAX_32 : member.sizeBytes()));
    }

    private ByteBuffer end(long directory, long directoryBytes) {
        int count = members.size();
        boolean zip64 = directory >= zip64From || directoryBytes >= zip64From || count >= ZipDirectory.MAX_16;
        ByteBuffer end = littleEndian((zip64 ? ZipDirectory.END64_BYTES + ZipDirectory.LOCATOR64_BYTES : 0) + ZipDirectory.END_BYTES);
        if (zip64) {
            end.putInt(ZipDirectory.END64_SIGNATURE).putLong(ZipDirectory.END64_BYTES - 12);
            end.putShort((short) VERSION_ZIP64).putShort((short) VERSION_ZIP64).putInt(0).putInt(0);
            end.putLong(count).putLong(count).putLong(directoryBytes).putLong(directory);
            end.putInt(ZipDirectory.LOCATOR64_SIGNATURE).putInt(0).putLong(directory + directoryBytes).putInt(1);
        }
        short shownCount = (short) (zip64 ? ZipDirectory.MAX_16 : count);
        end.putInt(ZipDirectory.END_SIGNATURE).putShort((short) 0).putShort((short) 0).putShort(shownCount).putShort(shownCount);
        end.putInt((int) (zip64 ? ZipDirectory.MAX_32 : directoryBytes)).putInt((int) (zip64 ? ZipDirectory.MAX_32 : directory)).putShort((short) 0);
        return end.flip();
    }

    private static ByteBuffer littleEndian(int sizeBytes) {
        return ByteBuffer.allocate(sizeBytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
