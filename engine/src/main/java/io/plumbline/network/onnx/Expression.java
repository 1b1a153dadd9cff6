package io.plumbline.network.onnx;

import io.plumbline.layer.Layer;
import io.plumbline.layer.Operand;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import java.util.List;

/// A value of an ONNX graph while it is read: what will be a value of the network, or something that only the import knows, such as a number or a part
/// of a pattern. Compared by identity: the same object is the same value.
abstract sealed class Expression {
    private final Operand operand;

    private Expression(Operand operand) {
        this.operand = operand;
    }

    /// What it looks like.
    ///
    /// @throws IllegalArgumentException if it is no array of floating-point numbers
    Operand operand() {
        if (operand == null) {
            throw new IllegalArgumentException("expected floating-point values, found " + this);
        }
        return operand;
    }

    boolean batched() {
        return operand().batched();
    }

    Shape shape() {
        return operand().shape();
    }

    @Override
    public String toString() {
        return operand.toString();
    }

    /// The network's input.
    static final class Input extends Expression {
        Input(Shape shape) {
            super(new Operand(shape, true));
        }
    }

    /// A parameter: an initialiser, or a constant of several numbers, which is frozen.
    static final class Weight extends Expression {
        final String name;
        final boolean trainable;
        final HostBuffer values;

        Weight(String name, Shape shape, boolean trainable, HostBuffer values) {
            super(new Operand(shape, false));
            this.name = name;
            this.trainable = trainable;
            this.values = values;
        }
    }

    /// A constant of one entry.
    static final class Single extends Expression {
        final String name;
        final double value;

        Single(String name, Shape shape, double value) {
            super(new Operand(shape, false));
            this.name = name;
            this.value = value;
        }

        @Override
        public String toString() {
            return "the number " + value;
        }
    }

    /// The same number in every entry: what `zeros_like` makes. It becomes a number in sums and products and padding in a concatenation; shared ones can
    /// be operands of any layer.
    static final class Filled extends Expression {
        final double value;

        Filled(Operand operand, double value) {
            super(operand);
            this.value = value;
        }
    }

    /// Integers, row-major: extents, axes, indices, and conditions as 0 and 1. [#EXAMPLES] stands for the number of examples where the graph leaves it open.
    static final class Integers extends Expression {
        /// The number of examples.
        static final long EXAMPLES = Long.MIN_VALUE;
        /// Extents, axes and indices are few; longer tensors of integers are never read or made.
        static final int MOST = 1024;

        final int[] extents;
        final long[] values;

        /// @throws IllegalArgumentException if there are more than [#MOST]
        Integers(int[] extents, long... values) {
            super(null);
            requireFew(extents);
            this.extents = extents;
            this.values = values;
        }

        /// Rank 0.
        static Integers scalar(long value) {
            return new Integers(new int[0], value);
        }

        /// Rank 1.
        static Integers list(long... values) {
            return new Integers(new int[] {values.length}, values);
        }

        /// The number of entries that extents say.
        ///
        /// @throws IllegalArgumentException if they are more than [#MOST]
        static int requireFew(int[] extents) {
            long count = 1;
            for (int extent : extents) {
                count *= extent;
                if (count > MOST) {
                    throw new IllegalArgumentException("expected at most " + MOST + " integers");
                }
            }
            return (int) count;
        }

        int rank() {
            return extents.length;
        }

        @Override
        public String toString() {
            return "integers";
        }
    }

    /// Values in an order, of which a graph takes one by its place.
    static final class Sequence extends Expression {
        final List<Expression> values;

        Sequence(List<Expression> values) {
            super(null);
            this.values = values;
        }

        @Override
        public String toString() {
            return "a sequence";
        }
    }

    /// A layer applied to values.
    static final class Applied extends Expression {
        final String node;
        final Layer layer;
        final List<Expression> inputs;

        Applied(String node, Layer layer, List<Expression> inputs) {
            super(layer.output(inputs.stream().map(Expression::operand).toList()));
            this.node = node;
            this.layer = layer;
            this.inputs = inputs;
        }
    }

    /// The transpose of a shared matrix; a dense layer takes it as its weight without moving an entry.
    static final class Transposed extends Expression {
        final String node;
        final Expression matrix;

        Transposed(String node, Expression matrix) {
            super(Operand.shared(matrix.shape().dimension(1), matrix.shape().dimension(0)));
            this.node = node;
            this.matrix = matrix;
        }
    }

    /// erf of a value, a part of GELU.
    static final class Erf extends Expression {
        final String node;
        final Expression argument;

        Erf(String node, Expression argument) {
            super(argument.operand());
            this.node = node;
            this.argument = argument;
        }
    }

    /// Whether each entry of a value exceeds a threshold, a part of PyTorch's softplus.
    static final class Exceeds extends Expression {
        final Expression argument;
        final double threshold;

        Exceeds(Expression argument, double threshold) {
            super(null);
            this.argument = argument;
            this.threshold = threshold;
        }

        @Override
        public String toString() {
            return "a comparison";
        }
    }
}
