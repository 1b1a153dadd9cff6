package io.plumbline.network;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
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
import io.plumbline.layer.Operand;
import io.plumbline.layer.Pad;
import io.plumbline.layer.Reduce;
import io.plumbline.layer.Reshape;
import io.plumbline.layer.Scale;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Slice;
import io.plumbline.layer.Slice.Range;
import io.plumbline.layer.Sum;
import io.plumbline.layer.Transpose;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Network.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Networks drawn at random from all layers, whose shapes fit by construction: 3 to 10 steps from the input, each a layer or a few, applied to the last value or
/// an earlier one; parameters plain, or expressions of parameters. The same seed gives the same network.
///
/// Functions that grow (x², eˣ, products of values) are applied to bounded values, and those of the half line to numbers of at least 1, so that values stay of
/// order 1 to 100. Padding of a pooling is less than its taps, as the readers of ONNX files want it.
public final class RandomNetworks {
    private static final int LARGEST_WIDTH = 400;
    private static final List<Kind> TAME = List.of(Kind.IDENTITY, Kind.RELU, Kind.LEAKY_RELU, Kind.TANH, Kind.SIGMOID, Kind.SOFTPLUS, Kind.GELU,
            Kind.GELU_TANH, Kind.SILU, Kind.ELU, Kind.CLIP, Kind.ABS);
    private static final List<Kind> GROWING = List.of(Kind.SQUARE, Kind.EXP);
    private static final List<Kind> HALF_LINE = List.of(Kind.SQRT, Kind.RECIPROCAL, Kind.LOG);

    private final Random random;

    private RandomNetworks(long seed) {
        random = new Random(seed * 0x9E3779B97F4A7C15L);
    }

    /// A value of the network to be: the input, a parameter (no layer, values) or a layer's result.
    private record Term(Operand operand, Layer layer, List<Term> inputs, double[] values, boolean trainable) {
        Shape shape() {
            return operand.shape();
        }

        int width() {
            return operand.width();
        }

        IntStream extents() {
            return IntStream.of(shape().toArray());
        }
    }

    /// The network of that seed.
    public static Network of(long seed) {
        return new RandomNetworks(seed).network("random " + seed);
    }

    private Network network(String name) {
        int[][] shapes = {{between(1, 9)}, {between(1, 4), between(1, 5)}, {between(1, 4), between(2, 8), between(2, 8)}};
        Term input = new Term(Operand.batched(shapes[Math.min(2, random.nextInt(5))]), null, List.of(), null, false);
        var values = new ArrayList<>(List.of(input));
        int steps = between(3, 10);
        while (values.size() <= steps) {
            Term from = random.nextInt(4) > 0 ? values.getLast() : chosen(values);
            try {
                Term next = step(from, chosen(values));
                if (next.width() <= LARGEST_WIDTH) {
                    values.add(next);
                }
            } catch (IllegalArgumentException unfit) {
                // Drawn operands or windows do not fit this value: draw again.
            }
        }
        Term last = values.getLast();
        Term output = random.nextBoolean()
                ? apply(new Multiply(), last, parameter(true))
                : apply(new Dense(true), flat(last), parameter(true, between(1, 3), last.width()));
        return build(name, input, output);
    }

    private static Network build(String name, Term input, Term output) {
        Set<Term> needed = Collections.newSetFromMap(new IdentityHashMap<>());
        var order = new ArrayList<Term>();
        visit(output, needed, order);
        var b = Network.builder(name, input.operand.shape());
        var values = new IdentityHashMap<Term, Value>();
        values.put(input, b.input());
        for (Term term : order) {
            if (term.values != null) {
                values.put(term, b.parameter("p" + values.size(), term.shape(), term.trainable, HostBuffer.of(term.values)));
            }
        }
        for (Term term : order) {
            if (term.layer != null) {
                values.put(term, b.apply(term.layer.name(), term.layer, term.inputs.stream().map(values::get).toArray(Value[]::new)));
            }
        }
        return b.build(values.get(output));
    }

    /// What `term` needs, operands first.
    private static void visit(Term term, Set<Term> seen, List<Term> order) {
        if (seen.add(term)) {
            term.inputs.forEach(input -> visit(input, seen, order));
            order.add(term);
        }
    }

    /// One more value.
    ///
    /// @throws IllegalArgumentException if what was drawn does not fit
    private Term step(Term x, Term other) {
        return switch (random.nextInt(22)) {
            case 0 -> apply(new Activate(new Activation(chosen(TAME), real(0.1, 2))), x);
            case 1 -> apply(new Activate(Activation.of(chosen(GROWING))), bounded(x));
            case 2 -> apply(new Activate(Activation.of(chosen(HALF_LINE))), oneAndMore(x));
            case 3 -> apply(new Scale(random.nextBoolean() ? -1 : real(-2, 2)), x);
            case 4 -> sum(x, shared(partner(x), 0));
            case 5 -> swapped(new Multiply(), x, shared(partner(x), 0));
            case 6 -> sum(x, other);
            case 7 -> swapped(new Multiply(), bounded(x), bounded(other));
            case 8 -> apply(new Reshape(refactored(x.width())), x);
            case 9 -> apply(new Pad(each(x, axis -> between(0, 2)), each(x, axis -> between(0, 2))), x);
            case 10 -> apply(new Slice(x.extents().mapToObj(this::range).toList()), x);
            case 11 -> apply(new Transpose(order(x.shape().rank())), x);
            case 12 -> apply(
                    new Reduce(IntStream.range(0, x.shape().rank()).filter(axis -> random.nextBoolean()).boxed().toList(), random.nextBoolean()), x);
            case 13 -> apply(new Expand(widened(x.shape())), x);
            case 14 -> concat(x, other);
            case 15, 16 -> dense(x);
            case 17, 18 -> convolve(x);
            case 19 -> apply(new MaxPool(kernel(2)), x);
            case 20 -> apply(new AveragePool(kernel(2), random.nextBoolean()), x);
            default -> apply(new Multiply(), bounded(x), bounded(x));
        };
    }

    private Term apply(Layer layer, Term... inputs) {
        return new Term(layer.output(Stream.of(inputs).map(Term::operand).toList()), layer, List.of(inputs), null, false);
    }

    private Term swapped(Layer layer, Term a, Term b) {
        return random.nextBoolean() ? apply(layer, a, b) : apply(layer, b, a);
    }

    private Term sum(Term a, Term b) {
        double[] coefficients = {1, 1, -1, real(-2, 2)};
        return swapped(new Sum(coefficients[random.nextInt(4)], coefficients[random.nextInt(4)]), a, b);
    }

    private Term bounded(Term x) {
        return apply(new Activate(Activation.of(random.nextBoolean() ? Kind.TANH : Kind.SIGMOID)), x);
    }

    private Term oneAndMore(Term x) {
        Term one = new Term(Operand.shared(), null, List.of(), new double[] {1}, false);
        return apply(new Sum(1, 1), apply(new Activate(Activation.of(Kind.SQUARE)), bounded(x)), one);
    }

    private Term flat(Term x) {
        return apply(new Reshape(Shape.of(x.width())), x);
    }

    private Term concat(Term x, Term other) {
        if (x.shape().rank() == 0 || random.nextBoolean()) {
            return apply(new Concat(0), flat(x), flat(other), flat(x));
        }
        int axis = random.nextInt(x.shape().rank());
        return apply(new Concat(axis), x, apply(new Scale(-1), x));
    }

    private Term dense(Term x) {
        int in = x.shape().dimension(Math.max(0, x.shape().rank() - 1));
        int out = between(1, 6);
        boolean transposed = random.nextBoolean();
        Term w = shared(transposed ? Shape.of(out, in) : Shape.of(in, out), 0);
        return random.nextBoolean()
                ? apply(new Dense(transposed), x, w)
                : apply(new Dense(transposed), x, w, shared(random.nextBoolean() ? Shape.of(out) : Shape.of(1, out), 0));
    }

    private Term convolve(Term x) {
        if (x.shape().rank() != 3) {
            throw new IllegalArgumentException("no image");
        }
        int channels = x.shape().dimension(0);
        int groups = random.nextBoolean() ? 1 : chosen(IntStream.rangeClosed(1, channels).filter(g -> channels % g == 0).boxed().toList());
        Kernel kernel = kernel(4);
        int out = groups * between(1, 3);
        Term w = shared(Shape.of(out, channels / groups, kernel.rows().size(), kernel.columns().size()), 0);
        Layer layer = new Convolve(kernel, groups);
        return random.nextBoolean() ? apply(layer, x, w) : apply(layer, x, w, shared(Shape.of(out), 0));
    }

    /// @param padding less than this, and for poolings less than the taps
    private Kernel kernel(int padding) {
        return new Kernel(axis(padding), axis(padding));
    }

    private Axis axis(int padding) {
        int size = between(1, 3);
        int most = padding > 2 ? padding - 1 : size - 1;
        return new Axis(size, between(1, 3), between(1, 2), between(0, most), between(0, most), random.nextInt(3) == 0);
    }

    private Range range(int extent) {
        int start = random.nextInt(extent);
        int step = between(1, 2);
        return new Range(start, between(1, (extent - start + step - 1) / step), step);
    }

    /// A shape that an entry-wise layer takes beside x: x's, its entries in a row, a single number, or any if x is a single number.
    private Shape partner(Term x) {
        return switch (random.nextInt(4)) {
            case 0 -> Shape.of(x.width());
            case 1 -> refactored(1);
            case 2 -> x.width() == 1 ? Shape.of(between(1, 3), between(1, 3)) : refactored(x.width());
            default -> x.shape();
        };
    }

    /// A shape of as many entries.
    private Shape refactored(int size) {
        int first = chosen(IntStream.rangeClosed(1, size).filter(divisor -> size % divisor == 0).boxed().toList());
        int rest = size / first;
        int second = chosen(IntStream.rangeClosed(1, rest).filter(divisor -> rest % divisor == 0).boxed().toList());
        return switch (random.nextInt(4)) {
            case 0 -> size == 1 ? Shape.of() : Shape.of(size);
            case 1 -> Shape.of(first, rest);
            default -> Shape.of(first, second, rest / second);
        };
    }

    /// Other extents where there is 1, and perhaps an axis more.
    private Shape widened(Shape shape) {
        IntStream own = IntStream.of(shape.toArray()).map(extent -> extent == 1 ? between(1, 3) : extent);
        return Shape.of((random.nextBoolean() ? own : IntStream.concat(IntStream.of(between(1, 3)), own)).toArray());
    }

    /// A value of parameters: one of them, or an expression.
    private Term shared(Shape shape, int depth) {
        int rank = shape.rank();
        int choice = depth > 2 || rank == 0 ? 0 : random.nextInt(16);
        return switch (choice) {
            case 1 -> apply(new Multiply(), shared(shape, depth + 1), shared(shape, depth + 1));
            case 2 -> sum(shared(shape, depth + 1), parameter(random.nextBoolean(), shape.toArray()));
            case 3 -> apply(new Activate(new Activation(chosen(TAME), 0.3)), shared(shape, depth + 1));
            case 4 -> {
                List<Integer> order = order(rank);
                int[] extents = new int[rank];
                IntStream.range(0, rank).forEach(axis -> extents[order.get(axis)] = shape.dimension(axis));
                yield apply(new Transpose(order), shared(Shape.of(extents), depth + 1));
            }
            case 5 -> apply(new Reshape(shape), shared(refactored(shape.size()), depth + 1));
            case 6 -> {
                int[] some = IntStream.of(shape.toArray()).map(extent -> random.nextBoolean() ? 1 : extent).toArray();
                yield apply(new Expand(shape), shared(Shape.of(Arrays.copyOfRange(some, random.nextInt(rank), rank)), depth + 1));
            }
            case 7 -> {
                List<Range> ranges = IntStream.of(shape.toArray()).mapToObj(extent -> new Range(between(0, 1), extent, between(1, 2))).toList();
                int[] extents = ranges.stream().mapToInt(r -> r.start() + (r.count() - 1) * r.step() + between(1, 2)).toArray();
                yield apply(new Slice(ranges), shared(Shape.of(extents), depth + 1));
            }
            case 8 -> {
                int axis = random.nextInt(rank);
                int[] part = shape.toArray();
                part[axis] = between(1, shape.dimension(axis));
                int[] rest = shape.toArray();
                rest[axis] -= part[axis];
                Term first = shared(Shape.of(part), depth + 1);
                yield rest[axis] == 0 ? apply(new Concat(axis), first) : apply(new Concat(axis), first, shared(Shape.of(rest), depth + 1));
            }
            case 9 -> {
                List<Integer> ones = IntStream.range(0, rank).filter(axis -> shape.dimension(axis) == 1).boxed().toList();
                int[] extents = shape.toArray();
                ones.forEach(axis -> extents[axis] = between(1, 3));
                yield apply(new Reduce(ones, random.nextBoolean()), shared(Shape.of(extents), depth + 1));
            }
            case 10 -> {
                List<Integer> before = IntStream.of(shape.toArray()).mapToObj(extent -> between(0, (extent - 1) / 2)).toList();
                List<Integer> after = IntStream.of(shape.toArray()).mapToObj(extent -> between(0, (extent - 1) / 2)).toList();
                int[] inner = IntStream.range(0, rank).map(axis -> shape.dimension(axis) - before.get(axis) - after.get(axis)).toArray();
                yield apply(new Pad(before, after), shared(Shape.of(inner), depth + 1));
            }
            default -> parameter(random.nextInt(5) > 0, shape.toArray());
        };
    }

    /// Uniform numbers; sums of a row's products with numbers of order 1 are of order 1.
    private Term parameter(boolean trainable, int... dimensions) {
        Shape shape = Shape.of(dimensions);
        double bound = 1.5 / Math.sqrt(dimensions.length < 2 ? 1 : (double) shape.size() / dimensions[0]);
        return new Term(new Operand(shape, false), null, List.of(), random.doubles(shape.size(), -bound, bound).toArray(), trainable);
    }

    private List<Integer> order(int rank) {
        var order = new ArrayList<>(IntStream.range(0, rank).boxed().toList());
        Collections.shuffle(order, random);
        return order;
    }

    private static List<Integer> each(Term x, IntUnaryOperator number) {
        return IntStream.range(0, x.shape().rank()).map(number).boxed().toList();
    }

    private <T> T chosen(List<T> all) {
        return all.get(random.nextInt(all.size()));
    }

    private int between(int least, int most) {
        return least + random.nextInt(most - least + 1);
    }

    private double real(double least, double most) {
        return least + (most - least) * random.nextDouble();
    }
}
