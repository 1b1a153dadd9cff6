package io.plumbline.network.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

/// A network's outputs on examples that a float holds, in double by the reference backend, and how near others must come.
final class ForwardPass {
    /// Bounds are useful while they are far below what a wrong formula changes.
    private static final double WIDEST_F32 = 2e-2;
    private static final double WIDEST_F64 = 1e-10;

    private final Network network;
    private final int examples;
    private final Precision precision;
    private final HostBuffer theta;
    private final double[] x;

    /// @param precision θ is the network's own, rounded to this
    ForwardPass(Network network, int examples, Precision precision) {
        this.network = network;
        this.examples = examples;
        this.precision = precision;
        theta = HostBuffer.collected(precision, network.parameterCount());
        theta.copyFrom(network.initialTheta());
        var random = new Random(network.parameterCount());
        x = IntStream.range(0, examples * network.input().size()).mapToDouble(ignored -> (float) random.nextGaussian()).toArray();
    }

    HostBuffer theta() {
        return theta;
    }

    double[] x() {
        return x;
    }

    /// The shape of x, the axis of the examples first.
    long[] shape() {
        return IntStream.concat(IntStream.of(examples), IntStream.of(network.input().toArray())).asLongStream().toArray();
    }

    double[] outputs() {
        return outputs(network, theta);
    }

    /// The outputs of another network of the same input and outputs.
    double[] outputs(Network other, HostBuffer thetaOfOther) {
        int width = network.input().size();
        double[][] rows = IntStream.range(0, examples).mapToObj(i -> Arrays.copyOfRange(x, i * width, (i + 1) * width)).toArray(double[][]::new);
        try (var data = Dataset.copyOf("x", rows, new double[examples][network.outputs()]);
                var backend = new ReferenceBackend();
                var surface = LossSurface.of(other, data, backend);
                var point = surface.at(thetaOfOther)) {
            return point.predictions();
        }
    }

    /// Requires that `found` is [#outputs()] but for the roundings of a computation in `computed`.
    void assertOutputs(String what, Precision computed, double[] found) {
        double[] expected = outputs();
        double[] bounds = Roundings.bounds(network, theta, x, computed);
        assertEquals(expected.length, found.length, what);
        for (int i = 0; i < found.length; i++) {
            double error = Math.abs(found[i] - expected[i]);
            if (!(error <= bounds[i])) {
                fail(what + ": output " + i + " is " + found[i] + ", expected " + expected[i] + " ± " + bounds[i]);
            }
            double widest = computed == Precision.F32 ? WIDEST_F32 : WIDEST_F64;
            assertTrue(bounds[i] <= widest * (1 + Math.abs(expected[i])), what + ": a bound of " + bounds[i] + " says nothing");
        }
    }

    Precision precision() {
        return precision;
    }
}
