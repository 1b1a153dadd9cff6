package io.plumbline.validate.selfcheck;

import static io.plumbline.validate.selfcheck.Case.shapes;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// The primitives on matrices. Sizes are 1, just below and above a block of 32, a prime, more than a chunk of rows, and for each primitive one that is worth
/// several threads' while.
final class PrimitiveCases {
    private static final int[] SIZES = {1, 31, 33, 61};
    /// Exact in float, and no power of two.
    private static final double ALPHA = -1.25;
    private static final double PARAMETER = 0.25;
    /// Of calls along several.
    static final int DIRECTIONS = 3;

    private PrimitiveCases() {}

    static Stream<Case> all() {
        return Stream.of(multiply(), sumOuter(), sumOuterEach(), activate(), product(), gather()).flatMap(List::stream);
    }

    private static List<Case> multiply() {
        var cases = new ArrayList<Case>();
        for (int m : SIZES) {
            for (int k : SIZES) {
                cases.add(multiply(m, k, m == 1 ? 61 : 1, true));
                cases.add(multiply(m, k, 33, false));
            }
        }
        for (boolean transposed : new boolean[] {false, true}) {
            cases.add(multiply(300, 37, 61, transposed));
            cases.add(multiply(3, 2000, 5, transposed));
            cases.addAll(multiplyAlong(1, 1, 1, transposed));
            cases.addAll(multiplyAlong(31, 33, 10, transposed));
            cases.addAll(multiplyAlong(67, 61, 33, transposed));
            cases.addAll(multiplyPlusBias(1, 1, 1, transposed));
            cases.addAll(multiplyPlusBias(67, 61, 33, transposed));
            cases.addAll(multiplyPlusBias(31, 300, 3, transposed));
            cases.addAll(multiplyPlusBias(31, 2, 37, transposed));
        }
        // Tiles of all sizes.
        cases.add(multiply(1100, 70, 130, true));
        cases.add(multiply(1100, 70, 130, false));
        return cases;
    }

    /// Along one direction, and along [#DIRECTIONS]: those of the bias, with and without those of the weights.
    private static List<Case> multiplyPlusBias(int m, int k, int n, boolean transposed) {
        int rows = transposed ? n : k;
        int columns = transposed ? k : n;
        int d = DIRECTIONS;
        Case.Primitive along = (b, t, add) -> b.multiply(d, t[0], t[1], transposed, t[2], add, t[3]);
        String form = transposed ? "x·wᵀ + 1·bias" : "x·w + 1·bias";
        String formAlong = form + ", " + d + " directions";
        return List.of(
                Case.of("multiply", form, shapes(m, k, rows, columns, 1, n, m, n),
                        (b, t, add) -> b.multiply(1, t[0], t[1], transposed, t[2], add, t[3])),
                Case.of("multiply", formAlong, shapes(m, k, d * rows, columns, d, n, d * m, n), along),
                Case.of("multiply", formAlong, shapes(d * m, k, rows, columns, d, n, d * m, n), along),
                Case.of("multiply", formAlong, shapes(d * m, k, rows, columns, 1, n, d * m, n), along));
    }

    private static Case multiply(int m, int k, int n, boolean transposed) {
        return Case.of("multiply", transposed ? "x·wᵀ" : "x·w", transposed ? shapes(m, k, n, k, m, n) : shapes(m, k, k, n, m, n),
                (b, t, add) -> b.multiply(t[0], t[1], transposed, add, t[2]));
    }

    /// Along [#DIRECTIONS] directions: those of x, those of w, those of both.
    private static List<Case> multiplyAlong(int m, int k, int n, boolean transposed) {
        int rows = transposed ? n : k;
        int columns = transposed ? k : n;
        int d = DIRECTIONS;
        Case.Primitive multiply = (b, t, add) -> b.multiply(d, t[0], t[1], transposed, add, t[2]);
        String form = transposed ? "x·wᵀ, " + d + " directions" : "x·w, " + d + " directions";
        return List.of(
                Case.of("multiply", form, shapes(d * m, k, rows, columns, d * m, n), multiply),
                Case.of("multiply", form, shapes(m, k, d * rows, columns, d * m, n), multiply),
                Case.of("multiply", form, shapes(d * m, k, d * rows, columns, d * m, n), multiply));
    }

    private static List<Case> sumOuter() {
        var cases = new ArrayList<Case>();
        for (int[] size : new int[][] {{1, 1, 1}, {1, 31, 33}, {31, 33, 1}, {33, 1, 61}, {61, 17, 16}, {257, 10, 37}, {300, 61, 33}, {3, 300, 500}}) {
            int m = size[0];
            cases.add(
                    Case.of("sumOuter", "aᵀ·b", shapes(m, size[1], m, size[2], size[1], size[2]), (b, t, add) -> b.sumOuter(t[0], t[1], add, t[2])));
        }
        int d = DIRECTIONS;
        Case.Primitive along = (b, t, add) -> b.sumOuter(d, t[0], t[1], add, t[2]);
        for (int[] size : new int[][] {{1, 1, 1}, {33, 31, 10}, {257, 10, 37}}) {
            int m = size[0];
            int r = size[1];
            int c = size[2];
            String form = "aᵀ·b, " + d + " directions";
            cases.add(Case.of("sumOuter", form, shapes(d * m, r, m, c, d * r, c), along));
            cases.add(Case.of("sumOuter", form, shapes(m, r, d * m, c, d * r, c), along));
            cases.add(Case.of("sumOuter", form, shapes(d * m, r, d * m, c, d * r, c), along));
        }
        return cases;
    }

    private static List<Case> sumOuterEach() {
        var cases = new ArrayList<Case>();
        int n = 7;
        for (int terms : new int[] {1, 3, 37}) {
            Case.Primitive each = (b, t, add) -> b.sumOuterEach(terms, t[0], t[1], add, t[2]);
            String form = terms == 1 ? "a ⊗ b" : "sums of " + terms + " terms";
            for (int[] rc : shapes(1, 1, 31, 1, 1, 33, 13, 17)) {
                int entries = rc[0] * rc[1];
                cases.add(Case.of("sumOuterEach", form, shapes(3 * n * terms, rc[0], n * terms, rc[1], 3 * n, entries), each));
                cases.add(Case.of("sumOuterEach", form, shapes(terms, rc[0], n * terms, rc[1], n, entries), each));
            }
        }
        cases.add(Case.of("sumOuterEach", "a ⊗ b", shapes(1, 300, 1, 200, 1, 60_000), (b, t, add) -> b.sumOuterEach(1, t[0], t[1], add, t[2])));
        return cases;
    }

    /// Every function at every order, over (−10, 10) and dense near 0, or over (e⁻⁸, e⁸) where 0 is no place for it.
    private static List<Case> activate() {
        var cases = new ArrayList<Case>();
        for (Kind kind : Kind.values()) {
            DoubleUnaryOperator points = switch (kind) {
                case SQRT, RECIPROCAL, LOG -> x -> Math.exp(8 * x);
                case SQUARE -> x -> 4 * x;
                default -> x -> 10 * x * x * x;
            };
            for (int order = 0; order <= 2; order++) {
                cases.add(activate(kind, order, points, shapes(1, 4001, 1, 4001)));
                cases.add(activate(kind, order, points, shapes(3, 61, 1, 61, 9, 61, 9, 61)));
            }
            if (kind == Kind.SQUARE) {
                for (int[][] shapes : List.of(shapes(1, 1, 1, 1, 1, 1, 1, 1), shapes(31, 33, 1, 33, 31, 33, 31, 33),
                        shapes(300, 61, 300, 61, 300, 61), shapes(10, 31, 100, 31, 100, 31), shapes(100, 31, 10, 31, 1, 31, 100, 31))) {
                    cases.add(activate(kind, 1, points, shapes));
                }
            }
        }
        return cases;
    }

    private static Case activate(Kind kind, int order, DoubleUnaryOperator points, int[][] shapes) {
        var f = new Activation(kind, PARAMETER);
        int last = shapes.length - 1;
        String form = (order == 0 ? "f(x)" : order == 1 ? "f'(x)" : "f''(x)") + (last > 1 ? "·a" : "") + (last > 2 ? "·b" : "");
        return new Case("activate " + kind.name().toLowerCase(Locale.ROOT), form, Matrices.shapes(shapes), shapes, points, true,
                (b, t, add) -> b.activate(f, order, t[0], last > 1 ? t[1] : null, last > 2 ? t[2] : null, add, t[last]));
    }

    private static List<Case> product() {
        var cases = new ArrayList<Case>();
        for (int[] nw : shapes(1, 1, 1, 61, 31, 33, 33, 1, 61, 31, 300, 61)) {
            int n = nw[0];
            int w = nw[1];
            cases.add(product(n, w, n, w, n, w));
            cases.add(product(1, w, n, w, n, w));
            cases.add(product(n, w, 1, w, n, w));
            cases.add(product(n, 1, n, w, n, w));
            cases.add(product(n, w, n, 1, n, w));
            cases.add(product(1, 1, n, w, n, w));
            cases.add(product(n, 1, n, 1, n, w));
            cases.add(product(n, w, n, w, 1, w));
            cases.add(product(n, w, n, 1, 1, w));
            cases.add(product(n, 1, n, w, 1, w));
            cases.add(product(n, 1, n, 1, 1, w));
            cases.add(product(n, w, n, w, n, 1));
            cases.add(product(n, w, 1, w, n, 1));
            cases.add(product(n, w, n, 1, n, 1));
            cases.add(product(n, w, n, w, 1, 1));
            cases.add(product(n, w, 1, 1, 1, 1));
            for (int[] out : shapes(n, w, 3 * n, w, 1, w, n, 1, 1, 1)) {
                cases.add(product(n, w, out[0], out[1]));
                cases.add(product(1, w, out[0], out[1]));
                cases.add(product(n, 1, out[0], out[1]));
            }
        }
        cases.add(product(30, 31, 3, 31, 30, 31));
        cases.add(product(30, 31, 30, 31, 3, 31));
        cases.add(product(1200, 7, 1200, 7, 2, 7));
        cases.add(product(1200, 7, 1200, 7, 2, 1));
        cases.add(product(1, 50_021, 1, 50_021, 1, 1));
        // More sums than one multiprocessor takes in a round.
        cases.add(product(11, 1100, 11, 1100, 1, 1100));
        return cases;
    }

    /// Two operands and the result, or one.
    private static Case product(int... dimensions) {
        int[][] shapes = shapes(dimensions);
        int last = shapes.length - 1;
        int rows = 1;
        int columns = 1;
        for (int i = 0; i < last; i++) {
            rows = Math.max(rows, shapes[i][0]);
            columns = Math.max(columns, shapes[i][1]);
        }
        boolean sumsRows = shapes[last][0] < rows;
        boolean sumsColumns = shapes[last][1] < columns;
        String sums = sumsRows && sumsColumns ? ", rows and columns summed" : sumsRows ? ", rows summed" : sumsColumns ? ", columns summed" : "";
        return Case.of("product", (last == 2 ? "α·a∘b" : "α·a") + sums, shapes,
                (b, t, add) -> b.product(ALPHA, t[0], last == 2 ? t[1] : null, add, t[last]));
    }

    /// Twice as many rows as there are, in steps of 7: all of them in no order of theirs, some again.
    private static List<Case> gather() {
        var cases = new ArrayList<Case>();
        for (int[] nw : shapes(1, 1, 31, 33, 61, 1, 300, 61, 33, 2000)) {
            int[] rows = IntStream.range(0, 2 * nw[0]).map(i -> 7 * i % nw[0]).toArray();
            int[][] shapes = shapes(nw[0], nw[1], rows.length, nw[1]);
            cases.add(new Case("gather", "rows", Matrices.shapes(shapes), shapes, x -> x, false, (b, t, _) -> b.gather(t[0], rows, t[1])));
        }
        return cases;
    }
}
