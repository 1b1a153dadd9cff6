package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Reduce;
import io.plumbline.layer.Scale;
import io.plumbline.layer.Sum;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.network.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// The table of small networks: every layer, every activation, every built-in architecture, tied and frozen parameters, expressions of parameters.
final class Networks {
    private static final double PARAMETER = 0.25;

    private Networks() {}

    static Stream<Problem> all() {
        var problems = new ArrayList<Problem>();
        for (Kind kind : Kind.values()) {
            problems.add(switch (kind) {
                case SQRT, RECIPROCAL, LOG -> new Problem(kind + " of sums of squares", ofPositive(kind), 7);
                default -> new Problem("two layers of " + kind, twoLayers(new Activation(kind, PARAMETER)), 7);
            });
        }
        Stream.of(builtIn("fcn:7-31-33-3:gelu", 5),
                builtIn("fcn:3-5-10:tanh", 5),
                builtIn("fcn:4-3-1:elu", 37),
                builtIn("fcn:1-1-1:softplus", 3),
                builtIn("linear:6-5-4-2", 7),
                builtIn("diagonal:7", 7),
                builtIn("rfm:4-13-2:silu", 7),
                builtIn("cnn:2x4x6-3-5-2:gelu", 4),
                builtIn("vgg11:width=0.02,input=1x32x32,activation=silu", 2),
                builtIn("resnet20:width=0.06,input=2x6x6,activation=silu", 2),
                new Problem("residual, scalar multiplier and biases", residual(), 7),
                new Problem("one layer three times", tied(), 7),
                new Problem("weights and their transpose", autoencoder(), 7),
                new Problem("products of values, frozen bias", gates(), 7),
                new Problem("a dense layer at each of 3 positions", positions(), 5),
                new Problem("totals of values and of parameters", totals(), 7)).forEach(problems::add);
        return Stream.concat(problems.stream(), ImageNetworks.all());
    }

    private static Problem builtIn(String text, int examples) {
        return new Problem(text, Architectures.parse(text, Initialization.DEFAULT, 1), examples);
    }

    private static Network twoLayers(Activation f) {
        var s = new Sketch(5);
        var w1 = s.trainable("w1", 7, 5);
        var b1 = s.trainable("b1", 7);
        var w2 = s.trainable("w2", 4, 7);
        var last = s.trainable("last", 1, 4);
        return s.build(s.dense(s.activate(f, s.dense(s.activate(f, s.dense(s.input(), w1, b1)), w2)), last));
    }

    /// Of numbers above 1.
    private static Network ofPositive(Kind kind) {
        var s = new Sketch(4);
        var w = s.trainable("w", 3, 4);
        var last = s.trainable("last", 2, 3);
        var one = s.constant("one", 1);
        var squares = s.activate(Kind.SQUARE, s.dense(s.input(), w));
        return s.build(s.dense(s.activate(kind, s.apply(new Sum(1, 1), squares, one)), last));
    }

    private static Network residual() {
        var s = new Sketch(2, 3);
        var w1 = s.trainable("w1", 6, 6);
        var w2 = s.trainable("w2", 2, 6);
        var shift = s.trainable("shift");
        var scale = s.trainable("scale", 1);
        var bias = s.trainable("bias", 6);
        var x = s.flatten(s.input());
        var h = s.activate(Kind.TANH, s.dense(s.apply(new Sum(1, 1), x, shift), w1));
        h = s.apply(new Sum(1, 1), s.apply(new Multiply(), scale, h), bias);
        return s.build(s.apply(new Scale(-1), s.dense(s.apply(new Sum(0.5, 2), h, x), w2)));
    }

    private static Network tied() {
        var s = new Sketch(5);
        var w = s.trainable("w", 5, 5);
        var b = s.trainable("b", 5);
        var last = s.trainable("last", 2, 5);
        var h = s.input();
        for (int layer = 0; layer < 3; layer++) {
            h = s.activate(Kind.GELU_TANH, s.dense(h, w, b));
        }
        return s.build(s.dense(h, last));
    }

    private static Network autoencoder() {
        var s = new Sketch(5);
        var w = s.trainable("w", 3, 5);
        return s.build(s.apply(new Dense(false), s.activate(Kind.SIGMOID, s.dense(s.input(), w)), w));
    }

    private static Network gates() {
        var s = new Sketch(4);
        var w1 = s.trainable("w1", 6, 4);
        var frozen = s.frozen("b1", 6);
        var w2 = s.trainable("w2", 6, 4);
        var mask = s.trainable("mask", 6);
        var last = s.trainable("last", 1, 6);
        var masked = s.apply(new Multiply(), s.dense(s.input(), w1, frozen), s.apply(new Scale(0.7), mask));
        var gate = s.activate(Kind.SIGMOID, s.dense(s.input(), w2));
        var gated = s.apply(new Multiply(), masked, gate);
        return s.build(s.apply(new Multiply(), s.dense(s.apply(new Multiply(), gated, gated), last), s.dense(gate, last)));
    }

    private static Network positions() {
        var s = new Sketch(3, 4);
        var w = s.trainable("w", 2, 4);
        var b = s.trainable("b", 2);
        var last = s.trainable("last", 6, 2);
        return s.build(s.apply(new Dense(false), s.flatten(s.activate(Kind.TANH, s.dense(s.input(), w, b))), last));
    }

    private static Network totals() {
        var s = new Sketch(6);
        var u = s.trainable("u", 6);
        var last = s.trainable("last", 2, 1);
        var total = new Reduce(List.of(0), false);
        var values = s.apply(total, s.activate(Kind.TANH, s.apply(new Multiply(), s.input(), u)));
        var size = s.apply(total, s.activate(Kind.SQUARE, u));
        return s.build(s.dense(s.apply(new Multiply(), values, size), last));
    }
}
