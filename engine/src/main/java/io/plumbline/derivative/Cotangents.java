package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.layer.Application;
import io.plumbline.layer.Directions;
import io.plumbline.network.Network;
import java.util.Arrays;
import java.util.List;

/// Cotangents on their way back through a graph, and optionally their tangents (forward over reverse). Arrays are indexed by value numbers.
///
/// What a shared value collects is decided by the tensor it is given: one row sums over examples, one row for each cotangent row keeps them apart. With m directions,
/// each example has m tangents of each cotangent or, where there are no tangents, m cotangents; a shared value collects a sum for each.
///
/// A sum over several tiles has no bits of how they were cut: what is added for one summand (a use of the value, and of a tangent the two that a curved layer has) goes
/// to a sum of its own, chunk by chunk, and those are added up after all tiles.
final class Cotangents {
    private final Graph graph;
    private final int directions;
    private final Tensor[] cotangents;
    private final Tensor[] tangents;
    private final boolean[] written;
    private final boolean[] tangentWritten;
    private final TileSums cotangentSums;
    private final TileSums tangentSums;
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
        this.cotangentSums = new TileSums(graph.uses());
        this.tangentSums = new TileSums(graph.summands());
        this.factors = factors;
    }

    /// Sums over tiles, one for each summand of a value.
    private static final class TileSums {
        private final int[] summands;
        private final Tensor[][] sums;
        private final int[] met;

        TileSums(int[] summands) {
            this.summands = summands;
            sums = new Tensor[summands.length][];
            met = new int[summands.length];
        }

        /// @param sum of the first summand, and in the end of all
        void collect(int v, Tensor sum, Workspace workspace) {
            sums[v] = new Tensor[Math.max(1, summands[v])];
            sums[v][0] = sum;
            for (int s = 1; s < sums[v].length; s++) {
                sums[v][s] = workspace.zeros(sum.rows(), sum.columns());
            }
        }

        /// Where the next summand of a tile goes; null if the value does not collect over tiles.
        Tensor next(int v) {
            return sums[v] == null ? null : sums[v][met[v]++];
        }

        void endTile() {
            Arrays.fill(met, 0);
        }

        void addUp(Backend backend) {
            for (Tensor[] each : sums) {
                for (int s = 1; each != null && s < each.length; s++) {
                    backend.product(1, each[s], null, true, each[0]);
                }
            }
        }
    }

    /// Lets shared value `v` collect its cotangents of all tiles in `sum`, which is 0.
    ///
    /// @param workspace whose innermost frame is that of all tiles
    void accumulateInto(int v, Tensor sum, Workspace workspace) {
        cotangents[v] = sum;
        written[v] = true;
        cotangentSums.collect(v, sum, workspace);
    }

    /// Lets value `v` write its cotangent to `target`, whose contents do not count.
    void writeInto(int v, Tensor target) {
        cotangents[v] = target;
    }

    /// Lets shared value `v` collect the tangents of its cotangents of all tiles in `sum`, which is 0.
    ///
    /// @param workspace whose innermost frame is that of all tiles
    void accumulateTangentInto(int v, Tensor sum, Workspace workspace) {
        tangents[v] = sum;
        tangentWritten[v] = true;
        tangentSums.collect(v, sum, workspace);
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
        cotangentSums.endTile();
        tangentSums.endTile();
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
        cotangentSums.addUp(graph.backend());
        tangentSums.addUp(graph.backend());
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
        boolean tile = network.operand(v).batched();
        if (tangents == null) {
            Tensor sum = tile ? cotangentSums.next(to) : null;
            Tensor target = sum == null ? cotangent(to, rows, workspace) : sum;
            Directions.backward(layer, at, cotangents[v], a, sum != null || written[to], target);
            written[to] = true;
            return;
        }
        Tensor sum = tile ? tangentSums.next(to) : null;
        if (sum == null && !tangentWritten[to]) {
            tangents[to] = workspace.tensor(rows * directions, network.operand(to).width());
        }
        Tensor target = sum == null ? tangents[to] : sum;
        Tensor curvature = sum != null && Directions.isCurved(layer, at, a) ? tangentSums.next(to) : target;
        Directions.tangentBackward(layer, at, cotangents[v], tangents[v], a, sum != null || tangentWritten[to], target, curvature);
        tangentWritten[to] = true;
        if (!parameter) {
            Tensor plain = tile ? cotangentSums.next(to) : null;
            layer.backward(at.alone(), cotangents[v], a, plain != null || written[to], plain == null ? cotangent(to, rows, workspace) : plain);
            written[to] = true;
        }
    }

    /// Where the cotangent of value `v` is or goes.
    private Tensor cotangent(int v, long rows, Workspace workspace) {
        if (cotangents[v] == null) {
            cotangents[v] = workspace.tensor(rows, graph.network().operand(v).width());
        }
        return cotangents[v];
    }
}
