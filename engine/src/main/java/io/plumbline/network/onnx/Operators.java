package io.plumbline.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.onnx.Expression.Applied;
import io.plumbline.network.onnx.Expression.Erf;
import io.plumbline.network.onnx.Expression.Exceeds;
import io.plumbline.network.onnx.Expression.Integers;
import io.plumbline.network.onnx.Expression.Weight;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.Collectors;

/// What each ONNX operator computes, as expressions. What is not supported of one raises [IllegalArgumentException].
final class Operators {
    private static final String SUPPORTED = "Add CastLike Cast Concat Constant Div Elu Erf Flatten Gather Gelu Gemm Greater Identity LeakyRelu MatMul Mul Neg Pow "
            + "ReduceSum Relu Reshape Shape Sigmoid Slice Softplus Squeeze Sub Swish Tanh Transpose Unsqueeze Where";

    private final OnnxFile file;
    private final Algebra algebra;
    private final Extents extents;
    private final ShapeOperators shapes;

    Operators(OnnxFile file, Algebra algebra, Extents extents) {
        this.file = file;
        this.algebra = algebra;
        this.extents = extents;
        this.shapes = new ShapeOperators(algebra, extents);
    }

    /// The supported operators' names, in alphabetical order.
    static String supported() {
        return Arrays.stream(SUPPORTED.split(" ")).sorted(Comparator.naturalOrder()).collect(Collectors.joining(", "));
    }

    static boolean isSupported(String operator) {
        return Arrays.asList(SUPPORTED.split(" ")).contains(operator);
    }

    /// The value of a node's only result.
    Expression apply(OnnxNode node) throws IOException {
        return switch (node.proto().getOpType()) {
            case "Gemm" -> gemm(node);
            case "MatMul" -> matMul(node);
            case "Add" -> add(node);
            case "Sub" -> algebra.sum(1, node.input(0), -1, node.input(1));
            case "Mul" -> algebra.product(node.input(0), node.input(1));
            case "Div" -> divide(node);
            case "Neg" -> algebra.scaled(-1, node.input(0));
            case "Pow" -> power(node);
            case "Relu" -> activated(node, Activation.of(Kind.RELU));
            case "LeakyRelu" -> activated(node, new Activation(Kind.LEAKY_RELU, node.real("alpha", 0.01)));
            case "Tanh" -> activated(node, Activation.of(Kind.TANH));
            case "Sigmoid" -> activated(node, Activation.of(Kind.SIGMOID));
            case "Softplus" -> activated(node, Activation.of(Kind.SOFTPLUS));
            case "Elu" -> activated(node, new Activation(Kind.ELU, node.real("alpha", 1)));
            case "Gelu" -> gelu(node);
            case "Swish" -> swish(node);
            case "Erf" -> new Erf(algebra.node(), node.input(0));
            case "Greater" -> new Exceeds(floating(node, 0), node.constant(1, "threshold"));
            case "Where" -> where(node);
            case "ReduceSum" -> reduceSum(node);
            case "Flatten" -> shapes.flatten(node);
            case "Reshape" -> shapes.reshape(node);
            case "Squeeze" -> shapes.squeeze(node);
            case "Unsqueeze" -> shapes.unsqueeze(node);
            case "Transpose" -> shapes.transpose(node);
            case "Shape" -> shapes.shape(node);
            case "Gather" -> shapes.gather(node);
            case "Slice" -> shapes.slice(node);
            case "Concat" -> shapes.concat(node);
            case "Identity" -> node.input(0);
            case "Cast" -> cast(node.input(0), Math.clamp(node.whole("to", 0), -1, Integer.MAX_VALUE));
            case "CastLike" ->
                node.input(1) instanceof Integers ? cast(node.input(0), DataType.INT64_VALUE) : cast(node.input(0), DataType.DOUBLE_VALUE);
            case "Constant" -> constant(node);
            default -> throw new IllegalArgumentException("this operator is not supported; supported are " + supported());
        };
    }

    private Expression activated(OnnxNode node, Activation f) {
        return algebra.activated(f, floating(node, 0));
    }

    private static Expression floating(OnnxNode node, int index) {
        node.input(index).operand();
        return node.input(index);
    }

    /// α A B + β C; A holds the examples, B is a matrix of parameters.
    private Expression gemm(OnnxNode node) {
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

    private Expression matMul(OnnxNode node) {
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
    private Expression add(OnnxNode node) {
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

    private Expression divide(OnnxNode node) {
        double divisor = node.constant(1, "divisor");
        if (divisor == 0) {
            throw new IllegalArgumentException("expected a divisor other than 0");
        }
        Shape shape = node.input(1) instanceof Integers ? Shape.of() : node.input(1).shape();
        return algebra.product(node.input(0), algebra.number(1 / divisor, shape));
    }

    private Expression power(OnnxNode node) {
        double exponent = node.constant(1, "exponent");
        Expression base = floating(node, 0);
        if (exponent == 1) {
            return base;
        }
        if (exponent == 2) {
            return algebra.product(base, base);
        }
        if (exponent == 3) {
            return algebra.product(base, algebra.product(base, base));
        }
        throw new IllegalArgumentException("expected exponent 1, 2 or 3, found " + exponent);
    }

    private Expression gelu(OnnxNode node) {
        String form = node.text("approximate", "none");
        return switch (form) {
            case "none" -> activated(node, Activation.of(Kind.GELU));
            case "tanh" -> activated(node, Activation.of(Kind.GELU_TANH));
            default -> throw new IllegalArgumentException("expected approximate none or tanh, found " + OnnxFile.shown(form));
        };
    }

    /// x σ(αx) = silu(αx)/α.
    private Expression swish(OnnxNode node) {
        double alpha = node.real("alpha", 1);
        if (!(alpha > 0)) {
            throw new IllegalArgumentException("expected a positive alpha, found " + alpha);
        }
        return algebra.scaled(1 / alpha, algebra.activated(Activation.of(Kind.SILU), algebra.scaled(alpha, floating(node, 0))));
    }

    private static Expression where(OnnxNode node) {
        if (node.input(0) instanceof Exceeds condition) {
            return Gates.softplus(condition, node.input(1), node.input(2));
        }
        throw new IllegalArgumentException("expected the comparison of PyTorch's softplus as condition, found " + node.input(0));
    }

    /// The sum over all axes of an example, or of a shared value, that are longer than 1.
    private Expression reduceSum(OnnxNode node) {
        Expression e = floating(node, 0);
        if (node.has("axes")) {
            throw new IllegalArgumentException("expected axes as an operand, found an attribute");
        }
        int rank = extents.rank(e);
        boolean[] summed = new boolean[rank];
        if (node.optional(1) == null || node.integers(1).values.length == 0) {
            if (node.whole("noop_with_empty_axes", 0) != 0) {
                return e;
            }
            Arrays.fill(summed, true);
            if (e.batched()) {
                throw new IllegalArgumentException("expected axes besides that of the examples, found a sum over all of them");
            }
        } else {
            for (long axis : node.integers(1).values) {
                summed[extents.ownAxis(e, axis, rank)] = true;
            }
        }
        boolean keep = node.whole("keepdims", 1) != 0;
        long[] found = extents.of(e);
        int first = e.batched() ? 1 : 0;
        var kept = new ArrayList<Integer>();
        for (int axis = first; axis < rank; axis++) {
            if (!summed[axis] && found[axis] != 1) {
                throw new IllegalArgumentException(
                        "expected a sum over all axes but that of the examples, found axes " + Extents.text(node.integers(1).values) + " of " + e);
            }
            if (!summed[axis] || keep) {
                kept.add(1);
            }
        }
        Shape shape = Shape.of(kept.stream().mapToInt(Integer::intValue).toArray());
        return algebra.reshaped(algebra.total(e), shape);
    }

    private Expression cast(Expression e, int to) {
        if (e instanceof Integers integers) {
            if (to == DataType.INT64_VALUE || to == DataType.INT32_VALUE) {
                return e;
            }
            if (integers.values.length == 1 && integers.values[0] != Integers.EXAMPLES) {
                return algebra.number((double) integers.values[0], integers.scalar ? Shape.of() : Shape.of(1));
            }
            throw new IllegalArgumentException("expected one constant integer, found integers " + Extents.text(integers.values));
        }
        e.operand();
        if (to != DataType.FLOAT_VALUE && to != DataType.DOUBLE_VALUE) {
            throw new IllegalArgumentException("expected a cast to float or double, found " + OnnxTensor.typeName(to));
        }
        return e;
    }

    private Expression constant(OnnxNode node) throws IOException {
        if (node.proto().getAttributeCount() != 1) {
            throw new IllegalArgumentException("expected one attribute, found " + node.proto().getAttributeCount());
        }
        AttributeProto value = node.proto().getAttribute(0);
        return switch (value.getName()) {
            case "value" -> tensor(node.attribute("value", AttributeType.TENSOR).getT());
            case "value_float" -> algebra.number(node.attribute("value_float", AttributeType.FLOAT).getF(), Shape.of());
            case "value_floats" -> {
                var floats = node.attribute("value_floats", AttributeType.FLOATS).getFloatsList();
                Shape shape = Shape.of(floats.size());
                HostBuffer values = HostBuffer.collected(Precision.F64, floats.size());
                for (int i = 0; i < floats.size(); i++) {
                    values.set(i, floats.get(i));
                }
                yield leaf(shape, values);
            }
            case "value_int" -> new Integers(true, node.whole("value_int", 0));
            case "value_ints" -> new Integers(false, node.wholes("value_ints"));
            default -> throw new IllegalArgumentException("expected a constant of numbers, found attribute " + OnnxFile.shown(value.getName()));
        };
    }

    /// A tensor in a Constant node: no parameter.
    private Expression tensor(TensorProto tensor) throws IOException {
        if (OnnxTensor.isInteger(tensor)) {
            return OnnxTensor.integers(tensor);
        }
        if (OnnxTensor.isFloating(tensor)) {
            return leaf(OnnxTensor.shape(tensor), OnnxTensor.numbers(tensor, file.external));
        }
        throw new IllegalArgumentException(
                "expected numbers of type float, double, int32 or int64, found " + OnnxTensor.typeName(tensor.getDataType()));
    }

    private Expression leaf(Shape shape, HostBuffer values) {
        return shape.size() == 1 ? algebra.number(values.get(0), shape) : new Weight(algebra.result(), shape, false, values);
    }
}
