package io.plumbline.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.OffHeap;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {
        "f2-little", "f2-big-fortran", "f4-little", "f4-big-fortran", "f8-little", "f8-big-fortran", "i1", "i2-little", "i2-big-fortran",
        "i4-little", "i4-big-fortran", "i8-little", "i8-big-fortran", "u1", "u2-little", "u2-big-fortran", "u4-little", "u4-big-fortran",
        "bool", "bool-fortran"
    })
    void readsEveryTypeOrderAndLayout(String name) throws IOException {
        var type = ElementType.valueOf(name.split("-")[0].toUpperCase(Locale.ROOT));
        double[] expected = Fixtures.values(type, 12);
        try (var array = Npy.read(Fixtures.path(name + ".npy"))) {
            assertEquals(type, array.type());
            assertArrayEquals(new long[] {3, 4}, array.shape());
            assertArrayEquals(expected, array.values().toArray());
            assertEquals(type.precision(), array.values().precision());
            for (int i = 0; i < 12; i++) {
                assertEquals(expected[i], array.get(i));
            }
            for (Precision precision : Precision.values()) {
                try (var copy = array.copy(precision)) {
                    assertEquals(precision, copy.precision());
                    assertArrayEquals(expected, copy.toArray());
                }
            }
            assertThrows(IndexOutOfBoundsException.class, () -> array.get(12));
        }
    }

    @ParameterizedTest
    @CsvSource({"version-2, F4", "version-3, F8"})
    void readsLaterHeaders(String name, ElementType type) throws IOException {
        try (var array = Npy.read(Fixtures.path(name + ".npy"))) {
            assertArrayEquals(Fixtures.values(type, 12), array.values().toArray());
        }
    }

    @Test
    void readsOtherRanks() throws IOException {
        try (var scalar = Npy.read(Fixtures.path("scalar.npy"));
                var vector = Npy.read(Fixtures.path("vector.npy"));
                var empty = Npy.read(Fixtures.path("empty.npy"));
                var cube = Npy.read(Fixtures.path("cube-fortran.npy"))) {
            assertEquals(0, scalar.rank());
            assertEquals(-0.25, scalar.get(0));
            assertArrayEquals(new long[] {5}, vector.shape());
            assertArrayEquals(Fixtures.values(ElementType.F8, 5), vector.values().toArray());
            assertArrayEquals(new long[] {0, 4}, empty.shape());
            assertEquals(0, empty.values().length());
            assertArrayEquals(new long[] {2, 3, 5}, cube.shape());
            assertArrayEquals(Fixtures.values(ElementType.F8, 30), cube.values().toArray());
            assertEquals(Fixtures.values(ElementType.F8, 30)[17], cube.get(17));
        }
    }

    @Test
    void mapsWhatNeedsNoConversion() throws IOException {
        long before = OffHeap.currentBytes();
        try (var plain = Npy.read(Fixtures.path("f4-little.npy"));
                var swapped = Npy.read(Fixtures.path("f4-big-fortran.npy"))) {
            plain.values();
            assertEquals(before, OffHeap.currentBytes());
            swapped.values();
            swapped.values();
            assertEquals(before + 48, OffHeap.currentBytes());
        }
        assertEquals(before, OffHeap.currentBytes());
    }

    @Test
    void writesWhatNumpyWrites() throws IOException {
        Path file = folder.resolve("a.npy");
        try (var single = buffer(Precision.F32, 12);
                var twofold = buffer(Precision.F64, 12)) {
            Npy.write(file, single, 3, 4);
            assertArrayEquals(Fixtures.bytes("f4-little.npy"), Files.readAllBytes(file));
            Npy.write(file, twofold, 3, 4);
            assertArrayEquals(Fixtures.bytes("f8-little.npy"), Files.readAllBytes(file));
            Npy.write(file, twofold.slice(0, 5), 5);
            assertArrayEquals(Fixtures.bytes("vector.npy"), Files.readAllBytes(file));
            Npy.write(file, twofold.slice(1, 1));
            assertArrayEquals(Fixtures.bytes("scalar.npy"), Files.readAllBytes(file));
            Npy.write(file, single.slice(0, 0), 0, 4);
            assertArrayEquals(Fixtures.bytes("empty.npy"), Files.readAllBytes(file));
        }
        assertEquals(1, files());
    }

    @Test
    void writesInParts() throws IOException {
        Path file = folder.resolve("a.npy");
        try (var values = buffer(Precision.F32, 12);
                var wrong = buffer(Precision.F64, 1);
                var writer = new Npy.Writer(file, Precision.F32, 3, 4)) {
            writer.append(values.slice(0, 5));
            assertFalse(Files.exists(file));
            assertThrows(IllegalArgumentException.class, writer::commit);
            assertThrows(IllegalArgumentException.class, () -> writer.append(wrong));
            assertThrows(IllegalArgumentException.class, () -> writer.append(values.slice(0, 8)));
            writer.append(values.slice(5, 7));
            writer.commit();
            assertArrayEquals(Fixtures.bytes("f4-little.npy"), Files.readAllBytes(file));
        }
        assertTrue(Files.exists(file));
        assertEquals(1, files());
    }

    @Test
    void unfinishedFilesLeaveNothing() throws IOException {
        Path file = folder.resolve("a.npy");
        Files.writeString(file, "older");
        try (var values = buffer(Precision.F32, 3);
                var writer = new Npy.Writer(file, Precision.F32, 12)) {
            writer.append(values);
        }
        assertEquals("older", Files.readString(file));
        assertEquals(1, files());
        try (var values = buffer(Precision.F32, 3)) {
            assertThrows(IllegalArgumentException.class, () -> Npy.write(file, values, 4));
            assertThrows(IllegalArgumentException.class, () -> Npy.write(file, values, -1, -3));
            assertThrows(IllegalArgumentException.class, () -> Npy.write(file, values, Long.MAX_VALUE, 4));
        }
        assertEquals(1, files());
    }

    @Test
    void saysWhereItCannotWrite() throws IOException {
        try (var values = buffer(Precision.F32, 1)) {
            Path missing = folder.resolve("missing/a.npy");
            String message = assertThrows(IOException.class, () -> Npy.write(missing, values, 1)).getMessage();
            assertEquals(missing + ": cannot be written: " + folder.resolve("missing") + " is not a directory", message);
            message = assertThrows(IOException.class, () -> Npy.write(folder, values, 1)).getMessage();
            assertEquals(folder + ": cannot be written: a directory", message);
        }
        assertEquals(0, files());
    }

    @Test
    void writesThroughALink() throws IOException {
        Path file = folder.resolve("a.npy");
        Path link = folder.resolve("link.npy");
        Files.writeString(file, "older");
        Files.createSymbolicLink(link, file);
        try (var values = buffer(Precision.F32, 12)) {
            Npy.write(link, values, 3, 4);
        }
        assertTrue(Files.isSymbolicLink(link));
        assertArrayEquals(Fixtures.bytes("f4-little.npy"), Files.readAllBytes(file));
    }

    @Test
    void saysWhatItCannotRead() throws IOException {
        String missing = folder.resolve("missing.npy").toString();
        assertEquals(missing + ": no such file", assertThrows(IOException.class, () -> Npy.read(Path.of(missing))).getMessage());
        assertEquals(folder + ": expected a file, found a directory", assertThrows(IOException.class, () -> Npy.read(folder)).getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', value = {
        "complex.npy # has dtype '<c16', expected f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, bool",
        "structured.npy # has a structured dtype, expected f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, bool",
        "objects.npy # has Python objects (dtype '|O'), expected f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, bool"
    })
    void refusesOtherTypes(String name, String message) {
        assertEquals(Fixtures.path(name) + ": " + message,
                assertThrows(MalformedFileException.class, () -> Npy.read(Fixtures.path(name))).getMessage());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', value = {
        "(3, 5)         # shape (3, 5) of f4 needs 60 bytes of entries, found 48",
        "(3, 3)         # shape (3, 3) of f4 needs 36 bytes of entries, found 48",
        "(-3, -4)       # header, character 51: expected an extent from 0 to 2^63 - 1, found '-3, -4), }'",
        "(3.0, 4)       # header, character 52: expected ',', found '.0, 4), }'",
        "(12)           # header, character 53: expected ',', found '), }'",
        "12             # header, character 50: expected '(', found '12, }'",
        "(4294967296, 4294967296)   # shape (4294967296, 4294967296) has more entries than any file can hold",
        "(2305843009213693952,)     # shape (2305843009213693952,) has more entries than any file can hold",
        "(1000000000000,)           # shape (1000000000000,) of f4 needs 4000000000000 bytes of entries, found 48",
        "(9223372036854775808,)     # header, character 51: expected an extent from 0 to 2^63 - 1, found '9223372036854775808,'"
    })
    void refusesShapesThatLie(String shape, String message) throws IOException {
        assertEquals(message, refused("{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '#', quoteCharacter = '`', value = {
        "{'descr': '<f4', 'fortran_order': False}                               # header has no 'shape'",
        "{'descr': '<f4', 'shape': (3, 4)}                                      # header has no 'fortran_order'",
        "{'fortran_order': False, 'shape': (3, 4)}                              # header has no 'descr'",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (3, 4)}                  # header, character 34: expected True or False, found '0, 'shape': (3, 4)}'",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), 'more': 1}   # header has the key 'more', expected descr, fortran_order and shape",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)} + 1          # header, character 58: expected the end, found '+ 1'",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)               # header, character 56: expected '}', found the end",
        "{'descr': '', 'fortran_order': False, 'shape': (3, 4)}                 # has dtype '', expected f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, bool",
        "{'descr': '|f4', 'fortran_order': False, 'shape': (3, 4)}              # has dtype '|f4', expected f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, bool"
    })
    void refusesHeadersThatAreNone(String header, String message) throws IOException {
        assertEquals(message, refused(header));
    }

    @Test
    void takesHeadersAsOthersWriteThem() throws IOException {
        for (String header : new String[] {
            "{\"shape\":(3,4),\"descr\":\"<f4\",\"fortran_order\":False}",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 4L), }   \n",
            "{'descr': '=f4', 'fortran_order': False, 'shape': (3, 4,), }"
        }) {
            try (var array = Npy.read(withHeader(header))) {
                assertArrayEquals(Fixtures.values(ElementType.F4, 12), array.values().toArray());
            }
        }
    }

    @Test
    void truncatedOrChangedAnywhereIsOneKindOfError() throws IOException {
        for (String name : new String[] {"f4-little.npy", "version-2.npy", "version-3.npy", "bool-fortran.npy"}) {
            byte[] whole = Fixtures.bytes(name);
            for (int length = 0; length < whole.length; length++) {
                byte[] cut = Arrays.copyOf(whole, length);
                assertThrows(MalformedFileException.class, () -> read(cut));
            }
            byte[] longer = Arrays.copyOf(whole, whole.length + 1);
            assertThrows(MalformedFileException.class, () -> read(longer));
            int refused = 0;
            for (int at = 0; at < 128; at++) {
                for (int bit = 0; bit < 8; bit++) {
                    byte[] changed = whole.clone();
                    changed[at] ^= (byte) (1 << bit);
                    refused += readsOrRefuses(changed);
                }
            }
            assertTrue(refused > 500, "only " + refused + " changes were noticed");
        }
    }

    private static int readsOrRefuses(byte[] content) {
        try {
            read(content);
            return 0;
        } catch (MalformedFileException expected) {
            assertNotNull(expected.getMessage());
            assertFalse(expected.getMessage().contains("\n"));
            return 1;
        }
    }

    private static void read(byte[] content) throws MalformedFileException {
        try (var array = Npy.parse(new ByteView("a.npy", MemorySegment.ofArray(content)));
                var copy = array.copy(Precision.F64)) {
            assertEquals(array.size(), copy.length());
        }
    }

    private String refused(String header) throws IOException {
        Path file = withHeader(header);
        String message = assertThrows(MalformedFileException.class, () -> Npy.read(file)).getMessage();
        assertTrue(message.startsWith(file + ": "));
        return message.substring(file.toString().length() + 2);
    }

    /// The entries of f4-little.npy below another header.
    private Path withHeader(String header) throws IOException {
        byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
        byte[] content = Fixtures.bytes("f4-little.npy");
        byte[] changed = Arrays.copyOf(content, 10 + text.length + 48);
        changed[8] = (byte) text.length;
        changed[9] = (byte) (text.length >>> 8);
        System.arraycopy(text, 0, changed, 10, text.length);
        System.arraycopy(content, content.length - 48, changed, 10 + text.length, 48);
        return Files.write(folder.resolve("changed.npy"), changed);
    }

    private long files() throws IOException {
        try (var list = Files.list(folder)) {
            return list.count();
        }
    }

    private static HostBuffer buffer(Precision precision, int count) {
        HostBuffer buffer = HostBuffer.allocate(precision, count);
        double[] values = Fixtures.values(Npy.type(precision), count);
        for (int i = 0; i < count; i++) {
            buffer.set(i, values[i]);
        }
        return buffer;
    }
}
