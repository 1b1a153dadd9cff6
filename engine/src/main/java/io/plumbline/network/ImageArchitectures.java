package io.plumbline.network;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Activate;
import io.plumbline.layer.AveragePool;
import io.plumbline.layer.Convolve;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Kernel;
import io.plumbline.layer.Kernel.Axis;
import io.plumbline.layer.MaxPool;
import io.plumbline.layer.Reshape;
import io.plumbline.layer.Shape;
import io.plumbline.network.Network.Value;
import java.util.ArrayList;
import java.util.List;

/// Built-in networks of images without shortcuts. All convolutions are 3 × 3 with padding 1 and a bias.
final class ImageArchitectures {
    private static final Kernel THREE = Kernel.square(3, 1, 1);
    private static final int[] STAGE_CHANNELS = {64, 128, 256, 512, 512};
    private static final MaxPool HALVE = new MaxPool(Kernel.square(2, 2, 0));

    private ImageArchitectures() {}

    /// A layer's parameters.
    private record Layer(Value weight, Value bias) {}

    /// Convolution, activation and 2 × 2 max pooling for each hidden width; global average pooling instead behind the last convolution; a dense layer.
    static Network convolutional(Grammar grammar, Initialization initialization, long seed) {
        grammar.requireParts(3);
        List<String> fields = List.of(grammar.part(1).split("-", -1));
        Shape input = grammar.image(fields.getFirst());
        int[] widths = grammar.widths("what follows the input", fields.subList(1, fields.size()), 2, Integer.MAX_VALUE);
        Activation function = grammar.activation(2);
        int hidden = widths.length - 1;
        requireHalvings(grammar, input, hidden - 1);
        Network.Builder builder = Network.builder(grammar.text(), input);
        var draw = new Weights(grammar.text(), builder, initialization, seed);
        var layers = new ArrayList<Layer>();
        int channels = input.dimension(0);
        for (int l = 1; l <= hidden; l++) {
            layers.add(convolution(draw, l + "", channels, widths[l - 1]));
            channels = widths[l - 1];
        }
        layers.add(dense(draw, (hidden + 1) + "", channels, widths[hidden]));
        Value x = builder.input();
        for (int l = 1; l <= hidden; l++) {
            x = convolve(builder, l + "", x, layers.get(l - 1));
            x = activate(builder, l + "." + Grammar.nameOf(function), function, x);
            x = l < hidden ? builder.apply(l + ".pool", HALVE, x) : globalAverage(builder, x);
        }
        return classify(builder, (hidden + 1) + "", x, layers.getLast());
    }

    /// A VGG net (Simonyan & Zisserman 2014, arXiv 1409.1556, configurations A, B, D, E of table 1) as it is used for small images: no
    /// normalisation, one dense layer. Parameters are named as in a PyTorch model whose `features` is the Sequential of convolutions, activations and
    /// poolings, and whose `classifier` is the dense layer.
    ///
    /// @param convolutions how many each stage has
    static Network vgg(Grammar grammar, int[] convolutions, Initialization initialization, long seed) {
        ImageOptions options = ImageOptions.read(grammar);
        requireHalvings(grammar, options.input(), convolutions.length);
        Network.Builder builder = Network.builder(grammar.text(), options.input());
        var draw = new Weights(grammar.text(), builder, initialization, seed);
        var layers = new ArrayList<Layer>();
        int channels = options.input().dimension(0);
        int module = 0;
        for (int stage = 0; stage < convolutions.length; stage++) {
            for (int c = 0; c < convolutions[stage]; c++) {
                int out = options.scaled(STAGE_CHANNELS[stage]);
                layers.add(convolution(draw, "features." + module, channels, out));
                channels = out;
                module += 2;
            }
            module++;
        }
        int positions = (options.input().dimension(1) >> convolutions.length) * (options.input().dimension(2) >> convolutions.length);
        if ((long) channels * positions > Integer.MAX_VALUE) {
            throw grammar.wrong("option", grammar.part(1), "at most 2^31 - 1 numbers before the dense layer");
        }
        layers.add(dense(draw, "classifier", channels * positions, options.outputs()));
        Value x = builder.input();
        module = 0;
        int layer = 0;
        for (int count : convolutions) {
            for (int c = 0; c < count; c++) {
                x = convolve(builder, "features." + module, x, layers.get(layer++));
                x = activate(builder, "features." + (module + 1), options.activation(), x);
                module += 2;
            }
            x = builder.apply("features." + module++, HALVE, x);
        }
        return classify(builder, "classifier", x, layers.getLast());
    }

    private static void requireHalvings(Grammar grammar, Shape input, int halvings) {
        for (int axis = 1; axis <= 2; axis++) {
            int extent = input.dimension(axis);
            if (Integer.numberOfTrailingZeros(extent) < halvings) {
                String times = halvings == 1 ? "once" : halvings + " times";
                String multiple = halvings < 31 ? ", a multiple of " + (1 << halvings) : "";
                throw grammar.wrong(axis == 1 ? "input's height" : "input's width", "" + extent, "a number that can be halved " + times + multiple);
            }
        }
    }

    private static Layer convolution(Weights draw, String name, int in, int out) {
        return new Layer(draw.weight(name + ".weight", out, in, 3, 3), draw.constant(name + ".bias", 0, out));
    }

    private static Layer dense(Weights draw, String name, int in, int out) {
        return new Layer(draw.weight(name + ".weight", out, in), draw.constant(name + ".bias", 0, out));
    }

    private static Value convolve(Network.Builder builder, String name, Value x, Layer layer) {
        return builder.apply(name, new Convolve(THREE, 1), x, layer.weight, layer.bias);
    }

    /// φ(x), or x itself for the identity.
    static Value activate(Network.Builder builder, String name, Activation function, Value x) {
        return function.kind() == Kind.IDENTITY ? x : builder.apply(name, new Activate(function), x);
    }

    /// (C, 1, 1): the mean of each channel.
    static Value globalAverage(Network.Builder builder, Value x) {
        Shape shape = builder.operand(x).shape();
        var whole = new Kernel(new Axis(shape.dimension(1), 1, 0), new Axis(shape.dimension(2), 1, 0));
        return builder.apply("average", new AveragePool(whole, true), x);
    }

    /// The numbers of an image as one axis.
    static Value flatten(Network.Builder builder, Value x) {
        return builder.apply("flatten", new Reshape(Shape.of(builder.operand(x).width())), x);
    }

    private static Network classify(Network.Builder builder, String name, Value x, Layer layer) {
        return builder.build(builder.apply(name, new Dense(true), flatten(builder, x), layer.weight, layer.bias));
    }
}
