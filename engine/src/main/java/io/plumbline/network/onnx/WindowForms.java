package io.plumbline.network.onnx;

import static io.plumbline.network.onnx.GraphWriter.whole;
import static io.plumbline.network.onnx.GraphWriter.wholes;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.plumbline.backend.Window.Span;
import io.plumbline.layer.AveragePool;
import io.plumbline.layer.Convolve;
import io.plumbline.layer.Kernel;
import io.plumbline.layer.Kernel.Axis;
import io.plumbline.layer.MaxPool;
import io.plumbline.layer.Shape;
import io.plumbline.network.onnx.GraphWriter.Form;
import io.plumbline.network.onnx.GraphWriter.Written;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What slides a window over images (n, C, H, W). ONNX's `ceil_mode` has meant different things in different versions and readers; it is never written. A last
/// position that reaches beyond the padding is had by more padding behind the array instead, which to convolutions and to maxima is the same.
///
/// Averages count the taps on the array, or those on the declared padding too. Taps beyond the declared padding never count: where a window reaches there
/// and the declared padding counts, that padding is a Pad of its own and so a part of the array, and the rest is padding that does not count.
///
/// onnxruntime takes a pooling's padding only where it is less than the window's taps, as it is in all poolings without dilation.
final class WindowForms {
    private WindowForms() {}

    static void convolve(Convolve convolve, List<Written> in, Form form) {
        Written x = in.get(0);
        Written w = in.get(1);
        Kernel kernel = convolve.kernel();
        int[] after = {needed(kernel.rows(), x.shape(), 1), needed(kernel.columns(), x.shape(), 2)};
        Axis[] axes = {kernel.rows(), kernel.columns()};
        for (int axis = 0; axis < 2; axis++) {
            after[axis] = axes[axis].ceil() ? after[axis] : axes[axis].padAfter();
        }
        List<AttributeProto> attributes = window(kernel, before(kernel), after);
        attributes.add(whole("group", convolve.groups()));
        List<String> operands = new ArrayList<>(List.of(x.name(), w.name()));
        if (in.size() > 2) {
            operands.add(form.shaped("bias", in.get(2), Shape.of(w.shape().dimension(0))));
        }
        form.last("Conv", operands, attributes.toArray(AttributeProto[]::new));
    }

    static void maxPool(MaxPool pool, Written x, Form form) {
        form.last("MaxPool", List.of(x.name()), pooling(pool.kernel(), x.shape()).toArray(AttributeProto[]::new));
    }

    static void averagePool(AveragePool pool, Written x, Form form) {
        Kernel kernel = pool.kernel();
        int[] beyond = {
            needed(kernel.rows(), x.shape(), 1) - kernel.rows().padAfter(),
            needed(kernel.columns(), x.shape(), 2) - kernel.columns().padAfter()};
        if (!pool.includePadding() || beyond[0] <= 0 && beyond[1] <= 0) {
            List<AttributeProto> attributes = pooling(kernel, x.shape());
            attributes.add(whole("count_include_pad", pool.includePadding() ? 1 : 0));
            form.last("AveragePool", List.of(x.name()), attributes.toArray(AttributeProto[]::new));
            return;
        }
        String pads = form.integers("pads", 0, 0, kernel.rows().padBefore(), kernel.columns().padBefore(),
                0, 0, kernel.rows().padAfter(), kernel.columns().padAfter());
        List<AttributeProto> attributes = window(kernel, new int[2], Arrays.stream(beyond).map(taps -> Math.max(0, taps)).toArray());
        attributes.add(whole("count_include_pad", 0));
        form.last("AveragePool", List.of(form.part("padded", "Pad", List.of(x.name(), pads))), attributes.toArray(AttributeProto[]::new));
    }

    private static List<AttributeProto> pooling(Kernel kernel, Shape x) {
        return window(kernel, before(kernel), new int[] {poolPadding(kernel.rows(), x, 1), poolPadding(kernel.columns(), x, 2)});
    }

    /// The declared padding behind the array, unless it is not what the windows see or more than a pooling may have.
    private static int poolPadding(Axis axis, Shape x, int at) {
        return axis.ceil() || axis.padAfter() >= axis.size() ? needed(axis, x, at) : axis.padAfter();
    }

    private static int[] before(Kernel kernel) {
        return new int[] {kernel.rows().padBefore(), kernel.columns().padBefore()};
    }

    /// Entries behind the array that the last window sees; with them as padding, as many whole windows fit as the layer has positions.
    private static int needed(Axis axis, Shape x, int at) {
        int extent = x.dimension(at);
        Span span = Span.over(extent, axis.size(), axis.stride(), axis.dilation(), axis.padBefore(), axis.padAfter(), axis.ceil());
        return Math.toIntExact(Math.max(0, (span.positions() - 1L) * axis.stride() + span.reach() - axis.padBefore() - extent));
    }

    private static List<AttributeProto> window(Kernel kernel, int[] before, int[] after) {
        return new ArrayList<>(List.of(
                wholes("kernel_shape", kernel.rows().size(), kernel.columns().size()),
                wholes("strides", kernel.rows().stride(), kernel.columns().stride()),
                wholes("dilations", kernel.rows().dilation(), kernel.columns().dilation()),
                wholes("pads", before[0], before[1], after[0], after[1])));
    }
}
