package io.plumbline.network.onnx;

import io.plumbline.layer.Concat;
import io.plumbline.layer.Operand;
import io.plumbline.layer.Pad;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Slice;
import io.plumbline.network.onnx.Axes.Part;
import io.plumbline.network.onnx.Expression.Filled;
import io.plumbline.network.onnx.Expression.Integers;
import io.plumbline.network.onnx.Expression.Sequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// Operators that take values apart and put them together: slices, splits, padding, concatenation.
final class PieceOperators {
    private final Algebra algebra;
    private final Extents extents;

    PieceOperators(Algebra algebra, Extents extents) {
        this.algebra = algebra;
        this.extents = extents;
    }

    Expression slice(OnnxNode node) {
        Expression e = node.input(0);
        int first = e.batched() ? 1 : 0;
        for (Part part : Axes.parts(node, extents.rank(e))) {
            if (e.batched() && part.axis() == 0) {
                boolean all = part.start() == 0 && part.step() == 1 && (part.end() >= Integer.MAX_VALUE || extents.isExamples(part.end()));
                if (!all) {
                    throw new IllegalArgumentException("expected all examples, found a slice of axis 0");
                }
                continue;
            }
            int axis = part.axis() - first;
            int[] places = part.indices(e.shape().dimension(axis));
            if (part.step() < 1 || places.length == 0) {
                throw new IllegalArgumentException("expected a step of at least 1 and a part that is not empty, found " + part.start() + " to "
                        + part.end() + " in steps of " + part.step() + " along axis " + part.axis() + " of " + e);
            }
            e = part(e, axis, places[0], places.length, (int) Math.min(part.step(), e.shape().dimension(axis)));
        }
        return e;
    }

    /// Entries start, start + step, … of one axis, that of the examples left out.
    private Expression part(Expression e, int axis, int start, int count, int step) {
        Shape shape = e.shape();
        if (count == shape.dimension(axis)) {
            return e;
        }
        List<Slice.Range> ranges = IntStream.range(0, shape.rank())
                .mapToObj(a -> a == axis ? new Slice.Range(start, count, step) : new Slice.Range(0, shape.dimension(a), 1))
                .toList();
        var slice = new Slice(ranges);
        return e instanceof Filled filled ? new Filled(slice.output(List.of(filled.operand())), filled.value) : algebra.apply(slice, e);
    }

    /// Entries of one axis: each run of places at equal steps is a slice.
    Expression gather(OnnxNode node) {
        Expression e = node.input(0);
        Integers indices = node.integers(1);
        int axis = extents.ownAxis(e, node.whole("axis", 0), extents.rank(e)) - (e.batched() ? 1 : 0);
        int[] places = Axes.places(indices.values, e.shape().dimension(axis));
        if (places.length == 0) {
            throw new IllegalArgumentException("expected indices, found none");
        }
        var runs = new ArrayList<Expression>();
        for (int from = 0, to; from < places.length; from = to) {
            int step = from + 1 < places.length ? places[from + 1] - places[from] : 1;
            to = from + 1;
            while (step >= 1 && to < places.length && places[to] - places[to - 1] == step) {
                to++;
            }
            runs.add(part(e, axis, places[from], to - from, Math.max(step, 1)));
        }
        Expression taken = runs.size() == 1 ? runs.getFirst() : algebra.apply(new Concat(axis), runs.toArray(Expression[]::new));
        int[] own = e.shape().toArray();
        IntStream before = Arrays.stream(own, 0, axis);
        IntStream after = Arrays.stream(own, axis + 1, own.length);
        int[] result = IntStream.concat(IntStream.concat(before, Arrays.stream(indices.extents)), after).toArray();
        return algebra.reshaped(taken, Shape.of(result));
    }

    /// Parts of the sizes that operand 1 says; else as many equal ones as there are results, the last one smaller if it must be.
    List<Expression> split(OnnxNode node) {
        int count = node.proto().getOutputCount();
        if (node.optional(1) != null) {
            List<Expression> parts = parts(node, node.integers(1).values);
            if (parts.size() != count) {
                throw new IllegalArgumentException("expected as many sizes as results, found " + parts.size() + " and " + count);
            }
            return parts;
        }
        if (node.whole("num_outputs", count) != count) {
            throw new IllegalArgumentException(
                    "expected num_outputs " + count + ", the number of results, found " + node.whole("num_outputs", count));
        }
        return parts(node, equal(extent(node), Math.ceilDiv(extent(node), count)));
    }

    private int extent(OnnxNode node) {
        Expression e = node.input(0);
        int axis = extents.ownAxis(e, node.whole("axis", 0), extents.rank(e));
        return e.shape().dimension(axis - (e.batched() ? 1 : 0));
    }

    private static long[] equal(int extent, int size) {
        if (Math.ceilDiv(extent, size) > Integers.MOST) {
            throw new IllegalArgumentException("expected at most " + Integers.MOST + " parts, found more");
        }
        return IntStream.iterate(0, at -> at < extent, at -> at + size).mapToLong(at -> Math.min(size, extent - at)).toArray();
    }

    private List<Expression> parts(OnnxNode node, long[] sizes) {
        Expression e = node.input(0);
        int extent = extent(node);
        int axis = extents.ownAxis(e, node.whole("axis", 0), extents.rank(e)) - (e.batched() ? 1 : 0);
        boolean fits = Arrays.stream(sizes).allMatch(size -> size >= 1 && size <= extent);
        if (!fits || Arrays.stream(sizes).sum() != extent) {
            throw new IllegalArgumentException("expected sizes of at least 1 that add up to " + extent + ", found " + Extents.text(sizes));
        }
        var parts = new ArrayList<Expression>();
        int at = 0;
        for (long size : sizes) {
            parts.add(part(e, axis, at, (int) size, 1));
            at += (int) size;
        }
        return parts;
    }

    /// Parts of one size, or of the sizes in a list.
    Expression splitToSequence(OnnxNode node) {
        if (node.optional(1) == null || node.whole("keepdims", 1) == 0) {
            throw new IllegalArgumentException("expected sizes of the parts, and keepdims 1");
        }
        Integers sizes = node.integers(1);
        if (sizes.rank() > 0) {
            return new Sequence(parts(node, sizes.values));
        }
        int size = Math.clamp(sizes.values[0], 0, Integer.MAX_VALUE / 2);
        if (size < 1) {
            throw new IllegalArgumentException("expected a size of at least 1, found " + Extents.text(sizes.values));
        }
        return new Sequence(parts(node, equal(extent(node), size)));
    }

    static Expression sequenceAt(OnnxNode node) {
        if (!(node.input(0) instanceof Sequence sequence)) {
            throw new IllegalArgumentException("expected a sequence, found " + node.input(0));
        }
        int[] place = Axes.places(node.integers(1).values, sequence.values.size());
        if (place.length != 1) {
            throw new IllegalArgumentException("expected one index, found " + place.length);
        }
        return sequence.values.get(place[0]);
    }

    /// Negative padding leaves entries out. Padding with c ≠ 0: zeros around x − c, plus c.
    Expression pad(OnnxNode node) {
        Expression e = node.input(0);
        String mode = node.text("mode", "constant");
        if (!mode.equals("constant")) {
            throw new IllegalArgumentException("expected mode constant, found " + OnnxFile.shown(mode));
        }
        int rank = extents.rank(e);
        long[] pads = node.integers(1).values;
        double value = node.optional(2) == null ? 0 : node.constant(2, "value");
        long[] axes = node.optional(3) == null ? IntStream.range(0, rank).asLongStream().toArray() : node.integers(3).values;
        if (pads.length != 2 * axes.length) {
            throw new IllegalArgumentException("expected two numbers for each of " + axes.length + " axes, found " + Extents.text(pads));
        }
        int first = e.batched() ? 1 : 0;
        int[] before = new int[rank - first];
        int[] after = new int[rank - first];
        Expression inner = e;
        for (int i = 0; i < axes.length; i++) {
            long start = pads[i];
            long end = pads[axes.length + i];
            if (start == 0 && end == 0) {
                continue;
            }
            int axis = extents.ownAxis(e, axes[i], rank) - first;
            int extent = inner.shape().dimension(axis);
            if (Math.clamp(start, -extent, 0) + Math.clamp(end, -extent, 0) <= -extent || start > Integer.MAX_VALUE || end > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        "expected padding that leaves entries along axis " + axes[i] + " of " + e + ", found " + Extents.text(pads));
            }
            inner = part(inner, axis, (int) Math.max(-start, 0), (int) (extent + Math.min(start, 0) + Math.min(end, 0)), 1);
            before[axis] = (int) Math.max(start, 0);
            after[axis] = (int) Math.max(end, 0);
        }
        return algebra.sum(1, padded(algebra.sum(1, inner, -1, algebra.number(value, Shape.of())), before, after), 1,
                algebra.number(value, Shape.of()));
    }

    private Expression padded(Expression e, int[] before, int[] after) {
        if (Arrays.stream(before).allMatch(zeros -> zeros == 0) && Arrays.stream(after).allMatch(zeros -> zeros == 0)) {
            return e;
        }
        var pad = new Pad(Arrays.stream(before).boxed().toList(), Arrays.stream(after).boxed().toList());
        return e instanceof Filled filled && filled.value == 0 ? new Filled(pad.output(List.of(filled.operand())), 0) : algebra.apply(pad, e);
    }

    /// Values behind each other; zeros among them become padding of their neighbours.
    Expression concat(OnnxNode node) {
        List<Expression> parts = IntStream.range(0, Math.max(1, node.inputs().size())).mapToObj(node::input).toList();
        boolean batched = parts.stream().anyMatch(Expression::batched);
        parts = parts.stream().map(part -> batched ? forEachExample(part) : part).toList();
        Expression first = parts.getFirst();
        int axis = extents.ownAxis(first, node.whole("axis", 0), extents.rank(first)) - (first.batched() ? 1 : 0);
        Operand result = new Concat(axis).output(parts.stream().map(Expression::operand).toList());
        var kept = new ArrayList<Expression>();
        int leading = 0;
        for (Expression part : parts) {
            int extent = part.shape().dimension(axis);
            if (!isZero(part)) {
                kept.add(padded(part, only(axis, result, leading), only(axis, result, 0)));
                leading = 0;
            } else if (kept.isEmpty()) {
                leading += extent;
            } else {
                kept.add(padded(kept.removeLast(), only(axis, result, 0), only(axis, result, extent)));
            }
        }
        return switch (kept.size()) {
            case 0 -> new Filled(result, 0);
            case 1 -> kept.getFirst();
            default -> algebra.apply(new Concat(axis), kept.toArray(Expression[]::new));
        };
    }

    /// A number repeated for each of a fixed number of examples.
    private Expression forEachExample(Expression e) {
        boolean isWhole = e instanceof Filled && !e.batched() && e.shape().rank() > 0 && e.shape().dimension(0) == extents.examples();
        return isWhole ? new Filled(new Operand(Shape.of(Arrays.stream(e.shape().toArray()).skip(1).toArray()), true), ((Filled) e).value) : e;
    }

    private static boolean isZero(Expression e) {
        return e instanceof Filled filled ? filled.value == 0 : Algebra.strip(e).factor() == 0;
    }

    private static int[] only(int axis, Operand result, int zeros) {
        int[] all = new int[result.shape().rank()];
        all[axis] = zeros;
        return all;
    }
}
