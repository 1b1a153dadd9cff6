package io.plumbline.network.onnx;

import io.plumbline.network.onnx.Expression.Integers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongBinaryOperator;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// The arithmetic of extents, axes and indices that exporters leave in a graph, done at import. The number of examples, where it is open, goes through
/// unchanged or is refused.
final class IntegerOperators {
    private IntegerOperators() {}

    static Integers add(OnnxNode node) {
        return combined(node, (a, b) -> b == 0 ? a : a == 0 ? b : Math.addExact(known(a), known(b)));
    }

    static Integers subtract(OnnxNode node) {
        return combined(node, (a, b) -> b == 0 ? a : Math.subtractExact(known(a), known(b)));
    }

    static Integers multiply(OnnxNode node) {
        return combined(node, (a, b) -> b == 1 ? a : a == 1 ? b : Math.multiplyExact(known(a), known(b)));
    }

    /// Towards zero, as ONNX has it.
    static Integers divide(OnnxNode node) {
        return combined(node, (a, b) -> b == 1 ? a : known(a) / divisor(b));
    }

    static Integers modulo(OnnxNode node) {
        return combined(node, (a, b) -> Math.floorMod(known(a), divisor(b)));
    }

    private static long divisor(long b) {
        if (b == 0) {
            throw new IllegalArgumentException("expected a divisor other than 0");
        }
        return known(b);
    }

    static Integers negate(OnnxNode node) {
        Integers a = node.integers(0);
        return new Integers(a.extents, Arrays.stream(a.values).map(value -> Math.negateExact(known(value))).toArray());
    }

    static Integers maximum(OnnxNode node) {
        return folded(node, (a, b) -> Math.max(known(a), known(b)));
    }

    static Integers minimum(OnnxNode node) {
        return folded(node, (a, b) -> Math.min(known(a), known(b)));
    }

    private static Integers folded(OnnxNode node, LongBinaryOperator f) {
        Integers result = node.integers(0);
        for (int i = 1; i < node.inputs().size(); i++) {
            result = broadcast(result, node.integers(i), f);
        }
        return result;
    }

    /// The number of examples equals no negative number; whether it equals another one is open.
    static Integers equal(OnnxNode node) {
        return combined(node,
                (a, b) -> a == b ? 1 : a == Integers.EXAMPLES && b < 0 || b == Integers.EXAMPLES && a < 0 || known(a) != known(b) ? 0 : 1);
    }

    static Integers where(OnnxNode node) {
        Integers condition = node.integers(0);
        Integers chosen = broadcast(condition, node.integers(1), (c, value) -> c != 0 ? value : 0);
        Integers other = broadcast(condition, node.integers(2), (c, value) -> c != 0 ? 0 : value);
        return broadcast(chosen, other, (a, b) -> a == 0 ? b : a);
    }

    private static Integers combined(OnnxNode node, LongBinaryOperator f) {
        return broadcast(node.integers(0), node.integers(1), f);
    }

    private static long known(long value) {
        if (value == Integers.EXAMPLES) {
            throw new IllegalArgumentException("expected integers that the file fixes, found the number of examples");
        }
        return value;
    }

    private static Integers broadcast(Integers a, Integers b, LongBinaryOperator f) {
        int rank = Math.max(a.rank(), b.rank());
        int[] result = new int[rank];
        for (int axis = 0; axis < rank; axis++) {
            int x = extent(a.extents, axis - rank + a.rank());
            int y = extent(b.extents, axis - rank + b.rank());
            if (x != y && x != 1 && y != 1) {
                throw new IllegalArgumentException(
                        "expected integers whose extents are equal or 1, found " + text(a.extents) + " and " + text(b.extents));
            }
            result[axis] = x == 1 ? y : x;
        }
        long[] values = new long[Integers.requireFew(result)];
        Arrays.setAll(values, i -> f.applyAsLong(a.values[source(i, result, a.extents)], b.values[source(i, result, b.extents)]));
        return new Integers(result, values);
    }

    private static int extent(int[] extents, int axis) {
        return axis < 0 ? 1 : extents[axis];
    }

    /// Where entry i of an array of these extents comes from in one that is repeated along its axes of extent 1.
    private static int source(int i, int[] result, int[] own) {
        int left = i;
        int place = 0;
        int stride = 1;
        for (int axis = result.length - 1; axis >= 0; axis--) {
            int index = left % result[axis];
            left /= result[axis];
            int ownAxis = axis - result.length + own.length;
            if (ownAxis >= 0) {
                place += own[ownAxis] == 1 ? 0 : index * stride;
                stride *= own[ownAxis];
            }
        }
        return place;
    }

    static Integers expand(OnnxNode node) {
        return broadcast(node.integers(0), filled(node.integers(1), 0), (a, zero) -> a);
    }

    /// An array of these extents.
    static Integers filled(Integers extents, long value) {
        if (extents.values.length > Extents.MOST_AXES || Arrays.stream(extents.values).anyMatch(extent -> extent < 0 || extent > Integers.MOST)) {
            throw new IllegalArgumentException("expected extents of at most " + Integers.MOST + " integers, found " + Extents.text(extents.values));
        }
        int[] own = Arrays.stream(extents.values).mapToInt(Math::toIntExact).toArray();
        return new Integers(own, LongStream.generate(() -> value).limit(Integers.requireFew(own)).toArray());
    }

    static Integers range(OnnxNode node) {
        long start = known(single(node, 0));
        long limit = known(single(node, 1));
        long step = divisor(single(node, 2));
        long count = Math.max(0, Math.ceilDiv(Math.subtractExact(limit, start), step));
        if (count > Integers.MOST) {
            throw new IllegalArgumentException("expected at most " + Integers.MOST + " integers");
        }
        return Integers.list(LongStream.range(0, count).map(i -> start + i * step).toArray());
    }

    private static long single(OnnxNode node, int operand) {
        Integers integers = node.integers(operand);
        if (integers.values.length != 1) {
            throw new IllegalArgumentException("expected one integer as operand " + operand + ", found " + Extents.text(integers.values));
        }
        return integers.values[0];
    }

    static Integers reshape(OnnxNode node) {
        Integers e = node.integers(0);
        long[] target = node.integers(1).values.clone();
        long known = 1;
        int open = -1;
        for (int axis = 0; axis < target.length; axis++) {
            if (target[axis] == 0 && node.whole("allowzero", 0) == 0 && axis < e.rank()) {
                target[axis] = e.extents[axis];
            }
            if (target[axis] == -1 && open < 0) {
                open = axis;
            } else if (target[axis] < 0 || target[axis] > Integers.MOST || (known *= target[axis]) > Integers.MOST) {
                throw unfit(e, node.integers(1));
            }
        }
        if (open >= 0) {
            target[open] = known == 0 ? 0 : e.values.length / known;
            known *= target[open];
        }
        if (known != e.values.length) {
            throw unfit(e, node.integers(1));
        }
        return new Integers(Arrays.stream(target).mapToInt(Math::toIntExact).toArray(), e.values);
    }

    private static IllegalArgumentException unfit(Integers e, Integers target) {
        return new IllegalArgumentException("expected a shape of " + e.values.length + " integers, found " + Extents.text(target.values));
    }

    static Integers squeeze(OnnxNode node) {
        Integers e = node.integers(0);
        boolean[] out = new boolean[e.rank()];
        if (node.optional(1) == null) {
            IntStream.range(0, out.length).forEach(axis -> out[axis] = e.extents[axis] == 1);
        } else {
            for (long given : node.integers(1).values) {
                int axis = Axes.of(given, e.rank());
                if (e.extents[axis] != 1) {
                    throw new IllegalArgumentException("expected extent 1 on axis " + given + ", found " + e.extents[axis]);
                }
                out[axis] = true;
            }
        }
        return new Integers(IntStream.range(0, out.length).filter(axis -> !out[axis]).map(axis -> e.extents[axis]).toArray(), e.values);
    }

    static Integers unsqueeze(OnnxNode node) {
        Integers e = node.integers(0);
        long[] axes = node.integers(1).values;
        int rank = e.rank() + axes.length;
        if (rank > Extents.MOST_AXES) {
            throw new IllegalArgumentException("expected at most " + Extents.MOST_AXES + " axes, found " + rank);
        }
        int[] extents = new int[rank];
        Arrays.stream(axes).forEach(given -> extents[Axes.of(given, rank)] = 1);
        int taken = 0;
        for (int axis = 0; axis < rank; axis++) {
            if (extents[axis] == 0) {
                if (taken == e.rank()) {
                    throw new IllegalArgumentException("expected axes that differ, found " + Extents.text(axes));
                }
                extents[axis] = e.extents[taken++];
            }
        }
        return new Integers(extents, e.values);
    }

    static Integers transpose(OnnxNode node) {
        Integers e = node.integers(0);
        int[] order = Axes.order(node.wholes("perm"), e.rank());
        int[] extents = Arrays.stream(order).map(axis -> e.extents[axis]).toArray();
        int[] strides = new int[e.rank()];
        for (int axis = e.rank() - 1, stride = 1; axis >= 0; stride *= e.extents[axis], axis--) {
            strides[axis] = stride;
        }
        long[] values = new long[e.values.length];
        for (int i = 0; i < values.length; i++) {
            int left = i;
            int place = 0;
            for (int axis = order.length - 1; axis >= 0; axis--) {
                place += left % extents[axis] * strides[order[axis]];
                left /= extents[axis];
            }
            values[i] = e.values[place];
        }
        return new Integers(extents, values);
    }

    static Integers gather(OnnxNode node) {
        Integers e = node.integers(0);
        Integers indices = node.integers(1);
        int axis = Axes.of(node.whole("axis", 0), e.rank());
        int[] places = Axes.places(indices.values, e.extents[axis]);
        IntStream before = Arrays.stream(e.extents, 0, axis);
        IntStream after = Arrays.stream(e.extents, axis + 1, e.rank());
        int[] extents = IntStream.concat(IntStream.concat(before, Arrays.stream(indices.extents)), after).toArray();
        return new Integers(extents, taken(e, axis, places).values);
    }

    static Integers slice(OnnxNode node) {
        Integers result = node.integers(0);
        for (Axes.Part part : Axes.parts(node, result.rank())) {
            result = taken(result, part.axis(), part.indices(result.extents[part.axis()]));
        }
        return result;
    }

    /// The entries at `places` of an axis.
    private static Integers taken(Integers e, int axis, int[] places) {
        int inner = Arrays.stream(e.extents, axis + 1, e.rank()).reduce(1, (a, b) -> a * b);
        int outer = Arrays.stream(e.extents, 0, axis).reduce(1, (a, b) -> a * b);
        int[] extents = e.extents.clone();
        extents[axis] = places.length;
        long[] values = new long[Integers.requireFew(extents)];
        int next = 0;
        for (int o = 0; o < outer; o++) {
            for (int place : places) {
                for (int i = 0; i < inner; i++) {
                    values[next++] = e.values[(o * e.extents[axis] + place) * inner + i];
                }
            }
        }
        return new Integers(extents, values);
    }

    static Integers concat(OnnxNode node) {
        List<Integers> parts = new ArrayList<>();
        for (int i = 0; i < node.inputs().size(); i++) {
            parts.add(node.integers(i));
        }
        Integers first = parts.getFirst();
        int axis = Axes.of(node.whole("axis", 0), first.rank());
        int[] extents = first.extents.clone();
        extents[axis] = 0;
        for (Integers part : parts) {
            int[] own = part.extents.clone();
            if (own.length == extents.length) {
                own[axis] = extents[axis];
            }
            if (!Arrays.equals(own, extents)) {
                throw new IllegalArgumentException(
                        "expected integers that differ along axis " + axis + " only, found " + text(first.extents) + " and "
                                + text(part.extents));
            }
            extents[axis] += part.extents[axis];
            Integers.requireFew(extents);
        }
        int outer = Arrays.stream(extents, 0, axis).reduce(1, (a, b) -> a * b);
        long[] values = IntStream.range(0, outer).boxed()
                .flatMapToLong(o -> parts.stream().flatMapToLong(part -> {
                    int run = part.values.length / outer;
                    return Arrays.stream(part.values, o * run, (o + 1) * run);
                }))
                .toArray();
        return new Integers(extents, values);
    }

    private static String text(int[] extents) {
        return Extents.text(Arrays.stream(extents).asLongStream().toArray());
    }
}
