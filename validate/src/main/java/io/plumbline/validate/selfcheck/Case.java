package io.plumbline.validate.selfcheck;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;

/// One form and size of a primitive whose result is a tensor.
///
/// @param subject    the primitive
/// @param form       what is special about this call
/// @param sizes      for people
/// @param shapes     rows and columns of the operands and, last, of the result
/// @param first      makes the first operand's entries of numbers in (−1, 1)
/// @param accumulates whether it can add to what is there
/// @param primitive  the call
record Case(String subject, String form, String sizes, int[][] shapes, DoubleUnaryOperator first, boolean accumulates, Primitive primitive) {
    /// Of the operands.
    static final long SEED = 20221019;

    /// A call: operands in the order of the shapes, the last one is the result.
    interface Primitive {
        void call(Backend backend, Tensor[] operands, boolean accumulate);
    }

    /// Any numbers, sizes as the shapes say.
    static Case of(String subject, String form, int[][] shapes, Primitive primitive) {
        return new Case(subject, form, Matrices.shapes(shapes), shapes, x -> x, true, primitive);
    }

    /// `m, k, k, n` in pairs.
    static int[][] shapes(int... dimensions) {
        int[][] shapes = new int[dimensions.length / 2][];
        Arrays.setAll(shapes, i -> new int[] {dimensions[2 * i], dimensions[2 * i + 1]});
        return shapes;
    }

    Item item() {
        return new Item(Group.PRIMITIVES, subject, form, sizes, this::run);
    }

    /// What a backend made of the operands: the entries after the call, and after one that adds, one behind the other.
    private record Results(double[] entries, String besides) {}

    /// The device against the reference, within what [Rounded] allows; and against itself on other threads, bit by bit.
    private Deviation run(Subject subject) {
        double[][] operands = operands(subject.precision());
        Results found = on(subject.device(), operands);
        double[] exact = on(Subject.REFERENCE, operands).entries;
        double[] rounded;
        try (var bounds = new Rounded(subject.precision(), () -> 1)) {
            rounded = on(bounds, operands).entries;
        }
        var deviation = Deviation.worst(found.entries, exact, subject.bounds(exact, rounded)).but(found.besides);
        if (subject.otherThreads() != null) {
            Results other = on(subject.otherThreads(), operands);
            boolean same = Arrays.equals(found.entries, other.entries);
            deviation = deviation.but(subject.otherBits(same)).but(other.besides);
        }
        return deviation;
    }

    private double[][] operands(Precision precision) {
        var random = new Random(SEED);
        double[][] operands = new double[shapes.length - 1][];
        Arrays.setAll(operands, i -> Matrices.random(random, (long) shapes[i][0] * shapes[i][1], precision));
        for (int i = 0; i < operands[0].length; i++) {
            operands[0][i] = Matrices.round(first.applyAsDouble(operands[0][i]), precision);
        }
        return operands;
    }

    private Results on(Backend backend, double[][] operands) {
        try (var matrices = new Matrices(backend)) {
            Tensor[] tensors = new Tensor[shapes.length];
            Arrays.setAll(tensors, i -> i < operands.length
                    ? matrices.of(operands[i], shapes[i][0], shapes[i][1])
                    : matrices.undefined(shapes[i][0], shapes[i][1]));
            Tensor result = tensors[operands.length];
            primitive.call(backend, tensors, false);
            double[] once = matrices.entries(result);
            double[] both = Arrays.copyOf(once, 2 * once.length);
            primitive.call(backend, tensors, accumulates);
            System.arraycopy(matrices.entries(result), 0, both, once.length, once.length);
            return new Results(both, matrices.besides(result));
        }
    }
}
