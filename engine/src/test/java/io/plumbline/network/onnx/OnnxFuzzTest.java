package io.plumbline.network.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import ai.onnx.proto.OnnxMl.TensorShapeProto.Dimension;
import com.google.protobuf.CodedOutputStream;
import com.sun.management.ThreadMXBean;
import io.plumbline.data.MalformedFileException;
import io.plumbline.network.Network;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Damaged files: each is a network or a [MalformedFileException] of one line, and never takes much memory.
class OnnxFuzzTest {
    /// The undamaged files take under 1 MB.
    private static final long MOST_HEAP_BYTES = 64L << 20;
    private static final int CHANGES_A_FILE = 600;
    private static final long[] EXTENTS = {-1, 0, 1, 2, 6, 1L << 16, Integer.MAX_VALUE, 1L << 31, 1L << 33, Long.MAX_VALUE, Long.MIN_VALUE};

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @TempDir
    Path folder;

    /// Cut at any byte: refused, or whole because only remarks behind the graph are lost.
    @ParameterizedTest
    @ValueSource(strings = {"fcn-relu--script-13-f32.onnx", "diagonal--script-13-f32-raw-product.onnx", "random-features--dynamo-20-f64-buffer.onnx"})
    void cutAtAnyByte(String name) throws IOException {
        byte[] whole = Files.readAllBytes(TorchFixtures.path(name));
        double[] theta = OnnxImport.read(TorchFixtures.path(name), Set.of()).initialTheta().toArray();
        int read = 0;
        for (int length = 0; length < whole.length; length++) {
            Network network = tried(Arrays.copyOf(whole, length));
            if (network != null) {
                read++;
                assertTrue(Arrays.equals(theta, network.initialTheta().toArray()), "cut at byte " + length);
            }
        }
        assertTrue(read <= 3, read + " cut files were read");
    }

    /// One to eight bytes changed, moved or left out.
    @ParameterizedTest
    @ValueSource(strings = {"fcn-relu--script-13-f32.onnx", "fcn-gelu--dynamo-18-f32.onnx", "fcn-gelu-tanh--script-13-f32.onnx",
        "diagonal--script-13-f32-column.onnx",
        "fcn-mixed--dynamo-18-f32-raw.onnx", "images--script-13-f32-view.onnx", "fixup--script-13-f32-raw.onnx",
        "autoencoder--dynamo-20-f64-raw.onnx", "images/cnn-relu--script-13-f32.onnx", "images/pools--script-13-f32.onnx",
        "images/mobile--script-13-f32.onnx"})
    void changedAnywhere(String name) throws IOException {
        byte[] whole = Files.readAllBytes(TorchFixtures.path(name));
        var random = new Random(name.hashCode());
        int refused = 0;
        for (int change = 0; change < CHANGES_A_FILE; change++) {
            refused += tried(changed(whole, random)) == null ? 1 : 0;
        }
        assertTrue(refused >= CHANGES_A_FILE / 10, "only " + refused + " changes were noticed");
    }

    private static byte[] changed(byte[] whole, Random random) {
        byte[] bytes = whole.clone();
        int at = random.nextInt(bytes.length);
        switch (random.nextInt(4)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> {
                for (int i = 0; i < 8; i++) {
                    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
                }
            }
            case 2 -> {
                int length = Math.min(1 + random.nextInt(8), bytes.length - at);
                System.arraycopy(whole, random.nextInt(bytes.length - length), bytes, at, length);
            }
            default -> {
                int length = Math.min(1 + random.nextInt(8), bytes.length - at);
                System.arraycopy(whole, at + length, bytes, at, bytes.length - at - length);
                bytes = Arrays.copyOf(bytes, bytes.length - length);
            }
        }
        return bytes;
    }

    /// Well-formed files that say something else: operators, operands, attributes, extents and integers changed.
    @ParameterizedTest
    @ValueSource(strings = {"fcn-gelu--dynamo-18-f32.onnx", "fcn-gelu-tanh--script-13-f32.onnx", "diagonal--script-13-f32-column.onnx",
        "diagonal--script-13-f32-raw-product.onnx", "fcn-mixed--dynamo-18-f32-raw.onnx", "images--script-13-f32-view.onnx",
        "images--dynamo-20-f64-raw-flatten.onnx", "fixup--script-13-f32-raw.onnx", "autoencoder--dynamo-20-f64-raw.onnx",
        "images/pools--script-13-f32.onnx", "images/mobile--dynamo-20-f32.onnx", "images/resnet-bn--script-13-f32-raw.onnx",
        "images/convolutions--script-17-f32-raw.onnx", "images/parts--script-13-f32-raw.onnx", "images/parts--dynamo-18-f32-raw.onnx"})
    void meaningSomethingElse(String name) throws IOException {
        ModelProto whole = ModelProto.parseFrom(Files.readAllBytes(TorchFixtures.path(name)));
        var random = new Random(name.hashCode());
        int refused = 0;
        for (int change = 0; change < CHANGES_A_FILE; change++) {
            ModelProto.Builder model = whole.toBuilder();
            for (int i = random.nextInt(3); i >= 0; i--) {
                change(model.getGraphBuilder(), random);
            }
            refused += tried(model.build().toByteArray()) == null ? 1 : 0;
        }
        assertTrue(refused >= CHANGES_A_FILE / 10, "only " + refused + " changes were noticed");
    }

    private static void change(GraphProto.Builder graph, Random random) {
        NodeProto.Builder node = graph.getNodeBuilder(random.nextInt(graph.getNodeCount()));
        NodeProto other = graph.getNode(random.nextInt(graph.getNodeCount()));
        TensorProto.Builder tensor = graph.getInitializerBuilder(random.nextInt(graph.getInitializerCount()));
        List<String> operators = List.of(Operators.supported().split(", "));
        switch (random.nextInt(11)) {
            case 0 -> node.setOpType(operators.get(random.nextInt(operators.size())));
            case 1 -> node.clearAttribute();
            case 2 -> node.clearAttribute().addAllAttribute(other.getAttributeList());
            case 3 -> node.addInput(random.nextBoolean() ? "" : other.getOutput(0));
            case 4 -> {
                if (node.getInputCount() > 0) {
                    List<String> names = List.of("", tensor.getName(), other.getOutput(0), graph.getInput(0).getName());
                    node.setInput(random.nextInt(node.getInputCount()), names.get(random.nextInt(names.size())));
                }
            }
            case 5 -> tensor.addDims(EXTENTS[random.nextInt(EXTENTS.length)]);
            case 6 -> {
                if (tensor.getDimsCount() > 0) {
                    tensor.setDims(random.nextInt(tensor.getDimsCount()), EXTENTS[random.nextInt(EXTENTS.length)]);
                }
            }
            case 7 ->
                integer(tensor, random);
            case 8, 9 -> {
                if (node.getAttributeCount() > 0) {
                    AttributeProto.Builder attribute = node.getAttributeBuilder(random.nextInt(node.getAttributeCount()));
                    if (attribute.hasT()) {
                        integer(attribute.getTBuilder(), random);
                    } else if (attribute.getIntsCount() > 0) {
                        attribute.setInts(random.nextInt(attribute.getIntsCount()), EXTENTS[random.nextInt(EXTENTS.length)]);
                    } else {
                        attribute.setI(EXTENTS[random.nextInt(EXTENTS.length)]);
                    }
                }
            }
            default -> {
                var shape = graph.getInputBuilder(0).getTypeBuilder().getTensorTypeBuilder().getShapeBuilder();
                shape.addDim(Dimension.newBuilder().setDimValue(EXTENTS[random.nextInt(EXTENTS.length)]));
            }
        }
    }

    private static void integer(TensorProto.Builder tensor, Random random) {
        tensor.clearDims().clearRawData().setDataType(DataType.INT64_VALUE).addDims(1).addInt64Data(EXTENTS[random.nextInt(EXTENTS.length)]);
    }

    /// The network, or null if the file was refused as it should be.
    private Network tried(byte[] bytes) throws IOException {
        long before = threads.getCurrentThreadAllocatedBytes();
        try {
            return OnnxImport.read(OnnxFile.of("damaged.onnx", folder, bytes), Set.of());
        } catch (MalformedFileException refused) {
            assertTrue(refused.getMessage().startsWith("damaged.onnx: "), refused.getMessage());
            assertFalse(refused.getMessage().chars().anyMatch(Character::isISOControl), refused.getMessage());
            return null;
        } finally {
            assertTrue(threads.getCurrentThreadAllocatedBytes() - before <= MOST_HEAP_BYTES);
        }
    }

    /// Two million empty nodes, initialisers, or attributes of one node: 4 MB in the file, hundreds in memory if one were made of each.
    @ParameterizedTest
    @ValueSource(strings = {"3a 0a", "3a 2a", "3a 0a 2a", "3a 6a 12 0a 12 0a"})
    void crowdsOfNothing(String path) throws IOException {
        String[] tags = path.split(" ");
        byte last = (byte) Integer.parseInt(tags[tags.length - 1], 16);
        byte[] bytes = new byte[4_000_000];
        for (int i = 0; i < bytes.length; i += 2) {
            bytes[i] = last;
        }
        for (int level = tags.length - 2; level >= 0; level--) {
            bytes = record(Integer.parseInt(tags[level], 16), bytes);
        }
        assertNull(tried(bytes));
    }

    /// Groups, an old way of nesting, opened and never closed.
    @Test
    void endlessNesting() throws IOException {
        byte[] bytes = new byte[1_000_000];
        Arrays.fill(bytes, (byte) 0x0b);
        assertNull(tried(bytes));
        assertNull(tried(record(0x3a, bytes)));
    }

    /// A tag, the length of what follows, and that.
    private static byte[] record(int tag, byte[] contents) throws IOException {
        var all = new ByteArrayOutputStream();
        var output = CodedOutputStream.newInstance(all);
        output.writeRawByte((byte) tag);
        output.writeUInt32NoTag(contents.length);
        output.writeRawBytes(contents);
        output.flush();
        return all.toByteArray();
    }

    @Test
    void unharmedFilesAreRead() throws IOException {
        byte[] whole = Files.readAllBytes(TorchFixtures.path("fcn-relu--script-13-f32.onnx"));
        assertEquals(64, tried(whole).parameterCount());
    }
}
