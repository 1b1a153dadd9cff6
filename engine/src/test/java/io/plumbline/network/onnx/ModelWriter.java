package io.plumbline.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.LongStream;

/// ONNX models written by hand, right and wrong ones: input `x` of open batch, output `f` unless said otherwise.
final class ModelWriter {
    /// The number of examples left open in a shape.
    static final long OPEN = -1;

    final GraphProto.Builder graph = GraphProto.newBuilder().setName("g");
    private long opset = 20;

    /// A model whose input has this shape, the examples first.
    static ModelWriter of(long... inputShape) {
        var writer = new ModelWriter();
        writer.graph.addInput(value("x", inputShape));
        writer.graph.addOutput(ValueInfoProto.newBuilder().setName("f"));
        return writer;
    }

    static ValueInfoProto value(String name, long... shape) {
        var dimensions = TensorShapeProto.newBuilder();
        for (long extent : shape) {
            dimensions.addDim(extent == OPEN ? Dimension.newBuilder().setDimParam("n") : Dimension.newBuilder().setDimValue(extent));
        }
        var tensor = TypeProto.Tensor.newBuilder().setElemType(DataType.FLOAT_VALUE).setShape(dimensions);
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor)).build();
    }

    ModelWriter opset(long version) {
        opset = version;
        return this;
    }

    /// A float initialiser with the entries 1, 2, 3, …
    ModelWriter weight(String name, long... shape) {
        int count = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        return initializer(numbers(name, DoubleStream.iterate(1, value -> value + 1).limit(count).toArray(), shape));
    }

    ModelWriter integers(String name, long... values) {
        return initializer(TensorProto.newBuilder()
                .setName(name)
                .setDataType(DataType.INT64_VALUE)
                .addDims(values.length)
                .addAllInt64Data(LongStream.of(values).boxed().toList())
                .build());
    }

    /// A Constant node.
    ModelWriter constant(String name, double value) {
        return constant(name, numbers("", new double[] {value}));
    }

    ModelWriter constant(String name, TensorProto value) {
        graph.addNode(NodeProto.newBuilder().setOpType("Constant").addOutput(name).addAttribute(
                AttributeProto.newBuilder().setName("value").setType(AttributeType.TENSOR).setT(value)));
        return this;
    }

    static TensorProto numbers(String name, double[] values, long... shape) {
        var tensor = TensorProto.newBuilder().setName(name).setDataType(DataType.FLOAT_VALUE);
        LongStream.of(shape).forEach(tensor::addDims);
        DoubleStream.of(values).forEach(value -> tensor.addFloatData((float) value));
        return tensor.build();
    }

    ModelWriter initializer(TensorProto tensor) {
        graph.addInitializer(tensor);
        return this;
    }

    /// A node whose name is its result's with `/` before it.
    ModelWriter node(String operator, String result, String... operands) {
        graph.addNode(NodeProto.newBuilder().setOpType(operator).setName("/" + result).addAllInput(List.of(operands)).addOutput(result));
        return this;
    }

    /// Sets an attribute of the last node.
    ModelWriter with(String attribute, Object value) {
        var proto = AttributeProto.newBuilder().setName(attribute);
        switch (value) {
            case Integer whole -> proto.setType(AttributeType.INT).setI(whole);
            case Long number -> proto.setType(AttributeType.TENSOR).setT(
                    TensorProto.newBuilder().setDataType(DataType.INT64_VALUE).addDims(1).addInt64Data(number));
            case Double real -> proto.setType(AttributeType.FLOAT).setF(real.floatValue());
            case long[] wholes -> proto.setType(AttributeType.INTS).addAllInts(LongStream.of(wholes).boxed().toList());
            default -> throw new IllegalArgumentException("attribute " + attribute);
        }
        graph.getNodeBuilder(graph.getNodeCount() - 1).addAttribute(proto);
        return this;
    }

    byte[] bytes() {
        return ModelProto.newBuilder()
                .setIrVersion(10)
                .setGraph(graph)
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(opset))
                .build()
                .toByteArray();
    }

    Path write(Path folder) {
        try {
            return Files.write(folder.resolve("model.onnx"), bytes());
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
