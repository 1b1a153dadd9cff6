package io.plumbline.network.onnx;

import io.plumbline.layer.AveragePool;
import io.plumbline.layer.Convolve;
import io.plumbline.layer.Kernel;
import io.plumbline.layer.Kernel.Axis;
import io.plumbline.layer.Layer;
import io.plumbline.layer.MaxPool;
import io.plumbline.layer.Shape;
import java.util.Arrays;

/// Convolutions and poolings over one or two axes; one axis is an image of one row. `ceil_mode` counts positions as PyTorch does.
final class WindowOperators {
    /// No window of a network is as large; beyond it extents would not be counted in an int.
    private static final int LARGEST = 1 << 20;

    private final Algebra algebra;

    WindowOperators(Algebra algebra) {
        this.algebra = algebra;
    }

    Expression convolution(OnnxNode node) {
        Expression x = image(node);
        Expression w = node.value(1);
        Expression bias = node.optional(2);
        int rank = x.shape().rank();
        if (w.batched() || w.shape().rank() != rank + 1) {
            throw new IllegalArgumentException("expected w shared with " + (rank + 1) + " axes for x " + x + ", found " + w);
        }
        int[] own = w.shape().toArray();
        long[] size = Arrays.stream(own, 2, own.length).asLongStream().toArray();
        if (node.wholes("kernel_shape") != null && !Arrays.equals(node.wholes("kernel_shape"), size)) {
            throw new IllegalArgumentException(
                    "expected kernel_shape " + Extents.text(size) + " as w has it, found " + Extents.text(node.wholes("kernel_shape")));
        }
        var layer = new Convolve(kernel(node, x, size), within(node.whole("group", 1), 1, "group"));
        Expression weight = rank == 3 ? w : algebra.reshaped(w, Shape.of(own[0], own[1], 1, own[2]));
        boolean isBiased = bias != null && !Double.valueOf(0).equals(Algebra.constant(bias));
        Expression image = asImage(x);
        return asFound(rank, isBiased ? algebra.apply(layer, image, weight, bias) : algebra.apply(layer, image, weight));
    }

    Expression maxPool(OnnxNode node) {
        return pooled(node, new MaxPool(poolKernel(node)));
    }

    Expression averagePool(OnnxNode node) {
        return pooled(node, new AveragePool(poolKernel(node), node.whole("count_include_pad", 0) != 0));
    }

    private Expression pooled(OnnxNode node, Layer pool) {
        Expression x = image(node);
        return asFound(x.shape().rank(), algebra.apply(pool, asImage(x)));
    }

    private static Kernel poolKernel(OnnxNode node) {
        long[] size = node.wholes("kernel_shape");
        if (size == null) {
            throw new IllegalArgumentException("expected attribute kernel_shape, found none");
        }
        return kernel(node, image(node), size);
    }

    private static Expression image(OnnxNode node) {
        Expression x = node.value(0);
        int rank = x.shape().rank();
        if (!x.batched() || rank != 2 && rank != 3) {
            throw new IllegalArgumentException("expected x (C, L) or (C, H, W) per example, found " + x);
        }
        return x;
    }

    private Expression asImage(Expression x) {
        return x.shape().rank() == 3 ? x : algebra.reshaped(x, Shape.of(x.shape().dimension(0), 1, x.shape().dimension(1)));
    }

    private Expression asFound(int rank, Expression result) {
        return rank == 3 ? result : algebra.reshaped(result, Shape.of(result.shape().dimension(0), result.shape().dimension(2)));
    }

    private static Kernel kernel(OnnxNode node, Expression x, long[] size) {
        int count = x.shape().rank() - 1;
        if (size.length != count) {
            throw new IllegalArgumentException("expected a window of " + count + " axes over x " + x + ", found " + Extents.text(size));
        }
        long[] strides = node.wholes("strides", count, 1);
        long[] dilations = node.wholes("dilations", count, 1);
        long[] pads = node.wholes("pads", 2 * count, 0);
        boolean ceil = node.whole("ceil_mode", 0) != 0;
        String autoPad = node.text("auto_pad", "NOTSET");
        if (!autoPad.equals("NOTSET") && Arrays.stream(pads).anyMatch(pad -> pad != 0)) {
            throw new IllegalArgumentException("expected auto_pad or pads, found " + OnnxFile.shown(autoPad) + " and " + Extents.text(pads));
        }
        var axes = new Axis[count];
        for (int axis = 0; axis < count; axis++) {
            int taps = within(size[axis], 1, "kernel_shape");
            int stride = within(strides[axis], 1, "strides");
            int dilation = within(dilations[axis], 1, "dilations");
            int padBefore = within(pads[axis], 0, "pads");
            int padAfter = within(pads[count + axis], 0, "pads");
            axes[axis] = switch (autoPad) {
                case "NOTSET", "VALID" -> new Axis(taps, stride, dilation, padBefore, padAfter, ceil);
                case "SAME_UPPER" -> same(x.shape().dimension(axis + 1), taps, stride, dilation, false);
                case "SAME_LOWER" -> same(x.shape().dimension(axis + 1), taps, stride, dilation, true);
                default -> throw new IllegalArgumentException(
                        "expected auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER, found " + OnnxFile.shown(autoPad));
            };
        }
        return count == 2 ? new Kernel(axes[0], axes[1]) : new Kernel(new Axis(1, 1, 0), axes[0]);
    }

    /// ⌈extent/stride⌉ positions; an odd entry of padding goes behind the array, or before it if `lower`.
    private static Axis same(int extent, int taps, int stride, int dilation, boolean lower) {
        long reach = (taps - 1L) * dilation + 1;
        long total = Math.max(0, (Math.ceilDiv(extent, stride) - 1L) * stride + reach - extent);
        int less = within(total / 2, 0, "padding");
        int more = within(total - total / 2, 0, "padding");
        return new Axis(taps, stride, dilation, lower ? more : less, lower ? less : more, false);
    }

    private static int within(long value, int least, String what) {
        if (value < least || value > LARGEST) {
            throw new IllegalArgumentException("expected " + what + " from " + least + " to " + LARGEST + ", found " + value);
        }
        return (int) value;
    }
}
