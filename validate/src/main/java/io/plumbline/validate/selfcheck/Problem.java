package io.plumbline.validate.selfcheck;

import io.plumbline.data.Dataset;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import java.util.Arrays;
import java.util.Random;

/// A small network and examples for it.
///
/// @param precision in which examples, θ and directions are exact: what a device and the reference read is the same
record Problem(String name, Network network, int examples, Precision precision) {
    private static final long SEED = 20221019;

    /// In double.
    Problem(String name, Network network, int examples) {
        this(name, network, examples, Precision.F64);
    }

    /// The same for a device of this precision.
    Problem in(Precision precision) {
        return new Problem(name, network, examples, precision);
    }

    /// `count` examples: x and y normal.
    Dataset dataset(int count) {
        var random = new Random(SEED);
        return Dataset.copyOf(name, normal(random, count, network.input().size()), normal(random, count, network.outputs()));
    }

    /// θ: the network's own, rounded. What begins at 0 (biases, the last layers of residual branches) is normal with deviation 1/4, so that nothing else is 0 for it.
    HostBuffer theta() {
        var random = new Random(SEED + 2);
        return HostBuffer.of(Arrays.stream(network.initialTheta().toArray())
                .map(entry -> Matrices.round(entry == 0 ? random.nextGaussian() / 4 : entry, precision)).toArray());
    }

    /// A direction in θ's space.
    HostBuffer direction(long seed) {
        return HostBuffer.of(normal(new Random(seed), 1, Math.toIntExact(network.parameterCount()))[0]);
    }

    /// A cotangent of the outputs.
    double[] cotangent() {
        return normal(new Random(SEED + 1), 1, examples * network.outputs())[0];
    }

    /// n, K, p.
    String sizes() {
        return "n = " + examples + ", K = " + network.outputs() + ", p = " + network.parameterCount();
    }

    private double[][] normal(Random random, int rows, int columns) {
        double[][] values = new double[rows][columns];
        for (double[] row : values) {
            Arrays.setAll(row, i -> Matrices.round(random.nextGaussian(), precision));
        }
        return values;
    }
}
