package io.plumbline.network.onnx;

import static io.plumbline.network.onnx.GraphWriter.whole;
import static io.plumbline.network.onnx.GraphWriter.wholes;

import ai.onnx.proto.OnnxMl.AttributeProto;
import io.plumbline.backend.Window;
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
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// What slides a window over images (n, C, H, W). ONNX's `ceil_mode` has meant different things in different versions and readers; it is never written. A last
/// position that reaches beyond the padding is had by more padding behind the array instead, which to convolutions and to maxima is the same.
///
/// Averages count the taps on the array, or those on the declared padding too; taps beyond that never. Where the declared padding counts and is the same on
/// all sides, it is written so. Elsewhere the mean of the taps on the array is multiplied by what part of those that count they are, because readers differ:
/// onnxruntime 1.23 takes the padding left of the array for that below it (in AveragePool-19, where padding counts), and makes a Pad in front part of that.
///
/// onnxruntime takes a pooling's padding only where it is less than the window's taps, as it is in all poolings without dilation.
final class WindowForms {
    private WindowForms() {}

    static void convolve(Convolve convolve, List<Written> in, Form form) {
        Written x = in.get(0);
        Written w = in.get(1);
        Kernel kernel = convolve.kernel();
        int[] after = {
            Math.max(kernel.rows().padAfter(), needed(kernel.rows(), x.shape(), 1)),
            Math.max(kernel.columns().padAfter(), needed(kernel.columns(), x.shape(), 2))};
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
        boolean counted = pool.includePadding() && isEven(kernel, x.shape());
        List<AttributeProto> attributes = pooling(kernel, x.shape());
        attributes.add(whole("count_include_pad", counted ? 1 : 0));
        AttributeProto[] all = attributes.toArray(AttributeProto[]::new);
        if (counted || !pool.includePadding()) {
            form.last("AveragePool", List.of(x.name()), all);
        } else {
            String mean = form.part("mean", "AveragePool", List.of(x.name()), all);
            form.last("Mul", List.of(mean, shares(span(kernel.rows(), x.shape(), 1), span(kernel.columns(), x.shape(), 2), x.shape(), form)));
        }
    }

    /// For each position, which part of the taps that count are on the array: (1, H′, W′).
    private static String shares(Span rows, Span columns, Shape x, Form form) {
        var window = new Window(x.dimension(0), x.dimension(1), x.dimension(2), rows, columns);
        double[] shares = IntStream.range(0, window.positions())
                .mapToDouble(position -> (double) window.divisor(position, false) / window.divisor(position, true)).toArray();
        return form.numbers("shares", Shape.of(1, rows.positions(), columns.positions()), shares);
    }

    /// Whether there is the same padding on all sides, less than the taps, and no window reaches beyond it.
    private static boolean isEven(Kernel kernel, Shape x) {
        int padding = kernel.rows().padBefore();
        return Stream.of(kernel.rows(), kernel.columns())
                .allMatch(axis -> axis.padBefore() == padding && axis.padAfter() == padding && padding < axis.size())
                && needed(kernel.rows(), x, 1) <= padding && needed(kernel.columns(), x, 2) <= padding;
    }

    private static List<AttributeProto> pooling(Kernel kernel, Shape x) {
        return window(kernel, before(kernel), new int[] {poolPadding(kernel.rows(), x, 1), poolPadding(kernel.columns(), x, 2)});
    }

    /// The declared padding behind the array, unless windows see beyond it or a pooling may not have as much.
    private static int poolPadding(Axis axis, Shape x, int at) {
        int needed = needed(axis, x, at);
        return needed > axis.padAfter() || axis.padAfter() >= axis.size() ? needed : axis.padAfter();
    }

    private static int[] before(Kernel kernel) {
        return new int[] {kernel.rows().padBefore(), kernel.columns().padBefore()};
    }

    /// Entries behind the array that the last window sees; with them as padding, as many whole windows fit as the layer has positions.
    private static int needed(Axis axis, Shape x, int at) {
        Span span = span(axis, x, at);
        return Math.toIntExact(Math.max(0, (span.positions() - 1L) * axis.stride() + span.reach() - axis.padBefore() - x.dimension(at)));
    }

    private static Span span(Axis axis, Shape x, int at) {
        return Span.over(x.dimension(at), axis.size(), axis.stride(), axis.dilation(), axis.padBefore(), axis.padAfter(), axis.ceil());
    }

    private static List<AttributeProto> window(Kernel kernel, int[] before, int[] after) {
        return new ArrayList<>(List.of(
                wholes("kernel_shape", kernel.rows().size(), kernel.columns().size()),
                wholes("strides", kernel.rows().stride(), kernel.columns().stride()),
                wholes("dilations", kernel.rows().dilation(), kernel.columns().dilation()),
                wholes("pads", before[0], before[1], after[0], after[1])));
    }
}
