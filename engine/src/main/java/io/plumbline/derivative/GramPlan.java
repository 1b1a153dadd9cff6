package io.plumbline.derivative;

import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.layer.Factor;
import io.plumbline.network.Network;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// How each parameter enters the tiles of M = J Jᵀ (THEORY: per-layer contraction), chosen by counting multiply-adds for a pair of examples:
///
/// | contraction | pair costs | holds for each example |
/// |---|---|---|
/// | factored | Σ over pairs of its uses of d₁ + d₂, times K² where the factor has a row for each output | activations and cotangents, there anyway |
/// | explicit | K² · count | K · count gradient entries |
///
/// A parameter used twice has its gradients added before the inner product: the cross terms between its uses count.
public final class GramPlan {
    /// How one parameter is contracted, and the multiply-adds a pair of examples costs either way (−1: not possible).
    public record Choice(String parameter, boolean factored, long factoredCost, long explicitCost) {}

    private final Map<Integer, Choice> choices = new LinkedHashMap<>();
    private final long explicitWidth;

    private GramPlan(Map<Integer, Choice> choices, long explicitWidth) {
        this.choices.putAll(choices);
        this.explicitWidth = explicitWidth;
    }

    /// All parameters explicit: per-example gradients.
    static GramPlan explicit(Network network) {
        var choices = new LinkedHashMap<Integer, Choice>();
        for (int v = 1; v < network.firstNodeValue(); v++) {
            if (network.isActive(v)) {
                choices.put(v, new Choice(network.parameter(v).name(), false, -1, network.parameter(v).count()));
            }
        }
        return new GramPlan(choices, network.parameterCount());
    }

    /// Chooses (by counting, unless forced) after sending the cotangents of one example back.
    static GramPlan of(Graph graph, Tensor[] values, Limits.Contraction contraction, Workspace workspace) {
        Network network = graph.network();
        int k = network.outputs();
        Map<Integer, List<Factor>> uses = new LinkedHashMap<>();
        Map<Integer, Boolean> possible = new TreeMap<>();
        var cotangents = new Cotangents(graph, false, (parameter, input, node, at, outCotangent) -> {
            Factor factor = network.operand(node).batched() ? network.node(node).layer().gramFactor(at, outCotangent, input) : null;
            possible.merge(parameter, factor != null, Boolean::logicalAnd);
            if (factor != null) {
                uses.computeIfAbsent(parameter, p -> new ArrayList<>()).add(factor);
            }
            return true;
        });
        try (var _ = workspace.frame()) {
            cotangents.backward(values, null, GramFeatures.seed(graph, 1, workspace), null, workspace);
            cotangents.backwardShared(graph.sharedValues(), null, k, workspace);
        }
        var choices = new LinkedHashMap<Integer, Choice>();
        long explicitWidth = 0;
        for (var entry : possible.entrySet()) {
            int v = entry.getKey();
            long explicitCost = (long) k * k * network.parameter(v).count();
            long factoredCost = entry.getValue() && sameWidths(uses.get(v)) ? factoredCost(uses.get(v), k) : -1;
            boolean factored = factoredCost >= 0
                    && switch (contraction) {
                        case COUNTED -> factoredCost <= explicitCost;
                        case FACTORED -> true;
                        case EXPLICIT -> false;
                    };
            choices.put(v, new Choice(network.parameter(v).name(), factored, factoredCost, explicitCost));
            explicitWidth += factored ? 0 : network.parameter(v).count();
        }
        return new GramPlan(choices, explicitWidth);
    }

    /// Whether cross terms exist: a (m, 1) array used as weights here and as a bias there has factors that do not pair up.
    private static boolean sameWidths(List<Factor> uses) {
        return uses.stream().map(use -> use.first().columns() + "x" + (use.second() == null ? "-" : use.second().columns())).distinct().count() == 1;
    }

    private static long factoredCost(List<Factor> uses, int k) {
        long once = 0;
        for (Factor use : uses) {
            once += cost(use.first(), k) + (use.second() == null ? 0 : cost(use.second(), k));
        }
        return once * uses.size();
    }

    /// `rows` is K for a factor with a row for each output of the one example, 1 for a factor of the example.
    private static long cost(Tensor factor, int k) {
        return factor.rows() == k ? (long) k * k * factor.columns() : factor.columns();
    }

    /// Whether parameter value `v` stays in factors.
    boolean factored(int v) {
        return choices.get(v).factored();
    }

    /// Entries of per-example gradients that each (example, output) row holds.
    long explicitWidth() {
        return explicitWidth;
    }

    /// The choice for each parameter that the result depends on.
    public List<Choice> choices() {
        return List.copyOf(choices.values());
    }

    /// Multiply-adds for one pair of examples.
    public long pairCost() {
        return choices.values().stream().mapToLong(choice -> choice.factored() ? choice.factoredCost() : choice.explicitCost()).sum();
    }
}
