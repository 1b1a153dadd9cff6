package io.plumbline.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.StridedMap;
import io.plumbline.backend.StridedMap.Axis;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.cpu.AgainstReference.Operand;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Strided maps of every kind and their adjoints against the reference.
class CopiesTest {
    private static final int THREADS = 2;

    /// Each axis as extent, stride in x, stride in the result.
    private static StridedMap map(int from, int to, int[]... axes) {
        List<Axis> list = new ArrayList<>();
        for (int[] axis : axes) {
            list.add(new Axis(axis[0], axis[1], axis[2]));
        }
        return new StridedMap(from, to, list);
    }

    private static int[] axis(int... extentAndStrides) {
        return extentAndStrides;
    }

    static List<StridedMap> maps() {
        List<StridedMap> maps = new ArrayList<>();
        for (int n : new int[] {1, 3, 31, 33, 257}) {
            maps.add(map(0, 0, axis(n, 1, 1)));
            maps.add(map(2, 5, axis(n, 1, 1)));
            maps.add(map(1, 0, axis(n, 3, 2)));
            // Repeated: each entry, and the whole; summed the other way.
            maps.add(map(0, 0, axis(7, 1, n), axis(n, 0, 1)));
            maps.add(map(1, 2, axis(7, 0, n), axis(n, 1, 1)));
            // Transposed.
            maps.add(map(0, 0, axis(n, 1, 11), axis(11, n, 1)));
            maps.add(map(0, 0, axis(11, 1, n), axis(n, 11, 1)));
            // Sums over the first, the middle, the last axis, and the outer two.
            maps.add(map(0, 0, axis(11, n, 0), axis(n, 1, 1)));
            maps.add(map(0, 0, axis(5, 3 * n, n), axis(3, n, 0), axis(n, 1, 1)));
            maps.add(map(0, 0, axis(11, n, 1), axis(n, 1, 0)));
            maps.add(map(0, 0, axis(5, 3 * n, 0), axis(3, n, 1), axis(n, 1, 0)));
            // Every other entry, summed into every third.
            maps.add(map(4, 1, axis(5, 2 * n, 3), axis(n, 2, 0)));
            // A sum that is repeated.
            maps.add(map(0, 0, axis(4, 0, 9), axis(9, n, 1), axis(n, 1, 0)));
            maps.add(map(0, 0, axis(9, n, 4), axis(n, 1, 0), axis(4, 0, 1)));
        }
        maps.add(map(3, 2));
        // Padding of (2, 3, 5) by a row and two columns on all sides; every other row and third column of (2, 9, 10).
        maps.add(map(0, 11, axis(2, 15, 45), axis(3, 5, 9), axis(5, 1, 1)));
        maps.add(map(1, 0, axis(2, 90, 20), axis(5, 20, 4), axis(4, 3, 1)));
        // Channels last, and halves of rows exchanged, short and long.
        maps.add(map(0, 0, axis(49, 1, 17), axis(17, 49, 1)));
        maps.add(map(2, 0, axis(33, 4, 4), axis(2, 1, 1)));
        maps.add(map(40, 0, axis(33, 80, 80), axis(40, 1, 1)));
        // Three axes in another order.
        maps.add(map(0, 0, axis(7, 1, 15), axis(3, 35, 5), axis(5, 7, 1)));
        maps.add(map(0, 0, axis(1, 5, 0), axis(2, 0, 0), axis(3, 1, 1)));
        return maps;
    }

    private static AgainstReference call(StridedMap map, double alpha, long rows) {
        int summed = map.axes().stream().filter(axis -> axis.toStride() == 0).mapToInt(Axis::extent).reduce(1, (a, b) -> a * b);
        // α is rounded, multiplied with, and the products are added.
        return new AgainstReference("copy of " + rows + " rows, α = " + alpha + ", " + map, summed + 2,
                new Operand[] {Operand.linear(1, rows, map.lastRead() + 2)}, rows, map.lastWritten() + 2,
                (backend, t, add, out) -> backend.copy(map, alpha, t[0], add, out));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void agreesWithReference(Precision precision) {
        try (var backend = CpuBackend.create(precision, THREADS)) {
            for (StridedMap map : maps()) {
                for (StridedMap either : new StridedMap[] {map, map.transposed()}) {
                    call(either, 1, 3).requireClose(backend);
                    call(either, -1.25, 1).requireClose(backend);
                    call(either, 1.0 / 9, 11).requireClose(backend);
                }
            }
            call(map(0, 0, axis(3, 4, 4), axis(2, 1, 1)), 1, 1031).requireClose(backend);
            call(map(0, 0, axis(100_003, 1, 1)), -1.25, 1).requireClose(backend);
            call(map(0, 0, axis(100_003, 1, 0)), -1.25, 1).requireClose(backend);
            call(map(0, 0, axis(257, 1, 131), axis(131, 257, 1)), 1, 2).requireClose(backend);
            call(map(0, 0, axis(257, 131, 262), axis(131, 1, 2)), 1, 2).requireClose(backend);
        }
    }

    /// Entries are moved bit by bit at α = 1.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void movesWithoutRounding(Precision precision) {
        try (var backend = CpuBackend.create(precision, THREADS)) {
            for (StridedMap map : maps()) {
                if (map.axes().stream().allMatch(axis -> axis.toStride() > 0)) {
                    call(map, 1, 5).requireEqual(backend);
                }
            }
        }
    }

    /// One row is shared out by the entries of its outer axes, many by rows.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void threadsChangeNothing(Precision precision) {
        for (long rows : new long[] {1, 2, 40}) {
            for (StridedMap map : List.of(
                    map(0, 0, axis(257, 1, 131), axis(131, 257, 1)), map(1, 2, axis(300, 200, 100), axis(100, 1, 1)),
                    map(0, 0, axis(300, 100, 1), axis(100, 1, 0)), map(0, 0, axis(100, 300, 0), axis(300, 1, 1)),
                    map(0, 0, axis(100, 300, 3), axis(150, 2, 0)), map(0, 0, axis(300, 1, 100), axis(100, 0, 1)))) {
                call(map, 1.0 / 9, rows).requireSameBitsForThreads(precision);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void nothingIsDoneToNoRows(Precision precision) {
        try (var backend = CpuBackend.create(precision, THREADS)) {
            Tensor none = Matrices.undefined(backend, 0, 5);
            backend.copy(map(0, 0, axis(5, 1, 1)), 1, none, false, none);
            assertTrue(Matrices.guardsAreIntact(none));
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void refusesWhatDoesNotFit(Precision precision) {
        try (var backend = CpuBackend.create(precision, THREADS)) {
            Tensor x = Matrices.undefined(backend, 3, 8);
            Tensor out = Matrices.undefined(backend, 3, 6);
            Tensor fewer = Matrices.undefined(backend, 2, 6);
            requireRefusal("copy: shapes do not fit: (3, 8) (2, 6)", map(0, 0, axis(6, 1, 1)), x, fewer);
            requireRefusal("copy: shapes do not fit: (3, 8) (3, 6)", map(3, 0, axis(6, 1, 1)), x, out);
            requireRefusal("copy: shapes do not fit: (3, 8) (3, 6)", map(0, 0, axis(7, 1, 1)), x, out);
            requireRefusal("copy: shapes do not fit: (3, 8) (3, 6)", map(2, 0, axis(3, -1, 1), axis(2, 2, 3)), x, out);
            requireRefusal("copy: shapes do not fit: (3, 8) (3, 6)", map(0, -1, axis(3, 1, 1)), x, out);
        }
    }

    private static void requireRefusal(String message, StridedMap map, Tensor x, Tensor out) {
        try (var backend = CpuBackend.create(x.precision(), 1)) {
            assertEquals(message, assertThrows(IllegalArgumentException.class, () -> backend.copy(map, 1, x, false, out)).getMessage());
        }
    }
}
