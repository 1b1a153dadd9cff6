package io.plumbline.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Backend;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Every primitive against the reference, in both precisions, over one table of shapes. Operands are exact in float, so all differences are rounding.
///
/// Bound of a sum of n products: each product and each addition rounds once, in any order, so |error| ≤ (n + 2)·u·Σ|aᵢbᵢ| to first order
/// (Higham, Accuracy and Stability, section 3.1); 2 more for storing and for adding to what was there. Σ|aᵢbᵢ| is what the reference computes from the
/// magnitudes of the operands. Accumulating calls are made twice, so that = and += differ.
class CpuBackendTest {
    private static final int THREADS = 2;

    record Call(String name, int[][] shapes, int terms, Primitive primitive) {
        @Override
        public String toString() {
            return name + " " + Arrays.deepToString(shapes);
        }
    }

    /// One call of a primitive: operands in the order of the shapes, the last one is the result.
    interface Primitive {
        void call(Backend backend, Tensor[] operands, boolean accumulate);
    }

    /// Products in a case: the reference takes its time.
    private static final long LARGEST = 800_000;
    private static final int[] SIZES = {1, 31, 33, 257};

    static Stream<Call> calls() {
        List<Call> calls = new ArrayList<>();
        for (int m : new int[] {1, 31, 33, 257, 1000}) {
            for (int k : new int[] {1, 10, 33, 784}) {
                for (int n : new int[] {1, 10, 37, 257}) {
                    if ((long) m * k * n <= LARGEST) {
                        calls.add(multiply(m, k, n, false));
                        calls.add(multiply(m, k, n, true));
                    }
                }
            }
        }
        calls.add(multiply(33, 2000, 33, true));
        calls.add(multiply(33, 2000, 33, false));
        for (int m : new int[] {1, 33, 257, 1000}) {
            for (int r : new int[] {1, 10, 33, 130}) {
                for (int c : new int[] {1, 16, 37, 257}) {
                    if ((long) m * r * c <= LARGEST) {
                        calls.add(new Call("sumOuter", shapes(m, r, m, c, r, c), m, (b, t, add) -> b.sumOuter(t[0], t[1], add, t[2])));
                    }
                }
            }
        }
        calls.add(new Call("sumOuter", shapes(300, 300, 300, 500, 300, 500), 300, (b, t, add) -> b.sumOuter(t[0], t[1], add, t[2])));
        for (int k : new int[] {1, 10}) {
            for (int terms : new int[] {1, 3, 37}) {
                for (int[] rc : shapes(1, 1, 31, 1, 1, 33, 33, 17)) {
                    int n = 11;
                    int t = terms;
                    Primitive each = (b, o, add) -> b.sumOuterEach(t, o[0], o[1], add, o[2]);
                    calls.add(new Call("sumOuterEach", shapes(n * k * t, rc[0], n * t, rc[1], n * k, rc[0] * rc[1]), t, each));
                    calls.add(new Call("sumOuterEach", shapes(n * t, rc[0], n * k * t, rc[1], n * k, rc[0] * rc[1]), t, each));
                    calls.add(new Call("sumOuterEach", shapes(t, rc[0], n * k * t, rc[1], n * k, rc[0] * rc[1]), t, each));
                }
            }
        }
        calls.add(new Call("sumOuterEach", shapes(1, 300, 1, 200, 1, 60_000), 1, (b, t, add) -> b.sumOuterEach(1, t[0], t[1], add, t[2])));
        for (int n : SIZES) {
            for (int w : SIZES) {
                calls.add(product(n, w, n, w, n, w));
                calls.add(product(1, w, n, w, n, w));
                calls.add(product(n, w, 1, w, n, w));
                calls.add(product(n, 1, n, w, n, w));
                calls.add(product(n, w, n, 1, n, w));
                calls.add(product(1, 1, n, w, n, w));
                calls.add(product(n, w, 1, 1, n, w));
                calls.add(product(n, 1, n, 1, n, w));
                calls.add(product(n, w, n, w, 1, w));
                calls.add(product(n, w, n, 1, 1, w));
                calls.add(product(n, 1, n, w, 1, w));
                calls.add(product(n, 1, n, 1, 1, w));
                calls.add(product(n, w, n, w, n, 1));
                calls.add(product(n, w, 1, w, n, 1));
                calls.add(product(n, w, n, 1, n, 1));
                calls.add(product(n, w, n, w, 1, 1));
                calls.add(product(n, w, 1, 1, 1, 1));
                if (n * w > 1100) {
                    continue;
                }
                calls.add(product(10 * n, w, n, w, 10 * n, w));
                calls.add(product(10 * n, w, n, w, n, w));
                calls.add(product(10 * n, w, n, w, 1, w));
                calls.add(product(10 * n, w, n, 1, n, 1));
                calls.add(product(10 * n, w, n, w, 1, 1));
                for (int[] out : shapes(n, w, 10 * n, w, 1, w, n, 1, 1, 1)) {
                    calls.add(copy(n, w, out[0], out[1]));
                    calls.add(copy(1, w, out[0], out[1]));
                    calls.add(copy(n, 1, out[0], out[1]));
                }
            }
        }
        calls.add(product(1, 100_003, 1, 100_003, 1, 1));
        calls.add(product(1, 100_003, 1, 100_003, 1, 100_003));
        calls.add(product(1200, 7, 1200, 7, 2, 7));
        calls.add(product(1200, 7, 1200, 7, 2, 1));
        for (int n : SIZES) {
            for (int w : SIZES) {
                calls.add(activate(n, n, n, n, w));
                calls.add(activate(1, n, n, n, w));
                calls.add(activate(n, 1, 1, n, w));
                if (n * w > 1100) {
                    continue;
                }
                calls.add(activate(n, 10 * n, n, 10 * n, w));
                calls.add(activate(n, 10 * n, 10 * n, 10 * n, w));
                calls.add(activate(10 * n, n, 1, 10 * n, w));
            }
        }
        return calls.stream();
    }

    static int[][] shapes(int... dimensions) {
        int[][] shapes = new int[dimensions.length / 2][];
        Arrays.setAll(shapes, i -> new int[] {dimensions[2 * i], dimensions[2 * i + 1]});
        return shapes;
    }

    private static Call multiply(int m, int k, int n, boolean transposed) {
        int[][] shapes = transposed ? shapes(m, k, n, k, m, n) : shapes(m, k, k, n, m, n);
        return new Call("multiply", shapes, k, (b, t, add) -> b.multiply(t[0], t[1], transposed, add, t[2]));
    }

    /// α is exact in float and no power of two.
    private static Call product(int... dimensions) {
        return new Call("product", shapes(dimensions), summed(dimensions), (b, t, add) -> b.product(-1.25, t[0], t[1], add, t[2]));
    }

    private static Call copy(int... dimensions) {
        return new Call("scaled copy", shapes(dimensions), summed(dimensions), (b, t, add) -> b.product(-1.25, t[0], null, add, t[1]));
    }

    /// How many products, each rounded twice, are summed into an entry: (rows ÷ rows of out) · (columns ÷ columns of out).
    private static int summed(int... dimensions) {
        int rows = 0;
        int columns = 0;
        for (int[] shape : shapes(dimensions)) {
            rows = Math.max(rows, shape[0]);
            columns = Math.max(columns, shape[1]);
        }
        return 2 + rows / dimensions[dimensions.length - 2] * (columns / dimensions[dimensions.length - 1]);
    }

    /// With f(x) = x², whose value is a product of three factors with the others.
    private static Call activate(int x, int a, int b, int out, int w) {
        return new Call(
                "activate", shapes(x, w, a, w, b, w, out, w), 3,
                (backend, t, add) -> backend.activate(Activation.of(Activation.Kind.SQUARE), 0, t[0], t[1], t[2], add, t[3]));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void agreesWithReference(Precision precision) {
        try (var backend = CpuBackend.create(precision, THREADS)) {
            calls().forEach(call -> compare(backend, call));
        }
    }

    static void compare(CpuBackend backend, Call call) {
        int last = call.shapes.length - 1;
        var matrices = new Matrices(last);
        Tensor[] tested = new Tensor[last + 1];
        Tensor[] exact = new Tensor[last + 1];
        Tensor[] magnitude = new Tensor[last + 1];
        for (int i = 0; i < last; i++) {
            double[] values = matrices.random(call.shapes[i][0], call.shapes[i][1]);
            tested[i] = Matrices.on(backend, values, call.shapes[i][0], call.shapes[i][1]);
            exact[i] = Matrices.on(Matrices.REFERENCE, values, call.shapes[i][0], call.shapes[i][1]);
            magnitude[i] = Matrices.on(Matrices.REFERENCE, Matrices.magnitudes(values), call.shapes[i][0], call.shapes[i][1]);
        }
        tested[last] = Matrices.undefined(backend, call.shapes[last][0], call.shapes[last][1]);
        exact[last] = Matrices.undefined(Matrices.REFERENCE, call.shapes[last][0], call.shapes[last][1]);
        magnitude[last] = Matrices.undefined(Matrices.REFERENCE, call.shapes[last][0], call.shapes[last][1]);
        for (boolean accumulate : new boolean[] {false, true}) {
            call.primitive.call(backend, tested, accumulate);
            call.primitive.call(Matrices.REFERENCE, exact, accumulate);
        }
        call.primitive.call(Matrices.REFERENCE, magnitude, false);
        double[] bound = Matrices.download(Matrices.REFERENCE, magnitude[last]);
        // Both computations round: the reference's own error counts too. Two calls, twice the magnitudes.
        double relative = 2 * (call.terms + 4) * (backend.precision().unitRoundoff() + Precision.F64.unitRoundoff());
        requireClose(call.toString(), Matrices.download(backend, tested[last]), Matrices.download(Matrices.REFERENCE, exact[last]), bound, relative);
        assertTrue(Matrices.guardsAreIntact(tested[last]), call + ": something was written beside the result");
    }

    static void requireClose(String what, double[] found, double[] expected, double[] magnitude, double relative) {
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(found[i] - expected[i]);
            double bound = relative * Math.abs(magnitude[i]);
            if (!(error <= bound)) {
                fail(what + ": entry " + i + " is " + found[i] + ", expected " + expected[i] + ", error " + error + " > " + bound);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void keepsNaN(Precision precision) {
        try (var backend = CpuBackend.create(precision, THREADS)) {
            Stream.of(multiply(37, 100, 70, true), multiply(37, 100, 70, false), multiply(300, 7, 1, true), product(300, 7, 300, 7, 300, 7),
                    product(300, 7, 300, 7, 1, 7), product(300, 7, 300, 7, 1, 1), activate(70, 70, 70, 70, 3),
                    new Call("sumOuter", shapes(300, 40, 300, 70, 40, 70), 0, (b, t, add) -> b.sumOuter(t[0], t[1], add, t[2])),
                    new Call("sumOuterEach", shapes(30, 40, 30, 7, 10, 280), 0, (b, t, add) -> b.sumOuterEach(3, t[0], t[1], add, t[2])))
                    .forEach(call -> compareNaNs(backend, call));
        }
    }

    /// A planted NaN must show in exactly the entries in which it shows in the reference, also where it meets a 0.
    static void compareNaNs(CpuBackend backend, Call call) {
        int last = call.shapes.length - 1;
        for (int planted = 0; planted < last; planted++) {
            Tensor[] tested = new Tensor[last + 1];
            Tensor[] exact = new Tensor[last + 1];
            for (int i = 0; i < last; i++) {
                double[] values = new double[call.shapes[i][0] * call.shapes[i][1]];
                if (i == planted) {
                    values[values.length * 2 / 3] = Double.NaN;
                }
                tested[i] = Matrices.on(backend, values, call.shapes[i][0], call.shapes[i][1]);
                exact[i] = Matrices.on(Matrices.REFERENCE, values, call.shapes[i][0], call.shapes[i][1]);
            }
            tested[last] = Matrices.undefined(backend, call.shapes[last][0], call.shapes[last][1]);
            exact[last] = Matrices.undefined(Matrices.REFERENCE, call.shapes[last][0], call.shapes[last][1]);
            call.primitive.call(backend, tested, false);
            call.primitive.call(Matrices.REFERENCE, exact, false);
            double[] expected = Matrices.download(Matrices.REFERENCE, exact[last]);
            double[] found = Matrices.download(backend, tested[last]);
            assertTrue(Arrays.stream(expected).anyMatch(Double::isNaN));
            for (int i = 0; i < expected.length; i++) {
                assertEquals(Double.isNaN(expected[i]), Double.isNaN(found[i]), call + ": operand " + planted + ", entry " + i);
            }
        }
    }

    record Gram(int rowExamples, int columnExamples, int outputs, boolean diagonal) {}

    static Stream<Gram> grams() {
        return Stream.of(
                new Gram(1, 1, 1, true), new Gram(33, 33, 1, true), new Gram(97, 97, 1, true), new Gram(64, 31, 1, false), new Gram(32, 33, 1, false),
                new Gram(1, 1, 3, true), new Gram(33, 33, 3, true), new Gram(37, 37, 10, true), new Gram(32, 33, 10, false),
                new Gram(6, 5, 37, false));
    }

    /// Layers of the kinds that occur: dense with a bias, a bias alone, an element-wise product, one without second factors and narrow.
    private static List<GramTerm> terms(Backend backend, boolean magnitudes, Gram gram) {
        var matrices = new Matrices(3);
        List<GramTerm> terms = new ArrayList<>();
        for (int[] widths : new int[][] {{7, 100}, {1, 0}, {3, 1}, {200, 0}}) {
            Tensor[] first = sides(backend, matrices, magnitudes, gram, gram.outputs, widths[0]);
            Tensor[] second = widths[1] == 0 ? new Tensor[2] : sides(backend, matrices, magnitudes, gram, 1, widths[1]);
            terms.add(new GramTerm(first[0], first[1], second[0], second[1], widths[1] == 100));
        }
        // A factor of examples on one side only, and the kinds swapped.
        Tensor[] each = sides(backend, matrices, magnitudes, gram, gram.outputs, 5);
        Tensor[] one = sides(backend, matrices, magnitudes, gram, 1, 33);
        terms.add(new GramTerm(one[0], one[1], each[0], each[1], false));
        terms.add(new GramTerm(one[0], one[1], null, null, true));
        for (int positions : new int[] {3, 67}) {
            Tensor[] cotangents = sides(backend, matrices, magnitudes, gram, gram.outputs * positions, 7);
            Tensor[] seen = sides(backend, matrices, magnitudes, gram, positions, 2);
            if (positions < 10 || gram.rowExamples * gram.outputs < 10) {
                terms.add(new GramTerm(cotangents[0], cotangents[1], seen[0], seen[1], positions == 3, positions));
                terms.add(new GramTerm(seen[0], seen[1], cotangents[0], cotangents[1], false, positions));
                terms.add(new GramTerm(cotangents[0], cotangents[1], null, null, true, positions));
            }
        }
        return terms;
    }

    private static Tensor[] sides(Backend backend, Matrices matrices, boolean magnitudes, Gram gram, int each, int width) {
        double[] row = matrices.random((long) gram.rowExamples * each, width);
        double[] column = matrices.random((long) gram.columnExamples * each, width);
        Tensor rowSide = Matrices.on(backend, magnitudes ? Matrices.magnitudes(row) : row, (long) gram.rowExamples * each, width);
        Tensor columnSide = Matrices.on(backend, magnitudes ? Matrices.magnitudes(column) : column, (long) gram.columnExamples * each, width);
        return new Tensor[] {rowSide, gram.diagonal ? rowSide : columnSide};
    }

    /// Factors of an entry: inner products of up to 200 and 100 + 1 numbers, their product (sums over positions are taken in double), the sum of 12 terms.
    private static final int GRAM_ROUNDINGS = 330;

    @ParameterizedTest
    @MethodSource("grams")
    void gramTileAgreesWithReference(Gram gram) {
        long rows = (long) gram.rowExamples * gram.outputs;
        int columns = gram.columnExamples * gram.outputs;
        Tensor exact = Matrices.undefined(Matrices.REFERENCE, rows, columns);
        Tensor magnitude = Matrices.undefined(Matrices.REFERENCE, rows, columns);
        Matrices.REFERENCE.gramTile(terms(Matrices.REFERENCE, false, gram), gram.outputs, exact);
        Matrices.REFERENCE.gramTile(terms(Matrices.REFERENCE, true, gram), gram.outputs, magnitude);
        for (Precision precision : Precision.values()) {
            try (var backend = CpuBackend.create(precision, THREADS)) {
                Tensor tested = Matrices.undefined(backend, rows, columns);
                backend.gramTile(terms(backend, false, gram), gram.outputs, tested);
                requireClose(
                        gram.toString(), Matrices.download(backend, tested), Matrices.download(Matrices.REFERENCE, exact),
                        Matrices.download(Matrices.REFERENCE, magnitude), GRAM_ROUNDINGS * (precision.unitRoundoff() + Precision.F64.unitRoundoff()));
                assertTrue(Matrices.guardsAreIntact(tested));
                double[] m = Matrices.download(backend, tested);
                for (int i = 0; gram.diagonal && i < rows; i++) {
                    for (int j = 0; j < i; j++) {
                        assertEquals(m[i * columns + j], m[j * columns + i], "M is symmetric, bit by bit");
                    }
                }
            }
        }
    }

    /// The sums are polynomials of degree at most 2 in M and 4 in r: an error of γ relative to the magnitudes in M gives 2γ + γ² in the sums, and sums over
    /// n·K² numbers in double add n·K²·2⁻⁵³.
    @ParameterizedTest
    @MethodSource("grams")
    void gramSumsAgreeWithReference(Gram gram) {
        int columnFrom = gram.diagonal ? 0 : 64;
        int examples = columnFrom + gram.columnExamples;
        double[] residuals = new Matrices(4).random(examples, gram.outputs);
        var exact = new GramSums(examples, gram.outputs);
        var magnitude = new GramSums(examples, gram.outputs);
        // Twice: the sums accumulate, and magnitudes are twice those of one call.
        for (int i = 0; i < 2; i++) {
            sums(Matrices.REFERENCE, false, gram, columnFrom, residuals, exact);
        }
        sums(Matrices.REFERENCE, true, gram, columnFrom, Matrices.magnitudes(residuals), magnitude);
        for (Precision precision : Precision.values()) {
            try (var backend = CpuBackend.create(precision, THREADS)) {
                var tested = new GramSums(examples, gram.outputs);
                for (int i = 0; i < 2; i++) {
                    sums(backend, false, gram, columnFrom, residuals, tested);
                }
                double gamma = GRAM_ROUNDINGS * (precision.unitRoundoff() + Precision.F64.unitRoundoff());
                double relative = 2 * gamma + gamma * gamma + 2.0 * (examples + 10) * gram.outputs * gram.outputs * Precision.F64.unitRoundoff();
                double[][] found = fields(tested);
                double[][] expected = fields(exact);
                double[][] bounds = fields(magnitude);
                for (int field = 0; field < found.length; field++) {
                    requireClose(gram + " field " + field, found[field], expected[field], bounds[field], 2 * relative);
                }
            }
        }
    }

    private static void sums(Backend backend, boolean magnitudes, Gram gram, int columnFrom, double[] residuals, GramSums sums) {
        backend.gramSums(terms(backend, magnitudes, gram), 0, gram.rowExamples, columnFrom, gram.columnExamples, residuals, sums);
    }

    static double[][] fields(GramSums sums) {
        return new double[][] {
            sums.squaredNorm, sums.product, sums.squaredProduct, sums.squaredForm, sums.block, sums.diagonalTrace, sums.diagonalForm,
            sums.diagonalNorm, sums.diagonalProduct};
    }

    /// Sums of c products in double, whatever the precision: the bound above with u = 2⁻⁵³, which float sums miss by far. The bits do not depend on the threads.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void rowProductsAreSummedInDouble(Precision precision) {
        try (var backend = CpuBackend.create(precision, THREADS);
                var single = CpuBackend.create(precision, 1)) {
            for (int[] size : new int[][] {{1, 1, 1}, {31, 33, 1}, {1, 33, 31}, {33, 7, 257}, {3, 5, 4096}, {5, 2, 12_289}}) {
                double[] left = new Matrices(1).random(size[0], size[2]);
                double[] right = new Matrices(2).random(size[1], size[2]);
                for (boolean same : new boolean[] {false, true}) {
                    double[] found = rowProducts(backend, left, right, size, same);
                    double[] exact = rowProducts(Matrices.REFERENCE, left, right, size, same);
                    double[] sizes = rowProducts(Matrices.REFERENCE, Matrices.magnitudes(left), Matrices.magnitudes(right), size, same);
                    requireClose("rowProducts " + Arrays.toString(size), found, exact, sizes, (size[2] + 2) * 2 * Precision.F64.unitRoundoff());
                    assertArrayEquals(found, rowProducts(single, left, right, size, same));
                }
            }
            Tensor a = Matrices.on(backend, new double[6], 2, 3);
            var thrown = assertThrows(IllegalArgumentException.class, () -> backend.rowProducts(a, a.reshape(3, 2)));
            assertEquals("rowProducts: shapes do not fit: (2, 3) (3, 2)", thrown.getMessage());
        }
    }

    private static double[] rowProducts(Backend backend, double[] left, double[] right, int[] size, boolean same) {
        Tensor a = Matrices.on(backend, left, size[0], size[2]);
        return backend.rowProducts(a, same ? a : Matrices.on(backend, right, size[1], size[2]));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void refusesWhatDoesNotFit(Precision precision) {
        try (var backend = CpuBackend.create(precision, THREADS)) {
            Tensor a = Matrices.undefined(backend, 4, 3);
            Tensor b = Matrices.undefined(backend, 5, 3);
            Precision other = precision == Precision.F32 ? Precision.F64 : Precision.F32;
            Tensor foreign = new Tensor(HostBuffer.collected(other, 12), 0, 4, 3);
            var wrong = assertThrows(IllegalArgumentException.class, () -> backend.multiply(a, b, false, false, a));
            assertTrue(wrong.getMessage().contains("multiply") && wrong.getMessage().contains("(4, 3) (5, 3)"), wrong.getMessage());
            assertThrows(IllegalArgumentException.class, () -> backend.sumOuter(a, b, false, a));
            assertThrows(IllegalArgumentException.class, () -> backend.product(1, a, b, false, a));
            assertThrows(IllegalArgumentException.class, () -> backend.product(1, a, null, false, foreign));
            assertThrows(IllegalArgumentException.class, () -> backend.activate(Activation.of(Activation.Kind.RELU), 3, a, null, null, false, a));
            assertThrows(IllegalArgumentException.class, () -> backend.activate(Activation.of(Activation.Kind.RELU), 0, b, null, null, false, a));
            assertThrows(IllegalArgumentException.class, () -> backend.sumOuterEach(1, a, b, false, a));
            assertThrows(IllegalArgumentException.class, () -> backend.gramTile(List.of(new GramTerm(a, b, null, null, false)), 1, a));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> backend.gramSums(List.of(new GramTerm(a, a, null, null, false)), 1, 4, 1, 4, new double[5], new GramSums(5, 1)));
            HostBuffer owned = HostBuffer.allocate(precision, 12);
            Tensor late = new Tensor(owned, 0, 4, 3);
            owned.close();
            assertThrows(IllegalStateException.class, () -> backend.product(1, late, null, false, a));
        }
        assertThrows(IllegalArgumentException.class, () -> CpuBackend.create(precision, 0));
        var closed = CpuBackend.create(precision, 2);
        closed.close();
        closed.close();
        assertThrows(IllegalStateException.class, () -> closed.fill(Matrices.undefined(closed, 1, 1), 0));
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void saysWhatItIs(Precision precision) {
        try (var backend = CpuBackend.create(precision, 1)) {
            assertEquals("cpu", backend.name());
            assertEquals(1, backend.threads());
            assertTrue(backend.description().matches("OpenBLAS [0-9.]+ \\w+ \\(Foreign Function\\), \\d+-bit vectors, 1 thread"),
                    backend.description());
        }
    }
}
