package io.plumbline.backend;

import io.plumbline.memory.Buffer;
import io.plumbline.memory.Precision;
import java.util.Objects;

/// A matrix, row-major and without gaps, somewhere in a buffer. It borrows: the buffer's owner frees it.
///
/// Activations are (examples, width); what has one row for each pair of an example and an output is (examples·K, width), row i·K + k;
/// parameters are (1, count) or whatever matrix a layer reads them as.
///
/// @param buffer  where the numbers are
/// @param offset  index of the first number in the buffer
/// @param rows    at least 0
/// @param columns at least 0
public record Tensor(Buffer buffer, long offset, long rows, int columns) {
    public Tensor {
        Objects.requireNonNull(buffer, "buffer");
        if (rows < 0 || columns < 0) {
            throw new IllegalArgumentException("tensor: shape (" + rows + ", " + columns + ") is negative");
        }
        Objects.checkFromIndexSize(offset, Math.multiplyExact(rows, (long) columns), buffer.length());
    }

    /// How many numbers: rows · columns.
    public long length() {
        return rows * columns;
    }

    public Precision precision() {
        return buffer.precision();
    }

    /// Rows `from` to `from + count − 1`, without copying.
    public Tensor rows(long from, long count) {
        Objects.checkFromIndexSize(from, count, rows);
        return new Tensor(buffer, offset + from * columns, count, columns);
    }

    /// The same numbers as a matrix of another shape.
    ///
    /// @throws IllegalArgumentException if the number of entries differs
    public Tensor reshape(long rows, int columns) {
        if (rows * columns != length()) {
            throw new IllegalArgumentException(
                    "reshape: " + shape() + " has " + length() + " entries, (" + rows + ", " + columns + ") has " + rows * columns);
        }
        return new Tensor(buffer, offset, rows, columns);
    }

    /// The shape for messages: `(rows, columns)`.
    public String shape() {
        return "(" + rows + ", " + columns + ")";
    }
}
