package io.plumbline.network.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What single operators compute, written out: forms and attributes that PyTorch's exporters seldom or never write, and integers worked out at import.
class OnnxOperatorsTest {
    private static final long OPEN = ModelWriter.OPEN;

    /// A model of one example x whose result y is multiplied by a trained 1.
    private static Arguments computes(String name, double[] x, ModelWriter model, double... expected) {
        return Arguments.of(name, x, model.weight("one").node("Mul", "f", "y", "one"), expected);
    }

    private static double[] x(double... values) {
        return values;
    }

    private static double[] upTo(int last) {
        return DoubleStream.iterate(1, value -> value + 1).limit(last).toArray();
    }

    private static ModelWriter of(long... shape) {
        long[] all = new long[shape.length + 1];
        all[0] = OPEN;
        System.arraycopy(shape, 0, all, 1, shape.length);
        return ModelWriter.of(all);
    }

    private static ModelWriter text(ModelWriter model, String attribute, String value) {
        model.graph.getNodeBuilder(model.graph.getNodeCount() - 1).addAttribute(
                AttributeProto.newBuilder().setName(attribute).setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(value)));
        return model;
    }

    private static ModelWriter more(ModelWriter model, String result) {
        model.graph.getNodeBuilder(model.graph.getNodeCount() - 1).addOutput(result);
        return model;
    }

    private static ModelWriter reshaped(ModelWriter model, String integers) {
        return model.node("Reshape", "y", "x", integers);
    }

    private static ModelWriter sums(String autoPad) {
        return text(of(1, 5).constant("w", ModelWriter.numbers("", new double[] {1, 10}, 1, 1, 2)).node("Conv", "y", "x", "w")
                .with("strides", new long[] {2}), "auto_pad", autoPad);
    }

    static Stream<Arguments> operators() {
        return Stream.of(
                computes("SAME_UPPER pads behind", upTo(5), sums("SAME_UPPER"), 21, 43, 5),
                computes("SAME_LOWER pads before", upTo(5), sums("SAME_LOWER"), 10, 32, 54),
                computes("VALID does not pad", upTo(5), sums("VALID"), 21, 43),
                computes("MaxPool, last window cut", upTo(5),
                        of(1, 5).node("MaxPool", "y", "x").with("kernel_shape", new long[] {2}).with("strides", new long[] {2}).with("ceil_mode", 1),
                        2, 4, 5),
                computes("indices that nothing uses", upTo(4),
                        more(of(1, 4).node("MaxPool", "y", "x").with("kernel_shape", new long[] {3}), "indices"), 3, 4),
                computes("AveragePool without padding", upTo(3),
                        of(1, 3).node("AveragePool", "y", "x").with("kernel_shape", new long[] {2}).with("pads", new long[] {1, 0}), 1, 1.5, 2.5),
                computes("AveragePool with padding", upTo(3), of(1, 3).node("AveragePool", "y", "x").with("kernel_shape", new long[] {2})
                        .with("pads", new long[] {1, 0}).with("count_include_pad", 1), 0.5, 1.5, 2.5),
                computes("GlobalMaxPool", x(1, 4, 2, 3, -5, -4), of(2, 3).node("GlobalMaxPool", "y", "x"), 4, 3),
                computes("ReduceMax over the first axis", x(1, 4, 2, 3, -5, 6), of(2, 3).integers("a", 1).node("ReduceMax", "y", "x", "a"), 3, 4, 6),
                computes("ReduceMin, axes as an attribute", x(1, 4, 2, 3, -5, 6),
                        of(2, 3).node("ReduceMin", "y", "x").with("axes", new long[] {-1}).with("keepdims", 0).opset(13), 1, -5),
                computes("ReduceSum over the first axis", upTo(6), of(2, 3).integers("a", 1).node("ReduceSum", "y", "x", "a"), 5, 7, 9),
                computes("ReduceL1", x(1, -4, 2, -3), of(2, 2).integers("a", 2).node("ReduceL1", "y", "x", "a"), 5, 5),
                computes("ReduceL2", x(3, -4, 5, 12), of(2, 2).integers("a", -1).node("ReduceL2", "y", "x", "a"), 5, 13),
                computes("ReduceSumSquare", x(3, -4, 5, 12), of(2, 2).integers("a", -1).node("ReduceSumSquare", "y", "x", "a"), 25, 169),
                computes("no axes is no reduction if the file says so", upTo(2),
                        of(2).node("ReduceMean", "y", "x").with("noop_with_empty_axes", 1), 1, 2),
                computes("Clip from below", x(-2, 1, 4), of(3).constant("a", -1).node("Clip", "y", "x", "a"), -1, 1, 4),
                computes("Clip from above", x(-2, 1, 4), of(3).constant("b", 2).node("Clip", "y", "x", "", "b"), -2, 1, 2),
                computes("Clip on both sides", x(-2, 1, 4), of(3).constant("a", -1).constant("b", 2).node("Clip", "y", "x", "a", "b"), -1, 1, 2),
                computes("Clip that does nothing", x(-2, 1, 4), of(3).node("Clip", "y", "x"), -2, 1, 4),
                computes("Max of three", x(-2, 1, 4), of(3).constant("a", -1).constant("b", 2).node("Max", "y", "x", "a", "b"), 2, 2, 4),
                computes("Min of two", x(-2, 1, 4), of(3).constant("a", 0.5).node("Min", "y", "a", "x"), -2, 0.5, 0.5),
                computes("Sum of three", x(1, 2), of(2).node("Sum", "y", "x", "x", "x"), 3, 6),
                computes("Pow 2.5", x(4, 9), of(2).constant("e", 2.5).node("Pow", "y", "x", "e"), 32, 243),
                computes("Pow -2", x(4, -5), of(2).constant("e", -2).node("Pow", "y", "x", "e"), 1.0 / 16, 0.04),
                computes("Pow 4", x(2, -3), of(2).constant("e", 4).node("Pow", "y", "x", "e"), 16, 81),
                computes("a quotient of values", x(3, 4), of(2).node("Div", "y", "x", "x"), 1, 1),
                computes("a number over a value", x(3, 4), of(2).constant("c", 12).node("Div", "y", "c", "x"), 4, 3),
                computes("HardSigmoid of its own attributes", x(-3, 1, 9), of(3).node("HardSigmoid", "y", "x"), 0, 0.7, 1),
                computes("HardSwish", x(-4, 1, 9), of(3).node("HardSwish", "y", "x"), 0, 4.0 / 6, 9),
                computes("PRelu", x(-4, 3), of(2).constant("s", ModelWriter.numbers("", new double[] {0.5, 2}, 2)).node("PRelu", "y", "x", "s"), -2,
                        3),
                computes("Softsign", x(-4, 3), of(2).node("Softsign", "y", "x"), -0.8, 0.75),
                computes("Mish", x(0, 1), of(2).node("Mish", "y", "x"), 0, Math.tanh(Math.log1p(Math.E))),
                computes("Pad with a number", x(1, 2), of(2).integers("p", 0, 2, 0, 1).constant("c", 7).node("Pad", "y", "x", "p", "c"), 7, 7, 1, 2,
                        7),
                computes("Pad of one axis", upTo(4),
                        of(2, 2).integers("p", 1, -1).constant("c", 0).integers("a", -1).node("Pad", "y", "x", "p", "c", "a"),
                        0, 1, 0, 3),
                computes("Slice with steps", upTo(7), of(7).integers("s", -6).integers("e", 99).integers("a", 1).integers("t", 3)
                        .node("Slice", "y", "x", "s", "e", "a", "t"), 2, 5),
                computes("Gather in any order", upTo(6), of(6).integers("i", 4, 0, 2, 4, -1).node("Gather", "y", "x", "i").with("axis", 1), 5, 1, 3,
                        5, 6),
                computes("the second part of a Split in uneven parts", upTo(5),
                        more(of(5).node("Split", "first", "x").with("axis", -1).with("num_outputs", 2), "y"), 4, 5),
                computes("DepthToSpace, depth first", upTo(8), of(8, 1, 1).node("DepthToSpace", "y", "x").with("blocksize", 2), 1, 3, 5, 7, 2, 4, 6,
                        8),
                computes("DepthToSpace, columns first", upTo(8), text(of(8, 1, 1).node("DepthToSpace", "y", "x").with("blocksize", 2), "mode", "CRD"),
                        1, 2, 3, 4, 5, 6, 7, 8),
                computes("GroupNormalization with a scale for each group", x(1, 3, 2, 6), of(4)
                        .constant("s", ModelWriter.numbers("", new double[] {1, 10}, 2))
                        .constant("b", ModelWriter.numbers("", new double[] {0, 5}, 2))
                        .node("GroupNormalization", "y", "x", "s", "b").with("num_groups", 2).with("epsilon", 0.0).opset(18), -1, 1, -5, 15),
                computes("InstanceNormalization", x(1, 3, 2, 6), of(2, 2)
                        .constant("s", ModelWriter.numbers("", new double[] {1, 10}, 2))
                        .constant("b", ModelWriter.numbers("", new double[] {0, 5}, 2))
                        .node("InstanceNormalization", "y", "x", "s", "b").with("epsilon", 3.0), -0.5, 0.5, 5 - 20 / Math.sqrt(7),
                        5 + 20 / Math.sqrt(7)),
                computes("RMSNormalization", x(1, 7), of(2).constant("s", 2).node("RMSNormalization", "y", "x", "s").with("epsilon", 0.0), 0.4, 2.8),
                computes("LayerNormalization over two axes", x(1, 3, 1, 3), of(2, 2).constant("s", 1).node("LayerNormalization", "y", "x", "s")
                        .with("axis", 1).with("epsilon", 0.0), -1, 1, -1, 1),
                computes("Dropout in evaluation mode", x(1, 2), of(2).constant("r", 0.5).integers("t", 0).node("Dropout", "y", "x", "r", "t"), 1, 2),
                computes("Expand of a value", x(1, 2), of(2, 1).integers("s", 1, 1, 3).node("Expand", "y", "x", "s"), 1, 1, 1, 2, 2, 2),
                computes("operands repeated along different axes", x(1, 2), of(2, 1)
                        .constant("row", ModelWriter.numbers("", new double[] {10, 20, 30}, 3)).node("Add", "y", "row", "x"), 11, 21, 31, 12, 22, 32),
                computes("zeros between and before values", x(1, 2), of(2).node("Shape", "s", "x").node("ConstantOfShape", "z", "s")
                        .node("Concat", "y", "z", "x", "z", "x").with("axis", 1), 0, 0, 1, 2, 0, 0, 1, 2),
                computes("zeros in sums and products", x(1, 2),
                        of(2).node("Shape", "s", "x").node("ConstantOfShape", "z", "s").node("Exp", "ones", "z")
                                .node("Add", "a", "x", "ones").node("Mul", "y", "a", "ones"),
                        2, 3),
                computes("Transpose of a value", upTo(6), of(2, 3).node("Transpose", "y", "x").with("perm", new long[] {0, 2, 1}), 1, 4, 2, 5, 3, 6),
                computes("integers: reshaped, turned, sliced backwards, flattened", upTo(6),
                        reshaped(of(6).integers("i", 0, 2, 3, 0).integers("m", -1)
                                .integers("square", 2, 2).node("Reshape", "r", "i", "square").node("Transpose", "t", "r").integers("first", -1)
                                .integers("last", -Long.MAX_VALUE).integers("axis", 0).node("Slice", "b", "t", "first", "last", "axis", "first")
                                .node("Reshape", "l", "b", "m").integers("from", 2).integers("to", 4).node("Slice", "c", "l", "from", "to")
                                .integers("two", 2).node("Concat", "shape", "c", "two").with("axis", 0), "shape"),
                        upTo(6)),
                computes("integers: arithmetic", upTo(6), reshaped(of(6).integers("a", 7).integers("b", 2).integers("c", 1).node("Div", "d", "a", "b")
                        .node("Mod", "m", "a", "b").node("Mul", "p", "d", "m").node("Sub", "q", "p", "c").node("Neg", "n", "c")
                        .node("Max", "r", "q", "n", "c")
                        .node("Concat", "shape", "n", "r", "d").with("axis", 0), "shape"), upTo(6)),
                computes("integers: where a shape says -1", upTo(2), of(2, 1).integers("given", -1, -1, 3).integers("minus", -1).integers("count", 3)
                        .node("ConstantOfShape", "ones", "count").with("value", 1L).node("Equal", "open", "given", "minus")
                        .node("Where", "shape", "open", "ones", "given").node("Expand", "y", "x", "shape"), 1, 1, 1, 2, 2, 2),
                computes("integers: a range of axes", x(5, 6), of(2, 1, 1).integers("a", 2).integers("b", 4).integers("c", 1)
                        .node("Range", "axes", "a", "b", "c").node("Squeeze", "y", "x", "axes"), 5, 6),
                computes("a sequence of parts", upTo(5),
                        of(5).initializer(scalar("two", 2)).node("SplitToSequence", "parts", "x", "two").with("axis", 1)
                                .integers("last", -1).node("SequenceAt", "z", "parts", "last").node("Concat", "y", "z", "x").with("axis", 1),
                        5, 1, 2, 3, 4, 5));
    }

    private static TensorProto scalar(String name, long value) {
        return TensorProto.newBuilder().setName(name).setDataType(DataType.INT64_VALUE)
                .addInt64Data(value).build();
    }

    /// Entries are below 300 and at most ten operations from whole numbers: 10 · 300 · 2⁻⁵³ ≈ 3e-13.
    @ParameterizedTest(name = "{0}")
    @MethodSource
    void operators(String name, double[] x, ModelWriter model, double[] expected) throws IOException {
        var network = OnnxImport.read(OnnxFile.of(name, Path.of("."), model.bytes()), Set.of());
        try (var data = Dataset.copyOf(name, new double[][] {x}, new double[1][expected.length]);
                var backend = new ReferenceBackend();
                var surface = LossSurface.of(network, data, backend);
                var point = surface.at(network.initialTheta())) {
            assertArrayEquals(expected, point.predictions(), 3e-13);
        }
    }
}
