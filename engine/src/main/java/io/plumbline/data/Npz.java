package io.plumbline.data;

import io.plumbline.memory.Scope;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;

/// NumPy's archive of named arrays: a ZIP file of .npy members. Stored members are mapped, deflated ones inflated into memory outside the heap;
/// either way the checksum is verified when a member is read. It owns what it reads: its arrays live until it is closed.
public final class Npz implements AutoCloseable {
    private static final String SUFFIX = ".npy";
    private static final int BUFFER_BYTES = 1 << 16;

    private final ByteView view;
    private final ZipDirectory directory;
    private final Scope owned = new Scope();

    /// Opens `file` and reads its directory.
    ///
    /// @throws MalformedFileException if the file is no ZIP archive, or a damaged one
    /// @throws IOException if the file cannot be read
    public static Npz open(Path file) throws IOException {
        var mapped = new MappedFile(file);
        return new Npz(mapped.view(), mapped);
    }

    /// The archive whose bytes are `view`, taking over `backing`.
    Npz(ByteView view, AutoCloseable backing) throws MalformedFileException {
        this.view = view;
        owned.own(backing);
        try {
            directory = new ZipDirectory(view);
        } catch (Throwable failure) {
            owned.close();
            throw failure;
        }
    }

    /// The file's name, as messages say it.
    public String name() {
        return view.name();
    }

    /// The arrays' names, in the order of the file, without `.npy`.
    public List<String> names() {
        return directory.members().keySet().stream().map(Npz::arrayName).toList();
    }

    public boolean contains(String array) {
        return names().contains(array);
    }

    /// The array `array`, borrowed.
    ///
    /// @throws MalformedFileException if there is none of that name, or its member is damaged or no array of a supported type
    public NdArray read(String array) throws MalformedFileException {
        ZipDirectory.Member member = directory.members().get(array + SUFFIX);
        if (member == null) {
            member = directory.members().get(array);
        }
        if (member == null) {
            throw new MalformedFileException(name() + ": has no array " + array + "; its arrays are " + String.join(", ", shownNames()));
        }
        MemorySegment packed = view.slice(member.offset(), member.packedBytes(), array);
        String label = name() + ": " + ZipDirectory.shown(array);
        return owned.own(member.method() == ZipDirectory.STORED ? stored(label, member, packed) : inflated(label, member, packed));
    }

    /// Frees every array. Closing twice is harmless.
    @Override
    public void close() {
        owned.close();
    }

    private List<String> shownNames() {
        return names().stream().map(ZipDirectory::shown).toList();
    }

    private static String arrayName(String member) {
        return member.endsWith(SUFFIX) ? member.substring(0, member.length() - SUFFIX.length()) : member;
    }

    private static NdArray stored(String label, ZipDirectory.Member member, MemorySegment bytes) throws MalformedFileException {
        var crc = new CRC32();
        for (long from = 0; from < bytes.byteSize(); from += Npy.CHUNK_BYTES) {
            crc.update(Npy.chunk(bytes, from));
        }
        requireChecksum(label, member, crc);
        return Npy.parse(new ByteView(label, bytes));
    }

    /// Inflates the head, learns from it how many entries there are, and inflates those.
    private static NdArray inflated(String label, ZipDirectory.Member member, MemorySegment packed) throws MalformedFileException {
        var inflater = new Inflater(true);
        var crc = new CRC32();
        try (InputStream stream = new InflaterInputStream(new SegmentStream(packed), inflater, BUFFER_BYTES)) {
            NpyHeader header = inflateHeader(label, stream, crc);
            Npy.requireSize(label, header, member.sizeBytes() - header.sizeBytes());
            Inflated entries = Inflated.read(stream, member.sizeBytes() - header.sizeBytes());
            try {
                if (stream.read() >= 0) {
                    throw new MalformedFileException(label + ": holds more than the " + member.sizeBytes() + " bytes that the directory says");
                }
                for (long from = 0; from < entries.bytes().byteSize(); from += Npy.CHUNK_BYTES) {
                    crc.update(Npy.chunk(entries.bytes(), from));
                }
                requireChecksum(label, member, crc);
                return new NdArray(label, header.layout(), entries.bytes(), entries);
            } catch (Throwable failure) {
                entries.close();
                throw failure;
            }
        } catch (MalformedFileException failure) {
            throw failure;
        } catch (IOException failure) {
            throw new MalformedFileException(label + ": damaged deflate data: " + failure.getMessage(), failure);
        } finally {
            inflater.end();
        }
    }

    private static NpyHeader inflateHeader(String label, InputStream stream, CRC32 crc) throws IOException {
        byte[] start = stream.readNBytes(12);
        int headBytes = NpyHeader.sizeBytes(new ByteView(label, MemorySegment.ofArray(start)));
        byte[] head = Arrays.copyOf(start, headBytes);
        int read = start.length + stream.readNBytes(head, start.length, headBytes - start.length);
        crc.update(head, 0, read);
        return NpyHeader.parse(new ByteView(label, MemorySegment.ofArray(head).asSlice(0, read)));
    }

    private static void requireChecksum(String label, ZipDirectory.Member member, CRC32 crc) throws MalformedFileException {
        if (crc.getValue() != member.crc()) {
            throw new MalformedFileException(
                    String.format("%s: damaged: checksum is %08x, the directory says %08x", label, crc.getValue(), member.crc()));
        }
    }

    /// The bytes of a segment, in order.
    private static final class SegmentStream extends InputStream {
        private final MemorySegment bytes;
        private long at;

        SegmentStream(MemorySegment bytes) {
            this.bytes = bytes;
        }

        @Override
        public int read() {
            return at < bytes.byteSize() ? bytes.get(ValueLayout.JAVA_BYTE, at++) & 0xFF : -1;
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            if (at >= bytes.byteSize()) {
                return -1;
            }
            int count = (int) Math.min(length, bytes.byteSize() - at);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, target, offset, count);
            at += count;
            return count;
        }
    }
}
