package io.plumbline.validate;

import io.plumbline.data.DataOptions.Targets;
import io.plumbline.validate.task.Data;
import io.plumbline.validate.task.Model;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/// A model at a point, and data.
final class ProblemOptions {
    @Mixin
    private ModelOptions model;

    @Mixin
    private SeedOption seed;

    @Option(
            names = "--data",
            paramLabel = "DATA",
            required = true,
            description = {
                "FILE.npz with x (n, ...) and y (n) or (n, K);",
                "fashion-mnist:DIR, fashion-mnist-sample (1,000 images, comes with plumbline), cifar-10:DIR, each with ,split=test;",
                "gaussian:n=100,d=50[,k=1][,exponent=0][,teacher=1][,noise=0][,seed=N], sphere:n=100,d=50[,radius=1]..."})
    private String data;

    @Option(names = "--examples", paramLabel = "N", description = "Only the first N examples (of the classes wanted).")
    private Integer examples;

    @Option(names = "--classes", paramLabel = "C", split = ",", description = "Only these class labels, in the order of the outputs: 0,1 say.")
    private List<Integer> classes = List.of();

    @Option(
            names = "--targets",
            paramLabel = "FORM",
            description = "How class labels become targets: one-hot (K = number of classes) or plus-minus (two classes, K = 1).",
            converter = TargetsConverter.class)
    private Targets targets = Targets.DEFAULT;

    @Option(
            names = "--padding",
            paramLabel = "N",
            description = "N black pixels on each side of labelled images: 2 makes 32 x 32 of Fashion-MNIST's 28 x 28.")
    private int padding;

    /// Reads the value of `--targets`.
    static final class TargetsConverter implements ITypeConverter<Targets> {
        @Override
        public Targets convert(String text) {
            return switch (text) {
                case "one-hot" -> Targets.ONE_HOT;
                case "plus-minus" -> Targets.PLUS_MINUS;
                default -> throw new TypeConversionException("found '" + text + "', expected one-hot or plus-minus");
            };
        }
    }

    Model model() {
        return model.model(seed.seed());
    }

    Data data() {
        return new Data(data, examples, classes, targets, seed.seed(), padding);
    }
}
