package io.plumbline.derivative;

import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.layer.Application;
import io.plumbline.layer.Directions;
import io.plumbline.network.Network;
import java.util.List;

/// Cotangents on their way back through a graph, and optionally their tangents (forward over reverse). Arrays are indexed by value numbers.
///
/// What a shared value collects is decided by the tensor it is given: one row sums over examples, one row for each cotangent row keeps them apart. With m directions,
/// each example has m tangents of each cotangent or, where there are no tangents, m cotangents; a shared value collects a sum for each.
final class Cotangents {
    private final Graph graph;
    private final int directions;
    private final Tensor[] cotangents;
    private final Tensor[] tangents;
    private final boolean[] written;
    private final boolean[] tangentWritten;
    private final FactorSink factors;

    /// Takes a trainable parameter's gradient rows in factors instead of having them formed.
    interface FactorSink {
        /// Whether the factors of this use were taken: operand `input` of the node `at` stands for, which is parameter value `parameter`.
        boolean take(int parameter, int input, int node, Application at, Tensor outCotangent);
    }

    /// One direction, no tangents.
    ///
    /// @param factors asked first about each use of a trainable parameter
    Cotangents(Graph graph, FactorSink factors) {
        this(graph, 1, false, factors);
    }

    /// @param directions   m
    /// @param withTangents whether tangents of cotangents along them travel along
    Cotangents(Graph graph, int directions, boolean withTangents) {
        this(graph, directions, withTangents, null);
    }

    private Cotangents(Graph graph, int directions, boolean withTangents, FactorSink factors) {
        int count = graph.network().valueCount();
        this.graph = graph;
        this.directions = directions;
        this.cotangents = new Tensor[count];
        this.tangents = withTangents ? new Tensor[count] : null;
        this.written = new boolean[count];
        this.tangentWritten = new boolean[count];
        this.factors = factors;
    }

    /// Lets value `v` add its cotangent into `sum`, which holds a sum already.
    void accumulateInto(int v, Tensor sum) {
        cotangents[v] = sum;
        written[v] = true;
    }

    /// Lets value `v` write its cotangent to `target`, whose contents do not count.
    void writeInto(int v, Tensor target) {
        cotangents[v] = target;
    }

    /// Lets value `v` add the tangent of its cotangent into `sum`, which holds a sum already.
    void accumulateTangentInto(int v, Tensor sum) {
        tangents[v] = sum;
        tangentWritten[v] = true;
    }

    /// The cotangent that value `v` collected, or null.
    Tensor of(int v) {
        return written[v] ? cotangents[v] : null;
    }

    /// From the result back to the parameters and shared values of one tile.
    ///
    /// @param values      of the tile
    /// @param dots        their tangents, or null
    /// @param seed        cotangent of the result, (rows, K)
    /// @param seedTangent its tangents (rows·m, K), or null
    void backward(Tensor[] values, Tensor[] dots, Tensor seed, Tensor seedTangent, Workspace workspace) {
        int output = graph.network().output();
        cotangents[output] = seed;
        written[output] = true;
        if (tangents != null) {
            tangents[output] = seedTangent;
            tangentWritten[output] = true;
        }
        walk(true, values, dots, seed.rows(), workspace);
        for (int v = 0; v < cotangents.length; v++) {
            if (graph.network().operand(v).batched()) {
                cotangents[v] = null;
                written[v] = false;
                tangentWritten[v] = false;
            }
        }
    }

    /// From the shared values' cotangents (`rows` each) back to the parameters: after all tiles that are summed.
    void backwardShared(Tensor[] values, Tensor[] dots, long rows, Workspace workspace) {
        walk(false, values, dots, rows, workspace);
    }

    private void walk(boolean batched, Tensor[] values, Tensor[] dots, long rows, Workspace workspace) {
        Network network = graph.network();
        for (int v = network.valueCount() - 1; v >= network.firstNodeValue(); v--) {
            if (network.operand(v).batched() != batched || !network.isActive(v) || !written[v]) {
                continue;
            }
            Application at = graph.application(v, values, directions, dots, workspace);
            List<Integer> inputs = network.node(v).inputs();
            for (int a = 0; a < inputs.size(); a++) {
                if (network.isActive(inputs.get(a))) {
                    pull(at, v, a, inputs.get(a), rows, workspace);
                }
            }
        }
    }

    /// Adds to operand `a` (value `to`) of node value `v` what the node's cotangent says.
    private void pull(Application at, int v, int a, int to, long rows, Workspace workspace) {
        Network network = graph.network();
        boolean parameter = network.isParameter(to);
        if (parameter && factors != null && factors.take(to, a, v, at, cotangents[v])) {
            return;
        }
        var layer = network.node(v).layer();
        int width = network.operand(to).width();
        if (tangents == null) {
            if (cotangents[to] == null) {
                cotangents[to] = workspace.tensor(rows, width);
            }
            Directions.backward(layer, at, cotangents[v], a, written[to], cotangents[to]);
            written[to] = true;
            return;
        }
        if (!tangentWritten[to]) {
            tangents[to] = workspace.tensor(rows * directions, width);
        }
        Directions.tangentBackward(layer, at, cotangents[v], tangents[v], a, tangentWritten[to], tangents[to]);
        tangentWritten[to] = true;
        if (!parameter) {
            if (cotangents[to] == null) {
                cotangents[to] = workspace.tensor(rows, width);
            }
            layer.backward(at.alone(), cotangents[v], a, written[to], cotangents[to]);
            written[to] = true;
        }
    }
}
