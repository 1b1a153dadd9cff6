package io.plumbline.derivative;

import static io.plumbline.derivative.Cases.parameter;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.derivative.Cases.Case;
import io.plumbline.layer.Activate;
import io.plumbline.layer.AveragePool;
import io.plumbline.layer.Concat;
import io.plumbline.layer.Convolve;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Expand;
import io.plumbline.layer.Kernel;
import io.plumbline.layer.Kernel.Axis;
import io.plumbline.layer.Layer;
import io.plumbline.layer.MaxPool;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Pad;
import io.plumbline.layer.Reduce;
import io.plumbline.layer.Reshape;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Slice;
import io.plumbline.layer.Sum;
import io.plumbline.layer.Transpose;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Network;
import io.plumbline.network.Network.Value;
import java.util.List;
import java.util.stream.Stream;

/// The part of the table of small networks that has images: convolutions of every kind, poolings, normalisations, shortcuts, and layers that move entries.
final class ImageCases {
    private ImageCases() {}

    static Stream<Case> all() {
        return Stream.of(
                new Case("convolution 3x3, padding, bias", convolution(2, 5, 7, 4, 1, Kernel.square(3, 1, 1), 1), 5),
                new Case("convolution with stride, dilation and uneven padding, K = 3",
                        convolution(3, 8, 9, 4, 1, new Kernel(new Axis(3, 2, 2, 1, 3, false), new Axis(2, 3, 1, 0, 1, false)), 3), 4),
                new Case("convolution in 2 groups", convolution(4, 5, 5, 6, 2, Kernel.square(3, 2, 1), 2), 5),
                new Case("convolution of each channel by itself", convolution(3, 6, 4, 3, 3, Kernel.square(3, 1, 0), 1), 5),
                new Case("convolution 1x1 of one number", convolution(1, 1, 1, 1, 1, Kernel.square(1, 1, 0), 1), 3),
                new Case("convolution of 31 channels to 33 at one position, more examples than a block",
                        convolution(31, 2, 2, 33, 1, Kernel.square(2, 1, 0), 1), 37),
                new Case("one convolution three times", tiedConvolution(), 4),
                new Case("max pooling", pooled(new MaxPool(Kernel.square(2, 2, 0))), 5),
                new Case("max pooling, overlapping, padded, dilated, ceil",
                        pooled(new MaxPool(new Kernel(new Axis(3, 2, 1, 1, 1, true), new Axis(2, 2, 2, 1, 0, true)))), 5),
                new Case("average pooling, padding included, ceil",
                        pooled(new AveragePool(new Kernel(new Axis(3, 2, 1, 1, 1, true), new Axis(2, 2, 1, 1, 1, true)), true)), 5),
                new Case("average pooling, padding left out", pooled(new AveragePool(Kernel.square(3, 2, 1), false)), 5),
                new Case("global average pooling", pooled(new AveragePool(new Kernel(new Axis(6, 1, 0), new Axis(7, 1, 0)), true)), 5),
                new Case("affine normalisation of channels", channelAffine(), 5),
                new Case("layer normalisation", layerNormalisation(), 5),
                new Case("residual with a parameter-free shortcut", shortcut(), 4),
                new Case("concatenated, sliced, transposed", moved(), 5));
    }

    private static Value activate(Network.Builder b, String name, Kind kind, Value x) {
        return b.apply(name, new Activate(Activation.of(kind)), x);
    }

    private static Value flatten(Network.Builder b, Value x) {
        return b.apply("flatten", new Reshape(Shape.of(b.operand(x).width())), x);
    }

    private static Network convolution(int channels, int height, int width, int out, int groups, Kernel kernel, int outputs) {
        var b = Network.builder("convolution", Shape.of(channels, height, width));
        Value w = parameter(b, "w", true, out, channels / groups, kernel.rows().size(), kernel.columns().size());
        Value bias = parameter(b, "b", true, out);
        Value w2 = parameter(b, "w2", true, 2, out, 1, 1);
        int positions = positions(kernel.rows(), height) * positions(kernel.columns(), width);
        Value last = parameter(b, "last", true, outputs, 2 * positions);
        Value h = activate(b, "softplus", Kind.SOFTPLUS, b.apply("conv", new Convolve(kernel, groups), b.input(), w, bias));
        h = activate(b, "tanh", Kind.TANH, b.apply("conv 1x1", new Convolve(Kernel.square(1, 1, 0), 1), h, w2));
        return b.build(b.apply("out", new Dense(true), flatten(b, h), last));
    }

    /// Images with so many values that a tile of 70 goes through the layers in several stretches: explicit and factored convolutions, one at several positions,
    /// dense layers, a parameter on which nothing depends.
    static Case large() {
        var b = Network.builder("large images", Shape.of(1, 32, 32));
        Value w1 = parameter(b, "w1", true, 16, 1, 3, 3);
        Value bias = parameter(b, "bias", true, 16);
        parameter(b, "unused", true, 5);
        Value w2 = parameter(b, "w2", true, 33, 16, 2, 2);
        Value w3 = parameter(b, "w3", true, 33, 33, 2, 2);
        Value last = parameter(b, "last", true, 2, 132);
        Value lastBias = parameter(b, "lastBias", true, 2);
        Value h = activate(b, "tanh1", Kind.TANH, b.apply("conv1", new Convolve(Kernel.square(3, 1, 1), 1), b.input(), w1, bias));
        h = b.apply("pool", new AveragePool(Kernel.square(8, 8, 0), true), h);
        h = activate(b, "tanh2", Kind.TANH, b.apply("conv2", new Convolve(Kernel.square(2, 1, 0), 1), h, w2));
        h = activate(b, "tanh3", Kind.TANH, b.apply("conv3", new Convolve(Kernel.square(2, 1, 0), 1), h, w3));
        return new Case("large images", b.build(b.apply("out", new Dense(true), flatten(b, h), last, lastBias)), 70);
    }

    private static int positions(Axis axis, int extent) {
        return (extent + axis.padBefore() + axis.padAfter() - (axis.size() - 1) * axis.dilation() - 1) / axis.stride() + 1;
    }

    private static Network tiedConvolution() {
        var b = Network.builder("tied convolution", Shape.of(2, 4, 3));
        Value w = parameter(b, "w", true, 2, 2, 3, 3);
        Value bias = parameter(b, "b", true, 2);
        Value last = parameter(b, "last", true, 1, 24);
        Value h = b.input();
        for (int l = 0; l < 3; l++) {
            h = activate(b, "gelu" + l, Kind.GELU, b.apply("conv" + l, new Convolve(Kernel.square(3, 1, 1), 1), h, w, bias));
        }
        return b.build(b.apply("out", new Dense(true), flatten(b, h), last));
    }

    private static Network pooled(Layer pool) {
        var b = Network.builder("pooled", Shape.of(2, 6, 7));
        Value w = parameter(b, "w", true, 3, 2, 3, 3);
        Value last = parameter(b, "last", true, 2, 3);
        Value h = activate(b, "tanh", Kind.TANH, b.apply("conv", new Convolve(Kernel.square(3, 1, 1), 1), b.input(), w));
        h = b.apply("pool", pool, h);
        h = activate(b, "square", Kind.SQUARE, h);
        h = flatten(b, b.apply("mean", new Reduce(List.of(1, 2), true), h));
        return b.build(b.apply("out", new Dense(true), h, last));
    }

    /// γ and β for each channel, as evaluation-mode batch normalisation has them, repeated over positions.
    private static Network channelAffine() {
        var b = Network.builder("affine", Shape.of(2, 3, 4));
        Value w = parameter(b, "w", true, 3, 2, 2, 2);
        Value gamma = parameter(b, "gamma", true, 3);
        Value beta = parameter(b, "beta", true, 3);
        Value inverse = parameter(b, "1/deviation", false, 3);
        Value last = parameter(b, "last", true, 1, 18);
        Value h = b.apply("conv", new Convolve(Kernel.square(2, 1, 0), 1), b.input(), w);
        Value scale = b.apply("column", new Reshape(Shape.of(3, 1, 1)), b.apply("scale", new Multiply(), gamma, inverse));
        h = b.apply("scaled", new Multiply(), h, b.apply("scales", new Expand(Shape.of(3, 2, 3)), scale));
        Value shift = b.apply("row", new Reshape(Shape.of(3, 1, 1)), beta);
        h = b.apply("shifted", new Sum(1, 1), h, b.apply("shifts", new Expand(Shape.of(3, 2, 3)), shift));
        return b.build(b.apply("out", new Dense(true), flatten(b, activate(b, "silu", Kind.SILU, h)), last));
    }

    /// (x − mean)/√(variance + 0.1) over the last axis.
    private static Network layerNormalisation() {
        var b = Network.builder("layer norm", Shape.of(3, 4));
        Value w = parameter(b, "w", true, 5, 4);
        Value gamma = parameter(b, "gamma", true, 5);
        Value epsilon = b.parameter("epsilon", Shape.of(), false, HostBuffer.of(0.1));
        Value last = parameter(b, "last", true, 2, 15);
        Value h = b.apply("dense", new Dense(true), b.input(), w);
        Value centred = b.apply("centred", new Sum(1, -1), h, spread(b, mean(b, h)));
        Value variance = b.apply("plus epsilon", new Sum(1, 1), mean(b, activate(b, "square", Kind.SQUARE, centred)), epsilon);
        Value inverse = activate(b, "reciprocal", Kind.RECIPROCAL, activate(b, "root", Kind.SQRT, variance));
        Value normal = b.apply("normal", new Multiply(), centred, spread(b, inverse));
        h = b.apply("gamma", new Multiply(), normal, b.apply("gammas", new Expand(Shape.of(3, 5)), gamma));
        return b.build(b.apply("out", new Dense(true), flatten(b, h), last));
    }

    private static Value mean(Network.Builder b, Value x) {
        return b.apply("mean", new Reduce(List.of(1), true), x);
    }

    private static Value spread(Network.Builder b, Value x) {
        return b.apply("spread", new Expand(Shape.of(3, 5)), x);
    }

    /// A block that halves the image and adds channels, with scalar biases and multiplier (Fixup).
    private static Network shortcut() {
        var b = Network.builder("shortcut", Shape.of(2, 5, 6));
        Value w1 = parameter(b, "w1", true, 4, 2, 3, 3);
        Value w2 = parameter(b, "w2", true, 4, 4, 3, 3);
        Value bias = parameter(b, "bias", true, 1);
        Value scale = parameter(b, "scale", true, 1);
        Value last = parameter(b, "last", true, 1, 4);
        Value x = b.apply("bias", new Sum(1, 1), b.input(), bias);
        Value h = activate(b, "softplus", Kind.SOFTPLUS, b.apply("conv1", new Convolve(Kernel.square(3, 2, 1), 1), x, w1));
        h = b.apply("scale", new Multiply(), b.apply("conv2", new Convolve(Kernel.square(3, 1, 1), 1), h, w2), scale);
        Value half = b.apply("half", new Slice(List.of(new Slice.Range(0, 2, 1), new Slice.Range(0, 3, 2), new Slice.Range(0, 3, 2))), x);
        h = b.apply("add", new Sum(1, 1), h, b.apply("channels", new Pad(List.of(0, 0, 0), List.of(2, 0, 0)), half));
        h = b.apply("pool", new AveragePool(new Kernel(new Axis(3, 1, 0), new Axis(3, 1, 0)), true), activate(b, "silu", Kind.SILU, h));
        return b.build(b.apply("out", new Dense(true), flatten(b, h), last));
    }

    private static Network moved() {
        var b = Network.builder("moved", Shape.of(3, 2, 4));
        Value w = parameter(b, "w", true, 3, 3, 1, 1);
        Value u = parameter(b, "u", true, 4, 2);
        Value v = parameter(b, "v", true, 2, 2);
        Value last = parameter(b, "last", true, 2, 32);
        Value h = activate(b, "tanh", Kind.TANH, b.apply("conv", new Convolve(Kernel.square(1, 1, 0), 1), b.input(), w));
        Value part = b.apply("part", new Slice(List.of(new Slice.Range(1, 2, 1), new Slice.Range(1, 1, 1), new Slice.Range(1, 2, 2))), h);
        Value turned = b.apply("turned", new Transpose(List.of(2, 0, 1)), h);
        Value joined = b.apply("joined", new Concat(0), b.apply("flat", new Reshape(Shape.of(24)), turned),
                b.apply("flat", new Reshape(Shape.of(4)), part), b.apply("flat", new Reshape(Shape.of(4)), part));
        Value shared = b.apply("shared", new Concat(0), b.apply("u'", new Transpose(List.of(1, 0)), u), b.apply("v'", new Expand(Shape.of(2, 4)),
                b.apply("first", new Slice(List.of(new Slice.Range(0, 2, 1), new Slice.Range(1, 1, 1))), v)));
        Value mask = b.apply("repeated", new Reshape(Shape.of(32)), b.apply("twice", new Expand(Shape.of(2, 4, 4)), shared));
        return b.build(b.apply("out", new Dense(true), b.apply("masked", new Multiply(), joined, mask), last));
    }
}
