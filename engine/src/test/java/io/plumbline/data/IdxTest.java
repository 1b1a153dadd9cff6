package io.plumbline.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.memory.OffHeap;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class IdxTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @EnumSource(value = ElementType.class, names = {"U1", "I1", "I2", "I4", "F4", "F8"})
    void readsEveryTypePlainAndGzipped(ElementType type) throws IOException {
        byte[] content = idx(type, 2, 3);
        for (byte[] written : new byte[][] {content, gzip(content)}) {
            long before = OffHeap.currentBytes();
            try (var array = Idx.read(write(written))) {
                assertEquals(type, array.type());
                assertArrayEquals(new long[] {2, 3}, array.shape());
                assertArrayEquals(Fixtures.values(type, 6), array.values().toArray());
            }
            assertEquals(before, OffHeap.currentBytes());
        }
    }

    @Test
    void truncatedAnywhereIsOneKindOfError() throws IOException {
        byte[] content = idx(ElementType.I4, 2, 3);
        for (byte[] whole : new byte[][] {content, gzip(content)}) {
            for (int length = 0; length < whole.length; length++) {
                Path file = write(Arrays.copyOf(whole, length));
                String message = assertThrows(MalformedFileException.class, () -> Idx.read(file)).getMessage();
                assertTrue(message.startsWith(file + ": "));
            }
        }
    }

    @Test
    void changedAnywhereIsOneKindOfError() throws IOException {
        byte[] content = idx(ElementType.I4, 2, 3);
        OffHeap.resetPeak();
        long before = OffHeap.currentBytes();
        for (byte[] whole : new byte[][] {content, gzip(content)}) {
            int refused = 0;
            int last = whole == content ? 12 : whole.length;
            for (int at = 0; at < last; at++) {
                for (int bit = 0; bit < 8; bit++) {
                    byte[] changed = whole.clone();
                    changed[at] ^= (byte) (1 << bit);
                    refused += readsOrRefuses(write(changed));
                }
            }
            assertTrue(refused > last * 8 / 2, "only " + refused + " changes were noticed");
        }
        assertEquals(before, OffHeap.currentBytes());
        assertTrue(OffHeap.peakBytes() - before <= 32L << 20);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void believesNoClaimedSize(boolean gzipped) throws IOException {
        byte[] content = idx(ElementType.U1, 2, 3);
        ByteBuffer.wrap(content).putInt(4, -1).putInt(8, 1000);
        Path file = write(gzipped ? gzip(content) : content);
        OffHeap.resetPeak();
        long before = OffHeap.currentBytes();
        String message = assertThrows(MalformedFileException.class, () -> Idx.read(file)).getMessage();
        String expected = gzipped
                ? file + ": ends after 6 bytes of data, expected 4294967295000"
                : file + ": shape (4294967295, 1000) needs 4294967295000 bytes of entries, found 6";
        assertEquals(expected, message);
        assertTrue(OffHeap.peakBytes() - before <= 32L << 20);
        assertEquals(before, OffHeap.currentBytes());
    }

    @Test
    void namesWhatItFound() throws IOException {
        byte[] content = idx(ElementType.U1, 2, 3);
        assertEquals("does not begin with two zero bytes: not an IDX array", refused(0, 1, content));
        assertEquals("element type at offset 2 is 0a, expected 08, 09, 0b, 0c, 0d or 0e", refused(2, 0x0A, content));
        assertEquals("rank at offset 3 is 0, expected 1 to 8", refused(3, 0, content));
        assertEquals("shape (2, 4) needs 8 bytes of entries, found 6", refused(11, 4, content));
        byte[] longer = gzip(Arrays.copyOf(content, content.length + 1));
        Path file = write(longer);
        assertEquals(
                file + ": shape (2, 3) needs 6 bytes of entries, found more",
                assertThrows(MalformedFileException.class, () -> Idx.read(file)).getMessage());
        Path missing = folder.resolve("missing");
        assertEquals(missing + ": no such file", assertThrows(IOException.class, () -> Idx.read(missing)).getMessage());
    }

    /// An IDX file of the numbers of [Fixtures#values].
    static byte[] idx(ElementType type, int... shape) {
        int count = Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        ByteBuffer content = ByteBuffer.allocate(4 + 4 * shape.length + count * type.sizeBytes());
        content.putShort((short) 0).put((byte) code(type)).put((byte) shape.length);
        for (int extent : shape) {
            content.putInt(extent);
        }
        for (double value : Fixtures.values(type, count)) {
            switch (type) {
                case F4 -> content.putFloat((float) value);
                case F8 -> content.putDouble(value);
                case I2 -> content.putShort((short) value);
                case I4 -> content.putInt((int) value);
                default -> content.put((byte) value);
            }
        }
        return content.array();
    }

    static byte[] gzip(byte[] content) throws IOException {
        var packed = new ByteArrayOutputStream();
        try (var out = new GZIPOutputStream(packed)) {
            out.write(content);
        }
        return packed.toByteArray();
    }

    private static int code(ElementType type) {
        return switch (type) {
            case U1 -> 0x08;
            case I1 -> 0x09;
            case I2 -> 0x0B;
            case I4 -> 0x0C;
            case F4 -> 0x0D;
            case F8 -> 0x0E;
            default -> throw new IllegalArgumentException("no IDX type: " + type);
        };
    }

    private String refused(int at, int value, byte[] content) throws IOException {
        byte[] changed = content.clone();
        changed[at] = (byte) value;
        Path file = write(changed);
        return assertThrows(MalformedFileException.class, () -> Idx.read(file)).getMessage().substring(file.toString().length() + 2);
    }

    private static int readsOrRefuses(Path file) throws IOException {
        try (var array = Idx.read(file)) {
            assertEquals(array.size(), array.values().length());
            return 0;
        } catch (MalformedFileException expected) {
            return 1;
        }
    }

    private Path write(byte[] content) throws IOException {
        return Files.write(folder.resolve("a.idx"), content);
    }
}
