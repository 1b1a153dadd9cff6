package io.plumbline.derivative;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.data.Dataset;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Reduce;
import io.plumbline.layer.Reshape;
import io.plumbline.layer.Scale;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Sum;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Network;
import io.plumbline.network.Network.Value;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/// One table of small networks for every test of derivatives and figures: all layers, K = 1 and K > 1, widths 1, 7, 31 and 33,
/// tied and frozen parameters, expressions of parameters.
public final class Cases {
    private static final long SEED = 20221019;
    private static final Random RANDOM = new Random(SEED);

    private Cases() {}

    /// A network and examples for it.
    public record Case(String name, Network network, int examples) {
        public Dataset dataset() {
            return dataset(examples, 11);
        }

        public Dataset dataset(int count, long seed) {
            var random = new Random(seed);
            return Dataset.copyOf(name, gaussian(random, count, network.input().size()), gaussian(random, count, network.outputs()));
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /// The same networks in every test, whatever other tests have drawn.
    public static Stream<Case> all() {
        RANDOM.setSeed(SEED);
        var cases = new ArrayList<Case>();
        var halfLine = EnumSet.of(Kind.SQRT, Kind.RECIPROCAL, Kind.LOG);
        for (Kind kind : EnumSet.complementOf(halfLine)) {
            cases.add(new Case("fcn 5-7-4-1 " + kind, dense(new Activation(kind, 0.3), 5, 7, 4, 1), 9));
        }
        for (Kind kind : halfLine) {
            cases.add(new Case(kind + " of sums of squares", ofPositive(kind), 7));
        }
        cases.add(new Case("fcn 7-31-33-3 GELU", dense(Activation.of(Kind.GELU), 7, 31, 33, 3), 5));
        cases.add(new Case("fcn 3-5-10 TANH, more examples than a tile", dense(Activation.of(Kind.TANH), 3, 5, 10), 67));
        cases.add(new Case("one number to one number", dense(Activation.of(Kind.SOFTPLUS), 1, 1, 1), 3));
        cases.add(new Case("one example", dense(Activation.of(Kind.SILU), 4, 3, 2), 1));
        cases.add(new Case("deep linear, no bias", deepLinear(6, 5, 4, 2), 8));
        cases.add(new Case("diagonal linear", diagonal(7), 9));
        cases.add(new Case("random features", randomFeatures(4, 13), 9));
        cases.add(new Case("residual, scalar multiplier and biases", residual(), 8));
        cases.add(new Case("one layer twice", tiedDepth(), 8));
        cases.add(new Case("weights and their transpose", autoencoder(), 8));
        cases.add(new Case("products of values, frozen bias", gates(), 8));
        cases.add(new Case("a dense layer at each of 3 positions", positions(), 6));
        cases.add(new Case("totals of an example's values and of parameters", totals(), 8));
        return Stream.of(cases.stream(), ImageCases.all(), ArchitectureCases.all()).flatMap(part -> part);
    }

    private static Network dense(Activation function, int... widths) {
        var b = Network.builder("fcn", Shape.of(widths[0]));
        var parameters = new ArrayList<Value>();
        for (int l = 1; l < widths.length; l++) {
            parameters.add(parameter(b, l + ".weight", true, widths[l], widths[l - 1]));
            parameters.add(parameter(b, l + ".bias", true, widths[l]));
        }
        Value x = b.input();
        for (int l = 1; l < widths.length; l++) {
            x = b.apply("dense" + l, new Dense(true), x, parameters.get(2 * l - 2), parameters.get(2 * l - 1));
            x = l == widths.length - 1 ? x : b.apply("act" + l, new Activate(function), x);
        }
        return b.build(x);
    }

    /// A function of numbers above 1.
    private static Network ofPositive(Kind kind) {
        var b = Network.builder("positive", Shape.of(4));
        Value w = parameter(b, "w", true, 3, 4);
        Value last = parameter(b, "last", true, 2, 3);
        Value one = b.parameter("one", Shape.of(), false, HostBuffer.of(1));
        Value squared = b.apply("square", new Activate(Activation.of(Kind.SQUARE)), b.apply("dense", new Dense(true), b.input(), w));
        Value h = b.apply("function", new Activate(Activation.of(kind)), b.apply("plus one", new Sum(1, 1), squared, one));
        return b.build(b.apply("out", new Dense(true), h, last));
    }

    private static Network deepLinear(int... widths) {
        var b = Network.builder("linear", Shape.of(widths[0]));
        var parameters = new ArrayList<Value>();
        for (int l = 1; l < widths.length; l++) {
            parameters.add(parameter(b, "W" + l, true, widths[l - 1], widths[l]));
        }
        Value x = b.input();
        for (Value w : parameters) {
            x = b.apply("matmul", new Dense(false), x, w);
        }
        return b.build(x);
    }

    private static Network diagonal(int d) {
        var b = Network.builder("diagonal", Shape.of(d));
        Value u = parameter(b, "u", true, d, 1);
        Value v = parameter(b, "v", true, d, 1);
        Value w = b.apply(
                "w", new Sum(1, -1), b.apply("uu", new Multiply(), u, u), b.apply("vv", new Activate(Activation.of(Kind.SQUARE)), v));
        return b.build(b.apply("f", new Dense(false), b.input(), w));
    }

    private static Network randomFeatures(int d, int m) {
        var b = Network.builder("rfm", Shape.of(d));
        Value features = parameter(b, "features", false, m, d);
        Value a = parameter(b, "a", true, 1, m);
        Value h = b.apply("relu", new Activate(Activation.of(Kind.RELU)), b.apply("features", new Dense(true), b.input(), features));
        return b.build(b.apply("f", new Dense(true), h, a));
    }

    private static Network residual() {
        var b = Network.builder("residual", Shape.of(2, 3));
        Value w1 = parameter(b, "w1", true, 6, 6);
        Value w2 = parameter(b, "w2", true, 2, 6);
        Value shift = parameter(b, "shift", true);
        Value scale = parameter(b, "scale", true, 1);
        Value bias = parameter(b, "bias", true, 6);
        Value x = b.apply("flatten", new Reshape(Shape.of(6)), b.input());
        Value h = b.apply("shift", new Sum(1, 1), x, shift);
        h = b.apply("tanh", new Activate(Activation.of(Kind.TANH)), b.apply("dense", new Dense(true), h, w1));
        h = b.apply("scale", new Multiply(), scale, h);
        h = b.apply("residual", new Sum(0.5, 2), b.apply("bias", new Sum(1, 1), h, bias), x);
        return b.build(b.apply("negate", new Scale(-1), b.apply("out", new Dense(true), h, w2)));
    }

    private static Network tiedDepth() {
        var b = Network.builder("tied", Shape.of(5));
        Value w = parameter(b, "w", true, 5, 5);
        Value bias = parameter(b, "b", true, 5);
        Value last = parameter(b, "last", true, 2, 5);
        Value h = b.input();
        for (int l = 0; l < 3; l++) {
            h = b.apply("gelu", new Activate(Activation.of(Kind.GELU_TANH)), b.apply("dense", new Dense(true), h, w, bias));
        }
        return b.build(b.apply("out", new Dense(true), h, last));
    }

    private static Network autoencoder() {
        var b = Network.builder("autoencoder", Shape.of(5));
        Value w = parameter(b, "w", true, 3, 5);
        Value h = b.apply("code", new Activate(Activation.of(Kind.SIGMOID)), b.apply("encode", new Dense(true), b.input(), w));
        return b.build(b.apply("decode", new Dense(false), h, w));
    }

    private static Network gates() {
        var b = Network.builder("gates", Shape.of(4));
        Value w1 = parameter(b, "w1", true, 6, 4);
        Value frozenBias = parameter(b, "b1", false, 6);
        Value w2 = parameter(b, "w2", true, 6, 4);
        Value mask = parameter(b, "mask", true, 6);
        Value last = parameter(b, "last", true, 1, 6);
        Value lastBias = parameter(b, "lastBias", true, 1);
        Value h = b.apply("dense1", new Dense(true), b.input(), w1, frozenBias);
        Value gate = b.apply("sigmoid", new Activate(Activation.of(Kind.SIGMOID)), b.apply("dense2", new Dense(true), b.input(), w2));
        Value gated = b.apply("gate", new Multiply(), b.apply("mask", new Multiply(), h, b.apply("exp", new Scale(0.7), mask)), gate);
        Value squared = b.apply("square", new Multiply(), gated, gated);
        Value out = b.apply("out", new Dense(true), squared, last, lastBias);
        return b.build(b.apply("out times gatesum", new Multiply(), out, b.apply("sum", new Dense(true), gate, last)));
    }

    private static Network positions() {
        var b = Network.builder("positions", Shape.of(3, 4));
        Value w = parameter(b, "w", true, 2, 4);
        Value bias = parameter(b, "b", true, 2);
        Value last = parameter(b, "last", true, 6, 2);
        Value h = b.apply("tanh", new Activate(Activation.of(Kind.TANH)), b.apply("dense", new Dense(true), b.input(), w, bias));
        return b.build(b.apply("out", new Dense(false), b.apply("flatten", new Reshape(Shape.of(6)), h), last));
    }

    private static Network totals() {
        var b = Network.builder("totals", Shape.of(2, 3));
        Value u = parameter(b, "u", true, 6);
        Value last = parameter(b, "last", true, 2, 1);
        Value x = b.apply("flatten", new Reshape(Shape.of(6)), b.input());
        Value h = b.apply("total", new Reduce(List.of(0), false),
                b.apply("tanh", new Activate(Activation.of(Kind.TANH)), b.apply("mask", new Multiply(), x, u)));
        Value size = b.apply("size", new Reduce(List.of(0), false), b.apply("squares", new Activate(Activation.of(Kind.SQUARE)), u));
        return b.build(b.apply("out", new Dense(true), b.apply("product", new Multiply(), h, size), last));
    }

    static Value parameter(Network.Builder b, String name, boolean trainable, int... dimensions) {
        Shape shape = Shape.of(dimensions);
        double scale = 1 / Math.sqrt(dimensions.length >= 2 ? Math.max(dimensions[0], shape.size() / dimensions[0]) : 2);
        double[] values = RANDOM.doubles(shape.size(), -2 * scale, 2 * scale).toArray();
        return b.parameter(name, shape, trainable, HostBuffer.of(values));
    }

    static double[][] gaussian(Random random, int rows, int columns) {
        return Stream.generate(() -> random.doubles(columns).map(ignored -> random.nextGaussian()).toArray())
                .limit(rows)
                .toArray(double[][]::new);
    }

    /// A direction with p entries.
    public static HostBuffer direction(long p, long seed) {
        var random = new Random(seed);
        return HostBuffer.of(random.doubles(p).map(ignored -> random.nextGaussian()).toArray());
    }

    /// The table's networks, for tests that need a list.
    public static List<Case> list() {
        return all().toList();
    }
}
