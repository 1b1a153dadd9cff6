package io.plumbline.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.OffHeap;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class DatasetTest {
    @Test
    void holdsWhatItWasGiven() {
        try (var data = Dataset.of("d", new long[] {2, 1, 3}, HostBuffer.of(1f, 2, 3, 4, 5, 6), new long[] {2}, HostBuffer.of(7.0, 8))) {
            assertEquals(2, data.examples());
            assertArrayEquals(new int[] {1, 3}, data.exampleShape());
            assertEquals(3, data.width());
            assertEquals(1, data.outputs());
            assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, data.x().toArray());
            assertArrayEquals(new double[] {7, 8}, data.y().toArray());
            assertEquals("d: 2 examples of shape (1, 3), 1 output", data.toString());
        }
    }

    @Test
    void takeIsAViewOfTheFirst() {
        try (var data = Dataset.copyOf("d", new double[][] {{1, 2}, {3, 4}, {5, 6}}, new double[][] {{1, -1}, {2, -2}, {3, -3}})) {
            var first = data.take(2);
            assertEquals(2, first.examples());
            assertArrayEquals(new double[] {1, 2, 3, 4}, first.x().toArray());
            assertArrayEquals(new double[] {1, -1, 2, -2}, first.y().toArray());
            first.close();
            assertEquals(6, data.x().get(5));
            assertEquals("d: examples is 0, expected 1 to 3", refused(() -> data.take(0)));
            assertEquals("d: examples is 4, expected 1 to 3", refused(() -> data.take(4)));
        }
    }

    @Test
    void ownsItsMemory() {
        long before = OffHeap.currentBytes();
        var order = new ArrayList<String>();
        var data = Dataset.of(
                "d", new long[] {1, 1}, HostBuffer.of(1.0), new long[] {1, 1}, HostBuffer.of(1.0), () -> order.add("first"),
                () -> order.add("second"));
        assertEquals(before + 16, OffHeap.currentBytes());
        data.close();
        data.close();
        assertEquals(before, OffHeap.currentBytes());
        assertEquals(List.of("second", "first"), order);
        assertThrows(IllegalStateException.class, () -> data.x().get(0));
    }

    @Test
    void refusesWhatIsNoDataSetAndClosesIt() {
        long before = OffHeap.currentBytes();
        assertEquals("d: x has shape (2,), expected rank 2 or more: the examples, then the shape of one",
                refused(new long[] {2}, 2, new long[] {2}, 2));
        assertEquals("d: y has shape (2, 1, 1), expected (n,) or (n, outputs)", refused(new long[] {2, 1}, 2, new long[] {2, 1, 1}, 2));
        assertEquals("d: y has shape (), expected (n,) or (n, outputs)", refused(new long[] {2, 1}, 2, new long[] {}, 1));
        assertEquals("d: x has 2 examples and y has 3, expected the same number", refused(new long[] {2, 1}, 2, new long[] {3}, 3));
        assertEquals("d: x has 0 examples, expected 1 to 2147483647", refused(new long[] {0, 4}, 0, new long[] {0}, 0));
        assertEquals("d: x has shape (1, 0), expected 1 to 2147483647 numbers an example", refused(new long[] {1, 0}, 0, new long[] {1}, 1));
        assertEquals("d: y has shape (1, 0), expected 1 to 2147483647 numbers an example", refused(new long[] {1, 1}, 1, new long[] {1, 0}, 0));
        assertEquals(
                "d: x has shape (1, 65536, 65536), expected 1 to 2147483647 numbers an example",
                refused(new long[] {1, 65536, 65536}, 1, new long[] {1}, 1));
        assertEquals("d: x has shape (2, 3) and 5 entries, expected 6", refused(new long[] {2, 3}, 5, new long[] {2}, 2));
        assertEquals(
                "d: x[1] has 1 entries, expected 2 as row 0 has",
                refused(() -> Dataset.copyOf("d", new double[][] {{1, 2}, {3}}, new double[][] {})));
        assertEquals(before, OffHeap.currentBytes());
    }

    @Test
    void refusesWhatIsNotFinite() {
        for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}) {
            for (int at = 0; at < 12; at++) {
                String where = "d: x[" + at / 6 + "," + at % 6 / 3 + "," + at % 3 + "] is " + bad + ", expected finite numbers (example " + at / 6
                        + ", flat index " + at + ")";
                float[] single = new float[12];
                single[at] = (float) bad;
                double[] twofold = new double[12];
                twofold[at] = bad;
                assertEquals(where, refused(HostBuffer.of(single), HostBuffer.of(1f, 2)));
                assertEquals(where, refused(HostBuffer.of(twofold), HostBuffer.of(1.0, 2)));
            }
            assertEquals(
                    "d: y[1] is " + bad + ", expected finite numbers (example 1, flat index 1)",
                    refused(HostBuffer.of(new float[12]), HostBuffer.of(1, bad)));
        }
        var largest = new double[] {Double.MAX_VALUE, -Double.MAX_VALUE, Double.MIN_VALUE, -0.0, 0, 1};
        try (var data = Dataset.of("d", new long[] {2, 3}, HostBuffer.of(largest), new long[] {2}, HostBuffer.of(Float.MAX_VALUE, 0f))) {
            assertTrue(data.x().get(0) == Double.MAX_VALUE);
        }
    }

    private static String refused(HostBuffer x, HostBuffer y) {
        return refused(() -> Dataset.of("d", new long[] {2, 2, 3}, x, new long[] {2}, y));
    }

    private static String refused(long[] xShape, int xLength, long[] yShape, int yLength) {
        return refused(() -> Dataset.of("d", xShape, HostBuffer.of(new double[xLength]), yShape, HostBuffer.of(new double[yLength])));
    }

    private static String refused(Supplier<Dataset> attempt) {
        return assertThrows(IllegalArgumentException.class, attempt::get).getMessage();
    }
}
