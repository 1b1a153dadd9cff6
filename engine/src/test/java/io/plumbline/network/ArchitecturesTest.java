package io.plumbline.network;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.memory.HostBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ArchitecturesTest {
    private static Network parse(String text) {
        return Architectures.parse(text, Initialization.DEFAULT, 7);
    }

    @Test
    void laysOutThetaAsDocumented() {
        List<Parameter> parameters = parse("fcn:5-4-3:tanh").parameters();
        assertEquals(List.of("1.weight", "1.bias", "2.weight", "2.bias"), parameters.stream().map(Parameter::name).toList());
        assertEquals(List.of(0L, 20L, 24L, 36L), parameters.stream().map(Parameter::offset).toList());
        assertEquals(39, parse("fcn:5-4-3:tanh").parameterCount());
        assertEquals(784 * 500 + 500 + 500 * 500 + 500 + 500 + 1, parse("fcn:784-500-500-1:relu").parameterCount());
        assertEquals(50 * 50 + 50, parse("linear:50-50-1").parameterCount());
        assertEquals(100, parse("diagonal:50").parameterCount());
        assertEquals(100, parse("diagonal:50:4").parameterCount());
        Network features = parse("rfm:10-1000");
        assertEquals(1000, features.parameterCount());
        assertFalse(features.parameters().getFirst().trainable());
        assertEquals(10_000, features.frozenValues().length());
    }

    /// p of PyTorch's models of the same definition, as `make_architecture_fixtures.py` prints it. By hand: a convolution of C channels to O has 9CO + O,
    /// so cnn has 448 + 4,640 + 18,496 and 65 for its dense layer; vgg11 has 1,792 + 73,856 + 295,168 + 590,080 + 1,180,160 + 3 · 2,359,808 and 513. A
    /// residual network with n blocks a stage has convolutions 432 + 2n · 2,304 + (4,608 + (2n − 1) · 9,216) + (18,432 + (2n − 1) · 36,864), 15n + 2 single
    /// numbers and 65.
    @ParameterizedTest
    @CsvSource({"cnn:3x32x32-16-32-64-1, 23649", "vgg11, 9220993",
        "'vgg11:width=0.125,outputs=10', 145210", "vgg13:width=0.25, 588817",
        "vgg16:width=0.25, 920913", "vgg19:width=0.25, 1253009", "resnet20, 267808", "resnet32, 461374", "resnet44, 654940", "resnet56, 848506",
        "resnet110, 1719553", "resnet110:outputs=10, 1720138"})
    void hasAsManyParametersAsPyTorchsModel(String text, long expected) {
        assertEquals(expected, parse(text).parameterCount());
    }

    /// f written out by hand at θ, in double; 20 products of numbers of order 1, so 100 roundings are enough.
    @Test
    void computesWhatItSays() {
        double[] x = {0.3, -1.2, 0.7};
        double[] theta = {0.5, -0.25, 2, 1, 0.125, -0.5, 0.1, -0.2, 1.5, -0.75, 0.3};
        double a = Math.tanh(0.5 * x[0] - 0.25 * x[1] + 2 * x[2] + 0.1);
        double b = Math.tanh(1 * x[0] + 0.125 * x[1] - 0.5 * x[2] - 0.2);
        assertOutput("fcn:3-2-1:tanh", theta, x, 1.5 * a - 0.75 * b + 0.3);
        assertOutput("diagonal:3", new double[] {1, 2, 3, 0.5, -1, 2}, x, 0.75 * x[0] + 3 * x[1] + 5 * x[2]);
        assertOutput("diagonal:3:1", new double[] {1, 2, 3, 0.5, -1, 2}, x, 0.5 * x[0] + 3 * x[1] + x[2]);
        assertOutput("diagonal:3:3", new double[] {1, 2, 3, 0.5, -1, 2}, x, 0.875 * x[0] + 9 * x[1] + 19 * x[2]);
        assertOutput("linear:3-1", new double[] {1, 2, 3}, x, x[0] + 2 * x[1] + 3 * x[2]);
        double[] w = parse("rfm:3-2:relu").frozenValues().toArray();
        double first = Math.max(0, w[0] * x[0] + w[1] * x[1] + w[2] * x[2]);
        double second = Math.max(0, w[3] * x[0] + w[4] * x[1] + w[5] * x[2]);
        assertOutput("rfm:3-2:relu", new double[] {2, -1}, x, 2 * first - second);
        first = Math.tanh(w[0] * x[0] + w[1] * x[1] + w[2] * x[2]);
        second = Math.tanh(w[3] * x[0] + w[4] * x[1] + w[5] * x[2]);
        assertOutput("rfm:3-2:tanh", new double[] {2, -1}, x, 2 * first - second);
        assertEquals(3, w[0] * w[0] + w[1] * w[1] + w[2] * w[2], 100 * 0x1p-53);
    }

    private static void assertOutput(String model, double[] theta, double[] x, double expected) {
        try (var data = Dataset.copyOf("x", new double[][] {x}, new double[][] {{0}});
                var surface = LossSurface.of(parse(model), data, new ReferenceBackend());
                var buffer = HostBuffer.of(theta);
                var point = surface.at(buffer)) {
            assertEquals(expected, point.predictions()[0], 100 * 0x1p-53);
        }
    }

    /// 60,000 normal weights: their mean square is within 4 standard errors (√(2/60000) relative each) of the law's variance.
    @ParameterizedTest
    @CsvSource({"he, 0.01", "lecun, 0.005", "glorot, 0.004", "lecun:2, 0.02", "default:0.5, 0.0025"})
    void drawsByTheLaw(String law, double variance) {
        Network network = Architectures.parse("linear:200-300", Initialization.parse(law), 3);
        assertVariance(variance, network, "1.weight");
    }

    /// A convolution of 100 channels to 60 has fan_in 900 and fan_out 540; a dense layer behind 60 averages has fan_in 60 and fan_out 70.
    @ParameterizedTest
    @CsvSource({"he, 2, 0", "he:0.1, 0.02, 0", "he:10, 200, 0", "lecun, 1, 0", "glorot, 2, 1"})
    void drawsConvolutionsByTheLaw(String law, double numerator, double outWeight) {
        Network network = Architectures.parse("cnn:3x4x4-100-60-70", Initialization.parse(law), 3);
        assertVariance(numerator / (27 + outWeight * 900), network, "1.weight");
        assertVariance(numerator / (900 + outWeight * 540), network, "2.weight");
        assertVariance(numerator / (60 + outWeight * 70), network, "3.weight");
        assertConstant(0, network, "2.bias");
    }

    /// N(0, 2/(9·O)), the first convolution of a block divided by the square root of the number of blocks, 9 in all; everything else is neutral, so f = 0.
    @ParameterizedTest
    @CsvSource({"default, 1", "fixup, 1", "fixup:3, 9"})
    void drawsResidualNetworksByFixup(String law, double squaredScale) {
        Network network = Architectures.parse("resnet20:width=2", Initialization.parse(law), 3);
        assertVariance(squaredScale * 2 / (9 * 32), network, "conv1.weight");
        assertVariance(squaredScale * 2 / (9 * 32) / 9, network, "layer1.0.conv1.weight");
        assertVariance(squaredScale * 2 / (9 * 64) / 9, network, "layer2.0.conv1.weight");
        assertVariance(squaredScale * 2 / (9 * 128) / 9, network, "layer3.2.conv1.weight");
        for (Parameter parameter : network.parameters()) {
            if (!parameter.name().endsWith("conv1.weight")) {
                assertConstant(parameter.name().endsWith("scale") ? 1 : 0, network, parameter.name());
            }
        }
    }

    @Test
    void drawsResidualNetworksByOtherLaws() {
        Network network = Architectures.parse("resnet20:width=2,outputs=70", Initialization.parse("lecun"), 3);
        assertVariance(1.0 / (9 * 3), network, "conv1.weight");
        assertVariance(1.0 / (9 * 32), network, "layer2.0.conv1.weight");
        assertVariance(1.0 / (9 * 64), network, "layer2.0.conv2.weight");
        assertVariance(1.0 / 128, network, "fc.weight");
        assertConstant(1, network, "layer2.0.scale");
        assertConstant(0, network, "layer2.0.bias2b");
    }

    /// Refused before anything is drawn.
    @Test
    void refusesMoreParametersThanFit() {
        String message = assertThrows(IllegalArgumentException.class, () -> parse("vgg19:width=20")).getMessage();
        assertTrue(message.matches("vgg19:width=20: [0-9]+ trainable and 0 frozen entries, at most 2\\^31 - 1 of each fit"), message);
    }

    @Test
    void fixupNeedsResidualBlocks() {
        for (String text : List.of("fcn:5-4-1", "diagonal:5", "rfm:5-4", "cnn:1x2x2-3-1", "vgg11:width=0.01")) {
            String message = assertThrows(IllegalArgumentException.class, () -> Architectures.parse(text, Initialization.parse("fixup"), 1))
                    .getMessage();
            assertEquals("init: fixup, expected lecun, he, glorot or default: " + text + " has no residual blocks", message);
        }
    }

    private static double[] values(Network network, String name) {
        Parameter parameter = network.parameters().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
        return network.initialTheta().slice(parameter.offset(), parameter.count()).toArray();
    }

    /// The mean square of N normal numbers, within 4 standard errors, √(2/N) relative each, of the variance.
    private static void assertVariance(double variance, Network network, String name) {
        double[] w = values(network, name);
        double meanSquare = Arrays.stream(w).map(entry -> entry * entry).average().orElseThrow();
        assertTrue(Math.abs(meanSquare / variance - 1) <= 4 * Math.sqrt(2.0 / w.length), name + ": mean square " + meanSquare);
    }

    private static void assertConstant(double expected, Network network, String name) {
        for (double entry : values(network, name)) {
            assertEquals(expected, entry, name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"fcn:5-4-1", "diagonal:5:3", "rfm:5-4", "cnn:1x2x2-3-4-1", "vgg11:width=0.01", "resnet20:width=0.1"})
    void seedsAreReproducible(String text) {
        double[] theta = parse(text).initialTheta().toArray();
        assertArrayEquals(theta, parse(text).initialTheta().toArray());
        double[] other = Architectures.parse(text, Initialization.DEFAULT, 8).initialTheta().toArray();
        assertFalse(Arrays.equals(theta, other));
    }

    /// A parameter's stream is its name's: what other parameters there are does not matter.
    @Test
    void eachParameterHasItsOwnStream() {
        assertArrayEquals(values(parse("cnn:3x8x8-4-5-1"), "1.weight"), values(parse("cnn:3x8x8-4-6-7-2"), "1.weight"));
    }

    /// The text, and what its error says behind "model TEXT: ".
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "fcn | width 1 is '', expected a whole number from 1 to 16777216; written as fcn:784-256-1[:relu]",
        "fcn:5 | part 2 is '5', expected at least 2 widths joined by '-'; written as fcn:784-256-1[:relu]",
        "fcn:5-0-1 | width 2 is '0', expected a whole number from 1 to 16777216; written as fcn:784-256-1[:relu]",
        "fcn:5--1 | width 2 is '', expected a whole",
        "fcn:5-x-1 | width 2 is 'x', expected a whole",
        "fcn:5-+4-1 | width 2 is '+4', expected a whole",
        "fcn:99999999999-1 | width 1 is '99999999999', expected a whole",
        "fcn:5-4-1:relo | activation is 'relo', expected one of identity, square, relu, leaky-relu, tanh, sigmoid, softplus, gelu, gelu-tanh, silu, ",
        "fcn:5-4-1:relu:relu | part 4 is 'relu', expected at most 3 parts joined by ':'; written as",
        "fcn:16777216-16777216-1 | parameter 1.weight: shape (16777216, 16777216): more than 2^31 - 1 entries",
        "linear:5-4:relu | part 3 is 'relu', expected at most 2 parts joined by ':'; written as linear:50-50-1",
        "diagonal:5-4 | part 2 is '5-4', expected 1 width; written as diagonal:50[:2]",
        "diagonal:5:0 | depth is '0', expected a whole number from 1 to 100; written as diagonal:50[:2]",
        "diagonal:5:relu | depth is 'relu', expected a whole",
        "rfm:5 | part 2 is '5', expected 2 to 3 widths joined by '-'; written as rfm:10-1000[-1][:relu]",
        "rfm:16777216-16777216 | part 2 is '16777216-16777216', expected at most 2^31 - 1 entries of features; written as",
        "cnn:3x32-16-1 | input is '3x32', expected channels, height and width joined by 'x', as in 3x32x32; written as cnn:3x32x32-16-32-64-1[:relu]",
        "cnn:16-1 | input is '16', expected channels",
        "cnn:3x0x32-16-1 | input's height is '0', expected a whole",
        "cnn:99999x99999x9-16-1 | input is '99999x99999x9', expected at most 2147483647 numbers; written as",
        "cnn:3x32x32-1 | what follows the input is '1', expected at least 2 widths joined by '-'; written as",
        "cnn:3x32x32 | what follows the input is '', expected at least 2 widths",
        "cnn:3x32x30-4-5-6-1 | input's width is '30', expected a number that can be halved 2 times, a multiple of 4; written as",
        "cnn:3x7x32-4-5-1 | input's height is '7', expected a number that can be halved once, a multiple of 2; written as",
        "cnn:3x32x32-4-1:relu:2 | part 4 is '2', expected at most 3",
        "vgg:3 | depth is '', expected 11, 13, 16 or 19; written as vgg11[:width=1,outputs=1,input=3x32x32,activation=relu]",
        "vgg12 | depth is '12', expected 11, 13, 16 or 19; written as",
        "vgg11: | option is '', expected width=, outputs=, input=, activation=; written as",
        "vgg11:0.5 | option is '0.5', expected width=",
        "vgg11:widht=1 | option is 'widht=1', expected width=",
        "vgg11:width=1,width=2 | option is 'width=2', expected width once; written as",
        "vgg11:width=0 | width is '0', expected a number above 0 and at most 32768; written as",
        "vgg11:width=NaN | width is 'NaN', expected a number above 0",
        "vgg11:width=half | width is 'half', expected a number above 0",
        "vgg11:outputs=1.5 | outputs is '1.5', expected a whole",
        "vgg11:input=3x48x32 | input's height is '48', expected a number that can be halved 5 times, a multiple of 32; written as",
        "vgg11:input=32x32 | input is '32x32', expected channels",
        "vgg11:activation=relo | activation is 'relo', expected one of",
        "vgg11:width=1:relu | part 3 is 'relu', expected at most 2 parts",
        "resnet18 | depth is '18', expected 20, 32, 44, 56 or 110; written as resnet20[:width=1,outputs=1,input=3x32x32,activation=relu]",
        "resnet20:depth=20 | option is 'depth=20', expected width=",
        "lenet:3 | name is 'lenet', expected an ONNX file or one of fcn:784-256-1[:relu], linear:50-50-1, "})
    void refusesWhatIsNotInTheGrammar(String text, String expected) {
        String message = assertThrows(IllegalArgumentException.class, () -> parse(text)).getMessage();
        assertTrue(message.startsWith("model " + text + ": " + expected), message);
        assertEquals(1, message.lines().count());
    }

    @ParameterizedTest
    @CsvSource({"fcn:5-1, true", "fcn:, true", "linear:x, true", "cnn:, true", "vgg11, true", "vgg12, true", "vgg:, true", "vgg11:width=1, true",
        "resnet20, true", "resnet20:outputs=2, true", "fcn, false", "cnn, false", "vgg, false", "resnet, false", "vgg11.onnx, false",
        "resnet20.onnx, false", "fcn2:5-1, false", "folder/vgg11, false", "VGG11, false", "model.onnx, false", "'', false"})
    void tellsBuiltInsFromFiles(String text, boolean builtIn) {
        assertEquals(builtIn, Architectures.isBuiltIn(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "xavier", "he:", "he:-1", "he:0", "he:nan", "he:1:2", "fixup:"})
    void refusesOtherInitialisations(String text) {
        assertThrows(IllegalArgumentException.class, () -> Initialization.parse(text));
    }
}
