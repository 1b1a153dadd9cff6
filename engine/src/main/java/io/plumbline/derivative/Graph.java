package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.layer.Application;
import io.plumbline.layer.Directions;
import io.plumbline.layer.Operand;
import io.plumbline.network.Network;
import io.plumbline.network.Node;
import io.plumbline.network.Parameter;
import java.util.ArrayList;
import java.util.List;

/// A network's values and tangents on a backend, at one θ, for one tile of examples at a time. Arrays are indexed by the network's value numbers.
///
/// Shared values (parameters and expressions of them) are computed once and kept; values per example belong to the caller's workspace frame.
final class Graph {
    private final Network network;
    private final Backend backend;
    private final Tensor[] shared;
    private final List<List<Operand>> operands = new ArrayList<>();
    private final int[] uses;
    private final int[] summands;

    /// @param theta  (1, p)
    /// @param frozen (1, number of frozen values)
    /// @param kept   holds the results of shared nodes as long as this graph lives
    Graph(Network network, Backend backend, Tensor theta, Tensor frozen, Workspace kept) {
        this.network = network;
        this.backend = backend;
        this.shared = parameters(theta, frozen, 1);
        for (Node node : network.nodes()) {
            operands.add(node.inputs().stream().map(network::operand).toList());
        }
        for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
            if (!network.operand(v).batched()) {
                shared[v] = kept.tensor(1, network.operand(v).width());
            }
        }
        refresh(kept);
        uses = new int[network.valueCount()];
        summands = new int[network.valueCount()];
        countSummands();
    }

    private void countSummands() {
        for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
            if (network.operand(v).batched() && network.isActive(v)) {
                List<Integer> inputs = network.node(v).inputs();
                for (int a = 0; a < inputs.size(); a++) {
                    boolean curved = network.node(v).layer().isCurved(a, operand -> network.isActive(inputs.get(operand)));
                    uses[inputs.get(a)]++;
                    summands[inputs.get(a)] += curved ? 2 : 1;
                }
            }
        }
    }

    /// How often nodes with a value for each example use a value: so many summands a tile has for its cotangent.
    int[] uses() {
        return uses;
    }

    /// The same for the tangent of its cotangent: a second one for each use of which the layer [io.plumbline.layer.Layer#isCurved].
    int[] summands() {
        return summands;
    }

    /// Numbers along one direction that shared values need for summands beyond their first.
    long summandWidth() {
        long width = 0;
        for (int v = 1; v < network.valueCount(); v++) {
            width += !network.operand(v).batched() && network.isActive(v) ? (long) Math.max(0, summands[v] - 1) * network.operand(v).width() : 0;
        }
        return width;
    }

    /// Computes the expressions of parameters again, where they are: θ has other values than before.
    void refresh(Workspace workspace) {
        for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
            if (!network.operand(v).batched()) {
                network.node(v).layer().forward(application(v, shared, 1, null, workspace));
            }
        }
    }

    Network network() {
        return network;
    }

    Backend backend() {
        return backend;
    }

    /// The values that all examples share; null for the others.
    Tensor[] sharedValues() {
        return shared;
    }

    /// The parameters' places in θ (and in the frozen values, or null for those if `frozen` is null).
    private Tensor[] parameters(Tensor theta, Tensor frozen, int rows) {
        Tensor[] values = new Tensor[network.valueCount()];
        for (int v = 1; v < network.firstNodeValue(); v++) {
            Parameter parameter = network.parameter(v);
            Tensor from = parameter.trainable() ? theta : frozen;
            if (from != null) {
                values[v] = new Tensor(from.buffer(), from.offset() + parameter.offset() * rows, rows, parameter.count());
            }
        }
        return values;
    }

    /// The trainable parameters' places in a block of m vectors like θ, (m, count) each behind the one before; null for every other value.
    Tensor[] parametersIn(Tensor block) {
        return parameters(block, null, Math.toIntExact(block.rows()));
    }

    /// The layer's view of node value `v`; what it needs meanwhile comes from `workspace`.
    Application application(int v, Tensor[] values, int directions, Tensor[] tangents, Workspace workspace) {
        List<Integer> inputs = network.node(v).inputs();
        Tensor[] in = new Tensor[inputs.size()];
        Tensor[] inTangent = new Tensor[inputs.size()];
        for (int a = 0; a < in.length; a++) {
            in[a] = values[inputs.get(a)];
            inTangent[a] = tangents == null ? null : tangents[inputs.get(a)];
        }
        return new Application(backend, operands.get(v - network.firstNodeValue()), in, directions, inTangent, values[v], workspace);
    }

    /// All values for the examples in `x` (n, width).
    Tensor[] forward(Tensor x, Workspace workspace) {
        Tensor[] values = room(x, workspace);
        compute(values, workspace);
        return values;
    }

    /// Room for them, and those that are there: x and shared values.
    Tensor[] room(Tensor x, Workspace workspace) {
        Tensor[] values = shared.clone();
        values[Network.INPUT] = x;
        for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
            if (network.operand(v).batched()) {
                values[v] = workspace.tensor(x.rows(), network.operand(v).width());
            }
        }
        return values;
    }

    /// Computes them where they are.
    void compute(Tensor[] values, Workspace workspace) {
        long examples = values[Network.INPUT].rows();
        int stride = stretch();
        for (long from = 0; from < examples; from += stride) {
            Tensor[] part = part(values, from, Math.min(stride, examples - from));
            for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
                if (network.operand(v).batched()) {
                    network.node(v).layer().forward(application(v, part, 1, null, workspace));
                }
            }
        }
    }

    /// How many examples go through all layers before the next ones.
    int stretch() {
        return backend.stretchExamples(valueWidth());
    }

    /// How many examples a pass takes at a time.
    int passExamples() {
        return backend.passExamples(valueWidth());
    }

    /// The values of the `count` examples from `from` on.
    Tensor[] part(Tensor[] values, long from, long count) {
        Tensor[] part = values.clone();
        for (int v = 0; v < part.length; v++) {
            if (network.operand(v).batched() && values[v] != null) {
                part[v] = values[v].rows(from, count);
            }
        }
        return part;
    }

    /// Tangents of the shared values, (m, width) each, along the directions of a block as [#parametersIn] has it; null where zero.
    Tensor[] sharedTangents(Tensor block, Workspace workspace) {
        Tensor[] tangents = parametersIn(block);
        propagate(shared, tangents, false, 1, Math.toIntExact(block.rows()), workspace);
        return tangents;
    }

    /// Tangents of all values of a tile along m directions, m rows an example; null where zero.
    Tensor[] tangents(Tensor[] values, int directions, Tensor[] sharedTangents, Workspace workspace) {
        Tensor[] tangents = sharedTangents.clone();
        propagate(values, tangents, true, values[Network.INPUT].rows(), directions, workspace);
        return tangents;
    }

    private void propagate(Tensor[] values, Tensor[] tangents, boolean batched, long rows, int directions, Workspace workspace) {
        for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
            if (network.operand(v).batched() == batched && network.isActive(v)) {
                tangents[v] = workspace.tensor(rows * directions, network.operand(v).width());
                Directions.tangentForward(network.node(v).layer(), application(v, values, directions, tangents, workspace), tangents[v]);
            }
        }
    }

    /// Numbers that the values of one example take.
    long valueWidth() {
        long width = 0;
        for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
            width += network.operand(v).batched() ? network.operand(v).width() : 0;
        }
        return width;
    }

    /// Numbers that the widest value takes.
    int mostWidth() {
        int width = 0;
        for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
            width = Math.max(width, network.operand(v).width());
        }
        return width;
    }

    /// Numbers that one cotangent row takes where rows are kept apart: the active values, expressions of parameters among them.
    long cotangentWidth() {
        long width = 0;
        for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
            width += network.isActive(v) ? network.operand(v).width() : 0;
        }
        return width;
    }
}
