package io.plumbline.network.onnx;

import io.plumbline.backend.Activation;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Layer;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Operand;
import io.plumbline.layer.Reduce;
import io.plumbline.layer.Reshape;
import io.plumbline.layer.Scale;
import io.plumbline.layer.Shape;
import io.plumbline.layer.Sum;
import io.plumbline.network.onnx.Expression.Applied;
import io.plumbline.network.onnx.Expression.Single;
import io.plumbline.network.onnx.Expression.Transposed;
import io.plumbline.network.onnx.Expression.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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

    /// The transpose of a row or a column is the same numbers under another shape.
    private Expression laidOut(Expression e) {
        return e instanceof Transposed t && (e.shape().dimension(0) == 1 || e.shape().dimension(1) == 1) ? reshaped(t.matrix, e.shape()) : e;
    }

    Single number(double value, Shape shape) {
        return new Single(result, shape, value);
    }

    /// The value of a constant of one entry, or null.
    static Double constant(Expression e) {
        return switch (e) {
            case Single number -> number.value;
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
        Expression base = e instanceof Applied applied && applied.layer instanceof Reshape ? applied.inputs.getFirst() : e;
        return base.shape().equals(shape) ? base : apply(new Reshape(shape), base);
    }

    /// α a + β b under ONNX's broadcasting.
    Expression sum(double alpha, Expression a, double beta, Expression b) {
        Shape shape = broadcast(a, b);
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
        return joined(new Sum(alpha * x.factor, beta * y.factor), x.base, y.base, shape);
    }

    /// a ∘ b under ONNX's broadcasting; a product that is GELU or SiLU becomes it.
    Expression product(Expression a, Expression b) {
        Shape shape = broadcast(a, b);
        if (a instanceof Single x && b instanceof Single y) {
            return number(x.value * y.value, shape);
        }
        Expression plain = plainProduct(a, b, shape);
        Expression recognised = new Gates(this).recognise(plain);
        return recognised.operand().equals(plain.operand()) ? recognised : plain;
    }

    private Expression plainProduct(Expression a, Expression b, Shape shape) {
        if (b instanceof Single number && a.shape().equals(shape)) {
            return scaled(number.value, a);
        }
        if (a instanceof Single number && b.shape().equals(shape)) {
            return scaled(number.value, b);
        }
        Scaled x = strip(a);
        Scaled y = strip(b);
        Expression product = x.base == y.base ? square(x.base) : joined(new Multiply(), x.base, y.base, shape);
        return scaled(x.factor * y.factor, product);
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

    /// The result of a layer of two operands that `broadcast` found to fit.
    private Expression joined(Layer layer, Expression a, Expression b, Shape shape) {
        Expression wideA = a.shape().size() == shape.size() ? reshaped(a, shape) : a;
        Expression wideB = b.shape().size() == shape.size() ? reshaped(b, shape) : b;
        return reshaped(apply(layer, wideA, wideB), shape);
    }

    /// The shape of an entry-wise operation's result, without the axis of the examples. ONNX aligns shapes at their last axis; the axis of the examples
    /// may only meet itself or an extent of 1.
    ///
    /// @throws IllegalArgumentException if the shapes do not fit, or one is repeated along some axes only
    static Shape broadcast(Expression a, Expression b) {
        int[] x = extents(a, b);
        int[] y = extents(b, a);
        if (a.batched() && b.batched() && x.length != y.length) {
            throw unfit(a, b, "the axis of the examples would meet another one");
        }
        int rank = Math.max(x.length, y.length);
        int[] padded = pad(x, rank);
        int[] other = pad(y, rank);
        int[] result = new int[rank];
        for (int axis = 0; axis < rank; axis++) {
            if (padded[axis] != other[axis] && padded[axis] != 1 && other[axis] != 1) {
                throw unfit(a, b, "extents differ");
            }
            result[axis] = Math.max(padded[axis], other[axis]);
        }
        Shape shape = Shape.of(result);
        if (!fits(padded, shape) || !fits(other, shape)) {
            throw unfit(a, b, "one of them would be repeated along some axes only");
        }
        return shape;
    }

    /// Extents of `e` without the axis of the examples, where a shared operand may hold an extent of 1 in its place.
    private static int[] extents(Expression e, Expression partner) {
        int[] extents = e.shape().toArray();
        if (e.batched() || !partner.batched() || extents.length <= partner.shape().rank()) {
            return extents;
        }
        if (extents.length > partner.shape().rank() + 1 || extents[0] != 1) {
            throw unfit(partner, e, "the axis of the examples would meet another one");
        }
        return Arrays.copyOfRange(extents, 1, extents.length);
    }

    private static int[] pad(int[] extents, int rank) {
        int[] padded = new int[rank];
        Arrays.fill(padded, 1);
        System.arraycopy(extents, 0, padded, rank - extents.length, extents.length);
        return padded;
    }

    private static boolean fits(int[] extents, Shape result) {
        return Arrays.equals(extents, result.toArray()) || Arrays.stream(extents).allMatch(extent -> extent == 1);
    }

    private static IllegalArgumentException unfit(Expression a, Expression b, String why) {
        return new IllegalArgumentException(
                "expected operands of one shape, or one of a single number, found " + show(a) + " and " + show(b) + ": " + why);
    }

    private static String show(Expression e) {
        Operand operand = e.operand();
        return operand.toString();
    }
}
