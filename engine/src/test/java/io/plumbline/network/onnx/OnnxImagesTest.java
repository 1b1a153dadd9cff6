package io.plumbline.network.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.plumbline.alignment.Alignment;
import io.plumbline.alignment.Figure;
import io.plumbline.data.Npz;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Network;
import io.plumbline.network.Parameter;
import io.plumbline.network.onnx.OnnxImportTest.Computing;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Networks of images as both of PyTorch's exporters write them, against what PyTorch computes for them in double: CNNs, VGG-11, Fixup ResNet-20, a ResNet
/// with batch normalisation, depthwise convolutions, poolings, normalisations. Nothing is named as frozen.
class OnnxImagesTest {
    /// The reference's plain loops take minutes for the Gram matrix of more parameters.
    private static final int MOST_PARAMETERS_OF_REFERENCE = 30_000;

    /// The error allowed relative to an array's largest entry. Either side is a chain of up to 20 layers, each of sums of at most 1,000 products over taps,
    /// channels or positions: 20 · 1000 · 2⁻⁵³ ≈ 2e-12 of the sum of the terms' sizes, which cancellation in these networks makes exceed the result by less
    /// than 50-fold. With f32's 2⁻²⁴ roundings count as independent: √(20·1000) · 2⁻²⁴ · 50 ≈ 4e-4, and 2e-3 is what is promised. The data are such that
    /// rounding to f32 decides no ReLU and no maximum. A term left out is of order 1e-2.
    private static double bound(Computing computing) {
        return switch (computing) {
            case REFERENCE, CPU_F64 -> 1e-10;
            case CPU_F32 -> 2e-3;
        };
    }

    private static final Map<String, Function<Alignment, Figure>> FIGURES = Map.ofEntries(
            Map.entry("loss", Alignment::loss), Map.entry("gradientNorm", Alignment::gradientNorm), Map.entry("alpha", Alignment::alpha),
            Map.entry("beta", Alignment::beta), Map.entry("mu", Alignment::mu), Map.entry("mu1", Alignment::mu1), Map.entry("mu2", Alignment::mu2),
            Map.entry("gamma", Alignment::gamma), Map.entry("gammaLambda", Alignment::gammaLambda), Map.entry("fisherTrace", Alignment::fisherTrace),
            Map.entry("fisherFrobenius", Alignment::fisherFrobenius), Map.entry("noiseTrace", Alignment::noiseTrace),
            Map.entry("noiseFrobenius", Alignment::noiseFrobenius), Map.entry("noiseTraceWithFisher", Alignment::noiseTraceWithFisher));

    static Stream<String> files() {
        return TorchFixtures.imageFiles();
    }

    static Stream<Arguments> filesOnEachBackend() {
        return files().flatMap(file -> Stream.of(Computing.values()).map(computing -> Arguments.of(file, computing)));
    }

    private static Network network(String file) throws IOException {
        return OnnxImport.read(TorchFixtures.path(file), Set.of());
    }

    @ParameterizedTest
    @MethodSource("files")
    void parametersAreTheInitialisersInTheirOrder(String file) throws IOException {
        Network network = network(file);
        List<String> expected = TorchFixtures.parameters(file).stream().filter(TorchFixtures.Row::trainable)
                .map(row -> row.name() + " " + row.shape()).toList();
        List<String> found = network.parameters().stream().filter(Parameter::trainable)
                .map(p -> p.name() + " " + OnnxImportTest.text(p.shape())).toList();
        assertEquals(expected, found);
    }

    @ParameterizedTest
    @MethodSource("filesOnEachBackend")
    void derivativesAndFiguresAgreeWithPyTorch(String file, Computing computing) throws IOException {
        Network network = network(file);
        int p = (int) network.parameterCount();
        double bound = bound(computing);
        try (Npz figures = TorchFixtures.figures(file);
                var data = TorchFixtures.dataset(figures);
                var backend = computing.open();
                var surface = LossSurface.of(network, data, backend);
                var point = surface.at(network.initialTheta());
                var v = HostBuffer.of(direction(p, 1))) {
            double[] u = direction(data.examples() * network.outputs(), 1_000_001);
            assertSums(bound, figures, "theta", network.initialTheta().toArray());
            OnnxImportTest.assertClose(bound, figures, "outputs", point.predictions());
            OnnxImportTest.assertClose(bound, figures, "jacobianV", point.jacobianVector(v));
            assertLong(bound, figures, "gradient", point.gradient().toArray());
            assertLong(bound, figures, "jacobianTransposeU", point.vectorJacobian(u).toArray());
            assertLong(bound, figures, "hessianV", point.hessianVector(v).toArray());
            assertLong(bound, figures, "gaussNewtonV", point.gaussNewtonVector(v).toArray());
            assertLong(bound, figures, "noiseCovarianceV", point.noiseCovarianceVector(v).toArray());
            if (computing == Computing.REFERENCE && p > MOST_PARAMETERS_OF_REFERENCE) {
                return;
            }
            OnnxImportTest.assertClose(bound, figures, "gram", point.gram(Progress.NONE).toArray());
            Alignment alignment = Alignment.of(point);
            for (var figure : FIGURES.entrySet()) {
                OnnxImportTest.assertClose(bound, figures, figure.getKey(), figure.getValue().apply(alignment).value());
            }
            OnnxImportTest.assertClose(bound, figures, "chi", alignment.chi());
        }
    }

    /// w(start), w(start + 1), … with w(i) = ((i · 2654435761) mod 2³²)/2³¹ − 1.
    private static double[] direction(int count, long start) {
        return IntStream.range(0, count).mapToDouble(i -> ((start + i) * 2654435761L & 0xffffffffL) / 0x1p31 - 1).toArray();
    }

    /// Norm, product with v and sum of a vector of length p: of the last two an error of `bound`·‖·‖·√p is `bound` of what their terms can add up to.
    private static void assertSums(double bound, Npz figures, String name, double[] found) throws IOException {
        double[] expected = figures.read(name + "Sums").values().toArray();
        double[] v = direction(found.length, 1);
        double norm = Math.sqrt(Arrays.stream(found).map(x -> x * x).sum());
        double product = IntStream.range(0, v.length).mapToDouble(i -> found[i] * v[i]).sum();
        double most = bound * expected[0] * Math.sqrt(found.length);
        assertTrue(Math.abs(norm - expected[0]) <= bound * expected[0], () -> "norm of " + name + " is " + norm + ", expected " + expected[0]);
        assertTrue(Math.abs(product - expected[1]) <= most, () -> name + " · v is " + product + ", expected " + expected[1]);
        assertTrue(Math.abs(Arrays.stream(found).sum() - expected[2]) <= most, () -> "sum of " + name + ", expected " + expected[2]);
    }

    /// The sums, and every stride-th entry.
    private static void assertLong(double bound, Npz figures, String name, double[] found) throws IOException {
        assertSums(bound, figures, name, found);
        double[] expected = figures.read(name).values().toArray();
        int stride = (int) figures.read("stride").values().get(0);
        assertEquals(Math.ceilDiv(found.length, stride), expected.length, name);
        double largest = Arrays.stream(found).map(Math::abs).max().orElseThrow();
        for (int i = 0; i < expected.length; i++) {
            double error = Math.abs(found[i * stride] - expected[i]);
            if (!(error <= bound * largest)) {
                fail(name + "[" + i * stride + "] is " + found[i * stride] + ", expected " + expected[i]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"images/fixup-resnet20--script-13-f32-raw.onnx", "images/fixup-resnet20--dynamo-20-f32.onnx"})
    void zerosJoinedToAShortcutArePadding(String file) throws IOException {
        List<String> layers = network(file).nodes().stream().map(node -> node.layer().name()).toList();
        assertEquals(2, layers.stream().filter("Pad"::equals).count());
        assertFalse(layers.contains("Concat"));
    }

    /// An exporter merges initialisers of equal values: γ = 1 and the running variance 1 may be one.
    @Test
    void statisticsAreConstantsWhicheverInitialiserHoldsThem() throws IOException {
        ModelWriter model = ModelWriter.of(ModelWriter.OPEN, 2, 3).weight("ones", 2).weight("zeros", 2)
                .node("BatchNormalization", "f", "x", "ones", "zeros", "zeros", "ones");
        Network network = OnnxImport.read(OnnxFile.of("merged", null, model.bytes()), Set.of());
        assertEquals(List.of("ones true", "ones#2 false", "zeros true", "zeros#2 false", "f false"),
                network.parameters().stream().map(p -> p.name() + " " + p.trainable()).toList());
        assertEquals(4, network.parameterCount());
    }
}
