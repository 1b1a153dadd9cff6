package io.plumbline.network.onnx;

import io.plumbline.backend.Activation;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Expand;
import io.plumbline.layer.Layer;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Operand;
import io.plumbline.layer.Reduce;
import io.plumbline.layer.Reshape;
import io.plumbline.layer.Scale;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Sum;
import io.plumbline.layer.Transpose;
import io.plumbline.network.onnx.Expression.Applied;
import io.plumbline.network.onnx.Expression.Filled;
import io.plumbline.network.onnx.Expression.Single;
import io.plumbline.network.onnx.Expression.Transposed;
import io.plumbline.network.onnx.Expression.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.stream.IntStream;

/// Builds expressions and keeps them small: numbers are computed at once, constant factors are gathered, a matrix's transpose stays a remark.
/// Operands that do not fit raise [IllegalArgumentException]. Recorded layers that nothing uses in the end cost nothing.
final class Algebra {
    private final List<Applied> recorded = new ArrayList<>();
    private String node = "";
    private String result = "";

    /// c·base, c ≠ 1 gathered from constant factors.
    record Scaled(double factor, Expression base) {}

    /// From now on layers belong to `node` and numbers are named `result`.
    void at(String node, String result) {
        this.node = node;
        this.result = result;
    }

    String node() {
        return node;
    }

    /// All layers applied so far, operands before their uses.
    List<Applied> recorded() {
        return recorded;
    }

    String result() {
        return result;
    }

    Expression apply(Layer layer, Expression... inputs) {
        var applied = new Applied(node, layer, Arrays.stream(inputs).map(this::laidOut).toList());
        recorded.add(applied);
        return applied;
    }

    /// What a layer can take as an operand.
    Expression laidOut(Expression e) {
        return switch (e) {
            case Transposed row when e.shape().dimension(0) == 1 || e.shape().dimension(1) == 1 -> reshaped(row.matrix, e.shape());
            case Transposed transposed -> apply(new Transpose(List.of(1, 0)), transposed.matrix);
            case Filled filled when filled.batched() -> throw new IllegalArgumentException(
                    "expected a value, found the number " + filled.value + " for each example, which is supported in sums, products and Concat only");
            case Filled filled -> apply(new Expand(filled.shape()), number(filled.value, Shape.of()));
            default -> e;
        };
    }

    Single number(double value, Shape shape) {
        return new Single(result, shape, value);
    }

    /// The value that each entry of a constant has, or null if they differ or it is none.
    static Double constant(Expression e) {
        return switch (e) {
            case Single number -> number.value;
            case Filled filled -> filled.value;
            case Weight weight when !weight.trainable && weight.values.length() == 1 -> weight.values.get(0);
            default -> null;
        };
    }

    static Scaled strip(Expression e) {
        return e instanceof Applied applied && applied.layer instanceof Scale(double factor)
                ? new Scaled(factor, applied.inputs.getFirst())
                : new Scaled(1, e);
    }

    /// c·e.
    Expression scaled(double c, Expression e) {
        if (c == 1) {
            return e;
        }
        return switch (e) {
            case Single number -> number(c * number.value, number.shape());
            case Filled filled -> new Filled(filled.operand(), c * filled.value);
            case Transposed transposed -> new Transposed(node, scaled(c, transposed.matrix));
            default -> {
                Scaled inner = strip(e);
                double factor = c * inner.factor;
                yield factor == 1 ? inner.base : apply(new Scale(factor), inner.base);
            }
        };
    }

    /// f(e), entry by entry.
    Expression activated(Activation f, Expression e) {
        return switch (e) {
            case Single number -> number(f.value(0, number.value), number.shape());
            case Filled filled -> new Filled(filled.operand(), f.value(0, filled.value));
            case Transposed transposed -> new Transposed(node, activated(f, transposed.matrix));
            default -> apply(new Activate(f), e);
        };
    }

    /// The same entries under another shape, without the axis of the examples.
    Expression reshaped(Expression e, Shape shape) {
        if (e.shape().equals(shape)) {
            return e;
        }
        if (e instanceof Single number) {
            return number(number.value, shape);
        }
        if (e instanceof Filled filled) {
            return new Filled(new Operand(shape, filled.batched()), filled.value);
        }
        Expression base = e instanceof Applied applied && applied.layer instanceof Reshape ? applied.inputs.getFirst() : e;
        return base.shape().equals(shape) ? base : apply(new Reshape(shape), base);
    }

    /// α a + β b under ONNX's broadcasting.
    Expression sum(double alpha, Expression a, double beta, Expression b) {
        Broadcast fit = Broadcast.of(a, b);
        Shape shape = fit.shape();
        if (a instanceof Filled || b instanceof Filled) {
            return filledOut(fit, a, b, (x, y) -> sum(alpha, x, beta, y));
        }
        if (a instanceof Single x && b instanceof Single y) {
            return number(alpha * x.value + beta * y.value, shape);
        }
        if (b instanceof Single zero && zero.value == 0 && a.shape().equals(shape)) {
            return scaled(alpha, a);
        }
        if (a instanceof Single zero && zero.value == 0 && b.shape().equals(shape)) {
            return scaled(beta, b);
        }
        Scaled x = strip(a);
        Scaled y = strip(b);
        if (x.base == y.base) {
            return scaled(alpha * x.factor + beta * y.factor, x.base);
        }
        return joined(new Sum(alpha * x.factor, beta * y.factor), x.base, y.base, fit);
    }

    /// a ∘ b under ONNX's broadcasting; a product that is GELU or SiLU becomes it.
    Expression product(Expression a, Expression b) {
        Broadcast fit = Broadcast.of(a, b);
        if (a instanceof Filled || b instanceof Filled) {
            return filledOut(fit, a, b, this::product);
        }
        if (a instanceof Single x && b instanceof Single y) {
            return number(x.value * y.value, fit.shape());
        }
        Expression plain = plainProduct(a, b, fit);
        Expression recognised = new Gates(this).recognise(plain);
        return recognised.operand().equals(plain.operand()) ? recognised : plain;
    }

    private Expression plainProduct(Expression a, Expression b, Broadcast fit) {
        if (b instanceof Single number && a.shape().equals(fit.shape())) {
            return scaled(number.value, a);
        }
        if (a instanceof Single number && b.shape().equals(fit.shape())) {
            return scaled(number.value, b);
        }
        Scaled x = strip(a);
        Scaled y = strip(b);
        Expression product = x.base == y.base ? square(x.base) : joined(new Multiply(), x.base, y.base, fit);
        return scaled(x.factor * y.factor, product);
    }

    /// An entry-wise operation of which an operand has the same number everywhere: that number joins the other one, repeated as the result needs it.
    private Expression filledOut(Broadcast fit, Expression a, Expression b, BinaryOperator<Expression> operation) {
        if (isNumber(a) && isNumber(b)) {
            Expression result = operation.apply(number(constant(a), Shape.of()), number(constant(b), Shape.of()));
            return new Filled(new Operand(fit.shape(), a.batched() || b.batched()), constant(result));
        }
        boolean isFirst = a instanceof Filled;
        var filled = (Filled) (isFirst ? a : b);
        Expression other = isFirst ? b : a;
        if (filled.batched() && !other.batched()) {
            throw new IllegalArgumentException(
                    "expected a value per example, found " + other + " and the number " + filled.value + " for each example");
        }
        Expression number = number(filled.value, Shape.of());
        Expression wide = repeated(other, isFirst ? fit.b() : fit.a(), fit.shape());
        return isFirst ? operation.apply(number, wide) : operation.apply(wide, number);
    }

    private static boolean isNumber(Expression e) {
        return e instanceof Single || e instanceof Filled;
    }

    /// `e` of the result's shape.
    ///
    /// @param own its extents, as many as those of `shape`
    Expression repeated(Expression e, Shape own, Shape shape) {
        Expression aligned = reshaped(e, own);
        if (own.equals(shape)) {
            return aligned;
        }
        return e instanceof Single number ? new Filled(new Operand(shape, false), number.value) : apply(new Expand(shape), aligned);
    }

    /// e ∘ e.
    Expression square(Expression e) {
        return activated(Activation.of(Activation.Kind.SQUARE), e);
    }

    /// x W at each position, x (…, d) for each example, W (d, m) shared; plus `bias` (m) unless it is null.
    Expression dense(Expression x, Expression weight, Expression bias) {
        if (!x.batched() || weight.batched()) {
            throw new IllegalArgumentException(
                    "expected a product of a value per example with a matrix of parameters, found " + x + " and " + weight);
        }
        boolean isTransposed = weight instanceof Transposed;
        Scaled matrix = strip(weight instanceof Transposed t ? t.matrix : weight);
        Layer layer = new Dense(isTransposed);
        if (bias != null && matrix.factor == 1) {
            return apply(layer, x, matrix.base, bias);
        }
        Expression product = scaled(matrix.factor, apply(layer, x, matrix.base));
        return bias == null ? product : sum(1, product, 1, bias);
    }

    /// The transpose of a shared matrix.
    Expression transposed(Expression matrix) {
        return matrix instanceof Transposed twice ? twice.matrix : new Transposed(node, matrix);
    }

    /// Σ_j e_j, as shape (1). Σ_j w_j x_j with shared w is a dense layer.
    Expression total(Expression e) {
        if (e instanceof Applied applied && applied.layer instanceof Multiply) {
            Expression first = applied.inputs.get(0);
            boolean inOrder = first.batched();
            Expression x = inOrder ? first : applied.inputs.get(1);
            Expression w = inOrder ? applied.inputs.get(1) : first;
            int width = e.shape().size();
            if (x.batched() && !w.batched() && x.shape().size() == width && w.shape().size() == width) {
                return dense(reshaped(x, Shape.of(width)), reshaped(w, Shape.of(width, 1)), null);
            }
        }
        Scaled scaled = strip(e);
        if (scaled.factor != 1) {
            return scaled(scaled.factor, total(scaled.base));
        }
        List<Integer> axes = IntStream.range(0, e.shape().rank()).boxed().toList();
        return reshaped(apply(new Reduce(axes, false), e), Shape.of(1));
    }

    /// Sums (or means) over some axes, which keep extent 1.
    Expression reduced(List<Integer> axes, boolean mean, Expression e) {
        int count = axes.stream().mapToInt(axis -> e.shape().dimension(axis)).reduce(1, Math::multiplyExact);
        var reduce = new Reduce(axes, mean);
        return switch (e) {
            case Single number -> number;
            case Filled filled -> new Filled(reduce.output(List.of(filled.operand())), filled.value * (mean ? 1 : count));
            default -> count == 1 ? e : apply(reduce, e);
        };
    }

    /// 1/√(e + ε).
    Expression inverseRoot(Expression e, double epsilon) {
        Expression root = activated(Activation.of(Activation.Kind.SQRT), sum(1, e, 1, number(epsilon, Shape.of())));
        return activated(Activation.of(Activation.Kind.RECIPROCAL), root);
    }

    /// Joins operands of the result's width, or of a single number, which such layers repeat themselves.
    private Expression joined(Layer layer, Expression a, Expression b, Broadcast fit) {
        return reshaped(apply(layer, spread(a, fit.a(), fit.shape()), spread(b, fit.b(), fit.shape())), fit.shape());
    }

    private Expression spread(Expression e, Shape own, Shape shape) {
        return own.size() == 1 && shape.size() > 1 ? e : repeated(e, own, shape);
    }
}
