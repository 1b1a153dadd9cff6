package io.plumbline.validate.selfcheck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;
import io.plumbline.validate.Emulator;
import io.plumbline.validate.OnEmulator;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Tiles of M and the sums over them on the emulated device, threads in ascending and in descending order: against the reference, and with the same bits however
/// the examples are cut.
@OnEmulator
class CudaGramTest {
    private static final long SEED = 5;

    @AfterEach
    void asBefore() {
        Emulator.set("ORDER", "forward");
    }

    /// Cut into tiles of 32, 64, 96 and all examples, where a tile is one part of M or several, on and off the diagonal.
    @ParameterizedTest
    @CsvSource({
        // Fused.
        "F32, 1, 1, 1", "F32, 31, 1, 1", "F32, 33, 1, 1", "F32, 65, 1, 1", "F32, 97, 1, 1", "F32, 300, 1, 1", "F64, 97, 1, 1", "F64, 161, 1, 1",
        // Several outputs; 92 have blocks of 16 examples, and parts of M of as many.
        "F32, 1, 2, 1", "F32, 97, 2, 1", "F32, 65, 3, 1", "F32, 67, 10, 1", "F32, 17, 92, 1", "F64, 33, 2, 1", "F64, 33, 12, 1",
        // Several positions: many examples, one example or a part of it to a tile of positions.
        "F32, 97, 1, 2", "F32, 65, 1, 4", "F32, 33, 1, 9", "F32, 33, 1, 36", "F32, 33, 1, 64", "F32, 5, 1, 150", "F32, 33, 3, 4", "F32, 33, 10, 2",
        "F32, 3, 3, 70",
        "F64, 65, 1, 4", "F64, 33, 2, 9"})
    void bitsDoNotDependOnTiles(Precision precision, int examples, int outputs, int positions) {
        double[] residuals = Matrices.random(new Random(SEED), (long) examples * outputs, Precision.F64);
        try (Backend device = Emulator.device(precision, 4)) {
            double[] whole = sums(device, precision, examples, outputs, positions, examples, residuals);
            double[] exact = sums(Subject.REFERENCE, precision, examples, outputs, positions, examples, residuals);
            double[] rounded;
            try (var bounds = new Rounded(precision, () -> 1)) {
                rounded = sums(bounds, precision, examples, outputs, positions, examples, residuals);
            }
            var subject = new Subject(device, null);
            var deviation = Deviation.worst(whole, exact, subject.bounds(exact, rounded));
            assertTrue(deviation.passed(), deviation::toString);
            for (int tile = 32; tile < Math.min(examples, 128); tile += 32) {
                assertArrayEquals(whole, sums(device, precision, examples, outputs, positions, tile, residuals), "tiles of " + tile);
            }
            Emulator.set("ORDER", "reverse");
            assertArrayEquals(whole, sums(device, precision, examples, outputs, positions, examples, residuals), "threads in descending order");
        }
    }

    private static double[] sums(Backend backend, Precision precision, int examples, int outputs, int positions, int tile, double[] residuals) {
        var random = new Random(SEED);
        var sums = new GramSums(examples, outputs);
        try (var matrices = new Matrices(backend)) {
            List<Factors> factors = List.of(
                    new Factors(factor(matrices, precision, random, examples, outputs, 1, 7), factor(matrices, precision, random, examples, 1, 1, 33),
                            true, 1),
                    new Factors(factor(matrices, precision, random, examples, 1, 1, 4), factor(matrices, precision, random, examples, outputs, 1, 3),
                            false, 1),
                    new Factors(factor(matrices, precision, random, examples, outputs, 1, 21), null, false, 1),
                    new Factors(factor(matrices, precision, random, examples, outputs, positions, 5),
                            factor(matrices, precision, random, examples, 1, positions, 9), false, positions),
                    new Factors(factor(matrices, precision, random, examples, 1, positions, 2),
                            factor(matrices, precision, random, examples, outputs, positions, 3), true, positions),
                    new Factors(factor(matrices, precision, random, examples, outputs, positions, 1), null, false, positions));
            for (int column = 0; column < examples; column += tile) {
                int columns = Math.min(tile, examples - column);
                for (int row = 0; row <= column; row += tile) {
                    int first = row;
                    int rows = Math.min(tile, examples - row);
                    int last = column;
                    backend.gramSums(factors.stream().map(of -> of.term(examples, first, rows, last, columns)).toList(), row, rows, column, columns,
                            residuals, sums);
                }
            }
        }
        return Arrays.stream(GramCases.fields(sums)).flatMapToDouble(DoubleStream::of).toArray();
    }

    private static Tensor factor(Matrices matrices, Precision precision, Random random, int examples, int each, int positions, int width) {
        long rows = (long) examples * each * positions;
        return matrices.of(Matrices.random(random, rows * width, precision), rows, width);
    }

    /// A layer's factors for all examples.
    private record Factors(Tensor first, Tensor second, boolean plusOne, int positions) {
        GramTerm term(int examples, int row, int rows, int column, int columns) {
            return new GramTerm(part(first, examples, row, rows), part(first, examples, column, columns), part(second, examples, row, rows),
                    part(second, examples, column, columns), plusOne, positions);
        }

        private static Tensor part(Tensor factor, int examples, int from, int count) {
            return factor == null ? null : factor.rows(from * (factor.rows() / examples), count * (factor.rows() / examples));
        }
    }
}
