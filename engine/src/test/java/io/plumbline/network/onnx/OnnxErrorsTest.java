package io.plumbline.network.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataLocation;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import com.google.protobuf.ByteString;
import io.plumbline.data.MalformedFileException;
import io.plumbline.network.Network;
import io.plumbline.network.Parameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Models that are refused, each with one line that says where, what was expected and what was found; and models that are nearly refused but right.
class OnnxErrorsTest {
    private static final long OPEN = ModelWriter.OPEN;

    @TempDir
    Path folder;

    private static ModelWriter image(long... shape) {
        return ModelWriter.of(shape).weight("w", 6, 2);
    }

    private static Arguments refused(String name, ModelWriter model, String... parts) {
        return Arguments.of(name, model, List.of(parts));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refused("unknown operator", image(OPEN, 6).node("MatMul", "h", "x", "w").node("Softmax", "f", "h"),
                        "node /f (Softmax): this operator is not supported; supported are Abs, Add, AveragePool, BatchNormalization, Cast, ",
                        ", Conv, "),
                refused("operator of another domain", domain(image(OPEN, 6).node("Gelu", "f", "x")),
                        "node /f (com.microsoft::Gelu): this operator is not supported"),
                refused("opset too old", image(OPEN, 6).node("MatMul", "f", "x", "w").opset(12), "expected ONNX operator set 13 to 28, found 12"),
                refused("opset too new", image(OPEN, 6).node("MatMul", "f", "x", "w").opset(99), "expected ONNX operator set 13 to 28, found 99"),
                refused("two inputs", second(image(OPEN, 6).node("MatMul", "f", "x", "w")), "expected one input, found 2: x, second"),
                refused("no output", noOutput(image(OPEN, 6).node("MatMul", "f", "x", "w")), "expected one output, found 0"),
                refused("nothing computes the output", image(OPEN, 6).node("MatMul", "h", "x", "w"), "output f: no node computes it"),
                refused("open extent", image(OPEN, OPEN).node("MatMul", "f", "x", "w"), "input x: axis 1: expected a fixed extent, found n (open)"),
                refused("input without a shape", image().node("MatMul", "f", "x", "w"),
                        "input x: expected a shape with the examples as first axis, found none"),
                refused("operand from nowhere", image(OPEN, 6).node("MatMul", "f", "x", "v"),
                        "node /f (MatMul): operand v: nothing before this node computes it"),
                refused("operand missing", image(OPEN, 6).node("MatMul", "f", "x"), "node /f (MatMul): expected at least 2 operands, found 1"),
                refused("name used twice", image(OPEN, 6).node("MatMul", "w", "x", "w").node("Relu", "f", "w"), "something else has this name"),
                refused("widths differ", image(OPEN, 5).node("MatMul", "f", "x", "w"), "node /f (MatMul): Dense: expected x (…, d) per example",
                        "(5) per example", "(6, 2) shared"),
                refused("product of parameters", image(OPEN, 6).weight("v", 2, 3).node("MatMul", "h", "w", "v").node("MatMul", "f", "x", "h"),
                        "node /h (MatMul): expected a product of a value per example with a matrix of parameters"),
                refused("transA", image(OPEN, 6).node("Gemm", "f", "x", "w").with("transA", 1), "node /f (Gemm): expected transA = 0, found 1"),
                refused("attribute of another type", image(OPEN, 6).node("Gemm", "f", "x", "w").with("transB", 1.0),
                        "expected attribute transB of type INT, found FLOAT"),
                refused("(n) + (n, 1) is n × n in ONNX",
                        image(OPEN, 6).weight("v", 6).weight("c", 6, 1).node("MatMul", "a", "x", "v").node("MatMul", "b", "x", "c").node("Add", "f",
                                "a", "b"),
                        "node /f (Add): expected operands whose extents are equal or 1, found () per example and (1) per example",
                        "the axis of the examples would meet another one"),
                refused("a bias along the examples", image(OPEN, 6).weight("b", 6, 1).node("Add", "f", "x", "b"),
                        "the axis of the examples would meet another one"),
                refused("widths of a sum differ", image(OPEN, 6).weight("b", 5).node("Add", "f", "x", "b"), "node /f (Add): ", "extents differ"),
                refused("a parameter as exponent", image(OPEN, 6).weight("b").node("Pow", "f", "x", "b"),
                        "node /f (Pow): expected a constant number as exponent, found () shared (the trainable initialiser b; freeze it if it is a constant)"),
                refused("division by 0", image(OPEN, 6).constant("c", 0).node("Div", "f", "x", "c"),
                        "node /f (Div): expected a divisor other than 0"),
                refused("a power", image(OPEN, 6).constant("c", 2.25).node("Pow", "f", "x", "c"),
                        "node /f (Pow): expected an exponent other than 0 that is a multiple of 1/2 up to 8.0, found 2.25"),
                refused("erf alone", image(OPEN, 6).node("Erf", "h", "x").node("MatMul", "f", "h", "w"),
                        "node /h (Erf): supported only as a part of GELU"),
                refused("where alone", image(OPEN, 6).constant("c", 0).node("Greater", "g", "x", "c").node("Where", "f", "g", "x", "c"),
                        "node /f (Where): expected the softplus of PyTorch"),
                refused("softplus on the other side of its threshold",
                        image(OPEN, 6).constant("c", -20).node("Greater", "g", "x", "c").node("Neg", "m", "x").node("Softplus", "s", "m")
                                .node("Where", "f", "g", "m", "s"),
                        "node /f (Where): expected the softplus of PyTorch"),
                refused("transposed examples", image(OPEN, 6).node("Transpose", "f", "x"),
                        "node /f (Transpose): expected the axis of the examples to stay first, found order [1, 0]"),
                refused("a reshape across examples", image(OPEN, 6).integers("s", -1, 3).node("Reshape", "f", "x", "s"),
                        "node /f (Reshape): expected a shape with the axis of the examples first and 6 entries for each, found [-1, 3]"),
                refused("a reshape without the examples", image(OPEN, 6).integers("s", -1).node("Reshape", "f", "x", "s"), "found [-1]"),
                refused("a reshape of unknown target", image(OPEN, 6).node("Reshape", "f", "x", "w"),
                        "expected constant integers as operand 1, found (6, 2) shared"),
                refused("the axis of the examples squeezed", image(1, 6).integers("a", 0).node("Squeeze", "f", "x", "a"),
                        "expected the axis of the examples to stay as it is, found axis 0"),
                refused("an extent that is not 1", image(OPEN, 6).integers("a", 1).node("Squeeze", "f", "x", "a"),
                        "expected extent 1 on axis 1, found 6"),
                refused("a sum over the examples", image(OPEN, 6).node("ReduceSum", "f", "x"),
                        "node /f (ReduceSum): expected axes besides that of the examples, found all of them"),
                refused("a cast to integers", image(OPEN, 6).node("Cast", "f", "x").with("to", DataType.INT64_VALUE),
                        "expected a cast to float or double, found int64"),
                refused("an output that no example changes", image(OPEN, 6).node("Relu", "f", "w"), "the output does not depend on the input"),
                refused("an initialiser as output", image(OPEN, 6).node("Identity", "f", "w"), "the output does not depend on the input"),
                refused("nothing to train", image(OPEN, 6).node("Relu", "f", "x"), "there is no trainable parameter"),
                refused("an output of integers", image(OPEN, 6).node("Shape", "f", "x"), "expected floating-point values, found integers"),
                refused("half precision",
                        image(OPEN, 6).initializer(TensorProto.newBuilder().setName("h").setDataType(DataType.FLOAT16_VALUE).build()).node("Add", "f",
                                "x", "h"),
                        "initialiser h: expected float, double, int32 or int64, found float16"),
                refused("too few bytes", image(OPEN, 6).initializer(raw("r", new byte[20], 6)).node("Add", "f", "x", "r"),
                        "initialiser r: expected 24 bytes as its shape says, found 20"),
                refused("four gigabytes promised", image(OPEN, 6).initializer(raw("r", new byte[20], 1 << 30)).node("Add", "f", "x", "r"),
                        "initialiser r: expected 4294967296 bytes as its shape says, found 20"),
                refused("extents beyond all numbers",
                        image(OPEN, 6).initializer(raw("r", new byte[20], Long.MAX_VALUE, 2)).node("Add", "f", "x", "r"),
                        "initialiser r: extent 9223372036854775807, expected from 1 to 2^31 - 1"),
                refused("data beside the file, above it", external("../weights.bin"),
                        "external data: expected a file in the model's folder, found ../weights.bin"),
                refused("data beside the file, anywhere", external("/etc/hostname"),
                        "external data: expected a file in the model's folder, found /etc/hostname"),
                refused("data beside the file, not there", external("weights.bin"),
                        "external data: expected the file weights.bin beside the model, found none"),
                refused("a name of two lines", image(OPEN, 6).node("MatMul", "f", "x", "two\nlines"),
                        "operand two?lines: nothing before this node computes it"));
    }

    private static ModelWriter domain(ModelWriter model) {
        model.graph.getNodeBuilder(0).setDomain("com.microsoft");
        return model;
    }

    private static ModelWriter second(ModelWriter model) {
        model.graph.addInput(ModelWriter.value("second", OPEN, 6));
        return model;
    }

    private static ModelWriter noOutput(ModelWriter model) {
        model.graph.clearOutput();
        return model;
    }

    private static TensorProto raw(String name, byte[] bytes, long... shape) {
        var tensor = TensorProto.newBuilder().setName(name).setDataType(DataType.FLOAT_VALUE).setRawData(ByteString.copyFrom(bytes));
        for (long extent : shape) {
            tensor.addDims(extent);
        }
        return tensor.build();
    }

    private static ModelWriter external(String location) {
        var tensor = TensorProto.newBuilder()
                .setName("r")
                .setDataType(DataType.FLOAT_VALUE)
                .addDims(6)
                .setDataLocation(DataLocation.EXTERNAL)
                .addExternalData(StringStringEntryProto.newBuilder().setKey("location").setValue(location));
        return image(OPEN, 6).initializer(tensor.build()).node("Add", "f", "x", "r");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(String name, ModelWriter model, List<String> parts) {
        assertRefused(folder, model, parts);
    }

    static void assertRefused(Path folder, ModelWriter model, List<String> parts) {
        Path file = model.write(folder);
        String message = assertThrows(MalformedFileException.class, () -> OnnxImport.read(file, Set.of())).getMessage();
        assertTrue(message.startsWith(file + ": "), message);
        for (String part : parts) {
            assertTrue(message.contains(part), () -> "expected " + part + " in " + message);
        }
        assertFalse(message.contains("\n"), message);
    }

    @Test
    void filesThatAreNotThereOrNoModel() throws IOException {
        Path missing = folder.resolve("missing.onnx");
        assertEquals(missing + ": no such file", assertThrows(NoSuchFileException.class, () -> OnnxImport.read(missing, Set.of())).getMessage());
        assertEquals(folder + ": expected a file, found a directory",
                assertThrows(IOException.class, () -> OnnxImport.read(folder, Set.of())).getMessage());
        Path empty = Files.createFile(folder.resolve("empty.onnx"));
        assertEquals(empty + ": expected one ONNX operator set (opset_import), found 0",
                assertThrows(MalformedFileException.class, () -> OnnxImport.read(empty, Set.of())).getMessage());
        Path text = Files.writeString(folder.resolve("text.onnx"), "a model\n".repeat(100));
        assertTrue(assertThrows(MalformedFileException.class, () -> OnnxImport.read(text, Set.of())).getMessage()
                .startsWith(text + ": no ONNX model, or a damaged one, at byte "));
    }

    @Test
    void aFrozenNameThatIsNotThere() {
        Path file = image(OPEN, 6).node("MatMul", "f", "x", "w").write(folder);
        assertEquals(file + ": frozen: expected names among the initialisers w, found v",
                assertThrows(IllegalArgumentException.class, () -> OnnxImport.read(file, Set.of("v"))).getMessage());
    }

    @Test
    void dataBesideTheFileThroughALinkOutOfTheFolder() throws IOException {
        Path outside = Files.write(Files.createDirectories(folder.resolve("outside")).resolve("weights.bin"), new byte[24]);
        Path inside = Files.createDirectories(folder.resolve("inside"));
        Path file = external("weights.bin").write(inside);
        Files.createSymbolicLink(inside.resolve("weights.bin"), outside);
        String message = assertThrows(MalformedFileException.class, () -> OnnxImport.read(file, Set.of())).getMessage();
        assertTrue(message.endsWith("external data: weights.bin is a link out of the model's folder"), message);
        Files.delete(inside.resolve("weights.bin"));
        Files.write(inside.resolve("weights.bin"), new byte[20]);
        message = assertThrows(MalformedFileException.class, () -> OnnxImport.read(file, Set.of())).getMessage();
        assertTrue(message.endsWith("expected 24 bytes at offset 0 of weights.bin, found 20 bytes in all"), message);
        Files.write(inside.resolve("weights.bin"), new byte[24]);
        assertEquals(6, OnnxImport.read(file, Set.of()).parameterCount());
        ModelWriter twice = external("weights.bin");
        Path overlapping = twice.initializer(twice.graph.getInitializer(1).toBuilder().setName("s").build()).node("Add", "g", "f", "s").write(inside);
        message = assertThrows(MalformedFileException.class, () -> OnnxImport.read(overlapping, Set.of())).getMessage();
        assertTrue(message.endsWith("expected tensors that do not overlap in weights.bin, found more bytes asked for than its 24"), message);
    }

    @Test
    void initialisersThatNothingUsesAreNoParametersHoweverBroken() throws IOException {
        ModelWriter model = image(OPEN, 6).weight("unused", 3).initializer(raw("broken", new byte[1], 1 << 30)).node("MatMul", "f", "x", "w")
                .node("Relu", "g", "unused");
        assertEquals(List.of("w"), OnnxImport.read(model.write(folder), Set.of("unused")).parameters().stream().map(Parameter::name).toList());
    }

    @Test
    void constantsAreFrozenParametersBehindTheInitialisers() throws IOException {
        ModelWriter model = image(OPEN, 6)
                .constant("shift", ModelWriter.numbers("", new double[] {1, 2}, 2))
                .constant("one", 1)
                .node("MatMul", "h", "x", "w")
                .node("Mul", "i", "h", "shift")
                .node("Add", "f", "i", "one");
        Network network = OnnxImport.read(model.write(folder), Set.of());
        assertEquals(List.of("w true", "shift false", "one false"), network.parameters().stream().map(p -> p.name() + " " + p.trainable()).toList());
        assertEquals(12, network.parameterCount());
    }

    /// A doubling chain has 2⁶⁴ paths through 64 nodes and 2⁶⁴ factors.
    @Test
    void longChainsTakeNoTime() throws IOException {
        ModelWriter model = image(OPEN, 6).node("MatMul", "v0", "x", "w");
        for (int i = 0; i < 64; i++) {
            model.node("Mul", "m" + i, "v" + i, "v" + i).node("Add", "v" + (i + 1), "m" + i, "v" + i);
        }
        for (int i = 64; i < 20_064; i++) {
            model.node("Tanh", "v" + (i + 1), "v" + i);
        }
        model.node("Identity", "f", "v20064");
        assertEquals(1 + 128 + 20_000, OnnxImport.read(model.write(folder), Set.of()).nodes().size());
    }

    /// Shapes double in length at each node until they are longer than any shape.
    @Test
    void integersDoNotGrowWithoutEnd() {
        ModelWriter model = image(OPEN, 6).integers("i0", 1);
        for (int i = 0; i < 40; i++) {
            model.node("Concat", "i" + (i + 1), "i" + i, "i" + i).with("axis", 0);
        }
        Path file = model.node("Reshape", "f", "x", "i40").write(folder);
        String message = assertThrows(MalformedFileException.class, () -> OnnxImport.read(file, Set.of())).getMessage();
        assertTrue(message.endsWith("node /i11 (Concat): expected at most 1024 integers"), message);
    }
}
