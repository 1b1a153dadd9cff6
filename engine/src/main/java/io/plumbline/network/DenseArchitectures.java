package io.plumbline.network;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Sum;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Network.Value;
import java.util.ArrayList;

/// Built-in networks of vectors: fully connected, linear, diagonal linear, random features.
final class DenseArchitectures {
    private static final int LARGEST_DEPTH = 100;

    private DenseArchitectures() {}

    /// W_L φ(… φ(W₁ x + b₁) …) + b_L.
    static Network fullyConnected(Grammar grammar, Initialization initialization, long seed) {
        grammar.requireParts(3);
        return layers(grammar, true, grammar.activation(2), initialization, seed);
    }

    /// W_L ⋯ W₁ x.
    static Network linear(Grammar grammar, Initialization initialization, long seed) {
        grammar.requireParts(2);
        return layers(grammar, false, Activation.of(Kind.IDENTITY), initialization, seed);
    }

    private static Network layers(Grammar grammar, boolean bias, Activation function, Initialization initialization, long seed) {
        int[] widths = grammar.widths(2, Integer.MAX_VALUE);
        Network.Builder builder = Network.builder(grammar.text(), Shape.of(widths[0]));
        var draw = new Weights(grammar.text(), builder, initialization, seed);
        var weights = new ArrayList<Value>();
        var biases = new ArrayList<Value>();
        for (int l = 1; l < widths.length; l++) {
            weights.add(draw.weight(l + ".weight", widths[l], widths[l - 1]));
            if (bias) {
                biases.add(draw.constant(l + ".bias", 0, widths[l]));
            }
        }
        Value x = builder.input();
        for (int l = 1; l < widths.length; l++) {
            Value w = weights.get(l - 1);
            x = bias ? builder.apply(l + "", new Dense(true), x, w, biases.get(l - 1)) : builder.apply(l + "", new Dense(true), x, w);
            if (l < widths.length - 1 && function.kind() != Kind.IDENTITY) {
                x = builder.apply(l + "." + Grammar.nameOf(function), new Activate(function), x);
            }
        }
        return builder.build(x);
    }

    /// ⟨u^∘L − v^∘L, x⟩. With variance d^(−2/L) the entries of u^∘L are of order 1/d at any depth.
    static Network diagonal(Grammar grammar, Initialization initialization, long seed) {
        grammar.requireParts(3);
        int d = grammar.widths(1, 1)[0];
        int depth = grammar.has(2) ? grammar.whole("depth", grammar.part(2), LARGEST_DEPTH) : 2;
        Network.Builder builder = Network.builder(grammar.text(), Shape.of(d));
        var draw = new Weights(grammar.text(), builder, initialization, seed);
        double deviation = initialization.scale() * Math.pow(d, -1.0 / depth);
        Value u = draw.normal("u", deviation, d, 1);
        Value v = draw.normal("v", deviation, d, 1);
        Value w = builder.apply("difference", new Sum(1, -1), power(builder, "u", u, depth), power(builder, "v", v, depth));
        return builder.build(builder.apply("f", new Dense(false), builder.input(), w));
    }

    private static Value power(Network.Builder builder, String name, Value base, int exponent) {
        Value power = base;
        for (int l = 2; l <= exponent; l++) {
            power = builder.apply(name + "^" + l, new Multiply(), power, base);
        }
        return power;
    }

    /// a φ(W x), W frozen, its rows uniform on the sphere of radius √d.
    static Network randomFeatures(Grammar grammar, Initialization initialization, long seed) {
        grammar.requireParts(3);
        int[] widths = grammar.widths(2, 3);
        int d = widths[0];
        int m = widths[1];
        int outputs = widths.length == 3 ? widths[2] : 1;
        Activation function = grammar.activation(2);
        Network.Builder builder = Network.builder(grammar.text(), Shape.of(d));
        if ((long) m * d > Integer.MAX_VALUE) {
            throw grammar.wrong("part 2", grammar.part(1), "at most 2^31 - 1 entries of features");
        }
        Value features = builder.parameter("features", Shape.of(m, d), false, () -> directions(m, d, seed));
        double deviation = initialization.scale() / Math.sqrt(m);
        Value a = new Weights(grammar.text(), builder, initialization, seed).normal("a", deviation, outputs, m);
        Value h = builder.apply("φ", new Activate(function), builder.apply("features", new Dense(true), builder.input(), features));
        return builder.build(builder.apply("f", new Dense(true), h, a));
    }

    /// m rows, independent and uniform on the sphere of radius √d: normal vectors, scaled.
    private static HostBuffer directions(int m, int d, long seed) {
        HostBuffer w = Initialization.normal(seed, "features", (long) m * d, 1);
        for (long row = 0; row < m; row++) {
            double squared = 0;
            for (long i = row * d; i < (row + 1) * d; i++) {
                squared += w.get(i) * w.get(i);
            }
            for (long i = row * d; i < (row + 1) * d; i++) {
                w.set(i, w.get(i) * Math.sqrt(d / squared));
            }
        }
        return w;
    }
}
