package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Backend;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/// Tiles of M = J Jᵀ, the sums over them, and what else gives numbers rather than a tensor: inner products of rows, and eigenvalues.
final class GramCases {
    /// Powers of M in the sums, in the order of [#fields].
    static final int[] DEGREES = {2, 1, 2, 2, 2, 1, 1, 2, 2};
    private static final long SEED = 11;

    private GramCases() {}

    static double[][] fields(GramSums sums) {
        return new double[][] {
            sums.squaredNorm, sums.product, sums.squaredProduct, sums.squaredForm, sums.block, sums.diagonalTrace, sums.diagonalForm,
            sums.diagonalNorm, sums.diagonalProduct};
    }

    static Stream<Item> all() {
        var items = new ArrayList<Item>();
        var sums = new ArrayList<Item>();
        for (Tile tile : List.of(new Tile(1, 1, 1, true, 4), new Tile(61, 61, 1, true, 4), new Tile(64, 31, 1, false, 4),
                new Tile(32, 33, 1, false, 4), new Tile(1, 1, 3, true, 4), new Tile(33, 33, 3, true, 4), new Tile(7, 5, 10, false, 4),
                // More positions than a tile of the device sums in one go, and than it has in one.
                new Tile(5, 5, 1, true, 37), new Tile(3, 2, 2, false, 130),
                new Tile(1, 1, 1, true, 0), new Tile(131, 131, 1, true, 0), new Tile(160, 97, 1, false, 0),
                new Tile(32, 31, 1, false, 0),
                new Tile(67, 67, 2, true, 0), new Tile(4, 5, 37, false, 0))) {
            String form = (tile.diagonal ? "on the diagonal" : "off the diagonal") + (tile.outputs > 1 ? ", K = " + tile.outputs : "")
                    + (tile.positions > 0 ? ", " + tile.positions + " positions" : "");
            String sizes = tile.rowExamples + " x " + tile.columnExamples + " examples";
            items.add(new Item(Group.PRIMITIVES, "gramTile", form, sizes,
                    subject -> compare(subject, backend -> tile.entries(backend, subject.precision()))));
            sums.add(new Item(Group.PRIMITIVES, "gramSums", form, sizes,
                    subject -> compare(subject, backend -> tile.sums(backend, subject.precision()))));
        }
        items.addAll(sums);
        for (int[] size : new int[][] {{1, 1, 1}, {1, 31, 33}, {33, 1, 61}, {3, 5, 9001}}) {
            String sizes = Matrices.shapes(new int[][] {{size[0], size[2]}, {size[1], size[2]}});
            items.add(new Item(Group.PRIMITIVES, "rowProducts", "a·bᵀ in double", sizes,
                    subject -> compare(subject, backend -> rowProducts(backend, subject.precision(), size, false))));
            items.add(new Item(Group.PRIMITIVES, "rowProducts", "a·aᵀ in double", sizes,
                    subject -> compare(subject, backend -> rowProducts(backend, subject.precision(), size, true))));
        }
        for (int n : new int[] {1, 2, 31, 61}) {
            items.add(new Item(Group.PRIMITIVES, "symmetricEigenvalues", "random", "(" + n + ", " + n + ")",
                    subject -> compare(subject, backend -> eigenvalues(backend, n))));
            items.add(new Item(Group.PRIMITIVES, "symmetricEigenvectors", "random", "(" + n + ", " + n + ")", subject -> eigenvectors(subject, n)));
        }
        return items.stream();
    }

    private interface Computation {
        double[] on(Backend backend);
    }

    private static Deviation compare(Subject subject, Computation computation) {
        double[] found = computation.on(subject.device());
        double[] exact = computation.on(Subject.REFERENCE);
        double[] rounded;
        try (var bounds = new Rounded(subject.precision(), () -> 1)) {
            rounded = computation.on(bounds);
        }
        var deviation = Deviation.worst(found, exact, subject.bounds(exact, rounded));
        if (subject.otherThreads() != null) {
            return deviation.but(subject.otherBits(Arrays.equals(found, computation.on(subject.otherThreads()))));
        }
        return deviation;
    }

    private static double[] rowProducts(Backend backend, Precision precision, int[] size, boolean same) {
        var random = new Random(SEED);
        try (var matrices = new Matrices(backend)) {
            Tensor a = matrices.of(Matrices.random(random, (long) size[0] * size[2], precision), size[0], size[2]);
            Tensor b = matrices.of(Matrices.random(random, (long) size[1] * size[2], precision), size[1], size[2]);
            return backend.rowProducts(a, same ? a : b);
        }
    }

    private static double[] symmetric(int n) {
        double[] entries = Matrices.random(new Random(SEED), (long) n * n, Precision.F64);
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < i; j++) {
                entries[i * n + j] = entries[j * n + i];
            }
        }
        return entries;
    }

    private static double[] eigenvalues(Backend backend, int n) {
        try (HostBuffer matrix = HostBuffer.of(symmetric(n))) {
            return backend.symmetricEigenvalues(matrix, n);
        }
    }

    /// Signs of vectors and bases of multiple eigenvalues are free: what is compared is VᵀΛV with A and VVᵀ with I. [Rounded] lets vectors' entries err by c = (n + 4)u and
    /// values by c‖A‖_F, so that the first errs by up to (2 + 1)c‖A‖_F and the second by 2c√n; as much again for what follows in double here.
    private static Deviation eigenvectors(Subject subject, int n) {
        double[] a = symmetric(n);
        double norm = Math.sqrt(Arrays.stream(a).map(entry -> entry * entry).sum());
        double[] expected = Arrays.copyOf(a, 2 * n * n);
        double[] bounds = new double[2 * n * n];
        double roundings = (n + 4) * 2 * Precision.F64.unitRoundoff();
        Arrays.fill(bounds, 0, n * n, 3 * roundings * norm);
        Arrays.fill(bounds, n * n, 2 * n * n, 2 * roundings * Math.sqrt(n));
        for (int k = 0; k < n; k++) {
            expected[n * n + k * n + k] = 1;
        }
        double[] found = decomposed(subject.device(), a, n);
        var deviation = Deviation.worst(found, expected, bounds);
        return subject.otherThreads() == null
                ? deviation
                : deviation.but(subject.otherBits(Arrays.equals(found, decomposed(subject.otherThreads(), a, n))));
    }

    /// VᵀΛV and VVᵀ.
    private static double[] decomposed(Backend backend, double[] a, int n) {
        double[] products = new double[2 * n * n];
        try (HostBuffer matrix = HostBuffer.of(a)) {
            double[] values = backend.symmetricEigenvectors(matrix, n);
            double[] v = matrix.toArray();
            for (int k = 0; k < n; k++) {
                for (int i = 0; i < n; i++) {
                    for (int j = 0; j < n; j++) {
                        products[i * n + j] += values[k] * v[k * n + i] * v[k * n + j];
                        products[n * n + i * n + k] += v[i * n + j] * v[k * n + j];
                    }
                }
            }
        }
        return products;
    }

    /// @param diagonal  whether both sides are the same examples
    /// @param positions of how many positions some gradients are sums; 0: of none
    private record Tile(int rowExamples, int columnExamples, int outputs, boolean diagonal, int positions) {
        /// M, twice: the second time in place of the first.
        double[] entries(Backend backend, Precision precision) {
            try (var matrices = new Matrices(backend)) {
                Tensor m = matrices.undefined((long) rowExamples * outputs, columnExamples * outputs);
                List<GramTerm> terms = terms(matrices, precision);
                backend.gramTile(terms, outputs, m);
                backend.gramTile(terms, outputs, m);
                return matrices.entries(m);
            }
        }

        /// The sums, twice: they accumulate.
        double[] sums(Backend backend, Precision precision) {
            int columnFrom = diagonal ? 0 : Math.ceilDiv(rowExamples, Backend.TILE_EXAMPLES) * Backend.TILE_EXAMPLES;
            int examples = columnFrom + columnExamples;
            double[] residuals = Matrices.random(new Random(SEED), (long) examples * outputs, Precision.F64);
            try (var matrices = new Matrices(backend)) {
                var sums = new GramSums(examples, outputs);
                List<GramTerm> terms = terms(matrices, precision);
                for (int call = 0; call < 2; call++) {
                    backend.gramSums(terms, 0, rowExamples, columnFrom, columnExamples, residuals, sums);
                }
                return Arrays.stream(fields(sums)).flatMapToDouble(DoubleStream::of).toArray();
            }
        }

        /// Layers of the kinds that occur: dense with a bias, a bias alone, one without second factors, an element-wise product, the kinds of
        /// factors swapped; with positions a convolution at them, and one that has a factor for each position only.
        private List<GramTerm> terms(Matrices matrices, Precision precision) {
            var random = new Random(SEED);
            var terms = new ArrayList<GramTerm>();
            Tensor[] delta = sides(matrices, precision, random, outputs, 7);
            Tensor[] input = sides(matrices, precision, random, 1, 33);
            terms.add(new GramTerm(delta[0], delta[1], input[0], input[1], true));
            Tensor[] bias = sides(matrices, precision, random, outputs, 1);
            terms.add(new GramTerm(bias[0], bias[1], null, null, false));
            Tensor[] explicit = sides(matrices, precision, random, outputs, 61);
            terms.add(new GramTerm(explicit[0], explicit[1], null, null, false));
            // The last one is so narrow that a device which sums by steps ends where it began.
            Tensor[] each = sides(matrices, precision, random, outputs, 3);
            Tensor[] one = sides(matrices, precision, random, 1, 1);
            terms.add(new GramTerm(one[0], one[1], each[0], each[1], false));
            if (positions == 0) {
                return terms;
            }
            Tensor[] cotangent = sides(matrices, precision, random, outputs * positions, 2);
            Tensor[] seen = sides(matrices, precision, random, positions, 5);
            terms.add(new GramTerm(cotangent[0], cotangent[1], seen[0], seen[1], false, positions));
            terms.add(new GramTerm(cotangent[0], cotangent[1], null, null, false, positions));
            return terms;
        }

        private Tensor[] sides(Matrices matrices, Precision precision, Random random, int each, int width) {
            double[] row = Matrices.random(random, (long) rowExamples * each * width, precision);
            double[] column = Matrices.random(random, (long) columnExamples * each * width, precision);
            Tensor rowSide = matrices.of(row, (long) rowExamples * each, width);
            return new Tensor[] {rowSide, diagonal ? rowSide : matrices.of(column, (long) columnExamples * each, width)};
        }
    }
}
