package io.plumbline.network.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import com.google.protobuf.ByteString;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Models of images, and of parts put together, that are refused, each with one line that says where, what was expected and what was found.
class OnnxImageErrorsTest {
    private static final long OPEN = ModelWriter.OPEN;
    private static final String BATCH_DEPENDS = "batch normalisation in training mode depends on the batch; call model.eval() before the export";

    @TempDir
    Path folder;

    /// x (n, 3, 5, 4), w (2, 3, 3, 3).
    private static ModelWriter image() {
        return ModelWriter.of(OPEN, 3, 5, 4).weight("w", 2, 3, 3, 3);
    }

    private static ModelWriter normalised() {
        return image().weight("gamma", 3).weight("beta", 3).weight("mean", 3).weight("variance", 3)
                .node("BatchNormalization", "f", "x", "gamma", "beta", "mean", "variance");
    }

    private static ModelWriter text(ModelWriter model, String attribute, String value) {
        model.graph.getNodeBuilder(model.graph.getNodeCount() - 1).addAttribute(
                AttributeProto.newBuilder().setName(attribute).setType(AttributeType.STRING).setS(ByteString.copyFromUtf8(value)));
        return model;
    }

    private static ModelWriter result(ModelWriter model, String name) {
        model.graph.getNodeBuilder(model.graph.getNodeCount() - 1).addOutput(name);
        return model;
    }

    private static Arguments refused(String name, ModelWriter model, String... parts) {
        return Arguments.of(name, model, List.of(parts));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refused("a convolution of vectors", ModelWriter.of(OPEN, 6).weight("w", 2, 3, 3).node("Conv", "f", "x", "w"),
                        "node /f (Conv): expected x (C, L) or (C, H, W) per example, found (6) per example"),
                refused("weights of another rank", ModelWriter.of(OPEN, 3, 5, 4).weight("w", 2, 3, 3).node("Conv", "f", "x", "w"),
                        "node /f (Conv): expected w shared with 4 axes for x (3, 5, 4) per example, found (2, 3, 3) shared"),
                refused("weights of other channels", ModelWriter.of(OPEN, 4, 5, 4).weight("w", 2, 3, 3, 3).node("Conv", "f", "x", "w"),
                        "node /f (Conv): Convolve: expected x (C, H, W) per example", "found [(4, 5, 4) per example, (2, 3, 3, 3) shared]"),
                refused("another kernel_shape", image().node("Conv", "f", "x", "w").with("kernel_shape", new long[] {3, 2}),
                        "node /f (Conv): expected kernel_shape [3, 3] as w has it, found [3, 2]"),
                refused("no group", image().node("Conv", "f", "x", "w").with("group", 0), "expected group from 1 to 1048576, found 0"),
                refused("groups that do not divide", image().node("Conv", "f", "x", "w").with("group", 2),
                        "Convolve: expected x (C, H, W) per example"),
                refused("no stride", image().node("Conv", "f", "x", "w").with("strides", new long[] {0, 1}),
                        "expected strides from 1 to 1048576, found 0"),
                refused("three strides", image().node("Conv", "f", "x", "w").with("strides", new long[] {1, 1, 1}),
                        "expected 2 numbers as strides, found [1, 1, 1]"),
                refused("endless padding", image().node("Conv", "f", "x", "w").with("pads", new long[] {0, 0, 0, Long.MAX_VALUE}),
                        "expected pads from 0 to 1048576, found 9223372036854775807"),
                refused("a window larger than the image", image().node("Conv", "f", "x", "w").with("dilations", new long[] {1, 2}),
                        "window: 3 taps of dilation 2 reach over 5 entries, there are 4 and padding 0 and 0; operands are"),
                refused("automatic padding of a new kind", text(image().node("Conv", "f", "x", "w"), "auto_pad", "SOMEHOW"),
                        "expected auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER, found SOMEHOW"),
                refused("automatic padding and other padding",
                        text(image().node("Conv", "f", "x", "w").with("pads", new long[] {1, 1, 1, 1}), "auto_pad", "SAME_UPPER"),
                        "expected auto_pad or pads, found SAME_UPPER and [1, 1, 1, 1]"),
                refused("a pool without a window", image().node("MaxPool", "f", "x"),
                        "node /f (MaxPool): expected attribute kernel_shape, found none"),
                refused("a window on padding alone", image().node("MaxPool", "f", "x").with("kernel_shape", new long[] {1, 1}).with("pads",
                        new long[] {1, 0, 0, 0}), "node /f (MaxPool): MaxPool: expected windows that see an entry each, not padding alone"),
                refused("indices of a pool that are used",
                        result(image().node("MaxPool", "h", "x").with("kernel_shape", new long[] {2, 2}), "indices").node("Add", "f", "h", "indices"),
                        "node /h (MaxPool): result indices: expected nothing to use it, as only the first is computed"),
                refused("batch normalisation in training mode", normalised().with("training_mode", 1),
                        "node /f (BatchNormalization): expected evaluation mode, found training_mode = 1 and 1 results: " + BATCH_DEPENDS),
                refused("batch normalisation in the training mode of old", result(result(normalised(), "running_mean"), "running_var").opset(13),
                        "found training_mode = 0 and 3 results: " + BATCH_DEPENDS),
                refused("statistics of other channels",
                        image().weight("c", 3).weight("d", 2).node("BatchNormalization", "f", "x", "c", "c", "d", "d"),
                        "node /f (BatchNormalization): expected operands whose extents are equal or 1"),
                refused("statistics that are computed",
                        image().weight("c", 3).node("Exp", "v", "c").node("BatchNormalization", "f", "x", "c", "c", "c", "v"),
                        "node /f (BatchNormalization): expected an initialiser or a constant as variance, found (3) shared"),
                refused("a normalisation of other channels", image().weight("c", 2).node("InstanceNormalization", "f", "x", "c", "c"),
                        "expected 3 shared entries for the channels of x (3, 5, 4) per example, found (2) shared"),
                refused("groups of channels", image().weight("c", 3).node("GroupNormalization", "f", "x", "c", "c").with("num_groups", 2),
                        "node /f (GroupNormalization): expected num_groups that divides 3 channels, found 2"),
                refused("normalised examples", image().weight("c", 3).node("LayerNormalization", "f", "x", "c").with("axis", 0),
                        "expected the axis of the examples to stay as it is, found axis 0"),
                refused("dropout in training mode", image().constant("r", 0.5).integers("t", 1).node("Dropout", "f", "x", "r", "t"),
                        "node /f (Dropout): expected evaluation mode, found training_mode: dropout in training mode is random"),
                refused("bounds in the wrong order", image().constant("a", 2).constant("b", 1).node("Clip", "f", "x", "a", "b"),
                        "node /f (Clip): expected min below max, found 2.0 and 1.0"),
                refused("a mean over the examples", image().integers("a", 0, 2, 3).node("ReduceMean", "f", "x", "a"),
                        "node /f (ReduceMean): expected the axis of the examples to stay as it is, found axis 0"),
                refused("images of different sizes put together",
                        image().node("MaxPool", "h", "x").with("kernel_shape", new long[] {2, 2}).node("Concat", "f", "x", "h").with("axis", 1),
                        "node /f (Concat): Concat: expected operands that differ along axis 0 only, all per example or all shared, found "
                                + "[(3, 5, 4) per example, (3, 4, 3) per example]"),
                refused("examples put together", image().node("Concat", "f", "x", "x").with("axis", 0),
                        "node /f (Concat): expected the axis of the examples to stay as it is, found axis 0"),
                refused("some of the examples", image().integers("s", 0).integers("e", 2).node("Slice", "f", "x", "s", "e"),
                        "node /f (Slice): expected all examples, found a slice of axis 0"),
                refused("backwards",
                        image().integers("s", -1).integers("e", -9).integers("a", 2).integers("t", -1).node("Slice", "f", "x", "s", "e", "a", "t"),
                        "node /f (Slice): expected a step of at least 1 and a part that is not empty, found -1 to -9 in steps of -1 along axis 2"),
                refused("an empty part", image().integers("s", 3).integers("e", 3).integers("a", 2).node("Slice", "f", "x", "s", "e", "a"),
                        "a part that is not empty, found 3 to 3"),
                refused("parts of other sizes", result(image().integers("s", 1, 1).node("Split", "f", "x", "s").with("axis", 1), "g"),
                        "node /f (Split): expected sizes of at least 1 that add up to 3, found [1, 1]"),
                refused("a channel that is not there", image().integers("i", 3).node("Gather", "f", "x", "i").with("axis", 1),
                        "node /f (Gather): expected an index below 3, found [3]"),
                refused("padding that mirrors", text(image().integers("p", 0, 0, 1, 1, 0, 0, 1, 1).node("Pad", "f", "x", "p"), "mode", "reflect"),
                        "node /f (Pad): expected mode constant, found reflect"),
                refused("padding of the examples", image().integers("p", 1, 0, 0, 0, 0, 0, 0, 0).node("Pad", "f", "x", "p"),
                        "node /f (Pad): expected the axis of the examples to stay as it is, found axis 0"),
                refused("padding that leaves nothing", image().integers("p", 0, 0, -3, 0, 0, 0, -2, 0).node("Pad", "f", "x", "p"),
                        "node /f (Pad): expected padding that leaves entries along axis 2 of (3, 5, 4) per example"),
                refused("half the padding", image().integers("p", 1, 1).node("Pad", "f", "x", "p"),
                        "expected two numbers for each of 4 axes, found [1, 1]"),
                refused("a shape of other extents", image().integers("s", 1, 2, 5, 4).node("Expand", "f", "x", "s"),
                        "node /f (Expand): expected a shape that repeats axes of extent 1 of (3, 5, 4) per example only, found [1, 2, 5, 4]"),
                refused("a constant for each example as a weight's partner",
                        image().node("Shape", "s", "x").node("ConstantOfShape", "z", "s").node("Conv", "f", "z", "w"),
                        "node /f (Conv): expected a value, found the number 0.0 for each example"),
                refused("a constant of gigabytes", image().integers("s", 1 << 30, 1 << 30).node("ConstantOfShape", "f", "s"),
                        "more than 2^31 - 1 entries"),
                refused("integers beyond 64 bits",
                        image().integers("a", Long.MAX_VALUE).node("Add", "b", "a", "a").node("Reshape", "f", "x", "b"),
                        "node /b (Add): expected extents within 64 bits, found larger ones"),
                refused("the number of examples in a sum",
                        image().node("Shape", "s", "x").integers("one", 1).node("Add", "t", "s", "one").node("Reshape", "f", "x", "t"),
                        "node /t (Add): expected integers that the file fixes, found the number of examples"),
                refused("more integers than extents",
                        image().integers("s", 1024, 1024).node("ConstantOfShape", "z", "s").with("value", 0L).node("Reshape", "f", "x", "z"),
                        "node /z (ConstantOfShape): expected at most 1024 integers"),
                refused("a range without end",
                        image().integers("a", 0).integers("b", Long.MAX_VALUE).integers("c", 1).node("Range", "r", "a", "b", "c")
                                .node("Reshape", "f", "x", "r"),
                        "node /r (Range): expected at most 1024 integers"),
                refused("the output is a constant", image().node("Shape", "s", "x").node("ConstantOfShape", "f", "s"),
                        "output f: expected a value, found the number 0.0 for each example"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(String name, ModelWriter model, List<String> parts) {
        OnnxErrorsTest.assertRefused(folder, model, parts);
    }
}
