package io.plumbline.network.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtException.OrtErrorCode;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.derivative.Cases;
import io.plumbline.derivative.Cases.Case;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Kernel;
import io.plumbline.layer.MaxPool;
import io.plumbline.layer.Multiply;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import io.plumbline.network.Network.Value;
import io.plumbline.network.Node;
import io.plumbline.network.RandomNetworks;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Networks that were written as ONNX and computed by onnxruntime, against our own forward pass in double: all of the table of cases and random ones, each in
/// float, node by node and with all optimisations, and node by node in double where onnxruntime computes in double: optimisations bring in nodes for floats only. Bounds are those of [Roundings].
class OnnxruntimeTest {
    /// Operators that onnxruntime 1.23 has for floats only. It refuses a model of doubles with one of them.
    private static final Set<String> FLOAT_ONLY = Set.of("AveragePool", "Conv", "Elu", "LeakyRelu", "Softplus");
    private static final Set<String> WINDOWED = Set.of("AveragePool", "Conv", "MaxPool");
    private static final String APPROXIMATE = "tanh";
    private static final int RANDOM_NETWORKS = 120;
    private static final long MOST_BYTES = Integer.MAX_VALUE;

    static Stream<Case> cases() {
        return Cases.all();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theTableOfCases(Case one) throws OrtException {
        compare(one.name(), one.network(), one.examples());
    }

    /// Seeds 0 to 119. Together they hold every layer and every activation.
    @Test
    void randomNetworks() throws OrtException {
        var layers = new TreeSet<String>();
        var kinds = EnumSet.noneOf(Kind.class);
        for (int seed = 0; seed < RANDOM_NETWORKS; seed++) {
            Network network = RandomNetworks.of(seed);
            network.nodes().stream().map(Node::layer).forEach(layer -> {
                layers.add(layer.getClass().getSimpleName());
                if (layer instanceof Activate activate) {
                    kinds.add(activate.function().kind());
                }
            });
            compare("seed " + seed, network, 1 + seed % 3);
        }
        assertEquals(EnumSet.allOf(Kind.class), kinds);
        assertEquals(LayerClasses.all().stream().map(Class::getSimpleName).collect(Collectors.toCollection(TreeSet::new)), layers);
    }

    /// The one thing that is written and that onnxruntime refuses, as the export says.
    @Test
    void paddingNotLessThanTheTapsOfADilatedPooling() {
        var axis = new Kernel.Axis(2, 1, 3, 2, 0, false);
        var b = Network.builder("dilated", Shape.of(1, 5, 5));
        Value w = b.parameter("w", Shape.of(), true, HostBuffer.of(0.5));
        Network network = b.build(b.apply("pool", new MaxPool(new Kernel(axis, axis)), b.apply("scale", new Multiply(), b.input(), w)));
        var pass = new ForwardPass(network, 1, Precision.F64);
        ModelProto model = OnnxExport.model(network, pass.theta(), Precision.F64, MOST_BYTES);
        var refused = assertThrows(OrtException.class, () -> outputs(model, pass, false));
        assertTrue(refused.getMessage().contains("Pad should be smaller than kernel"), refused.getMessage());
    }

    private static void compare(String what, Network network, int examples) throws OrtException {
        var floats = new ForwardPass(network, examples, Precision.F32);
        ModelProto inFloats = OnnxExport.model(network, floats.theta(), Precision.F32, MOST_BYTES);
        floats.assertOutputs(what + " in float", Precision.F32, outputs(inFloats, floats, false));
        if (!hasPadToMerge(inFloats)) {
            floats.assertOutputs(what + " in float, optimised", Precision.F32, outputs(inFloats, floats, true));
        }
        var doubles = new ForwardPass(network, examples, Precision.F64);
        ModelProto inDoubles = OnnxExport.model(network, doubles.theta(), Precision.F64, MOST_BYTES);
        if (isOfFloatsOnly(inDoubles)) {
            var refused = assertThrows(OrtException.class, () -> outputs(inDoubles, doubles, false), what);
            assertEquals(OrtErrorCode.ORT_NOT_IMPLEMENTED, refused.getCode(), what + ": " + refused.getMessage());
        } else {
            doubles.assertOutputs(what + " in double", hasConstantsInFloat(inDoubles) ? Precision.F32 : Precision.F64,
                    outputs(inDoubles, doubles, false));
        }
    }

    private static double[] outputs(ModelProto model, ForwardPass pass, boolean optimised) throws OrtException {
        return Onnxruntime.outputs(model.toByteArray(), pass.precision(), optimised, pass.shape(), pass.x());
    }

    /// The optimisation that makes a Pad part of the Conv or pooling behind it, in onnxruntime 1.23, takes it away from other nodes that use it, and makes an
    /// AveragePool count it that does not count padding.
    private static boolean hasPadToMerge(ModelProto model) {
        Set<String> operators = model.getGraph().getNodeList().stream().map(NodeProto::getOpType).collect(Collectors.toSet());
        return operators.contains("Pad") && !Collections.disjoint(operators, WINDOWED);
    }

    private static boolean isOfFloatsOnly(ModelProto model) {
        return model.getGraph().getNodeList().stream()
                .anyMatch(node -> FLOAT_ONLY.contains(node.getOpType()) || node.getOpType().equals("Gelu") && !isApproximate(node));
    }

    /// onnxruntime writes GELU's tanh form out where it has no kernel, with √(2/π) and 0.044715 as floats: 2e-9 off, which bounds for floats allow.
    private static boolean hasConstantsInFloat(ModelProto model) {
        return model.getGraph().getNodeList().stream().anyMatch(OnnxruntimeTest::isApproximate);
    }

    private static boolean isApproximate(NodeProto node) {
        return node.getAttributeList().stream().anyMatch(a -> a.getName().equals("approximate") && a.getS().toStringUtf8().equals(APPROXIMATE));
    }
}
