package io.plumbline.network.onnx;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Shape;
import io.plumbline.network.onnx.Expression.Exceeds;

/// Functions of each entry.
final class ActivationOperators {
    /// Float attributes that stand for 1/6, as PyTorch writes it, are that.
    private static final double ROUNDED = 1e-7;

    private final Algebra algebra;

    ActivationOperators(Algebra algebra) {
        this.algebra = algebra;
    }

    Expression of(OnnxNode node, Kind kind) {
        return of(node, Activation.of(kind));
    }

    /// A function whose parameter is the attribute alpha.
    Expression withAlpha(OnnxNode node, Kind kind, double otherwise) {
        return of(node, new Activation(kind, node.real("alpha", otherwise)));
    }

    private Expression of(OnnxNode node, Activation f) {
        return algebra.activated(f, node.value(0));
    }

    private Expression relu(Expression e) {
        return algebra.activated(Activation.of(Kind.RELU), e);
    }

    private Expression shifted(Expression e, double by) {
        return algebra.sum(1, e, 1, algebra.number(by, Shape.of()));
    }

    Expression gelu(OnnxNode node) {
        String form = node.text("approximate", "none");
        return switch (form) {
            case "none" -> of(node, Kind.GELU);
            case "tanh" -> of(node, Kind.GELU_TANH);
            default -> throw new IllegalArgumentException("expected approximate none or tanh, found " + OnnxFile.shown(form));
        };
    }

    /// x σ(αx) = silu(αx)/α.
    Expression swish(OnnxNode node) {
        double alpha = node.real("alpha", 1);
        if (!(alpha > 0)) {
            throw new IllegalArgumentException("expected a positive alpha, found " + alpha);
        }
        return algebra.scaled(1 / alpha, algebra.activated(Activation.of(Kind.SILU), algebra.scaled(alpha, node.value(0))));
    }

    /// min(max(x, a), b), either bound optional.
    Expression clip(OnnxNode node) {
        Expression x = node.value(0);
        double least = node.optional(1) == null ? Double.NEGATIVE_INFINITY : node.constant(1, "min");
        double most = node.optional(2) == null ? Double.POSITIVE_INFINITY : node.constant(2, "max");
        if (!(least < most)) {
            throw new IllegalArgumentException("expected min below max, found " + least + " and " + most);
        }
        boolean isOpenAbove = most >= Float.MAX_VALUE;
        if (least <= -Float.MAX_VALUE) {
            return isOpenAbove ? x : shifted(algebra.scaled(-1, relu(shifted(algebra.scaled(-1, x), most))), most);
        }
        Expression above = shifted(x, -least);
        return shifted(isOpenAbove ? relu(above) : algebra.activated(new Activation(Kind.CLIP, most - least), above), least);
    }

    /// min(max(αx + β, 0), 1).
    Expression hardSigmoid(OnnxNode node) {
        double alpha = node.real("alpha", 0.2);
        return hardSigmoid(node, Math.abs(6 * alpha - 1) <= ROUNDED ? 1 / 6.0 : alpha, node.real("beta", 0.5));
    }

    private Expression hardSigmoid(OnnxNode node, double alpha, double beta) {
        return algebra.activated(new Activation(Kind.CLIP, 1), shifted(algebra.scaled(alpha, node.value(0)), beta));
    }

    /// x · min(max(x/6 + 1/2, 0), 1).
    Expression hardSwish(OnnxNode node) {
        return algebra.product(node.value(0), hardSigmoid(node, 1 / 6.0, 0.5));
    }

    /// x for x > 0, else slope ∘ x: relu(x) − slope ∘ relu(−x).
    Expression parametricRelu(OnnxNode node) {
        Expression x = node.value(0);
        return algebra.sum(1, relu(x), -1, algebra.product(relu(algebra.scaled(-1, x)), node.value(1)));
    }

    /// x tanh(softplus(x)).
    Expression mish(OnnxNode node) {
        return algebra.product(node.value(0), algebra.activated(Activation.of(Kind.TANH), of(node, Kind.SOFTPLUS)));
    }

    /// x/(1 + |x|).
    Expression softsign(OnnxNode node) {
        Expression divisor = shifted(of(node, Kind.ABS), 1);
        return algebra.product(node.value(0), algebra.activated(Activation.of(Kind.RECIPROCAL), divisor));
    }

    static Expression where(OnnxNode node) {
        if (node.input(0) instanceof Exceeds condition) {
            return Gates.softplus(condition, node.input(1), node.input(2));
        }
        throw new IllegalArgumentException("expected the comparison of PyTorch's softplus as condition, found " + node.input(0));
    }
}
