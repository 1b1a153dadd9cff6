package io.plumbline.backend.cpu;

import io.plumbline.backend.Window;
import io.plumbline.backend.Window.Span;
import io.plumbline.memory.Precision;

/// What a [Window] sees of images, as the columns of a matrix (im2col), and back. All operands by address, of one precision.
///
/// Row (c, k, l) of the matrix belongs to channel c and tap k, l; it holds x[c, row(a, k), column(b, l)] for the positions a, b of some rows a of the result
/// one after the other, and 0 where that is padding.
interface WindowKernel {
    /// The kernel for one precision.
    record Case(Precision precision) {}

    /// For one tap l: the positions b from `begin` to `end` (exclusive) whose entry b·stride + shift lies within a row of the image.
    record Reach(int shift, int begin, int end) {
        static Reach of(Span columns, int width, int tap) {
            int shift = tap * columns.dilation() - columns.padBefore();
            int begin = Math.clamp(Math.ceilDiv(-shift, columns.stride()), 0, columns.positions());
            int end = Math.clamp(Math.floorDiv(width - 1 - shift, columns.stride()) + 1, begin, columns.positions());
            return new Reach(shift, begin, end);
        }
    }

    static WindowKernel of(Precision precision) {
        return Specialised.of(WindowKernel.class, WindowTemplate.class, new Case(precision));
    }

    /// Writes the matrix's part for the rows a of the result from `from` to `to` (exclusive) and `channels` channels, the first of which lies at `x`.
    ///
    /// @param stride bytes from one row of the matrix to the next
    void unfold(Window w, int from, int to, int channels, long x, long matrix, long stride);

    /// The adjoint: adds the matrix's entries to the entries of x they were read from, and leaves the matrix undefined.
    void fold(Window w, int from, int to, int channels, long matrix, long stride, long x);

    /// The same numbers as [#unfold] with a row for each position: row (a, b) holds x[c, row(a, k), column(b, l)] for all c, k, l.
    void unfoldRows(Window w, int channels, long x, long rows);
}
