package io.plumbline.network.onnx;

import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;

/// The numbers of an ONNX tensor. Sizes are held against the bytes that are there before anything is allocated.
/// What is wrong with one raises [IllegalArgumentException].
final class OnnxTensor {
    private OnnxTensor() {}

    static boolean isFloating(TensorProto tensor) {
        return tensor.getDataType() == DataType.FLOAT_VALUE || tensor.getDataType() == DataType.DOUBLE_VALUE;
    }

    static boolean isInteger(TensorProto tensor) {
        return isInteger(tensor.getDataType());
    }

    /// Integers, and conditions as 0 and 1.
    static boolean isInteger(int dataType) {
        return dataType == DataType.INT64_VALUE || dataType == DataType.INT32_VALUE || dataType == DataType.BOOL_VALUE;
    }

    static String typeName(int dataType) {
        DataType type = DataType.forNumber(dataType);
        return type == null ? "type " + dataType : type.name().toLowerCase(Locale.ROOT);
    }

    /// The extents of a tensor of floating-point numbers.
    static Shape shape(TensorProto tensor) {
        return Shape.of(tensor.getDimsList().stream().mapToInt(OnnxTensor::extent).toArray());
    }

    static int extent(long extent) {
        if (extent < 1 || extent > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("extent " + extent + ", expected from 1 to 2^31 - 1");
        }
        return (int) extent;
    }

    /// The entries of a tensor of floats or doubles, row-major, in its own precision.
    ///
    /// @param external data beside the file
    static HostBuffer numbers(TensorProto tensor, ExternalData external) throws IOException {
        Precision precision = tensor.getDataType() == DataType.FLOAT_VALUE ? Precision.F32 : Precision.F64;
        int count = shape(tensor).size();
        if (tensor.getDataLocation() == DataLocation.EXTERNAL) {
            return external.read(tensor, precision, count);
        }
        int typed = precision == Precision.F32 ? tensor.getFloatDataCount() : tensor.getDoubleDataCount();
        if (typed > 0) {
            requireCount(count, typed);
            HostBuffer values = HostBuffer.collected(precision, count);
            for (int i = 0; i < count; i++) {
                values.set(i, precision == Precision.F32 ? tensor.getFloatData(i) : tensor.getDoubleData(i));
            }
            return values;
        }
        requireBytes((long) count * precision.sizeBytes(), tensor.getRawData().size());
        HostBuffer values = HostBuffer.collected(precision, count);
        copyLittleEndian(MemorySegment.ofBuffer(tensor.getRawData().asReadOnlyByteBuffer()), values);
        return values;
    }

    /// The entries of a tensor of int32, int64 or bool.
    static Expression.Integers integers(TensorProto tensor) {
        if (tensor.getDataLocation() == DataLocation.EXTERNAL) {
            throw new IllegalArgumentException("expected integers in the file itself, found external data");
        }
        long[] dimensions = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
        if (dimensions.length > Extents.MOST_AXES || Arrays.stream(dimensions).anyMatch(extent -> extent < 0 || extent > Expression.Integers.MOST)) {
            throw new IllegalArgumentException(
                    "expected at most " + Expression.Integers.MOST + " integers, found extents " + Extents.text(dimensions));
        }
        int[] extents = Arrays.stream(dimensions).mapToInt(Math::toIntExact).toArray();
        int count = Expression.Integers.requireFew(extents);
        long[] values = new long[count];
        boolean isLong = tensor.getDataType() == DataType.INT64_VALUE;
        int typed = isLong ? tensor.getInt64DataCount() : tensor.getInt32DataCount();
        if (typed > 0) {
            requireCount(count, typed);
            Arrays.setAll(values, i -> isLong ? tensor.getInt64Data(i) : tensor.getInt32Data(i));
        } else {
            ByteBuffer raw = tensor.getRawData().asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
            int sizeBytes = isLong ? Long.BYTES : tensor.getDataType() == DataType.INT32_VALUE ? Integer.BYTES : 1;
            requireBytes((long) count * sizeBytes, raw.remaining());
            Arrays.setAll(values, i -> isLong ? raw.getLong() : sizeBytes == 1 ? raw.get() : raw.getInt());
        }
        return new Expression.Integers(extents, values);
    }

    static void copyLittleEndian(MemorySegment bytes, HostBuffer values) {
        if (values.precision() == Precision.F32) {
            MemorySegment.copy(bytes, ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0,
                    values.segment(), ValueLayout.JAVA_FLOAT, 0, values.length());
        } else {
            MemorySegment.copy(bytes, ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0,
                    values.segment(), ValueLayout.JAVA_DOUBLE, 0, values.length());
        }
    }

    private static void requireCount(long expected, long found) {
        if (expected != found) {
            throw new IllegalArgumentException("expected " + expected + " entries as its shape says, found " + found);
        }
    }

    static void requireBytes(long expected, long found) {
        if (expected != found) {
            throw new IllegalArgumentException("expected " + expected + " bytes as its shape says, found " + found);
        }
    }
}
