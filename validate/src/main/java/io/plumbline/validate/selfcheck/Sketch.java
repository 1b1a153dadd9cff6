package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Convolve;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Kernel;
import io.plumbline.layer.Layer;
import io.plumbline.layer.Reshape;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Network;
import io.plumbline.network.Network.Value;
import java.util.Arrays;
import java.util.Random;

/// A network being drawn: parameters are random, of a size that keeps values near 1, and nodes are numbered.
final class Sketch {
    private static final long SEED = 3;

    private final Network.Builder builder;
    private final Random random = new Random(SEED);
    private int nodes;

    /// A network whose examples have these dimensions.
    Sketch(int... input) {
        builder = Network.builder("selfcheck", Shape.of(input));
    }

    Value input() {
        return builder.input();
    }

    Value trainable(String name, int... dimensions) {
        return parameter(name, true, dimensions);
    }

    Value frozen(String name, int... dimensions) {
        return parameter(name, false, dimensions);
    }

    /// The same number everywhere, frozen.
    Value constant(String name, double value) {
        return builder.parameter(name, Shape.of(), false, HostBuffer.of(value));
    }

    private Value parameter(String name, boolean trainable, int... dimensions) {
        Shape shape = Shape.of(dimensions);
        double fan = dimensions.length < 2 ? 2 : Math.max(dimensions[0], shape.size() / dimensions[0]);
        double[] values = new double[shape.size()];
        Arrays.setAll(values, i -> (4 * random.nextDouble() - 2) / Math.sqrt(fan));
        return builder.parameter(name, shape, trainable, HostBuffer.of(values));
    }

    Value apply(Layer layer, Value... operands) {
        return builder.apply(++nodes + "." + layer.name(), layer, operands);
    }

    Value activate(Kind kind, Value x) {
        return activate(Activation.of(kind), x);
    }

    Value activate(Activation f, Value x) {
        return apply(new Activate(f), x);
    }

    /// x Wᵀ + b, b or none.
    Value dense(Value... operands) {
        return apply(new Dense(true), operands);
    }

    /// A square kernel next to each other, the same padding on all sides.
    Value convolve(int size, int stride, int padding, Value... operands) {
        return apply(new Convolve(Kernel.square(size, stride, padding), 1), operands);
    }

    Value reshape(Value x, int... dimensions) {
        return apply(new Reshape(Shape.of(dimensions)), x);
    }

    Value flatten(Value x) {
        return reshape(x, builder.operand(x).width());
    }

    Network build(Value output) {
        return builder.build(output);
    }
}
