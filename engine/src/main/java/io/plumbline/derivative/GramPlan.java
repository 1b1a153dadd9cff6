package io.plumbline.derivative;

import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.layer.Factor;
import io.plumbline.network.Network;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// How each parameter enters the tiles of M = J Jᵀ (THEORY: per-layer contraction), chosen by counting multiply-adds for a pair of examples:
///
/// | contraction | pair costs | holds for each example |
/// |---|---|---|
/// | factored | T² times the sum over pairs of its uses of d₁ + d₂ (+ 1 for T > 1), times K² where the factor has rows for each output | activations and cotangents, at T > 1 once more by positions |
/// | explicit | K² · count | K · count gradient entries |
///
/// T counts the positions at which weights are shared (1 for a dense layer, H′W′ for a convolution). A parameter used twice has its gradients added before the
/// inner product: the cross terms between its uses count. Where a tile of the fewest examples with explicit gradients does not fit the memory,
/// parameters that are held in less space as factors go over to them, those that save most first.
public final class GramPlan {
    /// How one parameter is contracted; what a pair of examples costs either way in multiply-adds, and what an example holds in numbers (−1: not possible).
    public record Choice(String parameter, boolean factored, long factoredCost, long explicitCost, long factoredWidth, long explicitWidth) {
        /// Numbers that an example holds as chosen.
        long width() {
            return factored ? factoredWidth : explicitWidth;
        }

        /// What going over to factors would save of that.
        private long saving() {
            return factored || factoredCost < 0 ? 0 : explicitWidth - factoredWidth;
        }

        private Choice asFactors() {
            return new Choice(parameter, true, factoredCost, explicitCost, factoredWidth, explicitWidth);
        }
    }

    /// Rows for one example and columns of a tensor that factors are taken from.
    record Space(long rows, int columns) {}

    /// Which of the [#spaces()] the factors of one use are; the second is −1 where there is none. A layer's weights and bias have one in common.
    record Use(int positions, int first, int second) {}

    private final Map<Integer, Choice> choices;
    private final Map<Integer, List<Use>> uses = new LinkedHashMap<>();
    private final List<Space> spaces;

    /// @param factors of one example, by parameter value
    private GramPlan(Map<Integer, Choice> choices, Map<Integer, List<Factor>> factors) {
        this.choices = choices;
        var tensors = new ArrayList<Tensor>();
        factors.forEach((v, all) -> uses.put(
                v,
                all.stream().map(factor -> new Use(factor.positions(), index(tensors, factor.first()), index(tensors, factor.second()))).toList()));
        spaces = tensors.stream().map(tensor -> new Space(tensor.rows(), tensor.columns())).toList();
    }

    /// Where the tensor is in the list, at its end if it was not there.
    private static int index(List<Tensor> tensors, Tensor tensor) {
        if (tensor != null && !tensors.contains(tensor)) {
            tensors.add(tensor);
        }
        return tensors.indexOf(tensor);
    }

    /// All parameters explicit: per-example gradients.
    static GramPlan explicit(Network network) {
        var choices = new LinkedHashMap<Integer, Choice>();
        long k = network.outputs();
        for (int v = 1; v < network.firstNodeValue(); v++) {
            if (network.isActive(v)) {
                long count = network.parameter(v).count();
                choices.put(v, new Choice(network.parameter(v).name(), false, -1, k * k * count, -1, k * count));
            }
        }
        return new GramPlan(choices, Map.of());
    }

    /// Chooses (by counting, unless forced) after sending the cotangents of one example back.
    ///
    /// @param mostWidth numbers that the features of an example may take, as far as there is a choice
    static GramPlan of(Graph graph, Tensor[] values, Limits.Contraction contraction, long mostWidth, Workspace workspace) {
        Network network = graph.network();
        long k = network.outputs();
        Map<Integer, List<Factor>> uses = new LinkedHashMap<>();
        Map<Integer, Boolean> possible = new TreeMap<>();
        var choices = new LinkedHashMap<Integer, Choice>();
        try (var _ = workspace.frame()) {
            var cotangents = new Cotangents(graph, (parameter, input, node, at, outCotangent) -> {
                Factor factor = network.operand(node).batched() ? network.node(node).layer().gramFactor(at, outCotangent, input) : null;
                possible.merge(parameter, factor != null, Boolean::logicalAnd);
                if (factor != null) {
                    uses.computeIfAbsent(parameter, p -> new ArrayList<>()).add(factor);
                }
                return true;
            });
            cotangents.backward(values, null, GramFeatures.seed(graph, 1, workspace), null, workspace);
            cotangents.backwardShared(graph.sharedValues(), null, k, workspace);
            for (var entry : possible.entrySet()) {
                int v = entry.getKey();
                choices.put(v, choice(network, v, entry.getValue() && sameWidths(uses.get(v)) ? uses.get(v) : null, contraction));
            }
        }
        while (contraction == Limits.Contraction.COUNTED && choices.values().stream().mapToLong(Choice::width).sum() > mostWidth) {
            var largest = choices.entrySet().stream().max(Comparator.comparingLong(entry -> entry.getValue().saving())).orElseThrow();
            if (largest.getValue().saving() <= 0) {
                break;
            }
            largest.setValue(largest.getValue().asFactors());
        }
        return new GramPlan(choices, uses);
    }

    /// @param uses factors of the uses of parameter value `v` at one example, or null where it has none
    private static Choice choice(Network network, int v, List<Factor> uses, Limits.Contraction contraction) {
        long k = network.outputs();
        long count = network.parameter(v).count();
        long factoredCost = uses == null ? -1 : factoredCost(uses, k);
        boolean factored = uses != null
                && switch (contraction) {
                    case COUNTED -> factoredCost <= k * k * count;
                    case FACTORED -> true;
                    case EXPLICIT -> false;
                };
        long factoredWidth = uses == null ? -1 : uses.stream().filter(use -> use.positions() > 1).mapToLong(GramPlan::width).sum();
        return new Choice(network.parameter(v).name(), factored, factoredCost, k * k * count, factoredWidth, k * count);
    }

    /// Whether cross terms exist: a (m, 1) array used as weights here and as a bias there has factors that do not pair up, nor do different positions.
    private static boolean sameWidths(List<Factor> uses) {
        return uses.stream()
                .map(use -> use.first().columns() + "x" + (use.second() == null ? "-" : use.second().columns()) + "x" + use.positions())
                .distinct()
                .count() == 1;
    }

    private static long factoredCost(List<Factor> uses, long k) {
        long positions = uses.getFirst().positions();
        long once = positions == 1 ? 0 : k * k * uses.size();
        for (Factor use : uses) {
            once += cost(use.first(), positions, k) + (use.second() == null ? 0 : cost(use.second(), positions, k));
        }
        return once * uses.size() * positions * positions;
    }

    /// `rows` is KT for a factor with rows for each output of the one example, T for a factor of the example.
    private static long cost(Tensor factor, long positions, long k) {
        return factor.rows() == k * positions ? k * k * factor.columns() : factor.columns();
    }

    private static long width(Factor factor) {
        return factor.first().length() + (factor.second() == null ? 0 : factor.second().length());
    }

    /// Whether parameter value `v` stays in factors.
    boolean factored(int v) {
        return choices.get(v).factored();
    }

    /// The parameter values of which there are gradients.
    Set<Integer> parameters() {
        return choices.keySet();
    }

    /// The distinct tensors that factors are taken from.
    List<Space> spaces() {
        return spaces;
    }

    /// The factors of parameter value `v`, in the order in which its uses are met on the way back.
    List<Use> uses(int v) {
        return uses.get(v);
    }

    /// Numbers that the features of one example take, besides activations and cotangents.
    long width() {
        return choices.values().stream().mapToLong(Choice::width).sum();
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
