package io.plumbline.network.onnx;

import io.plumbline.backend.Activation.Kind;
import io.plumbline.network.onnx.Expression.Erf;
import io.plumbline.network.onnx.Expression.Exceeds;
import io.plumbline.network.onnx.Expression.Integers;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/// The supported operators of ONNX and what each computes, as expressions. What is not supported of one raises [IllegalArgumentException].
final class Operators {
    private static final Map<String, Rule> TABLE = new TreeMap<>();

    static {
        values("Abs", (o, node) -> o.activations.of(node, Kind.ABS));
        either("Add", (o, node) -> o.arithmetic.add(node), IntegerOperators::add);
        values("AveragePool", (o, node) -> o.windows.averagePool(node));
        values("BatchNormalization", (o, node) -> o.normalizations.batch(node));
        values("Cast", (o, node) -> o.constants.cast(node));
        values("CastLike", (o, node) -> o.constants.castLike(node));
        values("Clip", (o, node) -> o.activations.clip(node));
        either("Concat", (o, node) -> o.pieces.concat(node), IntegerOperators::concat);
        values("Constant", (o, node) -> o.constants.constant(node));
        values("ConstantOfShape", (o, node) -> o.constants.constantOfShape(node));
        values("Conv", (o, node) -> o.windows.convolution(node));
        values("DepthToSpace", (o, node) -> o.shapes.depthToSpace(node));
        either("Div", (o, node) -> o.arithmetic.divide(node), IntegerOperators::divide);
        values("Dropout", (o, node) -> NormalizationOperators.dropout(node));
        values("Elu", (o, node) -> o.activations.withAlpha(node, Kind.ELU, 1));
        values("Equal", (o, node) -> IntegerOperators.equal(node));
        values("Erf", (o, node) -> new Erf(o.algebra.node(), node.value(0)));
        values("Exp", (o, node) -> o.activations.of(node, Kind.EXP));
        either("Expand", (o, node) -> o.shapes.expand(node), IntegerOperators::expand);
        values("Flatten", (o, node) -> o.shapes.flatten(node));
        either("Gather", (o, node) -> o.pieces.gather(node), IntegerOperators::gather);
        values("Gelu", (o, node) -> o.activations.gelu(node));
        values("Gemm", (o, node) -> o.arithmetic.gemm(node));
        values("GlobalAveragePool", (o, node) -> o.reductions.globalAverage(node));
        values("GlobalMaxPool", (o, node) -> o.reductions.globalMaximum(node));
        values("Greater", (o, node) -> new Exceeds(node.value(0), node.constant(1, "threshold")));
        values("GroupNormalization", (o, node) -> o.normalizations.group(node));
        values("HardSigmoid", (o, node) -> o.activations.hardSigmoid(node));
        values("HardSwish", (o, node) -> o.activations.hardSwish(node));
        values("Identity", (o, node) -> node.input(0));
        values("InstanceNormalization", (o, node) -> o.normalizations.instance(node));
        values("LayerNormalization", (o, node) -> o.normalizations.layer(node));
        values("LeakyRelu", (o, node) -> o.activations.withAlpha(node, Kind.LEAKY_RELU, 0.01));
        values("Log", (o, node) -> o.activations.of(node, Kind.LOG));
        values("MatMul", (o, node) -> o.arithmetic.matMul(node));
        either("Max", (o, node) -> o.arithmetic.maximum(node), IntegerOperators::maximum);
        values("MaxPool", (o, node) -> o.windows.maxPool(node));
        either("Min", (o, node) -> o.arithmetic.minimum(node), IntegerOperators::minimum);
        values("Mish", (o, node) -> o.activations.mish(node));
        values("Mod", (o, node) -> IntegerOperators.modulo(node));
        either("Mul", (o, node) -> o.arithmetic.multiply(node), IntegerOperators::multiply);
        either("Neg", (o, node) -> o.arithmetic.negate(node), IntegerOperators::negate);
        values("PRelu", (o, node) -> o.activations.parametricRelu(node));
        values("Pad", (o, node) -> o.pieces.pad(node));
        values("Pow", (o, node) -> o.arithmetic.power(node));
        values("RMSNormalization", (o, node) -> o.normalizations.rootMeanSquare(node));
        values("Range", (o, node) -> IntegerOperators.range(node));
        values("Reciprocal", (o, node) -> o.activations.of(node, Kind.RECIPROCAL));
        values("ReduceL1", (o, node) -> o.reductions.norm1(node));
        values("ReduceL2", (o, node) -> o.reductions.norm2(node));
        values("ReduceMax", (o, node) -> o.reductions.maximum(node));
        values("ReduceMean", (o, node) -> o.reductions.mean(node));
        values("ReduceMin", (o, node) -> o.reductions.minimum(node));
        values("ReduceSum", (o, node) -> o.reductions.sum(node));
        values("ReduceSumSquare", (o, node) -> o.reductions.sumOfSquares(node));
        values("Relu", (o, node) -> o.activations.of(node, Kind.RELU));
        either("Reshape", (o, node) -> o.shapes.reshape(node), IntegerOperators::reshape);
        values("SequenceAt", (o, node) -> PieceOperators.sequenceAt(node));
        values("Shape", (o, node) -> o.shapes.shape(node));
        values("Sigmoid", (o, node) -> o.activations.of(node, Kind.SIGMOID));
        either("Slice", (o, node) -> o.pieces.slice(node), IntegerOperators::slice);
        values("Softplus", (o, node) -> o.activations.of(node, Kind.SOFTPLUS));
        values("Softsign", (o, node) -> o.activations.softsign(node));
        TABLE.put("Split", (o, node) -> o.pieces.split(node));
        values("SplitToSequence", (o, node) -> o.pieces.splitToSequence(node));
        values("Sqrt", (o, node) -> o.activations.of(node, Kind.SQRT));
        either("Squeeze", (o, node) -> o.shapes.squeeze(node), IntegerOperators::squeeze);
        either("Sub", (o, node) -> o.arithmetic.subtract(node), IntegerOperators::subtract);
        values("Sum", (o, node) -> o.arithmetic.sum(node));
        values("Swish", (o, node) -> o.activations.swish(node));
        values("Tanh", (o, node) -> o.activations.of(node, Kind.TANH));
        either("Transpose", (o, node) -> o.shapes.transpose(node), IntegerOperators::transpose);
        either("Unsqueeze", (o, node) -> o.shapes.unsqueeze(node), IntegerOperators::unsqueeze);
        either("Where", (o, node) -> ActivationOperators.where(node), IntegerOperators::where);
    }

    private final Algebra algebra;
    private final ArithmeticOperators arithmetic;
    private final ActivationOperators activations;
    private final ConstantOperators constants;
    private final NormalizationOperators normalizations;
    private final PieceOperators pieces;
    private final ReductionOperators reductions;
    private final ShapeOperators shapes;
    private final WindowOperators windows;

    Operators(OnnxFile file, Algebra algebra, Extents extents) {
        this.algebra = algebra;
        this.arithmetic = new ArithmeticOperators(algebra);
        this.activations = new ActivationOperators(algebra);
        this.normalizations = new NormalizationOperators(algebra, extents);
        this.pieces = new PieceOperators(algebra, extents);
        this.reductions = new ReductionOperators(algebra, extents);
        this.shapes = new ShapeOperators(algebra, extents);
        this.windows = new WindowOperators(algebra);
        this.constants = new ConstantOperators(file, algebra, shapes);
    }

    /// What an operator's results are.
    @FunctionalInterface
    private interface Rule {
        List<Expression> apply(Operators operators, OnnxNode node) throws IOException;
    }

    /// What an operator's only result is, or the only one that is computed.
    @FunctionalInterface
    private interface One {
        Expression apply(Operators operators, OnnxNode node) throws IOException;
    }

    private static void values(String name, One rule) {
        TABLE.put(name, (operators, node) -> List.of(rule.apply(operators, node)));
    }

    /// An operator that is done at import where its first operand is integers.
    private static void either(String name, One rule, Function<OnnxNode, Integers> ofIntegers) {
        values(name, (operators, node) -> node.optional(0) instanceof Integers ? ofIntegers.apply(node) : rule.apply(operators, node));
    }

    /// The supported operators' names, in alphabetical order.
    static String supported() {
        return String.join(", ", TABLE.keySet());
    }

    static boolean isSupported(String operator) {
        return TABLE.containsKey(operator);
    }

    /// The values of a node's results, of the first ones if that is all that is computed.
    List<Expression> apply(OnnxNode node) throws IOException {
        return TABLE.get(node.proto().getOpType()).apply(this, node);
    }
}
