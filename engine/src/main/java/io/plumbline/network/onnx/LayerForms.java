package io.plumbline.network.onnx;

import static io.plumbline.network.onnx.GraphWriter.whole;
import static io.plumbline.network.onnx.GraphWriter.wholes;

import io.plumbline.layer.Activate;
import io.plumbline.layer.AveragePool;
import io.plumbline.layer.Concat;
import io.plumbline.layer.Convolve;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Expand;
import io.plumbline.layer.Layer;
import io.plumbline.layer.MaxPool;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Pad;
import io.plumbline.layer.Reduce;
import io.plumbline.layer.Reshape;
import io.plumbline.layer.Scale;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Slice;
import io.plumbline.layer.Slice.Range;
import io.plumbline.layer.Sum;
import io.plumbline.layer.Transpose;
import io.plumbline.network.onnx.GraphWriter.Form;
import io.plumbline.network.onnx.GraphWriter.Written;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/// What each layer is in ONNX, with n for the axis of the examples:
///
/// | layer | nodes |
/// |---|---|
/// | `Dense` | Gemm for one position, MatMul (and Transpose, Add) for several |
/// | `Convolve`, `MaxPool`, `AveragePool` | see [WindowForms] |
/// | `Activate` | see [ActivationForms] |
/// | `Multiply`, `Sum`, `Scale` | Mul, Add, Sub, Neg; operands of another shape than the result's behind a Reshape |
/// | `Reshape`, `Expand`, `Pad`, `Slice`, `Transpose`, `Concat` | the operators of those names, n kept as it is |
/// | `Reduce` | ReduceMean, ReduceSum |
///
/// A layer that moves nothing, because its operand has no axes or they stay in order, is Identity.
final class LayerForms {
    private LayerForms() {}

    /// Writes the nodes of `layer` applied to `in`.
    ///
    /// @throws IllegalArgumentException if the layer has no form here
    static void write(Layer layer, List<Written> in, Form form) {
        Written x = in.getFirst();
        switch (layer) {
            case Dense dense -> dense(dense, in, form);
            case Convolve convolve -> WindowForms.convolve(convolve, in, form);
            case MaxPool pool -> WindowForms.maxPool(pool, x, form);
            case AveragePool pool -> WindowForms.averagePool(pool, x, form);
            case Activate activate -> ActivationForms.write(activate.function(), x.name(), form);
            case Multiply multiply -> form.last("Mul", aligned(layer, in, form));
            case Sum sum -> sum(sum, aligned(layer, in, form), form);
            case Scale(double factor) when factor == -1 -> form.last("Neg", List.of(x.name()));
            case Scale(double factor) -> form.last("Mul", List.of(x.name(), form.number("factor", factor)));
            case Reshape(Shape shape) -> form.last("Reshape", List.of(x.name(), form.integers("shape", Form.extents(x, 0, shape))));
            case Expand expand -> expand(expand, x, form);
            case Reduce(List<Integer> axes, boolean mean) ->
                moved(mean ? "ReduceMean" : "ReduceSum", x, axes.isEmpty(),
                        () -> List.of(form.integers("axes", axes.stream().mapToLong(axis -> x.leading() + axis).toArray())), form);
            case Pad(List<Integer> before, List<Integer> after) ->
                moved("Pad", x, before.isEmpty(), () -> List.of(form.integers("pads", pads(x, before, after))), form);
            case Slice(List<Range> axes) -> moved("Slice", x, axes.isEmpty(), () -> ranges(axes, x, form), form);
            case Transpose(List<Integer> order) -> transpose(order, x, form);
            case Concat(int axis) -> form.last("Concat", in.stream().map(Written::name).toList(), whole("axis", x.leading() + axis));
            default -> throw new IllegalArgumentException("layer " + layer.name() + " has no ONNX form");
        }
    }

    /// Gemm is x W + b of matrices, with Wᵀ if asked for; MatMul takes more axes, but only W as it is.
    private static void dense(Dense dense, List<Written> in, Form form) {
        Written x = in.get(0);
        Written w = in.get(1);
        int width = w.shape().dimension(dense.transposed() ? 0 : 1);
        String bias = in.size() > 2 ? form.shaped("bias", in.get(2), Shape.of(width)) : null;
        if (x.shape().rank() == 1) {
            form.last("Gemm", bias == null ? List.of(x.name(), w.name()) : List.of(x.name(), w.name(), bias),
                    whole("transB", dense.transposed() ? 1 : 0));
            return;
        }
        String matrix = dense.transposed() ? form.part("transposed", "Transpose", List.of(w.name()), wholes("perm", 1, 0)) : w.name();
        if (bias == null) {
            form.last("MatMul", List.of(x.name(), matrix));
        } else {
            form.last("Add", List.of(form.part("product", "MatMul", List.of(x.name(), matrix)), bias));
        }
    }

    /// The two operands of an entry-wise layer, shaped so that ONNX's broadcasting, which aligns last axes, does what the layer does:
    /// an operand of as many entries as the result has its shape, one of a single number has extents of 1 only.
    private static List<String> aligned(Layer layer, List<Written> in, Form form) {
        Shape result = layer.output(in.stream().map(Written::operand).toList()).shape();
        return List.of(aligned("first", in.get(0), result, form), aligned("second", in.get(1), result, form));
    }

    private static String aligned(String name, Written value, Shape result, Form form) {
        if (value.shape().size() == result.size()) {
            return form.shaped(name, value, result);
        }
        boolean shortEnough = !value.operand().batched() && value.shape().rank() <= result.rank();
        int[] ones = new int[result.rank()];
        Arrays.fill(ones, 1);
        return shortEnough ? value.name() : form.shaped(name, value, Shape.of(ones));
    }

    private static void sum(Sum sum, List<String> operands, Form form) {
        String a = form.scaled("first scaled", sum.alpha(), operands.get(0));
        if (sum.beta() == -1) {
            form.last("Sub", List.of(a, operands.get(1)));
        } else {
            form.last("Add", List.of(a, form.scaled("second scaled", sum.beta(), operands.get(1))));
        }
    }

    /// New axes come behind that of the examples, where ONNX's broadcasting has none: the operand gets extents of 1 there.
    private static void expand(Expand expand, Written x, Form form) {
        Shape shape = expand.shape();
        int added = shape.rank() - x.shape().rank();
        int[] filled = new int[shape.rank()];
        for (int axis = 0; axis < filled.length; axis++) {
            filled[axis] = axis < added ? 1 : x.shape().dimension(axis - added);
        }
        String operand = x.operand().batched() ? form.shaped("axes", x, Shape.of(filled)) : x.name();
        form.last("Expand", List.of(operand, form.integers("shape", Form.extents(x, 1, shape))));
    }

    /// What is written besides the first operand.
    private interface Others {
        List<String> names();
    }

    private static void moved(String operator, Written x, boolean stays, Others others, Form form) {
        if (stays) {
            form.last("Identity", List.of(x.name()));
        } else {
            form.last(operator, Stream.concat(Stream.of(x.name()), others.names().stream()).toList());
        }
    }

    private static long[] pads(Written x, List<Integer> before, List<Integer> after) {
        LongStream none = LongStream.generate(() -> 0).limit(x.leading());
        LongStream first = LongStream.concat(none, before.stream().mapToLong(Integer::longValue));
        LongStream noneAgain = LongStream.generate(() -> 0).limit(x.leading());
        return LongStream.concat(first, LongStream.concat(noneAgain, after.stream().mapToLong(Integer::longValue))).toArray();
    }

    /// Starts, ends (the first index behind the last one), axes and steps.
    private static List<String> ranges(List<Range> ranges, Written x, Form form) {
        ToLongFunction<Range> end = range -> range.start() + (range.count() - 1L) * range.step() + 1;
        return List.of(
                form.integers("starts", ranges.stream().mapToLong(Range::start).toArray()),
                form.integers("ends", ranges.stream().mapToLong(end).toArray()),
                form.integers("axes", LongStream.range(0, ranges.size()).map(axis -> x.leading() + axis).toArray()),
                form.integers("steps", ranges.stream().mapToLong(Range::step).toArray()));
    }

    /// onnxruntime 1.23 takes every Transpose beside a Gemm for one that swaps the axes, without a look at its order: one that swaps none is not written.
    private static void transpose(List<Integer> order, Written x, Form form) {
        if (order.equals(order.stream().sorted().toList())) {
            form.last("Identity", List.of(x.name()));
        } else {
            LongStream moved = order.stream().mapToLong(axis -> x.leading() + axis);
            form.last("Transpose", List.of(x.name()), wholes("perm", LongStream.concat(LongStream.range(0, x.leading()), moved).toArray()));
        }
    }
}
