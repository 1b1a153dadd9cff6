package io.plumbline.network.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.plumbline.alignment.Alignment;
import io.plumbline.alignment.Figure;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.backend.Backend;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Npz;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Progress;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Shape;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.network.Parameter;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Networks as both of PyTorch's exporters write them, against what PyTorch computes for them from dense matrices in double.
class OnnxImportTest {
    /// What computes, and the error allowed relative to an array's largest entry. Either side is a chain of about ten sums of at most 1,000 products:
    /// 10 · 1000 · 2⁻⁵³ ≈ 1e-12 of the sum of the terms' sizes, which cancellation in these networks makes exceed the result by less than 10-fold.
    /// With f32's 2⁻²⁴ the same worst case reads 6e-3; roundings are independent, √(10·1000) · 2⁻²⁴ · 10 ≈ 6e-5, and 2e-4 is what is promised.
    /// A term left out is of order 1e-3 at least.
    enum Computing {
        REFERENCE(1e-11),
        CPU_F64(1e-11),
        CPU_F32(2e-4);

        final double bound;

        Computing(double bound) {
            this.bound = bound;
        }

        Backend open() {
            return switch (this) {
                case REFERENCE -> new ReferenceBackend();
                case CPU_F64 -> CpuBackend.create(Precision.F64, 2);
                case CPU_F32 -> CpuBackend.create(Precision.F32, 2);
            };
        }
    }

    static Stream<String> files() {
        return TorchFixtures.files();
    }

    static Stream<Arguments> filesOnEachBackend() {
        return files().flatMap(file -> Arrays.stream(Computing.values()).map(computing -> Arguments.of(file, computing)));
    }

    @ParameterizedTest
    @MethodSource("files")
    void parametersAreTheInitialisersInTheirOrder(String file) throws IOException {
        Network network = TorchFixtures.network(file);
        List<String> expected = TorchFixtures.parameters(file).stream().filter(TorchFixtures.Row::trainable)
                .map(row -> row.name() + " " + row.shape()).toList();
        List<String> found = network.parameters().stream().filter(Parameter::trainable).map(p -> p.name() + " " + text(p.shape())).toList();
        assertEquals(expected, found);
        long offset = 0;
        for (Parameter parameter : network.parameters()) {
            if (parameter.trainable()) {
                assertEquals(offset, parameter.offset());
                offset += parameter.count();
            }
        }
        try (Npz figures = TorchFixtures.figures(file)) {
            assertArrayEquals(figures.read("theta").values().toArray(), network.initialTheta().toArray());
        }
    }

    static String text(Shape shape) {
        return shape.rank() == 0 ? "scalar" : Arrays.stream(shape.toArray()).mapToObj(Integer::toString).collect(Collectors.joining("x"));
    }

    @ParameterizedTest
    @MethodSource("filesOnEachBackend")
    void derivativesAgreeWithPyTorch(String file, Computing computing) throws IOException {
        Network network = TorchFixtures.network(file);
        try (Npz figures = TorchFixtures.figures(file);
                var data = TorchFixtures.dataset(figures);
                var backend = computing.open();
                var surface = LossSurface.of(network, data, backend);
                var point = surface.at(network.initialTheta());
                var v = figures.read("v");
                var u = figures.read("u")) {
            assertClose(computing.bound, figures, "outputs", point.predictions());
            assertClose(computing.bound, figures, "residuals", point.residuals());
            assertClose(computing.bound, figures, "loss", point.loss());
            assertClose(computing.bound, figures, "gradient", point.gradient().toArray());
            assertClose(computing.bound, figures, "jacobianV", point.jacobianVector(v.values()));
            assertClose(computing.bound, figures, "jacobianTransposeU", point.vectorJacobian(u.values().toArray()).toArray());
            assertClose(computing.bound, figures, "hessianV", point.hessianVector(v.values()).toArray());
            assertClose(computing.bound, figures, "gaussNewtonV", point.gaussNewtonVector(v.values()).toArray());
            assertClose(computing.bound, figures, "noiseCovarianceV", point.noiseCovarianceVector(v.values()).toArray());
            assertClose(computing.bound, figures, "jacobian", point.perExampleGradients(0, data.examples()).toArray());
            assertClose(computing.bound, figures, "gram", point.gram(Progress.NONE).toArray());
        }
    }

    @ParameterizedTest
    @MethodSource("filesOnEachBackend")
    void alignmentAgreesWithPyTorch(String file, Computing computing) throws IOException {
        Network network = TorchFixtures.network(file);
        Map<String, Function<Alignment, Figure>> names = Map.ofEntries(
                Map.entry("loss", Alignment::loss), Map.entry("gradientNorm", Alignment::gradientNorm), Map.entry("alpha", Alignment::alpha),
                Map.entry("beta", Alignment::beta), Map.entry("mu", Alignment::mu), Map.entry("mu1", Alignment::mu1),
                Map.entry("mu2", Alignment::mu2),
                Map.entry("gamma", Alignment::gamma), Map.entry("gammaLambda", Alignment::gammaLambda),
                Map.entry("fisherTrace", Alignment::fisherTrace),
                Map.entry("fisherFrobenius", Alignment::fisherFrobenius), Map.entry("noiseTrace", Alignment::noiseTrace),
                Map.entry("noiseFrobenius", Alignment::noiseFrobenius), Map.entry("noiseTraceWithFisher", Alignment::noiseTraceWithFisher));
        try (Npz figures = TorchFixtures.figures(file);
                var data = TorchFixtures.dataset(figures);
                var backend = computing.open();
                var surface = LossSurface.of(network, data, backend);
                var point = surface.at(network.initialTheta())) {
            Alignment alignment = Alignment.of(point);
            for (var name : names.entrySet()) {
                assertClose(computing.bound, figures, name.getKey(), name.getValue().apply(alignment).value());
            }
            assertClose(computing.bound, figures, "chi", alignment.chi());
        }
    }

    static void assertClose(double bound, Npz figures, String name, double... found) throws IOException {
        double[] expected = figures.read(name).values().toArray();
        assertEquals(expected.length, found.length, name);
        double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        for (int i = 0; i < found.length; i++) {
            double error = Math.abs(found[i] - expected[i]);
            if (!(error <= bound * largest)) {
                fail(name + "[" + i + "] is " + found[i] + ", expected " + expected[i]);
            }
        }
    }

    /// What an exporter wrote out is one activation again, which is cheaper and more accurate than its parts.
    @ParameterizedTest
    @CsvSource({
        "fcn-gelu--script-13-f32.onnx, GELU", "fcn-gelu--script-13-f64.onnx, GELU", "fcn-gelu--dynamo-18-f32.onnx, GELU",
        "fcn-gelu--dynamo-18-f64-raw.onnx, GELU", "fcn-gelu--script-20-f32.onnx, GELU", "fcn-gelu-tanh--script-13-f32.onnx, GELU_TANH",
        "fcn-gelu-tanh--script-14-f64.onnx, GELU_TANH", "fcn-gelu-tanh--dynamo-18-f32.onnx, GELU_TANH",
        "fcn-gelu-tanh--dynamo-18-f64-raw.onnx, GELU_TANH",
        "fcn-gelu-tanh--dynamo-22-f32.onnx, GELU_TANH"})
    void writtenOutActivationsAreRecognised(String file, Kind kind) throws IOException {
        Network network = TorchFixtures.network(file);
        assertEquals(List.of("Dense", kind.name(), "Dense", kind.name(), "Dense"), layers(network));
        assertTrue(network.parameters().stream().allMatch(Parameter::trainable));
    }

    @Test
    void aDiagonalNetworkIsOneProductAndTheSumADenseLayer() throws IOException {
        assertEquals(List.of("SQUARE", "SQUARE", "Sum", "Reshape", "Dense"),
                layers(TorchFixtures.network("diagonal--script-13-f32-raw-product.onnx")));
    }

    @Test
    void softplusAndSiluOfTheNewerExporterAreSingleLayers() throws IOException {
        Network network = TorchFixtures.network("fcn-mixed--dynamo-20-f64.onnx");
        Set<String> kinds = new TreeSet<>(layers(network));
        assertEquals(Set.of("Dense", "ELU", "LEAKY_RELU", "SIGMOID", "SILU", "SOFTPLUS"), kinds);
        double slope = network.nodes().stream()
                .filter(node -> node.layer() instanceof Activate activate && activate.function().kind() == Kind.LEAKY_RELU)
                .mapToDouble(node -> ((Activate) node.layer()).function().parameter())
                .findFirst()
                .orElseThrow();
        assertEquals(0.01, slope);
    }

    private static List<String> layers(Network network) {
        return network.nodes().stream().map(node -> node.layer().name()).toList();
    }

    @Test
    void aBufferIsFrozenWhereTheExporterSaysSo() throws IOException {
        Network network = OnnxImport.read(TorchFixtures.path("random-features--dynamo-20-f64-buffer.onnx"), Set.of());
        assertEquals(List.of("a true", "w false"), network.parameters().stream().map(p -> p.name() + " " + p.trainable()).sorted().toList());
        Network unnamed = OnnxImport.read(TorchFixtures.path("random-features--script-13-f64.onnx"), Set.of());
        assertTrue(unnamed.parameters().stream().allMatch(Parameter::trainable), "an older file does not tell");
    }
}
