package io.plumbline.network.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import ai.onnx.proto.OnnxMl.TypeProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.UnsafeByteOperations;
import io.plumbline.data.AtomicFile;
import io.plumbline.layer.Operand;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.network.Node;
import io.plumbline.network.Parameter;
import io.plumbline.network.onnx.GraphWriter.Form;
import io.plumbline.network.onnx.GraphWriter.Written;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;

/// Writes networks as ONNX files: opset 20, one operand `input` (n, …) with an open number of examples n, one result `output` (n, …), all floats or doubles.
///
/// **The initialisers are the parameters**, in their order, under their names and shapes, frozen ones among them; each is marked as what it is in the way
/// of PyTorch's newer exporter. So [OnnxImport] reads back the same θ under the same names, and the same function. What it leaves out is a parameter on
/// which the output does not depend, and a frozen single number (rank 0), which may become a constant of a layer. Where a parameter is named `input` or
/// `output`, the input or result is called `input_1`, `output_1`.
///
/// In doubles the file is exact. In floats each parameter and each constant is rounded once, to nearest.
///
/// [LayerForms] says what each layer becomes.
public final class OnnxExport {
    private static final int OPSET = 20;
    /// The first format in which a value can be marked as parameter or buffer.
    private static final int IR_VERSION = 10;
    private static final String EXAMPLES = "n";
    private static final long MOST_BYTES = Integer.MAX_VALUE - 8;
    /// Tags and lengths around a tensor's numbers, and what that adds to the lengths around the tensor, are at most this long.
    private static final int BYTES_AROUND_NUMBERS = 16;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int BUFFER_BYTES = 1 << 20;

    private OnnxExport() {}

    /// Writes the network at its own θ, in floats.
    ///
    /// @throws IOException if the file cannot be written
    /// @throws IllegalArgumentException as [#write(Network, HostBuffer, Precision, Path)]
    public static void write(Network network, Path file) throws IOException {
        write(network, network.initialTheta(), Precision.F32, file);
    }

    /// Writes the network at θ. The file appears whole or not at all.
    ///
    /// @throws IOException if the file cannot be written
    /// @throws IllegalArgumentException if θ does not have p finite entries, a number is too large for floats, or the file would exceed 2 GiB
    public static void write(Network network, HostBuffer theta, Precision precision, Path file) throws IOException {
        try (var atomic = new AtomicFile(file)) {
            var stream = CodedOutputStream.newInstance(atomic.stream(), BUFFER_BYTES);
            model(network, theta, precision, MOST_BYTES).writeTo(stream);
            stream.flush();
            atomic.commit();
        }
    }

    /// The model of at most `mostBytes` bytes.
    static ModelProto model(Network network, HostBuffer theta, Precision precision, long mostBytes) {
        requireTheta(network, theta);
        var graph = GraphProto.newBuilder().setName("network");
        var writer = new GraphWriter(graph, precision);
        network.parameters().forEach(parameter -> writer.fresh(parameter.name()));
        String input = writer.fresh("input");
        String output = writer.fresh("output");
        graph.addInput(value(input, network.operand(Network.INPUT), precision));
        graph.addOutput(value(output, network.operand(network.output()), precision));
        network.parameters().forEach(parameter -> graph.addValueInfo(marked(parameter, precision)).addInitializer(header(parameter, precision)));
        writeNodes(network, writer, input, output);
        var model = ModelProto.newBuilder().setIrVersion(IR_VERSION).setProducerName("plumbline")
                .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPSET));
        requireRoom(network, precision, model.setGraph(graph).build().getSerializedSize(), mostBytes);
        for (int p = 0; p < network.parameters().size(); p++) {
            graph.getInitializerBuilder(p).setRawData(numbers(network, network.parameters().get(p), theta, precision));
        }
        return model.setGraph(graph).build();
    }

    private static void requireTheta(Network network, HostBuffer theta) {
        if (theta.length() != network.parameterCount()) {
            throw new IllegalArgumentException(
                    "theta has " + theta.length() + " entries, " + network.name() + " has " + network.parameterCount() + " parameters");
        }
        for (long i = 0; i < theta.length(); i++) {
            if (!Double.isFinite(theta.get(i))) {
                throw new IllegalArgumentException("theta[" + i + "] is " + theta.get(i) + ", expected finite numbers");
            }
        }
    }

    private static void requireRoom(Network network, Precision precision, long bytesWithoutNumbers, long mostBytes) {
        long bytes = bytesWithoutNumbers;
        for (Parameter parameter : network.parameters()) {
            bytes += (long) parameter.count() * precision.sizeBytes() + BYTES_AROUND_NUMBERS;
        }
        if (bytes > mostBytes) {
            throw new IllegalArgumentException(network.name() + ": expected at most " + mostBytes + " bytes in an ONNX file, found " + bytes
                    + " with weights in " + precision.label());
        }
    }

    private static void writeNodes(Network network, GraphWriter writer, String input, String output) {
        var names = new String[network.valueCount()];
        names[Network.INPUT] = input;
        for (int value = 1; value < names.length; value++) {
            if (network.isParameter(value)) {
                names[value] = network.parameter(value).name();
            } else {
                Node node = network.node(value);
                names[value] = value == network.output() ? output : writer.fresh(node.name());
                var operands = node.inputs().stream().map(operand -> new Written(names[operand], network.operand(operand))).toList();
                try {
                    LayerForms.write(node.layer(), operands, new Form(writer, names[value]));
                } catch (IllegalArgumentException unfit) {
                    throw new IllegalArgumentException(network.name() + ": node " + node.name() + ": " + unfit.getMessage(), unfit);
                }
            }
        }
    }

    private static ValueInfoProto value(String name, Operand operand, Precision precision) {
        var shape = TensorShapeProto.newBuilder();
        if (operand.batched()) {
            shape.addDim(Dimension.newBuilder().setDimParam(EXAMPLES));
        }
        Arrays.stream(operand.shape().toArray()).forEach(extent -> shape.addDim(Dimension.newBuilder().setDimValue(extent)));
        var tensor = TypeProto.Tensor.newBuilder().setElemType(GraphWriter.type(precision)).setShape(shape);
        return ValueInfoProto.newBuilder().setName(name).setType(TypeProto.newBuilder().setTensorType(tensor)).build();
    }

    private static ValueInfoProto marked(Parameter parameter, Precision precision) {
        var kind = StringStringEntryProto.newBuilder().setKey(OnnxFile.KIND).setValue(parameter.trainable() ? OnnxFile.PARAMETER : OnnxFile.BUFFER);
        return value(parameter.name(), new Operand(parameter.shape(), false), precision).toBuilder().addMetadataProps(kind).build();
    }

    private static TensorProto.Builder header(Parameter parameter, Precision precision) {
        return TensorProto.newBuilder().setName(parameter.name()).setDataType(GraphWriter.type(precision))
                .addAllDims(Arrays.stream(parameter.shape().toArray()).asLongStream().boxed().toList());
    }

    /// The parameter's entries at θ, little-endian, which are not copied again until they are written.
    private static ByteString numbers(Network network, Parameter parameter, HostBuffer theta, Precision precision) {
        HostBuffer all = parameter.trainable() ? theta : network.frozenValues();
        MemorySegment bytes = Arena.ofAuto().allocate((long) parameter.count() * precision.sizeBytes(), Double.BYTES);
        for (int i = 0; i < parameter.count(); i++) {
            double number = all.get(parameter.offset() + i);
            if (precision == Precision.F64) {
                bytes.setAtIndex(DOUBLE, i, number);
            } else if (Float.isInfinite((float) number) && Double.isFinite(number)) {
                throw new IllegalArgumentException(network.name() + ": parameter " + parameter.name() + ": entry " + i + " is " + number
                        + ", too large for " + precision.label());
            } else {
                bytes.setAtIndex(FLOAT, i, (float) number);
            }
        }
        return UnsafeByteOperations.unsafeWrap(bytes.asByteBuffer());
    }
}
