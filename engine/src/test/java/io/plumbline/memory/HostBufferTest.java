package io.plumbline.memory;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// These tests run with poisoned memory, as all of them do.
class HostBufferTest {
    @ParameterizedTest
    @EnumSource(Precision.class)
    void startsAsNaN(Precision precision) {
        try (var buffer = HostBuffer.allocate(precision, 3);
                var none = HostBuffer.allocate(precision, 0)) {
            assertArrayEquals(new double[] {Double.NaN, Double.NaN, Double.NaN}, buffer.toArray());
            assertArrayEquals(new double[] {Double.NaN}, HostBuffer.collected(precision, 1).toArray());
            assertEquals(0, none.toArray().length);
            assertEquals(0, buffer.segment().address() % 64);
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void roundsOnceAndWidensExactly(Precision precision) {
        try (var buffer = HostBuffer.allocate(precision, 1);
                var copy = HostBuffer.allocate(precision, 1);
                var doubles = HostBuffer.of(0.1)) {
            buffer.set(0, 0.1);
            copy.copyFrom(doubles);
            double expected = precision == Precision.F32 ? 0.1f : 0.1;
            assertEquals(expected, buffer.get(0));
            assertEquals(expected, copy.get(0));
            doubles.copyFrom(copy);
            assertEquals(expected, doubles.get(0));
        }
    }

    @Test
    void closingTwiceIsHarmlessAndUseAfterwardsThrows() {
        long before = OffHeap.currentBytes();
        var buffer = HostBuffer.of(1.0f, 2.0f);
        var slice = buffer.slice(1, 1);
        assertEquals(before + 8, OffHeap.currentBytes());
        slice.close();
        assertEquals(2, slice.get(0));
        buffer.close();
        buffer.close();
        assertEquals(before, OffHeap.currentBytes());
        assertThrows(IllegalStateException.class, () -> buffer.get(0));
        assertThrows(IllegalStateException.class, () -> slice.get(0));
    }

    @Test
    void findsWhatWasWrittenBehindItsEnd() {
        var buffer = HostBuffer.allocate(Precision.F32, 4);
        MemorySegment.ofAddress(buffer.segment().address() + 16).reinterpret(4).set(ValueLayout.JAVA_INT, 0, 0);
        String message = assertThrows(IllegalStateException.class, buffer::close).getMessage();
        assertEquals("buffer of 4 f32: something was written behind its end", message);
    }

    @Test
    void checksRangesAndLengths() {
        try (var buffer = HostBuffer.of(1.0, 2.0, 3.0);
                var two = HostBuffer.of(1.0, 2.0)) {
            assertThrows(IndexOutOfBoundsException.class, () -> buffer.slice(2, 2));
            assertThrows(IndexOutOfBoundsException.class, () -> buffer.get(3));
            assertEquals(
                    "copy: source has 2 entries, target has 3",
                    assertThrows(IllegalArgumentException.class, () -> buffer.copyFrom(two)).getMessage());
            assertThrows(IllegalArgumentException.class, () -> HostBuffer.allocate(Precision.F64, -1));
            assertThrows(ArithmeticException.class, () -> HostBuffer.allocate(Precision.F64, Long.MAX_VALUE));
            assertThrows(IllegalArgumentException.class, () -> HostBuffer.borrow(Precision.F64, two.segment().asSlice(0, 12)));
        }
    }

    /// 2.4 GB: indices beyond 2³¹ bytes, slices of them, and the peak that reports read.
    @Test
    void holdsMoreThanTwoGibibytes() {
        long length = 600_000_000L;
        try (var buffer = HostBuffer.allocate(Precision.F32, length)) {
            buffer.set(length - 1, 7);
            buffer.set(0, 5);
            assertEquals(7, buffer.slice(length - 2, 2).get(1));
            assertEquals(5, buffer.get(0));
            assertTrue(OffHeap.peakBytes() >= 4 * length);
        }
        OffHeap.resetPeak();
        assertTrue(OffHeap.peakBytes() < 4 * length);
    }
}
