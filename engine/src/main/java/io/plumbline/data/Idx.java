package io.plumbline.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/// The IDX format of the MNIST family (LeCun, Cortes, Burges), plain or gzipped:
///
/// ```
/// 0  0, 0                 2 bytes
/// 2  element type         08 u1, 09 i1, 0B i2, 0C i4, 0D f4, 0E f8
/// 3  rank                 1 byte
/// 4  extents              4 bytes each, big-endian
///    entries              row-major, big-endian
/// ```
public final class Idx {
    private static final int GZIP_MAGIC = 0x1F8B;
    private static final int MOST_AXES = 8;

    private Idx() {}

    /// The array in `file`, mapped if the file is plain; the caller closes it.
    ///
    /// @throws MalformedFileException if the file is not one array, from its first byte to its last
    /// @throws IOException if the file cannot be read
    public static NdArray read(Path file) throws IOException {
        MappedFile.requireReadable(file);
        try (InputStream raw = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            raw.mark(2);
            int magic = raw.read() << 8 | raw.read();
            raw.reset();
            if (magic == GZIP_MAGIC) {
                return readStream(file.toString(), new GZIPInputStream(raw, 1 << 16));
            }
        } catch (MalformedFileException failure) {
            throw failure;
        } catch (EOFException | ZipException failure) {
            throw new MalformedFileException(file + ": damaged gzip data: " + failure.getMessage(), failure);
        }
        return readMapped(file);
    }

    private static NdArray readMapped(Path file) throws IOException {
        var mapped = new MappedFile(file);
        try {
            ByteView view = mapped.view();
            NdArray.Layout layout = layout(view);
            int head = headBytes(layout);
            long expected = layout.size() * layout.type().sizeBytes();
            if (view.size() - head != expected) {
                throw new MalformedFileException(wrongSize(view.name(), layout) + ", found " + (view.size() - head));
            }
            return new NdArray(view.name(), layout, view.bytes().asSlice(head), mapped);
        } catch (Throwable failure) {
            mapped.close();
            throw failure;
        }
    }

    /// Reads `stream` to its end, which also verifies gzip's checksum.
    private static NdArray readStream(String name, InputStream stream) throws IOException {
        byte[] start = stream.readNBytes(4);
        int rank = start.length < 4 ? 0 : start[3] & 0xFF;
        byte[] head = Arrays.copyOf(start, start.length + 4 * rank);
        int read = start.length + stream.readNBytes(head, start.length, 4 * rank);
        NdArray.Layout layout = layout(new ByteView(name, MemorySegment.ofArray(head).asSlice(0, read)));
        Inflated entries;
        try {
            entries = Inflated.read(stream, layout.size() * layout.type().sizeBytes());
        } catch (EOFException failure) {
            throw new MalformedFileException(name + ": " + failure.getMessage(), failure);
        }
        try {
            if (stream.read() >= 0) {
                throw new MalformedFileException(wrongSize(name, layout) + ", found more");
            }
            return new NdArray(name, layout, entries.bytes(), entries);
        } catch (Throwable failure) {
            entries.close();
            throw failure;
        }
    }

    /// What the head at the beginning of `view` says.
    private static NdArray.Layout layout(ByteView view) throws MalformedFileException {
        if (view.u8(0, "magic number") != 0 || view.u8(1, "magic number") != 0) {
            throw new MalformedFileException(view.name() + ": does not begin with two zero bytes: not an IDX array");
        }
        int code = view.u8(2, "element type");
        ElementType type = switch (code) {
            case 0x08 -> ElementType.U1;
            case 0x09 -> ElementType.I1;
            case 0x0B -> ElementType.I2;
            case 0x0C -> ElementType.I4;
            case 0x0D -> ElementType.F4;
            case 0x0E -> ElementType.F8;
            default -> throw new MalformedFileException(
                    String.format("%s: element type at offset 2 is %02x, expected 08, 09, 0b, 0c, 0d or 0e", view.name(), code));
        };
        int rank = view.u8(3, "rank");
        if (rank < 1 || rank > MOST_AXES) {
            throw new MalformedFileException(view.name() + ": rank at offset 3 is " + rank + ", expected 1 to " + MOST_AXES);
        }
        long[] shape = new long[rank];
        for (int axis = 0; axis < rank; axis++) {
            shape[axis] = Integer.toUnsignedLong(Integer.reverseBytes((int) view.u32(4 + 4L * axis, "extent")));
        }
        var layout = new NdArray.Layout(type, ByteOrder.BIG_ENDIAN, false, shape);
        try {
            layout.size();
        } catch (ArithmeticException overflow) {
            throw new MalformedFileException(
                    view.name() + ": shape " + Dataset.shapeText(shape) + " has more entries than any file can hold", overflow);
        }
        return layout;
    }

    private static int headBytes(NdArray.Layout layout) {
        return 4 + 4 * layout.shape().length;
    }

    private static String wrongSize(String name, NdArray.Layout layout) {
        return name + ": shape " + Dataset.shapeText(layout.shape()) + " needs " + layout.size() * layout.type().sizeBytes() + " bytes of entries";
    }
}
