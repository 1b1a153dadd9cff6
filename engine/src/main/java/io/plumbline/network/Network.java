package io.plumbline.network;

import io.plumbline.layer.Layer;
import io.plumbline.layer.Operand;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/// A model f(·; θ): a directed acyclic graph of layers, and the layout of θ. Immutable.
///
/// **Values** are numbered: 0 is the input, 1 … P are the parameters in their order, P + 1 … are the results of the nodes in an order in which
/// operands come first. A value is *shared* if it depends on parameters only, and per example otherwise. It is *active* if it depends on θ.
///
/// θ is the trainable parameters, each flattened row-major, one after the other in the order they were declared.
public final class Network {
    /// The value number of the input.
    public static final int INPUT = 0;

    private final String name;
    private final List<Parameter> parameters;
    private final List<Node> nodes;
    private final List<Operand> operands;
    private final boolean[] active;
    private final int output;
    private final HostBuffer initial;
    private final HostBuffer frozen;

    private Network(Builder builder, int output) {
        this.name = builder.name;
        this.parameters = List.copyOf(builder.parameters);
        this.nodes = List.copyOf(builder.nodes);
        this.operands = List.copyOf(builder.operands);
        this.output = output;
        this.initial = concatenate(builder, true);
        this.frozen = concatenate(builder, false);
        this.active = new boolean[operands.size()];
        for (int p = 0; p < parameters.size(); p++) {
            active[1 + p] = parameters.get(p).trainable();
        }
        for (int v = firstNodeValue(); v < operands.size(); v++) {
            for (int input : node(v).inputs()) {
                active[v] |= active[input];
            }
        }
    }

    private static HostBuffer concatenate(Builder builder, boolean trainable) {
        HostBuffer all = HostBuffer.collected(Precision.F64, trainable ? builder.trainableCount : builder.frozenCount);
        for (int p = 0; p < builder.parameters.size(); p++) {
            Parameter parameter = builder.parameters.get(p);
            if (parameter.trainable() == trainable) {
                all.slice(parameter.offset(), parameter.count()).copyFrom(builder.values.get(p).get());
            }
        }
        return all;
    }

    /// What it was built or read from.
    public String name() {
        return name;
    }

    /// All parameters, trainable and frozen, in the order of their values.
    public List<Parameter> parameters() {
        return parameters;
    }

    /// p: the length of θ.
    public long parameterCount() {
        return initial.length();
    }

    /// The nodes in order.
    public List<Node> nodes() {
        return nodes;
    }

    /// The input's shape, without the axis of the examples.
    public Shape input() {
        return operands.getFirst().shape();
    }

    /// K: the width of the result.
    public int outputs() {
        return operands.get(output).width();
    }

    /// The value number of the result.
    public int output() {
        return output;
    }

    /// How many values there are.
    public int valueCount() {
        return operands.size();
    }

    /// The value number of node 0.
    public int firstNodeValue() {
        return 1 + parameters.size();
    }

    /// The node whose result is `value`, which is at least [#firstNodeValue()].
    public Node node(int value) {
        return nodes.get(value - firstNodeValue());
    }

    /// The parameter that is `value`, from 1 to P.
    public Parameter parameter(int value) {
        return parameters.get(value - 1);
    }

    /// Whether `value` is a parameter.
    public boolean isParameter(int value) {
        return value >= 1 && value < firstNodeValue();
    }

    /// The trainable parameter that holds entry i of θ, 0 ≤ i < p.
    public Parameter parameterAt(long i) {
        return parameters.stream()
                .filter(parameter -> parameter.trainable() && i >= parameter.offset() && i < parameter.offset() + parameter.count())
                .findFirst()
                .orElseThrow();
    }

    /// What `value` looks like.
    public Operand operand(int value) {
        return operands.get(value);
    }

    /// Whether `value` depends on θ.
    public boolean isActive(int value) {
        return active[value];
    }

    /// θ as it was initialised or read: p numbers in double. Do not write to it.
    public HostBuffer initialTheta() {
        return initial;
    }

    /// The frozen parameters' values, as [Parameter#offset()] places them. Do not write to it.
    public HostBuffer frozenValues() {
        return frozen;
    }

    /// Starts a network whose input has this shape.
    public static Builder builder(String name, Shape input) {
        return new Builder(name, input);
    }

    /// A value of a network under construction.
    public record Value(int index) {}

    /// Declares parameters and applies layers; [#build] checks and ends it.
    public static final class Builder {
        private final String name;
        private final List<Parameter> parameters = new ArrayList<>();
        private final List<Supplier<HostBuffer>> values = new ArrayList<>();
        private final List<Node> nodes = new ArrayList<>();
        private final List<Operand> operands = new ArrayList<>();
        private final Set<String> names = new HashSet<>();
        private long trainableCount;
        private long frozenCount;

        private Builder(String name, Shape input) {
            this.name = name;
            operands.add(new Operand(input, true));
        }

        /// The input.
        public Value input() {
            return new Value(INPUT);
        }

        /// Declares a parameter. All are declared before the first layer is applied.
        ///
        /// @param values its entries, row-major, either precision; copied when the network is built
        /// @throws IllegalArgumentException if the name is taken, the number of values is not the shape's, or layers were applied already
        public Value parameter(String parameterName, Shape shape, boolean trainable, HostBuffer values) {
            if (values.length() != shape.size()) {
                throw new IllegalArgumentException(
                        name + ": parameter " + parameterName + " of shape " + shape + " has " + values.length() + " values, expected "
                                + shape.size());
            }
            return parameter(parameterName, shape, trainable, () -> values);
        }

        /// Declares a parameter whose entries are made when the network is built, after all checks.
        ///
        /// @param values gives as many as the shape has, row-major, either precision
        /// @throws IllegalArgumentException if the name is taken, or layers were applied already
        public Value parameter(String parameterName, Shape shape, boolean trainable, Supplier<HostBuffer> values) {
            if (!nodes.isEmpty()) {
                throw new IllegalArgumentException(name + ": parameter " + parameterName + " declared after a layer was applied");
            }
            if (!names.add(parameterName)) {
                throw new IllegalArgumentException(name + ": two parameters are named " + parameterName);
            }
            parameters.add(new Parameter(parameterName, shape, trainable, trainable ? trainableCount : frozenCount));
            if (trainable) {
                trainableCount += shape.size();
            } else {
                frozenCount += shape.size();
            }
            this.values.add(values);
            operands.add(new Operand(shape, false));
            return new Value(operands.size() - 1);
        }

        /// What a value looks like.
        public Operand operand(Value value) {
            return operands.get(value.index());
        }

        /// Applies a layer.
        ///
        /// @throws IllegalArgumentException if the operands do not fit: names the network, the node, the layer and the shapes
        public Value apply(String nodeName, Layer layer, Value... inputs) {
            var shapes = new ArrayList<Operand>();
            var indices = new ArrayList<Integer>();
            for (Value input : inputs) {
                shapes.add(operands.get(input.index()));
                indices.add(input.index());
            }
            Operand result;
            try {
                result = layer.output(shapes);
            } catch (IllegalArgumentException unfit) {
                throw new IllegalArgumentException(name + ": node " + nodeName + ": " + unfit.getMessage(), unfit);
            }
            nodes.add(new Node(nodeName, layer, indices, result));
            operands.add(result);
            return new Value(operands.size() - 1);
        }

        /// The network whose result is `output`.
        ///
        /// @throws IllegalArgumentException if the result is the same for all examples or does not depend on a trainable parameter, or p exceeds 2³¹ − 1
        public Network build(Value output) {
            if (!operands.get(output.index()).batched()) {
                throw new IllegalArgumentException(name + ": the output does not depend on the input");
            }
            if (trainableCount == 0) {
                throw new IllegalArgumentException(name + ": there is no trainable parameter");
            }
            if (trainableCount > Integer.MAX_VALUE || frozenCount > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(
                        name + ": " + trainableCount + " trainable and " + frozenCount + " frozen entries, at most 2^31 - 1 of each fit");
            }
            var network = new Network(this, output.index());
            if (!network.isActive(output.index())) {
                throw new IllegalArgumentException(name + ": the output does not depend on a trainable parameter");
            }
            return network;
        }
    }
}
