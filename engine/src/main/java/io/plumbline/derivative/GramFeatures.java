package io.plumbline.derivative;

import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.layer.Factor;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/// What a tile of examples contributes to tiles of M: for each parameter its gradient rows (i,k), in factors (one for each use) or formed.
/// Memory belongs to the workspace frame it was made in.
final class GramFeatures {
    private final TreeMap<Integer, List<Factor>> uses = new TreeMap<>();

    private GramFeatures() {}

    /// Sends the K unit cotangents of each example back.
    static GramFeatures of(Graph graph, GramPlan plan, Tensor[] values, Workspace workspace) {
        Network network = graph.network();
        var features = new GramFeatures();
        long examples = values[Network.INPUT].rows();
        var cotangents = new Cotangents(graph, false, (parameter, input, node, at, outCotangent) -> {
            if (!plan.factored(parameter)) {
                return false;
            }
            Factor factor = network.node(node).layer().gramFactor(at, outCotangent, input);
            features.uses.computeIfAbsent(parameter, p -> new ArrayList<>()).add(factor);
            return true;
        });
        cotangents.backward(values, null, seed(graph, examples, workspace), null, workspace);
        cotangents.backwardShared(graph.sharedValues(), null, examples * network.outputs(), workspace);
        for (int v = 1; v < network.firstNodeValue(); v++) {
            Tensor rows = cotangents.of(v);
            if (rows != null) {
                features.uses.put(v, List.of(new Factor(rows, null)));
            }
        }
        return features;
    }

    /// (examples·K, K): row (i,k) is the k-th unit vector.
    static Tensor seed(Graph graph, long examples, Workspace workspace) {
        int k = graph.network().outputs();
        Tensor seed = workspace.tensor(examples * k, k);
        try (HostBuffer identity = HostBuffer.allocate(Precision.F32, seed.length())) {
            identity.segment().fill((byte) 0);
            for (long i = 0; i < examples; i++) {
                for (int output = 0; output < k; output++) {
                    identity.set((i * k + output) * k + output, 1);
                }
            }
            graph.backend().upload(identity, seed);
        }
        return seed;
    }

    /// The gradient rows of parameter value `v`, or null if the result does not depend on it; only where they were formed.
    Tensor rows(int v) {
        return uses.containsKey(v) ? uses.get(v).getFirst().first() : null;
    }

    /// The summands of the tile of M between `row`'s examples and `column`'s.
    static List<GramTerm> terms(GramFeatures row, GramFeatures column) {
        var terms = new ArrayList<GramTerm>();
        for (int v : row.uses.keySet()) {
            List<Factor> rowUses = row.uses.get(v);
            List<Factor> columnUses = column.uses.get(v);
            for (Factor a : rowUses) {
                for (Factor b : columnUses) {
                    terms.add(new GramTerm(a.first(), b.first(), a.second(), b.second(), false, a.positions()));
                }
            }
        }
        return mergeBiases(terms);
    }

    /// A term Δ·Δ (a bias) goes into a term (Δ·Δ)(A·A) (the same layer's weights) as its plus one: one matrix product less.
    private static List<GramTerm> mergeBiases(List<GramTerm> terms) {
        var merged = new ArrayList<>(terms);
        for (GramTerm bias : terms) {
            if (bias.secondRow() != null) {
                continue;
            }
            for (int t = 0; t < merged.size(); t++) {
                GramTerm weights = merged.get(t);
                if (weights.secondRow() == null || weights.plusOne() || weights.positions() > 1) {
                    continue;
                }
                if (weights.firstRow() == bias.firstRow() && weights.firstColumn() == bias.firstColumn()) {
                    merged.set(t, new GramTerm(weights.firstRow(), weights.firstColumn(), weights.secondRow(), weights.secondColumn(), true));
                    merged.remove(bias);
                    break;
                }
                if (weights.secondRow() == bias.firstRow() && weights.secondColumn() == bias.firstColumn()) {
                    merged.set(t, new GramTerm(weights.secondRow(), weights.secondColumn(), weights.firstRow(), weights.firstColumn(), true));
                    merged.remove(bias);
                    break;
                }
            }
        }
        return merged;
    }
}
