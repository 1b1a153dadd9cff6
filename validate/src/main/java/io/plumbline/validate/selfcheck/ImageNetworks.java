package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.AveragePool;
import io.plumbline.layer.Concat;
import io.plumbline.layer.Convolve;
import io.plumbline.layer.Expand;
import io.plumbline.layer.Kernel;
import io.plumbline.layer.Kernel.Axis;
import io.plumbline.layer.Layer;
import io.plumbline.layer.MaxPool;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Pad;
import io.plumbline.layer.Reduce;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Slice;
import io.plumbline.layer.Slice.Range;
import io.plumbline.layer.Sum;
import io.plumbline.layer.Transpose;
import io.plumbline.network.Network;
import io.plumbline.network.Network.Value;
import java.util.List;
import java.util.stream.Stream;

/// The part of the table that has images, and layers that move entries.
final class ImageNetworks {
    private ImageNetworks() {}

    static Stream<Problem> all() {
        var uneven = new Kernel(new Axis(3, 2, 2, 1, 3, false), new Axis(2, 3, 1, 0, 1, false));
        var reaching = new Kernel(new Axis(3, 2, 1, 1, 1, true), new Axis(2, 2, 2, 1, 0, true));
        return Stream.of(
                new Problem("convolution 3x3, padded, bias", convolution(2, 4, 5, 3, 1, Kernel.square(3, 1, 1), 1, 20), 5),
                new Problem("convolution strided, dilated, padded unevenly", convolution(3, 6, 7, 4, 1, uneven, 3, 9), 4),
                new Problem("convolution in 2 groups", convolution(4, 5, 5, 6, 2, Kernel.square(3, 2, 1), 2, 9), 4),
                new Problem("convolution of each channel", convolution(3, 5, 4, 3, 3, Kernel.square(3, 1, 0), 1, 6), 5),
                new Problem("convolution 1x1 of one number", convolution(1, 1, 1, 1, 1, Kernel.square(1, 1, 0), 1, 1), 3),
                new Problem("one convolution three times", tied(), 4),
                new Problem("max pooling", pooled(new MaxPool(Kernel.square(2, 2, 0))), 5),
                new Problem("max pooling, dilated, padded, reaching beyond", pooled(new MaxPool(reaching)), 4),
                new Problem("average pooling, padding included", pooled(new AveragePool(reaching, true)), 4),
                new Problem("average pooling, padding left out", pooled(new AveragePool(Kernel.square(3, 2, 1), false)), 4),
                new Problem("affine normalisation of channels", affine(), 5),
                new Problem("layer normalisation", layerNormalisation(), 5),
                new Problem("shortcut by slicing and padding", shortcut(), 4),
                new Problem("concatenated, sliced, transposed, repeated", moved(), 5));
    }

    /// @param positions of the kernel over the image
    private static Network convolution(int channels, int height, int width, int out, int groups, Kernel kernel, int outputs, int positions) {
        var s = new Sketch(channels, height, width);
        var w = s.trainable("w", out, channels / groups, kernel.rows().size(), kernel.columns().size());
        var b = s.trainable("b", out);
        var w2 = s.trainable("w2", 2, out, 1, 1);
        var last = s.trainable("last", outputs, 2 * positions);
        var h = s.activate(Kind.SOFTPLUS, s.apply(new Convolve(kernel, groups), s.input(), w, b));
        return s.build(s.dense(s.flatten(s.activate(Kind.TANH, s.convolve(1, 1, 0, h, w2))), last));
    }

    private static Network tied() {
        var s = new Sketch(2, 4, 3);
        var w = s.trainable("w", 2, 2, 3, 3);
        var b = s.trainable("b", 2);
        var last = s.trainable("last", 1, 24);
        var h = s.input();
        for (int layer = 0; layer < 3; layer++) {
            h = s.activate(Kind.GELU, s.convolve(3, 1, 1, h, w, b));
        }
        return s.build(s.dense(s.flatten(h), last));
    }

    private static Network pooled(Layer pool) {
        var s = new Sketch(2, 4, 5);
        var w = s.trainable("w", 3, 2, 3, 3);
        var last = s.trainable("last", 2, 3);
        var h = s.apply(pool, s.activate(Kind.TANH, s.convolve(3, 1, 1, s.input(), w)));
        return s.build(s.dense(s.flatten(s.apply(new Reduce(List.of(1, 2), true), s.activate(Kind.SQUARE, h))), last));
    }

    /// γ and β for each channel, as evaluation-mode batch normalisation has them, repeated over positions.
    private static Network affine() {
        var s = new Sketch(2, 3, 4);
        var w = s.trainable("w", 3, 2, 2, 2);
        var gamma = s.trainable("gamma", 3);
        var beta = s.trainable("beta", 3);
        var inverse = s.frozen("1/deviation", 3);
        var last = s.trainable("last", 1, 18);
        var scale = repeated(s, s.apply(new Multiply(), gamma, inverse));
        var h = s.apply(new Multiply(), s.convolve(2, 1, 0, s.input(), w), scale);
        h = s.apply(new Sum(1, 1), h, repeated(s, beta));
        return s.build(s.dense(s.flatten(s.activate(Kind.SILU, h)), last));
    }

    private static Value repeated(Sketch s, Value channels) {
        return s.apply(new Expand(Shape.of(3, 2, 3)), s.reshape(channels, 3, 1, 1));
    }

    /// (x − mean)/√(variance + 0.125) over the last axis.
    private static Network layerNormalisation() {
        var s = new Sketch(3, 4);
        var w = s.trainable("w", 5, 4);
        var gamma = s.trainable("gamma", 5);
        var epsilon = s.constant("epsilon", 0.125);
        var last = s.trainable("last", 2, 15);
        var mean = new Reduce(List.of(1), true);
        var spread = new Expand(Shape.of(3, 5));
        var h = s.dense(s.input(), w);
        var centred = s.apply(new Sum(1, -1), h, s.apply(spread, s.apply(mean, h)));
        var variance = s.apply(new Sum(1, 1), s.apply(mean, s.activate(Kind.SQUARE, centred)), epsilon);
        var inverse = s.activate(Kind.RECIPROCAL, s.activate(Kind.SQRT, variance));
        var normal = s.apply(new Multiply(), centred, s.apply(spread, inverse));
        return s.build(s.dense(s.flatten(s.apply(new Multiply(), normal, s.apply(spread, gamma))), last));
    }

    /// A block that halves the image and adds channels, with a scalar bias and multiplier (Fixup).
    private static Network shortcut() {
        var s = new Sketch(2, 5, 6);
        var w1 = s.trainable("w1", 4, 2, 3, 3);
        var w2 = s.trainable("w2", 4, 4, 3, 3);
        var bias = s.trainable("bias", 1);
        var scale = s.trainable("scale", 1);
        var last = s.trainable("last", 1, 4);
        var x = s.apply(new Sum(1, 1), s.input(), bias);
        var h = s.activate(Kind.SOFTPLUS, s.convolve(3, 2, 1, x, w1));
        h = s.apply(new Multiply(), s.convolve(3, 1, 1, h, w2), scale);
        var half = s.apply(new Slice(List.of(new Range(0, 2, 1), new Range(0, 3, 2), new Range(0, 3, 2))), x);
        h = s.apply(new Sum(1, 1), h, s.apply(new Pad(List.of(0, 0, 0), List.of(2, 0, 0)), half));
        h = s.apply(new AveragePool(Kernel.square(3, 1, 0), true), s.activate(Kind.SILU, h));
        return s.build(s.dense(s.flatten(h), last));
    }

    private static Network moved() {
        var s = new Sketch(3, 2, 4);
        var w = s.trainable("w", 3, 3, 1, 1);
        var u = s.trainable("u", 4, 2);
        var v = s.trainable("v", 2, 2);
        var last = s.trainable("last", 2, 32);
        var h = s.activate(Kind.TANH, s.convolve(1, 1, 0, s.input(), w));
        var part = s.flatten(s.apply(new Slice(List.of(new Range(1, 2, 1), new Range(1, 1, 1), new Range(1, 2, 2))), h));
        var joined = s.apply(new Concat(0), s.flatten(s.apply(new Transpose(List.of(2, 0, 1)), h)), part, part);
        var column = s.apply(new Slice(List.of(new Range(0, 2, 1), new Range(1, 1, 1))), v);
        var shared = s.apply(new Concat(0), s.apply(new Transpose(List.of(1, 0)), u), s.apply(new Expand(Shape.of(2, 4)), column));
        var mask = s.reshape(s.apply(new Expand(Shape.of(2, 4, 4)), shared), 32);
        return s.build(s.dense(s.apply(new Multiply(), joined, mask), last));
    }
}
