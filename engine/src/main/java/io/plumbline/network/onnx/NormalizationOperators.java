package io.plumbline.network.onnx;

import io.plumbline.layer.Shape;
import io.plumbline.network.onnx.Expression.Filled;
import io.plumbline.network.onnx.Expression.Integers;
import io.plumbline.network.onnx.Expression.Single;
import io.plumbline.network.onnx.Expression.Weight;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.stream.IntStream;

/// Normalisations as compositions: (x − m)/√(v + ε) of statistics m, v, times γ plus β.
final class NormalizationOperators {
    private static final double EPSILON = 1e-5;

    private final Algebra algebra;
    private final Extents extents;
    private final IdentityHashMap<Weight, Weight> fixed = new IdentityHashMap<>();

    NormalizationOperators(Algebra algebra, Extents extents) {
        this.algebra = algebra;
        this.extents = extents;
    }

    /// Evaluation mode: s∘x + t for each channel, s = γ/√(v + ε), t = β − s∘m. The statistics m and v are constants, whichever initialisers hold them.
    Expression batch(OnnxNode node) {
        long training = node.whole("training_mode", 0);
        long results = node.proto().getOutputList().stream().filter(result -> !result.isEmpty()).count();
        if (training != 0 || results > 1) {
            throw new IllegalArgumentException("expected evaluation mode, found training_mode = " + training + " and " + results
                    + " results: batch normalisation in training mode depends on the batch; call model.eval() before the export");
        }
        Expression x = node.value(0);
        requireChannels(x, 1);
        Expression scale = algebra.product(node.value(1), algebra.inverseRoot(statistic(node, 4), node.real("epsilon", EPSILON)));
        Expression shift = algebra.sum(1, node.value(2), -1, algebra.product(scale, statistic(node, 3)));
        return affine(x, scale, shift);
    }

    private Expression statistic(OnnxNode node, int operand) {
        Expression e = node.value(operand);
        if (e instanceof Weight weight) {
            return weight.trainable ? fixed.computeIfAbsent(weight, w -> new Weight(w.name, w.shape(), false, w.values)) : weight;
        }
        if (e instanceof Single || e instanceof Filled) {
            return e;
        }
        throw new IllegalArgumentException("expected an initialiser or a constant as " + (operand == 3 ? "mean" : "variance") + ", found " + e);
    }

    /// Over the axes from `axis` on, each entry of which has its γ and β.
    Expression layer(OnnxNode node) {
        Expression x = node.value(0);
        Expression scaled = algebra.product(standardised(x, lastAxes(node, x), node.real("epsilon", EPSILON)), node.value(1));
        return node.optional(2) == null ? scaled : algebra.sum(1, scaled, 1, node.value(2));
    }

    /// x/√(mean x² + ε) ∘ γ over the axes from `axis` on.
    Expression rootMeanSquare(OnnxNode node) {
        Expression x = node.value(0);
        Expression square = algebra.reduced(lastAxes(node, x), true, algebra.square(x));
        return algebra.product(algebra.product(x, algebra.inverseRoot(square, node.real("epsilon", EPSILON))), node.value(1));
    }

    private List<Integer> lastAxes(OnnxNode node, Expression x) {
        int first = x.batched() ? 1 : 0;
        int axis = extents.ownAxis(x, node.whole("axis", -1), extents.rank(x));
        return IntStream.range(axis - first, x.shape().rank()).boxed().toList();
    }

    /// Each channel over its positions.
    Expression instance(OnnxNode node) {
        Expression x = node.value(0);
        requireChannels(x, 2);
        List<Integer> positions = IntStream.range(1, x.shape().rank()).boxed().toList();
        return affine(standardised(x, positions, node.real("epsilon", EPSILON)), node.value(1), node.value(2));
    }

    /// Groups of channels over their positions; γ and β for each channel, or for each group before operator set 21.
    Expression group(OnnxNode node) {
        Expression x = node.value(0);
        requireChannels(x, 1);
        int channels = x.shape().dimension(0);
        long groups = node.whole("num_groups", 0);
        if (groups < 1 || groups > channels || channels % groups != 0) {
            throw new IllegalArgumentException("expected num_groups that divides " + channels + " channels, found " + groups);
        }
        Expression apart = algebra.reshaped(x, Shape.of((int) groups, x.shape().size() / (int) groups));
        Expression normal = standardised(apart, List.of(1), node.real("epsilon", EPSILON));
        boolean isForGroups = node.value(1).shape().size() == groups;
        Expression whole = affine(isForGroups ? normal : algebra.reshaped(normal, x.shape()), node.value(1), node.value(2));
        return algebra.reshaped(whole, x.shape());
    }

    private static void requireChannels(Expression x, int rank) {
        if (!x.batched() || x.shape().rank() < rank) {
            throw new IllegalArgumentException("expected channels" + (rank > 1 ? " and positions" : "") + " per example, found " + x);
        }
    }

    /// (x − mean)/√(variance + ε) over some axes, that of the examples left out.
    private Expression standardised(Expression x, List<Integer> axes, double epsilon) {
        Expression centred = algebra.sum(1, x, -1, algebra.reduced(axes, true, x));
        Expression variance = algebra.reduced(axes, true, algebra.square(centred));
        return algebra.product(centred, algebra.inverseRoot(variance, epsilon));
    }

    /// scale∘x + shift, of shared vectors with an entry for each channel.
    private Expression affine(Expression x, Expression scale, Expression shift) {
        return algebra.sum(1, algebra.product(x, column(x, scale)), 1, column(x, shift));
    }

    private Expression column(Expression x, Expression vector) {
        int channels = x.shape().dimension(0);
        if (vector.batched() || vector.shape().size() != channels) {
            throw new IllegalArgumentException("expected " + channels + " shared entries for the channels of x " + x + ", found " + vector);
        }
        int[] shape = new int[x.shape().rank()];
        Arrays.fill(shape, 1);
        shape[0] = channels;
        return algebra.reshaped(vector, Shape.of(shape));
    }

    /// Dropout in evaluation mode is the identity.
    static Expression dropout(OnnxNode node) {
        if (node.optional(2) != null && (!(node.input(2) instanceof Integers mode) || Arrays.stream(mode.values).anyMatch(value -> value != 0))) {
            throw new IllegalArgumentException(
                    "expected evaluation mode, found training_mode: dropout in training mode is random; call model.eval() before the export");
        }
        return node.value(0);
    }
}
