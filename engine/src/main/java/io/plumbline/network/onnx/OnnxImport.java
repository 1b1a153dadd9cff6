package io.plumbline.network.onnx;

import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import io.plumbline.data.MalformedFileException;
import io.plumbline.layer.Shape;
import io.plumbline.network.Network;
import io.plumbline.network.onnx.Expression.Integers;
import io.plumbline.network.onnx.Expression.Weight;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Reads ONNX files as networks: opsets 13 to 28, as either of PyTorch's exporters writes them, weights in the file or beside it.
///
/// **θ** is the trainable initialisers of floats or doubles on which the output depends, in the graph's order, each flattened row-major, under the file's
/// names and shapes. Constant nodes, integers, initialisers that nothing uses, and those the caller names as frozen are no part of it. Where PyTorch's newer
/// exporter has noted what each initialiser is, buffers are frozen and single numbers written in the program are constants; elsewhere a file does not tell
/// a buffer from a parameter, and a buffer must be named as frozen.
///
/// **What the file says is what is read.** An exporter that folds constants may have put u∘u − v∘v into one initialiser (then that is θ), or a tied weight's
/// transpose into an initialiser of its own (then it is tied no more), or merged two equal biases (then they are one). To keep a model as it was written,
/// export with `torch.onnx.export(…, dynamo=True, optimize=False)`, or `dynamo=False, do_constant_folding=False`.
///
/// **Batch normalisation** is read in evaluation mode, as an affine map: its statistics are constants, whichever initialisers hold them. An exporter that
/// folds constants puts it into the convolution before it, whose weights and bias then are θ in the place of γ and β.
///
/// The input's first axis is the examples, of open or fixed extent; every operator must keep it so. Float attributes are read as the decimal they stand for.
public final class OnnxImport {
    private final OnnxFile file;
    private final Set<String> frozen;
    private final Map<String, TensorProto> initializers = new LinkedHashMap<>();
    private final Map<String, Expression> values = new HashMap<>();
    private final Map<String, Integer> uses = new HashMap<>();
    private final Algebra algebra = new Algebra();

    private OnnxImport(OnnxFile file, Set<String> frozen) {
        this.file = file;
        this.frozen = frozen;
    }

    /// The network in `file`.
    ///
    /// @param frozen names of initialisers that are not trained
    /// @throws MalformedFileException if the file is no ONNX model, a damaged one, or one that is not supported: names the file, the node, its operator, what
    ///     was expected and found
    /// @throws IOException if the file cannot be read
    /// @throws IllegalArgumentException if `frozen` names something that is no initialiser of the file
    public static Network read(Path file, Set<String> frozen) throws IOException {
        return read(OnnxFile.open(file), frozen);
    }

    static Network read(OnnxFile file, Set<String> frozen) throws IOException {
        return new OnnxImport(file, frozen).network();
    }

    private Network network() throws IOException {
        if (file.graph.getSparseInitializerCount() > 0) {
            throw file.malformed("initialisers: expected dense ones, found a sparse one");
        }
        for (TensorProto initializer : file.graph.getInitializerList()) {
            if (initializers.put(initializer.getName(), initializer) != null) {
                throw file.malformed("two initialisers are named " + OnnxFile.shown(initializer.getName()));
            }
        }
        for (String name : frozen) {
            if (!initializers.containsKey(name)) {
                throw new IllegalArgumentException(
                        file.name + ": frozen: expected names among the initialisers " + names(initializers.keySet()) + ", found " + name);
            }
        }
        String output = single("output", file.graph.getOutputList().stream().map(ValueInfoProto::getName).toList());
        Extents extents = readInput();
        countUses(output);
        var operators = new Operators(file, algebra, extents);
        for (int i = 0; i < file.graph.getNodeCount(); i++) {
            evaluate(file.graph.getNode(i), i, operators);
        }
        Expression result = value(output);
        if (result == null) {
            throw file.malformed("output " + OnnxFile.shown(output) + ": no node computes it");
        }
        try {
            return new Assembly(file, initializers.keySet(), algebra.recorded()).network(values.get(inputName()), algebra.laidOut(result));
        } catch (IllegalArgumentException unfit) {
            throw file.malformed("output " + OnnxFile.shown(output) + ": " + unfit.getMessage());
        }
    }

    private static String names(Set<String> all) {
        return String.join(", ", all.stream().map(OnnxFile::shown).limit(100).toList());
    }

    private String single(String what, List<String> found) throws MalformedFileException {
        if (found.size() != 1) {
            String list = String.join(", ", found.stream().map(OnnxFile::shown).limit(10).toList());
            throw file.malformed("expected one " + what + ", found " + found.size() + (found.isEmpty() ? "" : ": " + list));
        }
        return found.getFirst();
    }

    private String inputName() throws MalformedFileException {
        return single("input",
                file.graph.getInputList().stream().map(ValueInfoProto::getName).filter(name -> !initializers.containsKey(name)).toList());
    }

    /// Enters the input as a value; what its shape says of the number of examples.
    private Extents readInput() throws MalformedFileException {
        String name = inputName();
        ValueInfoProto input = file.graph.getInputList().stream().filter(candidate -> candidate.getName().equals(name)).findFirst().orElseThrow();
        String label = "input " + OnnxFile.shown(name) + ": ";
        TypeProto.Tensor tensor = input.getType().getTensorType();
        if (!input.getType().hasTensorType() || !OnnxTensor.isFloating(TensorProto.newBuilder().setDataType(tensor.getElemType()).build())) {
            throw file.malformed(label + "expected a tensor of float or double, found " + OnnxTensor.typeName(tensor.getElemType()));
        }
        List<Dimension> dimensions = tensor.getShape().getDimList();
        if (!tensor.hasShape() || dimensions.isEmpty()) {
            throw file.malformed(label + "expected a shape with the examples as first axis, found none");
        }
        int[] own = new int[dimensions.size() - 1];
        try {
            for (int axis = 0; axis < own.length; axis++) {
                Dimension dimension = dimensions.get(axis + 1);
                if (!dimension.hasDimValue()) {
                    throw new IllegalArgumentException(
                            "axis " + (axis + 1) + ": expected a fixed extent, found " + OnnxFile.shown(dimension.getDimParam() + " (open)"));
                }
                own[axis] = OnnxTensor.extent(dimension.getDimValue());
            }
            values.put(name, new Expression.Input(Shape.of(own)));
        } catch (IllegalArgumentException unfit) {
            throw file.malformed(label + unfit.getMessage());
        }
        Dimension examples = dimensions.getFirst();
        return new Extents(examples.hasDimValue() && examples.getDimValue() > 0 ? examples.getDimValue() : Integers.EXAMPLES);
    }

    private void countUses(String output) {
        uses.merge(output, 1, Integer::sum);
        for (NodeProto node : file.graph.getNodeList()) {
            for (String input : node.getInputList()) {
                uses.merge(input, 1, Integer::sum);
            }
        }
    }

    private void evaluate(NodeProto proto, int index, Operators operators) throws IOException {
        String output = proto.getOutputCount() == 0 ? "" : proto.getOutput(0);
        String name = !proto.getName().isEmpty() ? proto.getName() : !output.isEmpty() ? output : "number " + index;
        String domain = OnnxFile.isOnnxDomain(proto.getDomain()) ? "" : proto.getDomain() + "::";
        String operator = OnnxFile.shown(domain + proto.getOpType());
        String label = "node " + OnnxFile.shown(name) + " (" + operator + "): ";
        if (!domain.isEmpty() || !Operators.isSupported(proto.getOpType())) {
            throw file.malformed(label + "this operator is not supported; supported are " + Operators.supported());
        }
        algebra.at(OnnxFile.shown(name), output);
        try {
            var inputs = new ArrayList<Expression>();
            for (String input : proto.getInputList()) {
                Expression operand = input.isEmpty() ? null : value(input);
                if (operand == null && !input.isEmpty()) {
                    throw new IllegalArgumentException("operand " + OnnxFile.shown(input) + ": nothing before this node computes it");
                }
                inputs.add(operand);
            }
            enter(proto.getOutputList(), operators.apply(new OnnxNode(proto, inputs, uses)));
        } catch (IllegalArgumentException unfit) {
            throw new MalformedFileException(file.name + ": " + label + OnnxFile.shown(unfit.getMessage()), unfit);
        } catch (ArithmeticException overflow) {
            throw new MalformedFileException(file.name + ": " + label + "expected extents within 64 bits, found larger ones", overflow);
        }
    }

    /// Gives results their names. Those behind what is computed, such as the indices of MaxPool, must be used nowhere.
    private void enter(List<String> names, List<Expression> results) {
        for (int i = 0; i < names.size(); i++) {
            String result = names.get(i);
            if (i >= results.size() && uses.containsKey(result) && !result.isEmpty()) {
                throw new IllegalArgumentException("result " + OnnxFile.shown(result) + ": expected nothing to use it, as only the first "
                        + (results.size() == 1 ? "is" : results.size() + " are") + " computed");
            }
            if (i < results.size() && !result.isEmpty() && (initializers.containsKey(result) || values.put(result, results.get(i)) != null)) {
                throw new IllegalArgumentException("result " + OnnxFile.shown(result) + ": something else has this name");
            }
        }
    }

    /// The value of that name, initialisers read when first used; null if there is none.
    private Expression value(String name) throws IOException {
        Expression known = values.get(name);
        TensorProto initializer = initializers.get(name);
        if (known != null || initializer == null) {
            return known;
        }
        Expression read;
        try {
            read = initialised(name, initializer);
        } catch (IllegalArgumentException unfit) {
            throw new MalformedFileException(file.name + ": initialiser " + OnnxFile.shown(name) + ": " + unfit.getMessage(), unfit);
        }
        values.put(name, read);
        return read;
    }

    private Expression initialised(String name, TensorProto initializer) throws IOException {
        if (OnnxTensor.isInteger(initializer)) {
            return OnnxTensor.integers(initializer);
        }
        if (!OnnxTensor.isFloating(initializer)) {
            throw new IllegalArgumentException("expected float, double, int32 or int64, found " + OnnxTensor.typeName(initializer.getDataType()));
        }
        Shape shape = OnnxTensor.shape(initializer);
        var numbers = OnnxTensor.numbers(initializer, file.external);
        boolean trainable = file.isTrainable(initializer);
        if (!trainable && shape.rank() == 0 && !frozen.contains(name)) {
            return new Expression.Single(name, shape, numbers.get(0));
        }
        return new Weight(name, shape, trainable && !frozen.contains(name), numbers);
    }
}
