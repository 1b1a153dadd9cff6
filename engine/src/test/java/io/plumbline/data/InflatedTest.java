package io.plumbline.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.plumbline.memory.OffHeap;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InflatedTest {
    /// Sizes around the first allocation of 16 MiB and its doublings.
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 3, 65_536, 16 << 20, (16 << 20) + 1, (32 << 20) + 5})
    void keepsWhatArrives(int sizeBytes) throws IOException {
        byte[] content = new byte[sizeBytes];
        new Random(sizeBytes).nextBytes(content);
        long before = OffHeap.currentBytes();
        try (var inflated = Inflated.read(new ByteArrayInputStream(content), sizeBytes)) {
            assertArrayEquals(content, inflated.bytes().toArray(ValueLayout.JAVA_BYTE));
        }
        assertEquals(before, OffHeap.currentBytes());
        assertThrows(EOFException.class, () -> Inflated.read(new ByteArrayInputStream(content), sizeBytes + 1L));
        assertEquals(before, OffHeap.currentBytes());
    }
}
