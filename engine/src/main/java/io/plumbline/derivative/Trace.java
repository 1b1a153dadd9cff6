package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.network.Node;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/// One example's way through the engine: its row of x, what each node makes of it, the residual, and the cotangents of the nodes that use trainable
/// parameters: the factors whose inner products make the Gram tiles.
///
/// @param example which
/// @param stops   in the order they are passed
public record Trace(int example, List<Stop> stops) {
    /// A value on the way.
    ///
    /// @param name   `input`, a node's name, `residual`, or `cotangent of` a node (one row for each output)
    /// @param layer  the layer's name, or empty
    /// @param values its numbers, row-major
    public record Stop(String name, String layer, double[] values) {
        /// Euclidean norm.
        public double norm() {
            double squared = 0;
            for (double value : values) {
                squared += value * value;
            }
            return Math.sqrt(squared);
        }
    }

    static Trace of(Point point, int example) {
        Graph graph = point.graph();
        Network network = graph.network();
        var stops = new ArrayList<Stop>();
        try (var workspace = new Workspace(graph.backend())) {
            Tensor x = point.surface().x().rows(example, 1);
            Tensor[] values = graph.forward(x, workspace);
            stops.add(new Stop("input", "", numbers(graph.backend(), x)));
            for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
                if (network.operand(v).batched()) {
                    stops.add(stop("", network.node(v), numbers(graph.backend(), values[v])));
                }
            }
            int k = network.outputs();
            double[] residual = numbers(graph.backend(), values[network.output()]);
            for (int output = 0; output < k; output++) {
                residual[output] -= point.surface().targets()[example * k + output];
            }
            stops.add(new Stop("residual", "", residual));
            Set<Integer> seen = new LinkedHashSet<>();
            var cotangents = new Cotangents(graph, (parameter, input, node, at, outCotangent) -> {
                if (network.operand(node).batched() && seen.add(node)) {
                    stops.add(stop("cotangent of ", network.node(node), numbers(graph.backend(), outCotangent)));
                }
                return true;
            });
            cotangents.backward(values, null, GramFeatures.seed(graph, 1, workspace), null, workspace);
        }
        return new Trace(example, List.copyOf(stops));
    }

    /// Where on an example's way forward numbers stop being finite, as a sentence.
    static String firstNotFinite(Point point, int example) {
        Graph graph = point.graph();
        Network network = graph.network();
        try (var workspace = new Workspace(graph.backend())) {
            Tensor[] values = graph.forward(point.surface().x().rows(example, 1), workspace);
            for (int v = network.firstNodeValue(); v < network.valueCount(); v++) {
                for (double number : numbers(graph.backend(), values[v])) {
                    if (!Double.isFinite(number)) {
                        return "the first to give such a number is node " + network.node(v).name() + " (" + network.node(v).layer().name() + ")";
                    }
                }
            }
        }
        return "all nodes but the last give finite numbers";
    }

    private static Stop stop(String prefix, Node node, double[] values) {
        return new Stop(prefix + node.name(), node.layer().name(), values);
    }

    private static double[] numbers(Backend backend, Tensor tensor) {
        try (HostBuffer buffer = HostBuffer.allocate(Precision.F64, tensor.length())) {
            backend.download(tensor, buffer);
            return buffer.toArray();
        }
    }
}
