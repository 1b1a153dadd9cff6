package io.plumbline.network.onnx;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Sum;
import io.plumbline.network.onnx.Algebra.Scaled;
import io.plumbline.network.onnx.Expression.Applied;
import io.plumbline.network.onnx.Expression.Erf;
import io.plumbline.network.onnx.Expression.Exceeds;
import java.util.ArrayList;
import java.util.List;

/// Recognises activations that an exporter wrote out: with k, s constants, whatever the order and the grouping of the factors,
///
/// | written | is |
/// |---|---|
/// | k z (1 + erf(s z/√2)) | (2k/s) gelu(s z) |
/// | k z (1 + tanh(√(2/π)(s z + 0.044715 (s z)³))) | (2k/s) geluTanh(s z) |
/// | k z σ(s z) | (k/s) silu(s z) |
/// | where(z > t, z, softplus(z)) | softplus(z), t ≥ 15 |
///
/// Constants written in float32 differ from what they mean by up to 6e-8 relative; s and the other constants are taken for what they mean within 1e-6.
final class Gates {
    private static final double TOLERANCE = 1e-6;
    private static final double SMALLEST_THRESHOLD = 15;
    private static final int MOST_FACTORS = 8;
    private static final int MOST_VISITS = 32;

    private final Algebra algebra;

    Gates(Algebra algebra) {
        this.algebra = algebra;
    }

    /// coefficient · f(s·z)/(s·z), of an activation f that is its argument times this.
    private record Gate(double coefficient, Activation.Kind kind, double s, Expression z) {}

    /// coefficient · Π atoms.
    private record Factors(double coefficient, List<Expression> atoms) {}

    /// `product`, or the activation that it is, times what is left of it.
    Expression recognise(Expression product) {
        Factors factors = factors(product);
        if (factors == null || factors.atoms.size() < 2) {
            return product;
        }
        for (Expression atom : factors.atoms) {
            Gate gate = gate(atom);
            if (gate != null && gate.s > 0 && factors.atoms.contains(gate.z)) {
                List<Expression> rest = new ArrayList<>(factors.atoms);
                rest.remove(atom);
                rest.remove(gate.z);
                Expression whole = algebra.activated(Activation.of(gate.kind), algebra.scaled(gate.s, gate.z));
                for (Expression other : rest) {
                    whole = algebra.product(whole, other);
                }
                return algebra.scaled(factors.coefficient * gate.coefficient / gate.s, whole);
            }
        }
        return product;
    }

    /// where(condition, a, b) as PyTorch writes softplus.
    ///
    /// @throws IllegalArgumentException if it is something else
    static Expression softplus(Exceeds condition, Expression a, Expression b) {
        Scaled compared = Algebra.strip(condition.argument);
        Scaled linear = Algebra.strip(a);
        Scaled soft = Algebra.strip(b);
        if (soft.base() instanceof Applied applied && applied.layer instanceof Activate(Activation f) && f.kind() == Kind.SOFTPLUS) {
            Scaled inner = Algebra.strip(applied.inputs.getFirst());
            boolean sameValue = compared.base() == linear.base() && inner.base() == linear.base();
            boolean sameSlope = near(soft.factor() * inner.factor(), linear.factor());
            if (sameValue && sameSlope && compared.factor() > 0 && inner.factor() > 0
                    && condition.threshold * inner.factor() / compared.factor() >= SMALLEST_THRESHOLD) {
                return b;
            }
        }
        throw new IllegalArgumentException("expected the softplus of PyTorch, where(z > t, z, softplus(z)) with t of at least "
                + SMALLEST_THRESHOLD + ", found something else");
    }

    private static Factors factors(Expression product) {
        double coefficient = 1;
        var atoms = new ArrayList<Expression>();
        var open = new ArrayList<Expression>(List.of(product));
        for (int visits = 0; !open.isEmpty(); visits++) {
            Expression e = open.removeLast();
            Double number = Algebra.constant(e);
            Scaled scaled = Algebra.strip(e);
            if (number != null) {
                coefficient *= number;
            } else if (scaled.base() != e) {
                coefficient *= scaled.factor();
                open.add(scaled.base());
            } else if (e instanceof Applied applied && applied.layer instanceof Multiply) {
                open.addAll(applied.inputs);
            } else if (e instanceof Applied applied && applied.layer instanceof Activate(Activation f) && f.kind() == Kind.SQUARE) {
                open.add(applied.inputs.getFirst());
                open.add(applied.inputs.getFirst());
            } else {
                atoms.add(e);
            }
            if (visits > MOST_VISITS || atoms.size() > MOST_FACTORS) {
                return null;
            }
        }
        return new Factors(coefficient, atoms);
    }

    private static Gate gate(Expression atom) {
        if (!(atom instanceof Applied applied)) {
            return null;
        }
        if (applied.layer instanceof Activate(Activation f) && f.kind() == Kind.SIGMOID) {
            Scaled argument = Algebra.strip(applied.inputs.getFirst());
            return new Gate(1, Kind.SILU, snapped(argument.factor()), argument.base());
        }
        if (!(applied.layer instanceof Sum(double alpha, double beta))) {
            return null;
        }
        Expression first = applied.inputs.get(0);
        Expression second = applied.inputs.get(1);
        Gate gate = onePlus(alpha, first, beta, second);
        return gate != null ? gate : onePlus(beta, second, alpha, first);
    }

    /// a·one + b·e = b (1 + e) if a·one is b and e is the erf or tanh of a GELU.
    private static Gate onePlus(double a, Expression one, double b, Expression e) {
        Double number = Algebra.constant(one);
        if (number == null || !near(a * number, b)) {
            return null;
        }
        if (e instanceof Erf erf) {
            Scaled argument = Algebra.strip(erf.argument);
            return new Gate(2 * b, Kind.GELU, snapped(argument.factor() * Math.sqrt(2)), argument.base());
        }
        if (e instanceof Applied applied && applied.layer instanceof Activate(Activation f) && f.kind() == Kind.TANH) {
            Scaled argument = Algebra.strip(applied.inputs.getFirst());
            if (argument.base() instanceof Applied sum && sum.layer instanceof Sum(double alpha, double beta)) {
                double t = argument.factor();
                Gate gate = cubic(b, t * alpha, sum.inputs.get(0), t * beta, sum.inputs.get(1));
                return gate != null ? gate : cubic(b, t * beta, sum.inputs.get(1), t * alpha, sum.inputs.get(0));
            }
        }
        return null;
    }

    /// The gate b (1 + tanh(a₁ z + a₃ z³)), if a₃ fits a₁.
    private static Gate cubic(double b, double linear, Expression z, double third, Expression cube) {
        Factors factors = factors(cube);
        if (factors == null || factors.atoms.size() != 3 || factors.atoms.stream().anyMatch(atom -> atom != z)) {
            return null;
        }
        double s = linear / Activation.GELU_TANH_SCALE;
        double expected = Activation.GELU_TANH_SCALE * Activation.GELU_TANH_CUBIC * s * s * s;
        return near(third * factors.coefficient, expected) ? new Gate(2 * b, Kind.GELU_TANH, snapped(s), z) : null;
    }

    private static boolean near(double found, double expected) {
        return Math.abs(found - expected) <= TOLERANCE * Math.abs(expected);
    }

    private static double snapped(double s) {
        return near(s, 1) ? 1 : s;
    }
}
