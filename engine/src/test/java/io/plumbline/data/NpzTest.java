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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpzTest {
    private static final long SMALL = 1L << 20;

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"stored.npz", "deflated.npz", "zip64.npz"})
    void readsWhatNumpyWrote(String name) throws IOException {
        long before = OffHeap.currentBytes();
        try (var archive = Npz.open(Fixtures.path(name))) {
            assertEquals(List.of("x", "y", "labels"), archive.names());
            assertTrue(archive.contains("labels"));
            assertFalse(archive.contains("z"));
            var x = archive.read("x");
            assertArrayEquals(new long[] {3, 4}, x.shape());
            assertEquals(ElementType.F4, x.type());
            assertArrayEquals(Fixtures.values(ElementType.F4, 12), x.values().toArray());
            assertArrayEquals(Fixtures.values(ElementType.F8, 3), archive.read("y").values().toArray());
            assertArrayEquals(Fixtures.values(ElementType.I8, 3), archive.read("labels").values().toArray());
            assertEquals(
                    Fixtures.path(name) + ": has no array z; its arrays are x, y, labels",
                    assertThrows(MalformedFileException.class, () -> archive.read("z")).getMessage());
        }
        assertEquals(before, OffHeap.currentBytes());
    }

    /// At 16 every size and offset but the first is written as 64-bit extension; `java.util.zip` reads the archive as a witness.
    @ParameterizedTest
    @CsvSource({"false, 4000000000", "true, 4000000000", "false, 16", "true, 16"})
    void writesArchivesThatOthersRead(boolean deflated, long zip64From) throws IOException {
        Path file = folder.resolve("a.npz");
        try (var x = HostBuffer.of(new float[] {1, 2, 3, 4, 5, 6});
                var y = HostBuffer.of(-1.5, 2.5);
                var writer = new NpzWriter(file, deflated, zip64From)) {
            writer.put("x", x, 2, 3);
            writer.put("a longer name than x", y, 2);
            writer.put("empty", x.slice(0, 0), 0);
            assertThrows(IllegalArgumentException.class, () -> writer.put("x", x, 6));
            assertThrows(IllegalArgumentException.class, () -> writer.put("", x, 6));
            assertThrows(IllegalArgumentException.class, () -> writer.put("z", x, 7));
            assertFalse(Files.exists(file));
            writer.commit();
        }
        try (var archive = Npz.open(file)) {
            assertEquals(List.of("x", "a longer name than x", "empty"), archive.names());
            assertArrayEquals(new long[] {2, 3}, archive.read("x").shape());
            assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, archive.read("x").values().toArray());
            assertArrayEquals(new double[] {-1.5, 2.5}, archive.read("a longer name than x").values().toArray());
            assertEquals(0, archive.read("empty").size());
        }
        try (var witness = new ZipFile(file.toFile())) {
            assertEquals(3, witness.size());
            Path single = folder.resolve("x.npy");
            try (var x = HostBuffer.of(new float[] {1, 2, 3, 4, 5, 6})) {
                Npy.write(single, x, 2, 3);
            }
            byte[] member = witness.getInputStream(witness.getEntry("x.npy")).readAllBytes();
            assertArrayEquals(Files.readAllBytes(single), member);
        }
    }

    @Test
    void sameArraysGiveTheSameBytes() throws IOException {
        Path one = folder.resolve("1.npz");
        Path two = folder.resolve("2.npz");
        for (Path file : new Path[] {one, two}) {
            write(file, true);
        }
        assertArrayEquals(Files.readAllBytes(one), Files.readAllBytes(two));
    }

    /// Stored members are mapped: nothing is allocated to read them.
    @Test
    void mapsItsOwnStoredMembers() throws IOException {
        Path file = folder.resolve("a.npz");
        write(file, false);
        long before = OffHeap.currentBytes();
        try (var archive = Npz.open(file)) {
            assertEquals(0, archive.read("x").bytes().address() % 64);
            assertEquals(2, archive.read("y").values().get(1));
            assertEquals(before, OffHeap.currentBytes());
        }
        write(file, true);
        try (var archive = Npz.open(file)) {
            assertEquals(2, archive.read("y").values().get(1));
            assertTrue(OffHeap.currentBytes() > before);
        }
        assertEquals(before, OffHeap.currentBytes());
    }

    @Test
    void unfinishedArchivesLeaveNothing() throws IOException {
        try (var x = HostBuffer.of(1.0);
                var writer = new NpzWriter(folder.resolve("a.npz"))) {
            writer.put("x", x, 1);
        }
        try (var list = Files.list(folder)) {
            assertEquals(0, list.count());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"stored.npz", "deflated.npz", "zip64.npz"})
    void truncatedAnywhereIsOneKindOfError(String name) {
        byte[] whole = Fixtures.bytes(name);
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThrows(MalformedFileException.class, () -> readAll(cut));
        }
    }

    /// Every bit of every byte: a change is read as another valid archive or refused, in one line, without memory beyond what the file can fill.
    /// Entries and the headers of members are under the checksum: a change there is always refused.
    @ParameterizedTest
    @ValueSource(strings = {"stored.npz", "deflated.npz", "zip64.npz"})
    void changedAnywhereIsOneKindOfError(String name) throws IOException {
        byte[] whole = Fixtures.bytes(name);
        OffHeap.resetPeak();
        long before = OffHeap.currentBytes();
        int refused = 0;
        for (int at = 0; at < whole.length; at++) {
            for (int bit = 0; bit < 8; bit++) {
                byte[] changed = whole.clone();
                changed[at] ^= (byte) (1 << bit);
                refused += readsOrRefuses(changed);
            }
        }
        assertTrue(refused > whole.length * 8 / 2, "only " + refused + " of " + whole.length * 8 + " changes were noticed");
        assertEquals(before, OffHeap.currentBytes());
        assertTrue(OffHeap.peakBytes() - before <= SMALL);
    }

    @Test
    void namesTheDamage() throws IOException {
        byte[] whole = Fixtures.bytes("stored.npz");
        byte[] damaged = whole.clone();
        damaged[indexOf(whole, "NUMPY") + 130] ^= 1;
        assertTrue(refused(damaged).startsWith("a.npz: x: damaged: checksum is "));
        assertEquals("a.npz: no ZIP end record: truncated, or not an .npz archive", refused(Arrays.copyOf(whole, whole.length - 1)));
        assertEquals("a.npz: has 5 bytes, too few for a ZIP archive", refused(Arrays.copyOf(whole, 5)));
        byte[] renamed = whole.clone();
        renamed[indexOf(whole, "x.npy")] = 'w';
        assertTrue(refused(renamed).startsWith("a.npz: member x.npy has another name in its local header"));
        byte[] longer = whole.clone();
        int last = new String(whole, StandardCharsets.ISO_8859_1).lastIndexOf("PK\1\2");
        longer[last + 20]++;
        longer[last + 24]++;
        int directory = indexOf(whole, "PK\1\2");
        assertEquals("a.npz: member labels.npy reaches to offset " + (directory + 1) + ", into the central directory", refused(longer));
    }

    @Test
    void refusesEncryptedAndOtherwiseCompressed() throws IOException {
        byte[] whole = Fixtures.bytes("stored.npz");
        int central = indexOf(whole, "PK\1\2");
        byte[] encrypted = whole.clone();
        encrypted[central + 8] |= 1;
        assertEquals("a.npz: member x.npy is encrypted", refused(encrypted));
        byte[] lzma = whole.clone();
        lzma[central + 10] = 14;
        assertEquals("a.npz: member x.npy has compression method 14, expected 0 (stored) or 8 (deflated)", refused(lzma));
    }

    /// A deflated member whose header and directory both claim 4 TB: refused for want of data, with no such memory taken.
    @Test
    void believesNoClaimedSize() throws IOException {
        byte[] head = NpyHeader.format(ElementType.F4, new long[] {1L << 40});
        Path file = folder.resolve("a.npz");
        try (var out = new ZipOutputStream(Files.newOutputStream(file))) {
            out.putNextEntry(new ZipEntry("x.npy"));
            out.write(head);
            out.write(new byte[1000]);
        }
        byte[] content = claim(Files.readAllBytes(file), head.length + (4L << 40));
        OffHeap.resetPeak();
        long before = OffHeap.currentBytes();
        String message = refused(content);
        assertEquals("a.npz: x: damaged deflate data: ends after 1000 bytes of data, expected " + (4L << 40), message);
        assertTrue(OffHeap.peakBytes() - before <= 32 * SMALL);
        assertEquals(before, OffHeap.currentBytes());
    }

    @Test
    void refusesDataBeyondTheClaimedSize() throws IOException {
        byte[] head = NpyHeader.format(ElementType.F4, new long[] {2});
        Path file = folder.resolve("a.npz");
        try (var out = new ZipOutputStream(Files.newOutputStream(file))) {
            out.putNextEntry(new ZipEntry("x.npy"));
            out.write(head);
            out.write(new byte[1000]);
        }
        String message = refused(claim(Files.readAllBytes(file), head.length + 8));
        assertEquals("a.npz: x: holds more than the " + (head.length + 8) + " bytes that the directory says", message);
    }

    @Test
    void membersThatAreNoArrays() throws IOException {
        Path file = folder.resolve("a.npz");
        try (var out = new ZipOutputStream(Files.newOutputStream(file))) {
            out.putNextEntry(new ZipEntry("note.txt"));
            out.write("a note that is longer than a header".getBytes(StandardCharsets.US_ASCII));
        }
        try (var archive = Npz.open(file)) {
            assertEquals(List.of("note.txt"), archive.names());
            assertEquals(
                    file + ": note.txt: does not begin with \\x93NUMPY: not a .npy array",
                    assertThrows(MalformedFileException.class, () -> archive.read("note.txt")).getMessage());
        }
    }

    /// The central directory's 32-bit size replaced by a 64-bit one in an extra field.
    private static byte[] claim(byte[] archive, long sizeBytes) {
        int central = indexOf(archive, "PK\1\2");
        int end = indexOf(archive, "PK\5\6");
        int name = central + 46;
        int nameBytes = archive[central + 28];
        ByteBuffer changed = ByteBuffer.allocate(archive.length + 12).order(ByteOrder.LITTLE_ENDIAN);
        changed.put(archive, 0, name + nameBytes);
        changed.putShort((short) 1).putShort((short) 8).putLong(sizeBytes);
        changed.put(archive, name + nameBytes, archive.length - name - nameBytes);
        changed.putInt(central + 24, -1).putShort(central + 30, (short) (12 + archive[central + 30]));
        changed.putInt(end + 12 + 12, changed.getInt(end + 12 + 12) + 12);
        return changed.array();
    }

    private static int readsOrRefuses(byte[] content) {
        try {
            readAll(content);
            return 0;
        } catch (MalformedFileException expected) {
            assertNotNull(expected.getMessage());
            assertFalse(expected.getMessage().contains("\n"));
            return 1;
        }
    }

    private static String refused(byte[] content) {
        return assertThrows(MalformedFileException.class, () -> readAll(content)).getMessage();
    }

    private static void readAll(byte[] content) throws MalformedFileException {
        var closed = new ArrayList<String>();
        try (var archive = new Npz(new ByteView("a.npz", MemorySegment.ofArray(content)), () -> closed.add("backing"))) {
            for (String name : archive.names()) {
                try (var copy = archive.read(name).copy(Precision.F64)) {
                    assertEquals(archive.read(name).size(), copy.length());
                }
            }
        } finally {
            assertEquals(List.of("backing"), closed);
        }
    }

    private static void write(Path file, boolean deflated) throws IOException {
        try (var x = HostBuffer.of(new float[33]);
                var y = HostBuffer.of(1.0, 2);
                var writer = new NpzWriter(file, deflated)) {
            writer.put("x", x, 33);
            writer.put("y", y, 2);
            writer.commit();
        }
    }

    private static int indexOf(byte[] content, String text) {
        return new String(content, StandardCharsets.ISO_8859_1).indexOf(text);
    }
}
