package io.plumbline.data;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Locale;

/// NumPy's file of one array. Reads f2 f4 f8 i1 i2 i4 i8 u1 u2 u4 and bool, C and Fortran order, little- and big-endian, headers of version 1 to 3;
/// writes f4 and f8 in C order and native byte order.
public final class Npy {
    static final long CHUNK_BYTES = 1L << 28;

    private Npy() {}

    /// The array in `file`, mapped; the caller closes it.
    ///
    /// @throws MalformedFileException if the file is not one array of these types, from its first byte to its last
    /// @throws IOException if the file cannot be read
    public static NdArray read(Path file) throws IOException {
        var mapped = new MappedFile(file);
        try {
            return parse(mapped.view(), mapped);
        } catch (Throwable failure) {
            mapped.close();
            throw failure;
        }
    }

    /// The array whose file is all of `view`, taking over `backing`.
    static NdArray parse(ByteView view, AutoCloseable... backing) throws MalformedFileException {
        NpyHeader header = NpyHeader.parse(view);
        MemorySegment entries = view.bytes().asSlice(header.sizeBytes());
        requireSize(view.name(), header, entries.byteSize());
        return new NdArray(view.name(), header.layout(), entries, backing);
    }

    static void requireSize(String name, NpyHeader header, long entryBytes) throws MalformedFileException {
        long expected = header.layout().size() * header.layout().type().sizeBytes();
        if (entryBytes != expected) {
            throw new MalformedFileException(name + ": shape " + Dataset.shapeText(header.layout().shape()) + " of "
                    + header.layout().type().name().toLowerCase(Locale.ROOT) + " needs " + expected + " bytes of entries, found " + entryBytes);
        }
    }

    /// Writes `values`, row-major, as an array of `shape`. The file appears whole or not at all.
    ///
    /// @throws IllegalArgumentException if the shape's entries are not as many as the values
    public static void write(Path file, HostBuffer values, long... shape) throws IOException {
        try (var writer = new Writer(file, values.precision(), shape)) {
            writer.append(values);
            writer.commit();
        }
    }

    /// Writes an array part by part, for one that is never whole in memory. The file appears at [#commit()], not before.
    public static final class Writer implements AutoCloseable {
        private final Path file;
        private final AtomicFile atomic;
        private final Precision precision;
        private final long size;
        private long written;

        /// Begins an array of `shape` in `file`.
        public Writer(Path file, Precision precision, long... shape) throws IOException {
            this.file = file;
            this.precision = precision;
            this.size = sizeOf(file.toString(), precision, shape);
            this.atomic = new AtomicFile(file);
            try {
                atomic.append(ByteBuffer.wrap(NpyHeader.format(type(precision), shape)));
            } catch (Throwable failure) {
                atomic.close();
                throw failure;
            }
        }

        /// The next entries in row-major order.
        ///
        /// @throws IllegalArgumentException if they are of another precision, or more than the shape has room for
        public void append(HostBuffer values) throws IOException {
            if (values.precision() != precision) {
                throw new IllegalArgumentException(file + ": entries are " + values.precision().label() + ", expected " + precision.label());
            }
            if (values.length() > size - written) {
                throw new IllegalArgumentException(file + ": " + (written + values.length()) + " entries, expected " + size);
            }
            for (long from = 0; from < values.segment().byteSize(); from += CHUNK_BYTES) {
                atomic.append(chunk(values.segment(), from));
            }
            written += values.length();
        }

        /// Gives the file its name.
        ///
        /// @throws IllegalArgumentException if entries are missing
        public void commit() throws IOException {
            if (written != size) {
                throw new IllegalArgumentException(file + ": " + written + " entries, expected " + size);
            }
            atomic.commit();
        }

        /// Removes what was written, unless it was committed.
        @Override
        public void close() throws IOException {
            atomic.close();
        }
    }

    static ElementType type(Precision precision) {
        return precision == Precision.F32 ? ElementType.F4 : ElementType.F8;
    }

    static ByteBuffer chunk(MemorySegment bytes, long from) {
        return bytes.asSlice(from, Math.min(CHUNK_BYTES, bytes.byteSize() - from)).asByteBuffer();
    }

    /// Entries of an array of `shape` to be written.
    static long sizeOf(String name, Precision precision, long[] shape) {
        for (long extent : shape) {
            if (extent < 0) {
                throw new IllegalArgumentException(name + ": shape is " + Dataset.shapeText(shape) + ", expected extents of at least 0");
            }
        }
        try {
            return new NdArray.Layout(type(precision), ByteOrder.nativeOrder(), false, shape).size();
        } catch (ArithmeticException overflow) {
            throw new IllegalArgumentException(name + ": shape " + Dataset.shapeText(shape) + " has more entries than a file can hold", overflow);
        }
    }
}
