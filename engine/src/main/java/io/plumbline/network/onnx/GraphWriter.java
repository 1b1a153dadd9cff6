package io.plumbline.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import io.plumbline.layer.Operand;
import io.plumbline.layer.Shape;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// The nodes of an ONNX graph while it is written. Each has one result and its result's name; numbers that layers bring with them are Constant nodes, so
/// that the initialisers are the parameters and nothing else.
final class GraphWriter {
    private final GraphProto.Builder graph;
    private final Precision precision;
    private final Set<String> taken = new HashSet<>();

    GraphWriter(GraphProto.Builder graph, Precision precision) {
        this.graph = graph;
        this.precision = precision;
    }

    /// A value of the network under its name in the graph.
    record Written(String name, Operand operand) {
        Shape shape() {
            return operand.shape();
        }

        /// Axes in front of the operand's own: that of the examples, if it has it.
        int leading() {
            return operand.batched() ? 1 : 0;
        }
    }

    Precision precision() {
        return precision;
    }

    static int type(Precision precision) {
        return precision == Precision.F32 ? DataType.FLOAT_VALUE : DataType.DOUBLE_VALUE;
    }

    /// A name that nothing has yet: `wish`, or that with a number.
    String fresh(String wish) {
        String start = wish.isBlank() ? "value" : wish;
        String name = start;
        for (int i = 1; !taken.add(name); i++) {
            name = start + "_" + i;
        }
        return name;
    }

    void node(String result, String operator, List<String> operands, AttributeProto... attributes) {
        graph.addNode(NodeProto.newBuilder().setName(result).setOpType(operator).addAllInput(operands).addOutput(result)
                .addAllAttribute(Arrays.asList(attributes)));
    }

    /// Numbers, row-major.
    String numbers(String wish, Shape shape, double... values) {
        String name = fresh(wish);
        var tensor = TensorProto.newBuilder().setDataType(type(precision))
                .addAllDims(IntStream.of(shape.toArray()).asLongStream().boxed().toList());
        for (double value : values) {
            if (precision == Precision.F32) {
                tensor.addFloatData((float) value);
            } else {
                tensor.addDoubleData(value);
            }
        }
        node(name, "Constant", List.of(), constant(tensor));
        return name;
    }

    /// Integers, of rank 1.
    String integers(String wish, long... values) {
        String name = fresh(wish);
        var tensor = TensorProto.newBuilder().setDataType(DataType.INT64_VALUE).addDims(values.length)
                .addAllInt64Data(LongStream.of(values).boxed().toList());
        node(name, "Constant", List.of(), constant(tensor));
        return name;
    }

    private static AttributeProto constant(TensorProto.Builder tensor) {
        return AttributeProto.newBuilder().setName("value").setType(AttributeType.TENSOR).setT(tensor).build();
    }

    static AttributeProto whole(String name, long value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.INT).setI(value).build();
    }

    static AttributeProto wholes(String name, long... values) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.INTS).addAllInts(LongStream.of(values).boxed().toList()).build();
    }

    static AttributeProto real(String name, double value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.FLOAT).setF((float) value).build();
    }

    static AttributeProto text(String name, String value) {
        return AttributeProto.newBuilder().setName(name).setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(value)).build();
    }

    /// What one layer becomes: some parts, and the last node, whose result is the layer's. Parts are named after it.
    record Form(GraphWriter graph, String result) {
        String part(String name, String operator, List<String> operands, AttributeProto... attributes) {
            String own = graph.fresh(result + "/" + name);
            graph.node(own, operator, operands, attributes);
            return own;
        }

        void last(String operator, List<String> operands, AttributeProto... attributes) {
            graph.node(result, operator, operands, attributes);
        }

        /// A number, of rank 0.
        String number(String name, double value) {
            return numbers(name, Shape.of(), value);
        }

        String numbers(String name, Shape shape, double... values) {
            return graph.numbers(result + "/" + name, shape, values);
        }

        String integers(String name, long... values) {
            return graph.integers(result + "/" + name, values);
        }

        /// `value` under another shape, without the axis of the examples, which stays.
        String shaped(String name, Written value, Shape shape) {
            return value.shape().equals(shape)
                    ? value.name()
                    : part(name, "Reshape", List.of(value.name(), integers(name + "/shape", extents(value, 0, shape))));
        }

        /// The extents of `shape`, behind `examples` if the value has that axis.
        static long[] extents(Written value, long examples, Shape shape) {
            LongStream own = IntStream.of(shape.toArray()).asLongStream();
            return (value.operand().batched() ? LongStream.concat(LongStream.of(examples), own) : own).toArray();
        }

        /// c · value.
        String scaled(String name, double c, String value) {
            return c == 1 ? value : c == -1 ? part(name, "Neg", List.of(value)) : part(name, "Mul", List.of(value, number(name + "/factor", c)));
        }
    }
}
