package io.plumbline.network;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Sum;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// The built-in networks, by name:
///
/// | name | f(x; θ) | θ in order |
/// |---|---|---|
/// | `fcn:d-h₁-…-K[:activation]` | W_L φ(… φ(W₁ x + b₁) …) + b_L | `1.weight` (h₁,d), `1.bias` (h₁), `2.weight`, … |
/// | `linear:d-h₁-…-K` | W_L ⋯ W₁ x | `1.weight` (h₁,d), `2.weight`, … |
/// | `diagonal:d` | ⟨u∘u − v∘v, x⟩ (Woodworth et al. 2020, arXiv 2002.09277) | `u` (d), `v` (d) |
/// | `rfm:d-m[-K][:activation]` | a φ(W x), W frozen, its rows uniform on the sphere of radius √d | `a` (K,m) |
///
/// Activations: `relu` (default), `leaky-relu`, `tanh`, `sigmoid`, `softplus`, `gelu`, `gelu-tanh`, `silu`, `elu`, `identity`, `square`.
/// Weights of `fcn` and `linear` are drawn by an [Initialization], biases are 0. Diagonal and random-feature networks have laws of
/// their own, of which an initialisation's scale multiplies the standard deviation: u and v are independent normal of variance 1/d, `a` of variance 1/m.
public final class Architectures {
    private static final double LEAKY_SLOPE = 0.01;
    private static final int LARGEST_WIDTH = 1 << 24;
    private static final String GRAMMAR = "expected an ONNX file, or fcn:784-256-1[:relu], linear:50-50-1, diagonal:50 or rfm:10-1000[-1][:relu]";

    private static final Map<String, Activation> ACTIVATIONS = activations();

    private Architectures() {}

    private static Map<String, Activation> activations() {
        var all = new LinkedHashMap<String, Activation>();
        for (Kind kind : Kind.values()) {
            String name = kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
            switch (kind) {
                case LEAKY_RELU -> all.put(name, new Activation(kind, LEAKY_SLOPE));
                case ELU -> all.put(name, new Activation(kind, 1));
                case CLIP -> all.put("relu6", new Activation(kind, 6));
                // Parts of other functions, not defined for all numbers or growing beyond them.
                case SQRT, RECIPROCAL, EXP, LOG -> {}
                default -> all.put(name, Activation.of(kind));
            }
        }
        return all;
    }

    /// Whether `text` begins like a built-in network rather than a file's name.
    public static boolean isBuiltIn(String text) {
        return List.of("fcn:", "linear:", "diagonal:", "rfm:").stream().anyMatch(text::startsWith);
    }

    /// The network that `text` names.
    ///
    /// @param seed of the initialisation: the same seed gives the same θ on every machine
    /// @throws IllegalArgumentException if the text does not follow the grammar: names the part
    public static Network parse(String text, Initialization initialization, long seed) {
        String[] parts = text.split(":", -1);
        int[] widths = widths(text, parts.length > 1 ? parts[1] : "");
        boolean activated = parts[0].equals("fcn") || parts[0].equals("rfm");
        if (parts.length > (activated ? 3 : 2)) {
            throw new IllegalArgumentException("model " + text + ": too many parts, " + GRAMMAR);
        }
        Activation function = parts.length > 2 ? activation(text, parts[2]) : Activation.of(Kind.RELU);
        return switch (parts[0]) {
            case "fcn" -> {
                require(widths.length >= 2, text, "at least two widths");
                yield dense(text, widths, true, function, initialization, seed);
            }
            case "linear" -> {
                require(widths.length >= 2, text, "at least two widths");
                yield dense(text, widths, false, Activation.of(Kind.IDENTITY), initialization, seed);
            }
            case "diagonal" -> {
                require(widths.length == 1, text, "one width");
                yield diagonal(text, widths[0], initialization, seed);
            }
            case "rfm" -> {
                require(widths.length == 2 || widths.length == 3, text, "two or three widths");
                yield randomFeatures(text, widths[0], widths[1], widths.length == 3 ? widths[2] : 1, function, initialization, seed);
            }
            default -> throw new IllegalArgumentException("model " + text + ": no such built-in network, " + GRAMMAR);
        };
    }

    private static void require(boolean holds, String text, String expected) {
        if (!holds) {
            throw new IllegalArgumentException("model " + text + ": expected " + expected + "; " + GRAMMAR);
        }
    }

    private static int[] widths(String text, String part) {
        try {
            int[] widths = Arrays.stream(part.split("-", -1)).mapToInt(Integer::parseInt).toArray();
            for (int width : widths) {
                require(width >= 1 && width <= LARGEST_WIDTH, text, "widths from 1 to " + LARGEST_WIDTH);
            }
            return widths;
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("model " + text + ": widths are \"" + part + "\", expected whole numbers joined by '-'; " + GRAMMAR,
                    e);
        }
    }

    private static Activation activation(String text, String name) {
        Activation function = ACTIVATIONS.get(name);
        if (function == null) {
            throw new IllegalArgumentException(
                    "model " + text + ": activation is " + name + ", expected one of " + String.join(", ", ACTIVATIONS.keySet()));
        }
        return function;
    }

    private static Network dense(String name, int[] widths, boolean bias, Activation function, Initialization initialization, long seed) {
        var builder = Network.builder(name, Shape.of(widths[0]));
        var weights = new ArrayList<Value>();
        var biases = new ArrayList<Value>();
        for (int l = 1; l < widths.length; l++) {
            Shape shape = Shape.of(widths[l], widths[l - 1]);
            double deviation = initialization.standardDeviation(widths[l - 1], widths[l]);
            weights.add(builder.parameter(l + ".weight", shape, true, Initialization.normal(seed, l + ".weight", shape.size(), deviation)));
            if (bias) {
                biases.add(builder.parameter(l + ".bias", Shape.of(widths[l]), true, zeros(widths[l])));
            }
        }
        Value x = builder.input();
        for (int l = 1; l < widths.length; l++) {
            Value w = weights.get(l - 1);
            x = bias ? builder.apply(l + "", new Dense(true), x, w, biases.get(l - 1)) : builder.apply(l + "", new Dense(true), x, w);
            if (l < widths.length - 1 && function.kind() != Kind.IDENTITY) {
                x = builder.apply(l + "." + function.kind().name().toLowerCase(Locale.ROOT), new Activate(function), x);
            }
        }
        return builder.build(x);
    }

    private static Network diagonal(String name, int d, Initialization initialization, long seed) {
        var builder = Network.builder(name, Shape.of(d));
        double deviation = initialization.scale() / Math.sqrt(d);
        Value u = builder.parameter("u", Shape.of(d, 1), true, Initialization.normal(seed, "u", d, deviation));
        Value v = builder.parameter("v", Shape.of(d, 1), true, Initialization.normal(seed, "v", d, deviation));
        Value w = builder.apply("u²-v²", new Sum(1, -1), builder.apply("u²", new Multiply(), u, u), builder.apply("v²", new Multiply(), v, v));
        return builder.build(builder.apply("f", new Dense(false), builder.input(), w));
    }

    private static Network randomFeatures(
            String name, int d, int m, int outputs, Activation function, Initialization initialization, long seed) {
        var builder = Network.builder(name, Shape.of(d));
        Shape shape = Shape.of(m, d);
        HostBuffer w = Initialization.normal(seed, "features", shape.size(), 1);
        for (long row = 0; row < m; row++) {
            double squared = 0;
            for (long i = row * d; i < (row + 1) * d; i++) {
                squared += w.get(i) * w.get(i);
            }
            for (long i = row * d; i < (row + 1) * d; i++) {
                w.set(i, w.get(i) * Math.sqrt(d / squared));
            }
        }
        Value features = builder.parameter("features", shape, false, w);
        double deviation = initialization.scale() / Math.sqrt(m);
        Value a = builder.parameter("a", Shape.of(outputs, m), true, Initialization.normal(seed, "a", (long) outputs * m, deviation));
        Value h = builder.apply("φ", new Activate(function), builder.apply("features", new Dense(true), builder.input(), features));
        return builder.build(builder.apply("f", new Dense(true), h, a));
    }

    private static HostBuffer zeros(int count) {
        HostBuffer zeros = HostBuffer.collected(Precision.F64, count);
        zeros.segment().fill((byte) 0);
        return zeros;
    }
}
