package io.plumbline.network.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.derivative.Cases;
import io.plumbline.derivative.Cases.Case;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Layer;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Scale;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Sum;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.network.Network;
import io.plumbline.network.Network.Value;
import io.plumbline.network.Node;
import io.plumbline.network.Parameter;
import io.plumbline.network.RandomNetworks;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Networks written as ONNX and read again: the same parameters, the same θ, the same function.
class OnnxExportTest {
    private static final int RANDOM_NETWORKS = 120;
    private static final long MOST_BYTES = Integer.MAX_VALUE;

    @TempDir
    Path folder;

    static Stream<Case> cases() {
        return Cases.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theTableOfCasesIsReadAgain(Case one) throws IOException {
        for (Precision precision : Precision.values()) {
            isReadAgain(one.name(), one.network(), precision);
        }
    }

    @Test
    void randomNetworksAreReadAgain() throws IOException {
        for (int seed = 0; seed < RANDOM_NETWORKS; seed++) {
            for (Precision precision : Precision.values()) {
                isReadAgain("seed " + seed, RandomNetworks.of(seed), precision);
            }
        }
    }

    /// In doubles nothing is rounded on the way; what is read may be other layers, a square for a product of equals, say, with other roundings. In floats
    /// constants are rounded too, once, as an operation would be.
    private void isReadAgain(String what, Network network, Precision precision) throws IOException {
        var pass = new ForwardPass(network, 2, precision);
        ModelProto model = OnnxExport.model(network, pass.theta(), precision, MOST_BYTES);
        Network read = read(model);
        Set<String> declared = network.parameters().stream().map(Parameter::name).collect(Collectors.toSet());
        assertEquals(described(network, declared), described(read, declared), what);
        assertArrayEquals(pass.theta().toArray(), read.initialTheta().toArray(), what);
        pass.assertOutputs(what, precision, pass.outputs(read, read.initialTheta()));
    }

    private Network read(ModelProto model) throws IOException {
        return OnnxImport.read(OnnxFile.of("written.onnx", folder, model.toByteArray()), Set.of());
    }

    /// All parameters but frozen single numbers, which may be a layer's constant afterwards, and constants of several numbers, which are frozen ones afterwards.
    private static List<String> described(Network network, Set<String> declared) {
        return network.parameters().stream()
                .filter(p -> p.trainable() || p.shape().rank() > 0 && declared.contains(p.name()))
                .map(p -> p.name() + " " + p.shape() + (p.trainable() ? " at " + p.offset() : " frozen"))
                .toList();
    }

    /// So every layer's form is written, read by onnxruntime, and read again here.
    @Test
    void everyLayerIsInTheTableOfCases() {
        var inCases = Cases.all().map(Case::network).map(Network::nodes).flatMap(Collection::stream).map(Node::layer).map(Object::getClass)
                .collect(Collectors.toSet());
        assertEquals(LayerClasses.all(), inCases);
    }

    @Test
    void aLayerWithoutAFormIsRefused() {
        var unknown = (Layer) Proxy.newProxyInstance(Layer.class.getClassLoader(), new Class<?>[] {Layer.class},
                (_, method, arguments) -> method.getName().equals("name") ? "Unknown" : ((List<?>) arguments[0]).getFirst());
        var b = Network.builder("strange", Shape.of(2));
        Value w = b.parameter("w", Shape.of(2), true, HostBuffer.of(1.0, 2.0));
        Network network = b.build(b.apply("what", unknown, b.apply("product", new Multiply(), b.input(), w)));
        assertEquals("strange: node what: layer Unknown has no ONNX form", refused(network, network.initialTheta(), Precision.F64, MOST_BYTES));
    }

    private static String refused(Network network, HostBuffer theta, Precision precision, long mostBytes) {
        return assertThrows(IllegalArgumentException.class, () -> OnnxExport.model(network, theta, precision, mostBytes)).getMessage();
    }

    @Test
    void theInitialisersAreTheParametersInOrder() {
        Network network = Architectures.parse("rfm:3-5-2:silu", Initialization.DEFAULT, 1);
        ModelProto model = OnnxExport.model(network, network.initialTheta(), Precision.F32, MOST_BYTES);
        GraphProto graph = model.getGraph();
        assertEquals(List.of("features", "a"), graph.getInitializerList().stream().map(TensorProto::getName).toList());
        assertEquals(List.of(List.of(5L, 3L), List.of(2L, 5L)), graph.getInitializerList().stream().map(TensorProto::getDimsList).toList());
        assertEquals(List.of("BUFFER", "PARAMETER"), graph.getValueInfoList().stream().map(value -> value.getMetadataProps(0).getValue()).toList());
        assertEquals(List.of("Gemm", "Sigmoid", "Mul", "Gemm"), graph.getNodeList().stream().map(NodeProto::getOpType).toList());
        assertEquals("n, 3", extents(graph.getInput(0)));
        assertEquals("n, 2", extents(graph.getOutput(0)));
        assertEquals(List.of("input", "output"), List.of(graph.getInput(0).getName(), graph.getOutput(0).getName()));
        assertEquals(List.of(20L, 10L), List.of(model.getOpsetImport(0).getVersion(), model.getIrVersion()));
    }

    private static String extents(ValueInfoProto value) {
        return value.getType().getTensorType().getShape().getDimList().stream()
                .map(dimension -> dimension.hasDimParam() ? dimension.getDimParam() : Long.toString(dimension.getDimValue()))
                .collect(Collectors.joining(", "));
    }

    @Test
    void parametersKeepTheirNamesWhateverTheyAre() throws IOException {
        var b = Network.builder("names", Shape.of(2));
        Value first = b.parameter("output", Shape.of(2, 2), true, HostBuffer.of(1.0, 2, 3, 4));
        Value second = b.parameter("input", Shape.of(2), true, HostBuffer.of(0.5, 0.25));
        Value third = b.parameter("same", Shape.of(), false, HostBuffer.of(3.0));
        Value h = b.apply("same", new Dense(true), b.input(), first, second);
        h = b.apply("same", new Activate(Activation.of(Kind.SQUARE)), b.apply("", new Sum(2, -0.3), h, third));
        Network network = b.build(b.apply("", new Scale(0.7), h));
        ModelProto model = OnnxExport.model(network, network.initialTheta(), Precision.F64, MOST_BYTES);
        assertEquals("input_1", model.getGraph().getInput(0).getName());
        assertEquals("output_1", model.getGraph().getOutput(0).getName());
        Network read = read(model);
        assertEquals(List.of("output (2, 2) at 0", "input (2) at 4"), described(read, Set.of()));
        var pass = new ForwardPass(network, 2, Precision.F64);
        pass.assertOutputs("names", Precision.F64, pass.outputs(read, read.initialTheta()));
    }

    @Test
    void whatItIsWrittenAtIsTheGivenTheta() throws IOException {
        Network network = Architectures.parse("linear:3-1", Initialization.DEFAULT, 1);
        Path file = folder.resolve("model.onnx");
        OnnxExport.write(network, HostBuffer.of(0.1, 1e-300, 3), Precision.F64, file);
        assertArrayEquals(new double[] {0.1, 1e-300, 3}, OnnxImport.read(file, Set.of()).initialTheta().toArray());
        OnnxExport.write(network, HostBuffer.of(0.1, 1e-300, 3), Precision.F32, file);
        assertArrayEquals(new double[] {0.1f, 0, 3}, OnnxImport.read(file, Set.of()).initialTheta().toArray());
        OnnxExport.write(network, file);
        byte[] bytes = Files.readAllBytes(file);
        OnnxExport.write(network, file);
        assertArrayEquals(bytes, Files.readAllBytes(file), "the same network gives the same bytes");
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void whatCannotBeWrittenIsRefused(Precision precision) throws IOException {
        Network network = Architectures.parse("linear:3-1", Initialization.DEFAULT, 1);
        assertEquals("theta has 2 entries, linear:3-1 has 3 parameters", refused(network, HostBuffer.of(1.0, 2), precision, MOST_BYTES));
        assertEquals("theta[1] is NaN, expected finite numbers", refused(network, HostBuffer.of(1, Double.NaN, 3), precision, MOST_BYTES));
        int size = OnnxExport.model(network, network.initialTheta(), precision, MOST_BYTES).getSerializedSize();
        String message = refused(network, network.initialTheta(), precision, size - 1);
        assertTrue(message.startsWith("linear:3-1: expected at most " + (size - 1) + " bytes in an ONNX file, found "), message);
        assertEquals(size, OnnxExport.model(network, network.initialTheta(), precision, size + 16).getSerializedSize());
    }

    @Test
    void aNumberTooLargeForFloatsLeavesTheOlderFile() throws IOException {
        Network network = Architectures.parse("linear:3-1", Initialization.DEFAULT, 1);
        Path file = Files.writeString(folder.resolve("model.onnx"), "older");
        var theta = HostBuffer.of(1, 2, -1e39);
        var refused = assertThrows(IllegalArgumentException.class, () -> OnnxExport.write(network, theta, Precision.F32, file));
        assertEquals("linear:3-1: parameter 1.weight: entry 2 is -1.0E39, too large for f32", refused.getMessage());
        assertEquals("older", Files.readString(file));
        assertEquals(1, folder.toFile().list().length);
    }
}
