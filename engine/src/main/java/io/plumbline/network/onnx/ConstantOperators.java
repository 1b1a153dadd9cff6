package io.plumbline.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.plumbline.layer.Operand;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.onnx.Expression.Filled;
import io.plumbline.network.onnx.Expression.Integers;
import io.plumbline.network.onnx.Expression.Weight;
import java.io.IOException;
import java.util.stream.LongStream;

/// Constants, which are no parameters, and casts.
final class ConstantOperators {
    private final OnnxFile file;
    private final Algebra algebra;
    private final ShapeOperators shapes;

    ConstantOperators(OnnxFile file, Algebra algebra, ShapeOperators shapes) {
        this.file = file;
        this.algebra = algebra;
        this.shapes = shapes;
    }

    Expression cast(OnnxNode node) {
        return cast(node.input(0), Math.clamp(node.whole("to", 0), -1, Integer.MAX_VALUE));
    }

    Expression castLike(OnnxNode node) {
        return cast(node.input(0), node.input(1) instanceof Integers ? DataType.INT64_VALUE : DataType.DOUBLE_VALUE);
    }

    private Expression cast(Expression e, int to) {
        if (e instanceof Integers integers) {
            if (OnnxTensor.isInteger(to)) {
                return e;
            }
            if (integers.values.length == 1 && integers.values[0] != Integers.EXAMPLES) {
                return algebra.number((double) integers.values[0], Shape.of(integers.extents));
            }
            throw new IllegalArgumentException("expected one constant integer, found integers " + Extents.text(integers.values));
        }
        e.operand();
        if (to != DataType.FLOAT_VALUE && to != DataType.DOUBLE_VALUE) {
            throw new IllegalArgumentException("expected a cast to float or double, found " + OnnxTensor.typeName(to));
        }
        return e;
    }

    Expression constant(OnnxNode node) throws IOException {
        if (node.proto().getAttributeCount() != 1) {
            throw new IllegalArgumentException("expected one attribute, found " + node.proto().getAttributeCount());
        }
        AttributeProto value = node.proto().getAttribute(0);
        return switch (value.getName()) {
            case "value" -> tensor(node.attribute("value", AttributeType.TENSOR).getT());
            case "value_float" -> algebra.number(node.attribute("value_float", AttributeType.FLOAT).getF(), Shape.of());
            case "value_floats" -> {
                var floats = node.attribute("value_floats", AttributeType.FLOATS).getFloatsList();
                Shape shape = Shape.of(floats.size());
                HostBuffer values = HostBuffer.collected(Precision.F64, floats.size());
                for (int i = 0; i < floats.size(); i++) {
                    values.set(i, floats.get(i));
                }
                yield leaf(shape, values);
            }
            case "value_int" -> Integers.scalar(node.whole("value_int", 0));
            case "value_ints" -> Integers.list(node.wholes("value_ints"));
            default -> throw new IllegalArgumentException("expected a constant of numbers, found attribute " + OnnxFile.shown(value.getName()));
        };
    }

    /// A tensor in a Constant node.
    private Expression tensor(TensorProto tensor) throws IOException {
        if (OnnxTensor.isInteger(tensor)) {
            return OnnxTensor.integers(tensor);
        }
        if (OnnxTensor.isFloating(tensor)) {
            return leaf(OnnxTensor.shape(tensor), OnnxTensor.numbers(tensor, file.external));
        }
        throw new IllegalArgumentException(
                "expected numbers of type float, double, int32 or int64, found " + OnnxTensor.typeName(tensor.getDataType()));
    }

    private Expression leaf(Shape shape, HostBuffer values) {
        double first = values.get(0);
        if (shape.size() == 1) {
            return algebra.number(first, shape);
        }
        boolean isFilled = LongStream.range(1, values.length()).allMatch(i -> values.get(i) == first);
        return isFilled ? new Filled(new Operand(shape, false), first) : new Weight(algebra.result(), shape, false, values);
    }

    /// An array of a shape, the same number everywhere: 0 unless an attribute says which.
    Expression constantOfShape(OnnxNode node) throws IOException {
        AttributeProto value = node.attribute("value", AttributeType.TENSOR);
        Integers extents = node.integers(0);
        if (value == null) {
            return shapes.filled(0, extents.values);
        }
        if (OnnxTensor.isInteger(value.getT())) {
            Integers number = OnnxTensor.integers(value.getT());
            if (number.values.length != 1) {
                throw new IllegalArgumentException("expected one number as value, found " + number.values.length);
            }
            return IntegerOperators.filled(extents, number.values[0]);
        }
        Double number = Algebra.constant(tensor(value.getT()));
        if (number == null) {
            throw new IllegalArgumentException("expected one number as value, found several");
        }
        return shapes.filled(number, extents.values);
    }
}
