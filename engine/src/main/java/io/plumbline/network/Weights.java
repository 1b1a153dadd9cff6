package io.plumbline.network;

import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network.Value;

/// Declares the trainable parameters of a built-in network, each to be drawn from the stream that its name says.
final class Weights {
    private final String network;
    private final Network.Builder builder;
    private final Initialization law;
    private final long seed;

    Weights(String network, Network.Builder builder, Initialization law, long seed) {
        this.network = network;
        this.builder = builder;
        this.law = law;
        this.seed = seed;
    }

    /// A weight (d_out, d_in) or (O, C, k, l), drawn by the law.
    Value weight(String name, int... extents) {
        return weight(name, 1, extents);
    }

    /// A weight whose standard deviation is `factor` times the law's.
    Value weight(String name, double factor, int... extents) {
        return normal(name, factor * law.standardDeviation(extents), extents);
    }

    Value normal(String name, double deviation, int... extents) {
        Shape shape = shape(name, extents);
        return builder.parameter(name, shape, true, () -> Initialization.normal(seed, name, shape.size(), deviation));
    }

    Value constant(String name, double value, int... extents) {
        Shape shape = shape(name, extents);
        return builder.parameter(name, shape, true, () -> {
            HostBuffer values = HostBuffer.collected(Precision.F64, shape.size());
            for (long i = 0; i < values.length(); i++) {
                values.set(i, value);
            }
            return values;
        });
    }

    private Shape shape(String name, int... extents) {
        try {
            return Shape.of(extents);
        } catch (IllegalArgumentException tooLarge) {
            throw new IllegalArgumentException("model " + network + ": parameter " + name + ": " + tooLarge.getMessage(), tooLarge);
        }
    }
}
