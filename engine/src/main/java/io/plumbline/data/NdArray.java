package io.plumbline.data;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;

/// An array as a file holds it: shape, element type, and its bytes in the file's own byte order and layout, mapped where the file allows.
/// [#values()] and [#copy] give its numbers, always row-major and in this machine's byte order.
///
/// Arrays of an [Npz] borrow from it and live as long as it is open; the others own their memory. One thread at a time.
public final class NdArray implements AutoCloseable {
    private final String name;
    private final Layout layout;
    private final long size;
    private final boolean swapped;
    private final MemorySegment bytes;
    private final Scope owned;
    private HostBuffer values;

    /// What a header says of an array.
    ///
    /// @param order of the bytes within an entry
    /// @param columnMajor Fortran order: the first index runs fastest
    record Layout(ElementType type, ByteOrder order, boolean columnMajor, long[] shape) {
        /// Entries, 1 for rank 0.
        ///
        /// @throws ArithmeticException if they are more than 2⁶³ − 1, or their bytes are
        long size() {
            long size = 1;
            boolean empty = Arrays.stream(shape).anyMatch(extent -> extent == 0);
            for (long extent : shape) {
                size = empty ? 0 : Math.multiplyExact(size, extent);
            }
            Math.multiplyExact(size, (long) type.sizeBytes());
            return size;
        }
    }

    /// The array of `layout` whose entries are exactly `bytes`, taking over `backing`.
    NdArray(String name, Layout layout, MemorySegment bytes, AutoCloseable... backing) {
        this.name = name;
        this.layout = layout;
        this.size = layout.size();
        this.swapped = layout.order() != ByteOrder.nativeOrder() && layout.type().sizeBytes() > 1;
        this.bytes = bytes;
        this.owned = new Scope();
        for (AutoCloseable owner : backing) {
            owned.own(owner);
        }
    }

    /// What messages call it: the file, and for an .npz the member.
    public String name() {
        return name;
    }

    public ElementType type() {
        return layout.type();
    }

    /// The extent of each axis; empty for a single number. A copy.
    public long[] shape() {
        return layout.shape().clone();
    }

    public int rank() {
        return layout.shape().length;
    }

    /// Entries.
    public long size() {
        return size;
    }

    /// Entry `index` in row-major order, widened to double (bool: 0 or 1).
    ///
    /// @throws IndexOutOfBoundsException if there is no such entry
    public double get(long index) {
        Objects.checkIndex(index, size);
        return layout.type().get(bytes, stored(index) * layout.type().sizeBytes(), swapped);
    }

    /// The numbers, borrowed from this array, in the precision [ElementType#precision()] of its type: the file's own mapped pages if they are
    /// row-major, aligned floats or doubles in native byte order (do not write to them), a copy otherwise.
    public HostBuffer values() {
        if (values == null) {
            Precision precision = type().precision();
            values = isPlain() && bytes.address() % precision.sizeBytes() == 0 ? HostBuffer.borrow(precision, bytes) : owned.own(copy(precision));
        }
        return values;
    }

    /// The numbers in a new buffer, rounded to `precision`, which the caller owns.
    public HostBuffer copy(Precision precision) {
        HostBuffer target = HostBuffer.allocate(precision, size);
        try {
            if (isPlain() && precision == type().precision()) {
                MemorySegment.copy(bytes, 0, target.segment(), 0, bytes.byteSize());
            } else if (isRowMajor()) {
                for (long i = 0; i < size; i++) {
                    target.set(i, type().get(bytes, i * type().sizeBytes(), swapped));
                }
            } else {
                copyColumnMajor(target);
            }
            return target;
        } catch (Throwable failure) {
            target.close();
            throw failure;
        }
    }

    /// The bytes of the entries, as the file holds them.
    MemorySegment bytes() {
        return bytes;
    }

    /// Frees what this array owns. Closing twice is harmless.
    @Override
    public void close() {
        owned.close();
    }

    @Override
    public String toString() {
        return name + ": " + type().name().toLowerCase(Locale.ROOT) + " " + Dataset.shapeText(layout.shape());
    }

    private boolean isRowMajor() {
        return !layout.columnMajor() || rank() < 2;
    }

    private boolean isPlain() {
        return isRowMajor() && !swapped && (type() == ElementType.F4 || type() == ElementType.F8);
    }

    /// The place in the file of the entry whose row-major place is `index`.
    private long stored(long index) {
        if (isRowMajor()) {
            return index;
        }
        long place = 0;
        long stride = size;
        long rest = index;
        for (int axis = rank() - 1; axis >= 0; axis--) {
            stride /= layout.shape()[axis];
            place += rest % layout.shape()[axis] * stride;
            rest /= layout.shape()[axis];
        }
        return place;
    }

    /// Walks the file's order, in which the first axis runs fastest, and keeps the row-major place beside it.
    private void copyColumnMajor(HostBuffer target) {
        long[] shape = layout.shape();
        long[] stride = new long[shape.length];
        long below = 1;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            stride[axis] = below;
            below *= shape[axis];
        }
        long[] index = new long[shape.length];
        long place = 0;
        for (long i = 0; i < size; i++) {
            target.set(place, type().get(bytes, i * type().sizeBytes(), swapped));
            for (int axis = 0; axis < shape.length; axis++) {
                place += stride[axis];
                if (++index[axis] < shape[axis]) {
                    break;
                }
                place -= stride[axis] * shape[axis];
                index[axis] = 0;
            }
        }
    }
}
