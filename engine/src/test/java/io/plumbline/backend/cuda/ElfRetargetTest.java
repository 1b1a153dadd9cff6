package io.plumbline.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// On JCublas itself, as it comes from its jar.
class ElfRetargetTest {
    private static final String OLD = "libcublas.so.12";
    private static final String NEW = "libcublas.so.13";

    private static byte[] jcublas() throws IOException {
        try (var in = ElfRetargetTest.class.getResourceAsStream("/lib/libJCublas2-12.6.0-linux-x86_64.so")) {
            return in.readAllBytes();
        }
    }

    /// One digit of the name, and the hash, whose last four bits that digit is.
    @Test
    void twoBytesChange() throws Exception {
        byte[] before = jcublas();
        byte[] after = before.clone();
        ElfRetarget.retarget(after, OLD, NEW);
        int changed = 0;
        for (int i = 0; i < before.length; i++) {
            changed += before[i] == after[i] ? 0 : 1;
        }
        assertEquals(2, changed);
        String text = new String(after, StandardCharsets.ISO_8859_1);
        assertTrue(text.contains("\0" + NEW + "\0") && !text.contains("\0" + OLD + "\0"));
        ElfRetarget.retarget(after, NEW, OLD);
        assertArrayEquals(before, after);
    }

    /// The ABI's own example of its hash is the name printf.
    @Test
    void theHashIsTheAbis() {
        assertEquals(0x077905a6, ElfRetarget.hash("printf"));
        assertEquals(0, ElfRetarget.hash(""));
    }

    @Test
    void otherFilesAreRefused() throws Exception {
        byte[] image = jcublas();
        refused("libother.so.1 and libother.so.10 differ in length", image, "libother.so.1", "libother.so.10");
        refused("it does not want libother.so.1", image, "libother.so.1", "libother.so.2");
        refused("the file is cut off or no ELF file", new byte[3], OLD, NEW);
        refused("the file is cut off or no ELF file", Arrays.copyOf(image, 1000), OLD, NEW);
        refused("expected an ELF file of 64 bits, little-endian", new byte[1000], OLD, NEW);
        // Wanted, but in no version.
        refused("it wants no version libpthread.so.0", image, "libpthread.so.0", "libpthread.so.1");
    }

    private static void refused(String message, byte[] image, String from, String to) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, () -> ElfRetarget.retarget(image.clone(), from, to)).getMessage());
    }
}
