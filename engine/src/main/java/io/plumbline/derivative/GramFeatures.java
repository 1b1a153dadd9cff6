package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.GramTerm;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.layer.Factor;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;

/// What a tile of examples contributes to tiles of M: for each parameter its gradient rows (i,k), in factors (one for each use) or formed.
/// Memory belongs to the workspace frame it was made in.
final class GramFeatures {
    private final TreeMap<Integer, List<Factor>> uses = new TreeMap<>();

    private GramFeatures() {}

    /// Takes the outputs of the examples from `from` on.
    interface Outputs {
        void take(long from, Tensor outputs);
    }

    /// Sends the examples forward, unless that has been done, and the K unit cotangents of each back, so many examples at a time as the caches hold
    /// ([Graph#stretch()]).
    ///
    /// @param x      the examples (n, width)
    /// @param known  their values, or null
    static GramFeatures of(Graph graph, GramPlan plan, Tensor x, Tensor[] known, Outputs outputsFound, Workspace workspace) {
        long examples = x.rows();
        int output = graph.network().output();
        int stretch = graph.stretch();
        var features = new GramFeatures();
        if (examples <= stretch) {
            Tensor[] values = known == null ? graph.forward(x, workspace) : known;
            outputsFound.take(0, values[output]);
            Cotangents cotangents = features.collect(graph, plan, values,
                    (v, factor) -> features.uses.computeIfAbsent(v, p -> new ArrayList<>()).add(factor),
                    v -> null, workspace);
            plan.parameters().stream().filter(v -> !plan.factored(v)).forEach(v -> features.uses.put(v, List.of(new Factor(cotangents.of(v), null))));
            return features;
        }
        long outputs = graph.network().outputs();
        Map<Integer, Tensor> spaces = new HashMap<>();
        IntFunction<Tensor> space = index -> index < 0
                ? null
                : spaces.computeIfAbsent(index, i -> workspace.tensor(examples * plan.spaces().get(i).rows(), plan.spaces().get(i).columns()));
        for (int v : plan.parameters()) {
            features.uses.put(v, plan.factored(v)
                    ? plan.uses(v).stream().map(use -> new Factor(space.apply(use.first()), space.apply(use.second()), use.positions())).toList()
                    : List.of(new Factor(workspace.tensor(examples * outputs, graph.network().parameter(v).count()), null)));
        }
        for (long start = 0; start < examples; start += stretch) {
            long from = start;
            long count = Math.min(stretch, examples - from);
            Map<Integer, Integer> met = new HashMap<>();
            try (var _ = workspace.frame()) {
                Tensor[] values = known == null ? graph.forward(x.rows(from, count), workspace) : graph.part(known, from, count);
                outputsFound.take(from, values[output]);
                Cotangents part = features.collect(graph, plan, values, (v, factor) -> {
                    Factor whole = features.uses.get(v).get(met.merge(v, 1, Integer::sum) - 1);
                    copy(graph.backend(), factor.first(), whole.first(), from, examples);
                    if (factor.second() != null) {
                        copy(graph.backend(), factor.second(), whole.second(), from, examples);
                    }
                }, v -> features.uses.get(v).getFirst().first().rows(from * outputs, count * outputs), workspace);
                for (int v : plan.parameters()) {
                    if (!plan.factored(v) && part.of(v) == null) {
                        // The result does not depend on it.
                        graph.backend().fill(features.uses.get(v).getFirst().first().rows(from * outputs, count * outputs), 0);
                    }
                }
            }
        }
        return features;
    }

    /// Copies the rows of some examples to where they belong in the rows of all.
    private static void copy(Backend backend, Tensor rows, Tensor all, long from, long examples) {
        backend.product(1, rows, null, false, all.rows(from * (all.rows() / examples), rows.rows()));
    }

    /// @param factors takes the factors of one use after the other of the parameters that stay in factors
    /// @param targets where the gradient rows of the other parameters go; null for somewhere in the workspace
    private Cotangents collect(
            Graph graph, GramPlan plan, Tensor[] values, BiConsumer<Integer, Factor> factors, IntFunction<Tensor> targets, Workspace workspace) {
        Network network = graph.network();
        long examples = values[Network.INPUT].rows();
        var cotangents = new Cotangents(graph, (parameter, input, node, at, outCotangent) -> {
            if (!plan.factored(parameter)) {
                return false;
            }
            factors.accept(parameter, network.node(node).layer().gramFactor(at, outCotangent, input));
            return true;
        });
        for (int v : plan.parameters()) {
            if (!plan.factored(v)) {
                cotangents.writeInto(v, targets.apply(v));
            }
        }
        cotangents.backward(values, null, seed(graph, examples, workspace), null, workspace);
        cotangents.backwardShared(graph.sharedValues(), null, examples * network.outputs(), workspace);
        return cotangents;
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
                if (weights.firstRow().equals(bias.firstRow()) && weights.firstColumn().equals(bias.firstColumn())) {
                    merged.set(t, new GramTerm(weights.firstRow(), weights.firstColumn(), weights.secondRow(), weights.secondColumn(), true));
                    merged.remove(bias);
                    break;
                }
                if (weights.secondRow().equals(bias.firstRow()) && weights.secondColumn().equals(bias.firstColumn())) {
                    merged.set(t, new GramTerm(weights.secondRow(), weights.secondColumn(), weights.firstRow(), weights.firstColumn(), true));
                    merged.remove(bias);
                    break;
                }
            }
        }
        return merged;
    }
}
