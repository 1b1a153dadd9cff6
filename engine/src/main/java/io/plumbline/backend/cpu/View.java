package io.plumbline.backend.cpu;

import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;

/// A row-major matrix in native memory, checked once: where it is and its shape.
record View(Precision precision, long address, long rows, int columns) {
    static View of(Tensor t, Precision precision) {
        return new View(precision, Memory.address(t, precision), t.rows(), t.columns());
    }

    /// A view of the tensor, or null for null.
    static View optional(Tensor t, Precision precision) {
        return t == null ? null : of(t, precision);
    }

    long length() {
        return rows * columns;
    }

    long rowAddress(long row) {
        return address + row * columns * precision.sizeBytes();
    }

    /// Where the row begins that serves row `row` of `of` rows; this view's rows divide `of`.
    long serving(long row, long of) {
        return rowAddress(rows == of ? row : row / (of / rows));
    }

    double get(long index) {
        return Memory.get(precision, address + index * precision.sizeBytes());
    }
}
