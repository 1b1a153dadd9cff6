package io.plumbline.backend.reference;

import static io.plumbline.backend.reference.ReferenceBackend.get;
import static io.plumbline.backend.reference.ReferenceBackend.set;

import io.plumbline.backend.Backend;
import io.plumbline.backend.GramSums;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.List;

/// Tiles of M = J Jᵀ from factors of gradients, and the sums over their entries, as their definitions: M_ab = Σ_terms Σ_{t,u} (first_at · first_bu)(second_at · second_bu + 1 or 0),
/// t, u positions; a = iK + k, b = jK + l.
final class Grams {
    private Grams() {}

    /// Of [Backend#gramTile].
    static void tile(List<GramTerm> terms, Tensor m) {
        List<Factors> factors = terms.stream().map(Factors::of).toList();
        for (long a = 0; a < m.rows(); a++) {
            for (int b = 0; b < m.columns(); b++) {
                double sum = 0;
                for (Factors each : factors) {
                    sum += each.product(a, m.rows(), b, m.columns());
                }
                set(m, a, b, sum);
            }
        }
    }

    /// A term of a Gram tile, read once.
    private record Factors(Sides first, Sides second, boolean plusOne, int positions) {
        static Factors of(GramTerm term) {
            return new Factors(Sides.of(term.firstRow(), term.firstColumn()), term.secondRow() == null
                    ? null
                    : Sides.of(term.secondRow(),
                            term.secondColumn()),
                    term.plusOne(), term.positions());
        }

        /// Its part of the inner product of gradient rows a of m and b of n.
        double product(long a, long m, long b, long n) {
            double sum = 0;
            for (int t = 0; t < positions; t++) {
                for (int u = 0; u < positions; u++) {
                    double dot = second == null ? 1 : second.dot(a, m, t, b, n, u, positions);
                    sum += first.dot(a, m, t, b, n, u, positions) * (plusOne ? dot + 1 : dot);
                }
            }
            return sum;
        }
    }

    /// A factor of the rows of a tile, and that of its columns.
    private record Sides(double[] x, long rowsOfX, double[] y, long rowsOfY, int columns) {
        static Sides of(Tensor x, Tensor y) {
            return new Sides(ReferenceBackend.values(x), x.rows(), ReferenceBackend.values(y), y.rows(), x.columns());
        }

        /// Position t of row a of m rows of the one side times position u of row b of n rows of the other.
        double dot(long a, long m, int t, long b, long n, int u, int positions) {
            int p = (int) (a / (m / (rowsOfX / positions)) * positions + t) * columns;
            int q = (int) (b / (n / (rowsOfY / positions)) * positions + u) * columns;
            double sum = 0;
            for (int d = 0; d < columns; d++) {
                sum += x[p + d] * y[q + d];
            }
            return sum;
        }
    }

    /// Of [Backend#gramSums].
    static void sums(List<GramTerm> terms, int rowFrom, int rowExamples, int columnFrom, int columnExamples, double[] residuals, GramSums sums) {
        int k = sums.outputs;
        try (HostBuffer buffer = HostBuffer.allocate(Precision.F64, (long) rowExamples * k * columnExamples * k)) {
            var tile = new Tensor(buffer, 0, (long) rowExamples * k, columnExamples * k);
            tile(terms, tile);
            for (int i = 0; i < rowExamples; i++) {
                for (int j = 0; j < columnExamples; j++) {
                    if (rowFrom != columnFrom) {
                        double[][] block = block(tile, i, j, k);
                        addPair(block, rowFrom + i, columnFrom + j, residuals, sums);
                        addPair(transpose(block), columnFrom + j, rowFrom + i, residuals, sums);
                    } else {
                        // M_ij below the diagonal of blocks is M_jiᵀ, as it is where j and i fall into different tiles.
                        boolean below = i / Backend.TILE_EXAMPLES > j / Backend.TILE_EXAMPLES;
                        addPair(below ? transpose(block(tile, j, i, k)) : block(tile, i, j, k), rowFrom + i, columnFrom + j, residuals, sums);
                    }
                }
            }
        }
    }

    private static double[][] block(Tensor tile, int i, int j, int k) {
        double[][] block = new double[k][k];
        for (int a = 0; a < k; a++) {
            for (int b = 0; b < k; b++) {
                block[a][b] = get(tile, (long) i * k + a, j * k + b);
            }
        }
        return block;
    }

    /// Adds what M_ij = `m` contributes to example i.
    private static void addPair(double[][] m, int i, int j, double[] residuals, GramSums sums) {
        int k = m.length;
        double form = 0;
        double trace = 0;
        double squaredNorm = 0;
        double squaredProduct = 0;
        for (int a = 0; a < k; a++) {
            double product = 0;
            for (int b = 0; b < k; b++) {
                squaredNorm += m[a][b] * m[a][b];
                product += m[a][b] * residuals[j * k + b];
            }
            sums.product[i * k + a] += product;
            squaredProduct += product * product;
            form += residuals[i * k + a] * product;
            trace += m[a][a];
            for (int c = 0; k > 1 && c < k; c++) {
                for (int b = 0; b < k; b++) {
                    sums.block[(i * k + a) * k + c] += m[a][b] * m[c][b];
                }
            }
        }
        sums.squaredNorm[i] += squaredNorm;
        sums.squaredProduct[i] += squaredProduct;
        sums.squaredForm[i] += form * form;
        if (i == j) {
            sums.diagonalNorm[i] += squaredNorm;
            sums.diagonalProduct[i] += squaredProduct;
            sums.diagonalTrace[i] += trace;
            sums.diagonalForm[i] += form;
        }
    }

    private static double[][] transpose(double[][] m) {
        double[][] t = new double[m.length][m.length];
        for (int a = 0; a < m.length; a++) {
            for (int b = 0; b < m.length; b++) {
                t[b][a] = m[a][b];
            }
        }
        return t;
    }
}
