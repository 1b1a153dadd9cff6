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
        Network features = parse("rfm:10-1000");
        assertEquals(1000, features.parameterCount());
        assertFalse(features.parameters().getFirst().trainable());
        assertEquals(10_000, features.frozenValues().length());
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
        assertOutput("linear:3-1", new double[] {1, 2, 3}, x, x[0] + 2 * x[1] + 3 * x[2]);
        double[] w = parse("rfm:3-2:relu").frozenValues().toArray();
        double first = Math.max(0, w[0] * x[0] + w[1] * x[1] + w[2] * x[2]);
        double second = Math.max(0, w[3] * x[0] + w[4] * x[1] + w[5] * x[2]);
        assertOutput("rfm:3-2:relu", new double[] {2, -1}, x, 2 * first - second);
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
    @CsvSource({"he, 0.01", "lecun, 0.005", "glorot, 0.004", "lecun:2, 0.02"})
    void drawsByTheLaw(String law, double variance) {
        Network network = Architectures.parse("linear:200-300", Initialization.parse(law), 3);
        double meanSquare = Arrays.stream(network.initialTheta().toArray()).map(w -> w * w).average().orElseThrow();
        assertTrue(Math.abs(meanSquare / variance - 1) <= 4 * Math.sqrt(2.0 / 60_000), "mean square " + meanSquare);
    }

    @Test
    void seedsAreReproducible() {
        double[] theta = parse("fcn:5-4-1").initialTheta().toArray();
        assertArrayEquals(theta, parse("fcn:5-4-1").initialTheta().toArray());
        double[] other = Architectures.parse("fcn:5-4-1", Initialization.DEFAULT, 8).initialTheta().toArray();
        assertFalse(Arrays.equals(theta, other));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fcn:5", "fcn:5-0-1", "fcn:5--1", "fcn:5-x-1", "fcn:5-4-1:relo", "fcn:5-4-1:relu:relu", "linear:5-4:relu", "diagonal:5-4",
        "rfm:5", "vgg:3", "fcn", "fcn:99999999999-1"})
    void refusesWhatIsNotInTheGrammar(String text) {
        String message = assertThrows(IllegalArgumentException.class, () -> parse(text)).getMessage();
        assertTrue(message.startsWith("model " + text + ":"), message);
        assertEquals(1, message.lines().count());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "xavier", "he:", "he:-1", "he:0", "he:nan", "he:1:2"})
    void refusesOtherInitialisations(String text) {
        assertThrows(IllegalArgumentException.class, () -> Initialization.parse(text));
    }
}
