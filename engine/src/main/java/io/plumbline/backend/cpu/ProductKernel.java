package io.plumbline.backend.cpu;

import io.plumbline.memory.Precision;

/// Products of ranges of numbers and their sums, in vector instructions. All operands by address; an optional one is 0.
/// Lanes behave alike wherever an entry stands: tails are masked, never scalar.
interface ProductKernel {
    /// The kernel for one precision.
    record Case(Precision precision) {}

    static ProductKernel of(Precision precision) {
        return Specialised.of(ProductKernel.class, ProductTemplate.class, new Case(precision));
    }

    /// out[i] = s (or +=), i < count.
    void constant(double s, long out, long count, boolean accumulate);

    /// out[i] = s · x[i] (or +=).
    void scaled(double s, long x, long out, long count, boolean accumulate);

    /// out[i] = (s · x[i]) · t (or +=), each product rounded.
    void scaledTwice(double s, double t, long x, long out, long count, boolean accumulate);

    /// out[i] = (s · x[i]) · y[i] (or +=), each product rounded.
    void product(double s, long x, long y, long out, long count, boolean accumulate);

    /// out[i·c + j] = a[i] · b[j] (or +=), a of r and b of c numbers.
    void outer(long a, int r, long b, int c, long out, boolean accumulate);

    /// out[j] = Σ over rows of s[row] · x[row][j] · y[row][j] (or +=), summed in double and rounded once; y optional.
    ///
    /// @param s scalars of the rows
    /// @param x addresses of the rows of x
    /// @param y addresses of the rows of y, or null
    void sumOfRows(int rows, double[] s, long[] x, long[] y, long out, long count, boolean accumulate);

    /// Σ over rows and columns of s[row] · x[row][j] · y[row][j], in double; y optional. `lanes` is scratch for [#lanes()] doubles.
    double sum(int rows, double[] s, long[] x, long[] y, long count, double[] lanes);

    /// Doubles in a vector.
    int lanes();

    /// target[i] = source[i], widened, for i < count.
    void widen(long source, long target, long count);

    /// target[i·times + t] = source[i] for i < count, t < times.
    void repeat(long source, long count, int times, long target);

    /// Rows of a matrix, each of which serves `share` rows of a computation: row r of that reads the row at address + ⌊(first + r)/share⌋ · stride (bytes).
    record Rows(long address, long stride, int first, int share) {
        long at(int row) {
            return address + (first + row) / share * stride;
        }
    }

    /// m = x ∘ (y + shift) (or +=) for rows of `count` numbers, those of m `stride` bytes apart: the combination of two inner products in a Gram tile.
    /// Without y (null) it counts as 1.
    void combine(Rows x, Rows y, double shift, long m, long stride, int rows, long count, boolean accumulate);

    /// v[j] = Σ_k s[from + k] · x_k[j] and squares[j] = Σ_k x_k[j]² in double, over rows x_k = x + k · stride (bytes), k < rows.
    void moments(int rows, double[] s, int from, long x, long stride, long count, long v, long squares);
}
