package io.plumbline.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/// The table that the CUDA code is held against (`kernels/src/test/cuda/philox.txt`) says what this class draws, bit by bit. `make table` in
/// `kernels` draws it anew.
class PhiloxTableTest {
    @Test
    void theTableOfTheKernelsIsWhatIsDrawnHere() throws IOException {
        var rows = Files.readAllLines(Path.of("../kernels/src/test/cuda/philox.txt")).stream().filter(row -> !row.startsWith("#")).toList();
        assertEquals(64, rows.size());
        for (String row : rows) {
            String[] fields = row.split(" ");
            long index = hex(fields[2]);
            var random = new Philox(hex(fields[0]), hex(fields[1]));
            int[] words = random.block(index);
            for (int i = 0; i < 4; i++) {
                assertEquals(hex(fields[3 + i]), Integer.toUnsignedLong(words[i]), row);
            }
            assertEquals(hex(fields[7]), Double.doubleToRawLongBits(random.uniform(index)), row);
            assertEquals(hex(fields[8]), Double.doubleToRawLongBits(random.normal(index)), row);
            assertEquals(hex(fields[9]), random.below(index, 1_000_003), row);
            assertEquals(Integer.parseInt(fields[10]), random.rademacher(index), row);
        }
    }

    private static long hex(String digits) {
        return Long.parseUnsignedLong(digits, 16);
    }
}
