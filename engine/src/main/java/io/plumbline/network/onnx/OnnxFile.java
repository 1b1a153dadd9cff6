package io.plumbline.network.onnx;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.OperatorSetIdProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.DiscardUnknownFieldsParser;
import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.data.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/// An ONNX file: its graph, its operator set, and what PyTorch's exporter says of initialisers.
final class OnnxFile {
    static final int OLDEST_OPSET = 13;
    static final int NEWEST_OPSET = 28;
    private static final int LONGEST_NAME = 200;
    static final String KIND = "pkg.torch.export.graph_signature.InputSpec.kind";
    static final String PARAMETER = "PARAMETER";
    static final String BUFFER = "BUFFER";

    final String name;
    final ExternalData external;
    final GraphProto graph;
    private final Map<String, String> kinds = new HashMap<>();
    private final boolean saysParameters;

    private OnnxFile(String name, Path folder, GraphProto graph) {
        this.name = name;
        this.external = new ExternalData(folder);
        this.graph = graph;
        Stream.of(graph.getInputList(), graph.getValueInfoList(), graph.getOutputList()).flatMap(List::stream).forEach(this::rememberKind);
        saysParameters = kinds.containsValue(PARAMETER);
    }

    private void rememberKind(ValueInfoProto value) {
        for (StringStringEntryProto entry : value.getMetadataPropsList()) {
            if (entry.getKey().equals(KIND)) {
                kinds.put(value.getName(), entry.getValue());
            }
        }
    }

    /// Reads and parses the file; tensors are left as they are.
    static OnnxFile open(Path file) throws IOException {
        String name = file.toString();
        if (!Files.exists(file)) {
            throw new NoSuchFileException(name + ": no such file");
        }
        if (!Files.isRegularFile(file)) {
            throw new IOException(name + ": expected a file, found " + (Files.isDirectory(file) ? "a directory" : "something else"));
        }
        if (!Files.isReadable(file)) {
            throw new IOException(name + ": permission denied");
        }
        long sizeBytes = Files.size(file);
        if (sizeBytes > Integer.MAX_VALUE - 8) {
            throw new MalformedFileException(
                    name + ": expected at most 2 GiB (larger weights lie beside an ONNX file), found " + sizeBytes + " bytes");
        }
        return of(name, file.toAbsolutePath().getParent(), Files.readAllBytes(file));
    }

    /// The file whose contents are `bytes`.
    ///
    /// @param name   what messages call it
    /// @param folder where data beside the file lies
    static OnnxFile of(String name, Path folder, byte[] bytes) throws MalformedFileException {
        ModelProto model = parse(name, bytes);
        requireOpset(name, model);
        if (!model.hasGraph()) {
            throw new MalformedFileException(name + ": expected an ONNX model, found no graph");
        }
        return new OnnxFile(name, folder, model.getGraph());
    }

    private static ModelProto parse(String name, byte[] bytes) throws MalformedFileException {
        CodedInputStream input = CodedInputStream.newInstance(bytes);
        input.enableAliasing(true);
        try {
            RecordCount.check(name, bytes);
            return DiscardUnknownFieldsParser.wrap(ModelProto.parser()).parseFrom(input);
        } catch (MalformedFileException tooMuch) {
            throw tooMuch;
        } catch (InvalidProtocolBufferException damaged) {
            throw new MalformedFileException(
                    name + ": no ONNX model, or a damaged one, at byte " + input.getTotalBytesRead() + " of " + bytes.length + ": "
                            + shown(damaged.getMessage()),
                    damaged);
        } catch (IOException failure) {
            throw new MalformedFileException(name + ": " + shown(String.valueOf(failure.getMessage())), failure);
        }
    }

    private static void requireOpset(String name, ModelProto model) throws MalformedFileException {
        List<OperatorSetIdProto> own = model.getOpsetImportList().stream().filter(opset -> isOnnxDomain(opset.getDomain())).toList();
        if (own.size() != 1) {
            throw new MalformedFileException(name + ": expected one ONNX operator set (opset_import), found " + own.size());
        }
        long version = own.getFirst().getVersion();
        if (version < OLDEST_OPSET || version > NEWEST_OPSET) {
            throw new MalformedFileException(name + ": expected ONNX operator set " + OLDEST_OPSET + " to " + NEWEST_OPSET + ", found " + version);
        }
    }

    static boolean isOnnxDomain(String domain) {
        return domain.isEmpty() || domain.equals("ai.onnx");
    }

    /// Whether an initialiser of floating-point numbers can be trained. PyTorch's newer exporter says of each parameter and buffer what it is: buffers are
    /// not trained, and initialisers of a single number (rank 0) of which it says nothing are numbers written in the program.
    /// Where a file says nothing at all, every one can be.
    boolean isTrainable(TensorProto initializer) {
        String kind = kinds.get(initializer.getName());
        if (kind == null) {
            return !saysParameters || initializer.getDimsCount() > 0;
        }
        return kind.equals(PARAMETER);
    }

    MalformedFileException malformed(String what) {
        return new MalformedFileException(name + ": " + what);
    }

    /// A text from a file as one line of a message.
    static String shown(String text) {
        String line = text.codePoints()
                .limit(LONGEST_NAME)
                .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.LINE_SEPARATOR
                        || Character.getType(c) == Character.PARAGRAPH_SEPARATOR ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return line.length() < text.length() ? line + "…" : line;
    }
}
