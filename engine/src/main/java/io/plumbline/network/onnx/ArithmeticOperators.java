package io.plumbline.network.onnx;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Shape;
import io.plumbline.network.onnx.Expression.Applied;
import io.plumbline.network.onnx.Expression.Integers;
import java.util.Arrays;
import java.util.function.BinaryOperator;

/// Matrix products, sums, products, quotients and powers of values.
final class ArithmeticOperators {
    private static final double LARGEST_EXPONENT = 8;

    private final Algebra algebra;

    ArithmeticOperators(Algebra algebra) {
        this.algebra = algebra;
    }

    /// α A B + β C; A holds the examples, B is a matrix of parameters.
    Expression gemm(OnnxNode node) {
        if (node.whole("transA", 0) != 0) {
            throw new IllegalArgumentException("expected transA = 0, found " + node.whole("transA", 0));
        }
        double alpha = node.real("alpha", 1);
        double beta = node.real("beta", 1);
        Expression a = node.input(0);
        Expression b = node.input(1);
        Expression c = node.optional(2);
        requireRank(a, 1, "A of one axis besides the examples");
        requireRank(b, 2, "B of two axes");
        if (b.batched()) {
            throw new IllegalArgumentException("expected B of parameters, found " + b);
        }
        Expression weight = node.whole("transB", 0) == 0 ? b : algebra.transposed(b);
        if (c == null) {
            return algebra.scaled(alpha, algebra.dense(a, weight, null));
        }
        if (alpha == 1 && beta == 1 && isBias(c, weight)) {
            return algebra.dense(a, weight, c);
        }
        return algebra.sum(alpha, algebra.dense(a, weight, null), beta, c);
    }

    Expression matMul(OnnxNode node) {
        Expression a = node.input(0);
        Expression b = node.input(1);
        if (a.batched() && !b.batched() && a.shape().rank() >= 1 && b.shape().rank() == 1) {
            Expression column = algebra.dense(a, algebra.reshaped(b, Shape.of(b.shape().size(), 1)), null);
            int[] extentsOfA = a.shape().toArray();
            return algebra.reshaped(column, Shape.of(Arrays.copyOf(extentsOfA, extentsOfA.length - 1)));
        }
        return algebra.dense(a, b, null);
    }

    private static void requireRank(Expression e, int rank, String what) {
        if (e.shape().rank() != rank) {
            throw new IllegalArgumentException("expected " + what + ", found " + e);
        }
    }

    private static boolean isBias(Expression c, Expression weight) {
        int width = weight.shape().dimension(1);
        int rank = c.shape().rank();
        return !c.batched() && c.shape().size() == width && rank >= 1 && c.shape().dimension(rank - 1) == width;
    }

    /// A dense layer's result plus a shared row becomes that layer's bias.
    Expression add(OnnxNode node) {
        Expression a = node.input(0);
        Expression b = node.input(1);
        for (int dense = 0; dense < 2; dense++) {
            Expression product = dense == 0 ? a : b;
            Expression bias = dense == 0 ? b : a;
            if (product instanceof Applied applied && applied.layer instanceof Dense layer && applied.inputs.size() == 2 && node.usedOnce(dense)) {
                Expression weight = layer.transposed() ? algebra.transposed(applied.inputs.get(1)) : applied.inputs.get(1);
                if (isBias(bias, weight) && bias.shape().rank() <= product.shape().rank() + 1
                        && bias.shape().size() == bias.shape().dimension(bias.shape().rank() - 1)) {
                    return algebra.dense(applied.inputs.get(0), weight, bias);
                }
            }
        }
        return algebra.sum(1, a, 1, b);
    }

    Expression subtract(OnnxNode node) {
        return algebra.sum(1, node.input(0), -1, node.input(1));
    }

    Expression multiply(OnnxNode node) {
        return algebra.product(node.input(0), node.input(1));
    }

    Expression negate(OnnxNode node) {
        return algebra.scaled(-1, node.value(0));
    }

    /// Operands in their order, any number of them.
    private static Expression folded(OnnxNode node, BinaryOperator<Expression> join) {
        Expression result = node.value(0);
        for (int i = 1; i < node.inputs().size(); i++) {
            result = join.apply(result, node.value(i));
        }
        return result;
    }

    Expression sum(OnnxNode node) {
        return folded(node, (a, b) -> algebra.sum(1, a, 1, b));
    }

    Expression maximum(OnnxNode node) {
        return folded(node, this::larger);
    }

    Expression minimum(OnnxNode node) {
        return folded(node, (a, b) -> algebra.scaled(-1, larger(algebra.scaled(-1, a), algebra.scaled(-1, b))));
    }

    /// max(a, b) = relu(a − b) + b
    private Expression larger(Expression a, Expression b) {
        return algebra.sum(1, algebra.activated(Activation.of(Kind.RELU), algebra.sum(1, a, -1, b)), 1, b);
    }

    Expression divide(OnnxNode node) {
        Double divisor = node.input(1) instanceof Integers ? (Double) node.constant(1, "divisor") : Algebra.constant(node.input(1));
        if (divisor == null) {
            return algebra.product(node.input(0), algebra.activated(Activation.of(Kind.RECIPROCAL), node.value(1)));
        }
        if (divisor == 0) {
            throw new IllegalArgumentException("expected a divisor other than 0");
        }
        Shape shape = node.input(1) instanceof Integers ? Shape.of() : node.input(1).shape();
        return algebra.product(node.input(0), algebra.number(1 / divisor, shape));
    }

    /// Multiples of 1/2, by products, roots and reciprocals.
    Expression power(OnnxNode node) {
        double exponent = node.constant(1, "exponent");
        Expression base = node.value(0);
        double size = Math.abs(exponent);
        if (!(size <= LARGEST_EXPONENT) || 2 * size != Math.rint(2 * size) || size == 0) {
            throw new IllegalArgumentException(
                    "expected an exponent other than 0 that is a multiple of 1/2 up to " + LARGEST_EXPONENT + ", found " + exponent);
        }
        Expression power = size % 1 == 0 ? null : algebra.activated(Activation.of(Kind.SQRT), base);
        for (int factor = 0; factor < (int) size; factor++) {
            power = power == null ? base : algebra.product(base, power);
        }
        return exponent > 0 ? power : algebra.activated(Activation.of(Kind.RECIPROCAL), power);
    }
}
