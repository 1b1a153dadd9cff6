package io.plumbline.network;

import io.plumbline.layer.Convolve;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Kernel;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Pad;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Slice;
import io.plumbline.layer.Sum;
import io.plumbline.network.Initialization.Law;
import io.plumbline.network.Network.Value;
import java.util.ArrayList;
import java.util.List;

/// Residual networks of depth 6n + 2 without normalisation (He, Zhang, Ren & Sun 2015, arXiv 1512.03385, section 4.2; Zhang, Dauphin & Ma 2019,
/// arXiv 1901.09321): three stages of n blocks, of 1, 2 and 4 times as many channels, of which the second and third halve the image.
///
/// ```
/// x = φ(conv1(x) + bias1)
/// a block:  s = x + bias1a
///           x = φ(scale · conv2(φ(conv1(s) + bias1b) + bias2a) + bias2b + shortcut)
///           shortcut: x; where the image is halved every second row and column of s, and zeros for as many channels again
/// f = fc(mean of each channel of x + bias2)
/// ```
///
/// Convolutions are 3 × 3 with padding 1, no bias, the first of a block with the block's stride; bias… and scale are single numbers.
/// θ has the order of `parameters()` of the authors' PyTorch model, where a module's own arrays come before those of the modules in it.
final class ResidualArchitectures {
    private static final int STAGES = 3;
    private static final int FIRST_CHANNELS = 16;

    private ResidualArchitectures() {}

    /// A block's parameters.
    private record Block(String name, int stride, Value bias1a, Value bias1b, Value bias2a, Value scale, Value bias2b, Value conv1, Value conv2) {
        /// Second convolution 0 under FIXUP, and the first one's standard deviation times `factor`.
        static Block declare(Weights draw, String name, int stride, int in, int out, boolean fixup, double factor) {
            return new Block(
                    name,
                    stride,
                    draw.constant(name + ".bias1a", 0, 1),
                    draw.constant(name + ".bias1b", 0, 1),
                    draw.constant(name + ".bias2a", 0, 1),
                    draw.constant(name + ".scale", 1, 1),
                    draw.constant(name + ".bias2b", 0, 1),
                    draw.weight(name + ".conv1.weight", factor, out, in, 3, 3),
                    zeroOrDrawn(draw, fixup, name + ".conv2.weight", out, out, 3, 3));
        }
    }

    private static Value zeroOrDrawn(Weights draw, boolean zero, String name, int... extents) {
        return zero ? draw.constant(name, 0, extents) : draw.weight(name, extents);
    }

    /// @param perStage n
    static Network residual(Grammar grammar, int perStage, Initialization initialization, long seed) {
        ImageOptions options = ImageOptions.read(grammar);
        Network.Builder builder = Network.builder(grammar.text(), options.input());
        var draw = new Weights(grammar.text(), builder, initialization, seed);
        boolean fixup = initialization.law() == Law.FIXUP;
        double factor = fixup ? 1 / Math.sqrt(STAGES * perStage) : 1;
        int channels = options.scaled(FIRST_CHANNELS);
        Value bias1 = draw.constant("bias1", 0, 1);
        Value bias2 = draw.constant("bias2", 0, 1);
        Value conv1 = draw.weight("conv1.weight", channels, options.input().dimension(0), 3, 3);
        var blocks = new ArrayList<Block>();
        for (int stage = 1; stage <= STAGES; stage++) {
            for (int b = 0; b < perStage; b++) {
                boolean halves = stage > 1 && b == 0;
                int out = halves ? 2 * channels : channels;
                blocks.add(Block.declare(draw, "layer" + stage + "." + b, halves ? 2 : 1, channels, out, fixup, factor));
                channels = out;
            }
        }
        Value weight = zeroOrDrawn(draw, fixup, "fc.weight", options.outputs(), channels);
        Value bias = draw.constant("fc.bias", 0, options.outputs());

        Value x = add(builder, "bias1", convolve(builder, "conv1", 1, builder.input(), conv1), bias1);
        x = ImageArchitectures.activate(builder, Grammar.nameOf(options.activation()), options.activation(), x);
        for (Block block : blocks) {
            x = apply(builder, block, options, x);
        }
        x = ImageArchitectures.flatten(builder, ImageArchitectures.globalAverage(builder, x));
        return builder.build(builder.apply("fc", new Dense(true), add(builder, "bias2", x, bias2), weight, bias));
    }

    private static Value apply(Network.Builder builder, Block block, ImageOptions options, Value x) {
        String at = block.name + ".";
        String activation = at + Grammar.nameOf(options.activation());
        Value shifted = add(builder, at + "bias1a", x, block.bias1a);
        Value h = add(builder, at + "bias1b", convolve(builder, at + "conv1", block.stride, shifted, block.conv1), block.bias1b);
        h = add(builder, at + "bias2a", ImageArchitectures.activate(builder, activation, options.activation(), h), block.bias2a);
        h = builder.apply(at + "scale", new Multiply(), convolve(builder, at + "conv2", 1, h, block.conv2), block.scale);
        h = add(builder, at + "bias2b", h, block.bias2b);
        Value shortcut = block.stride == 1 ? x : halved(builder, at, shifted);
        return ImageArchitectures.activate(builder, activation, options.activation(), add(builder, at + "add", h, shortcut));
    }

    /// Every second row and column, from the first on, and twice the channels, the new ones zero.
    private static Value halved(Network.Builder builder, String at, Value x) {
        Shape shape = builder.operand(x).shape();
        int channels = shape.dimension(0);
        var every = new Slice.Range(0, channels, 1);
        var rows = new Slice.Range(0, (shape.dimension(1) + 1) / 2, 2);
        var columns = new Slice.Range(0, (shape.dimension(2) + 1) / 2, 2);
        Value halved = builder.apply(at + "halve", new Slice(List.of(every, rows, columns)), x);
        return builder.apply(at + "pad", new Pad(List.of(0, 0, 0), List.of(channels, 0, 0)), halved);
    }

    private static Value convolve(Network.Builder builder, String name, int stride, Value x, Value weight) {
        return builder.apply(name, new Convolve(Kernel.square(3, stride, 1), 1), x, weight);
    }

    private static Value add(Network.Builder builder, String name, Value a, Value b) {
        return builder.apply(name, new Sum(1, 1), a, b);
    }
}
