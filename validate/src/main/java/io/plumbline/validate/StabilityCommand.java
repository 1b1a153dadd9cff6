package io.plumbline.validate;

import io.plumbline.training.Sampling;
import io.plumbline.validate.task.Data;
import io.plumbline.validate.task.Model;
import io.plumbline.validate.task.StabilityReport;
import io.plumbline.validate.task.StabilityRequest;
import io.plumbline.validate.task.StabilityTask;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IModelTransformer;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// `plumbline stability`.
@Command(
        name = "stability",
        customSynopsis = {
            "plumbline stability MODEL --data=DATA --batch-size=B[,B...] --sampling=HOW [OPTIONS]",
            "       plumbline stability --gram=M.npy [--outputs=K] --batch-size=B[,B...] --sampling=HOW [OPTIONS]"},
        description = {
            "The largest learning rate eta* at which SGD, linearised at MODEL as at a global minimum, is stable in mean square, exactly; and what theorems "
                    + "say of it.",
            "",
            "All depends on M = J J^T (n*K, n*K) alone: MODEL's on DATA, or one in a file. Beside eta* stand the mean-field threshold, 2/l1 of gradient descent, "
                    + "theorem 3.3, proposition 3.4 and the trace bound, each solved for the learning rate: none lies below eta*. Everything is computed in double, "
                    + "gradients too unless --precision f32 is asked for.",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        modelTransformer = StabilityCommand.ModelOrMatrix.class,
        sortOptions = false)
final class StabilityCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ProblemOptions problem;

    @Option(names = "--gram", paramLabel = "M.npy",
            description = "Instead of MODEL and DATA: J J^T, f4 or f8, row i*K + k being example i, output k.")
    private String gram;

    @Option(names = "--outputs", paramLabel = "K", description = "Outputs that the matrix of --gram has for each example (default: 1).")
    private Integer outputs;

    @Option(names = "--batch-size", paramLabel = "B", split = ",", required = true,
            description = "Examples in a batch; several, separated by commas.")
    private List<Integer> batchSizes;

    @Option(
            names = "--sampling",
            paramLabel = "HOW",
            required = true,
            description = "How they are drawn: with or without (replacement; a fresh draw each step).",
            converter = SamplingConverter.class)
    private Sampling sampling;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private Output output;

    /// Reads the value of `--sampling`.
    static final class SamplingConverter implements ITypeConverter<Sampling> {
        @Override
        public Sampling convert(String text) {
            return switch (text) {
                case "with" -> Sampling.WITH;
                case "without" -> Sampling.WITHOUT;
                default -> throw new TypeConversionException("found '" + text + "', expected with or without");
            };
        }
    }

    /// MODEL and --data need not be there: a matrix may stand for them.
    static final class ModelOrMatrix implements IModelTransformer {
        @Override
        public CommandSpec transform(CommandSpec command) {
            for (PositionalParamSpec model : List.copyOf(command.positionalParameters())) {
                command.remove(model);
                command.add(PositionalParamSpec.builder(model).arity("0..1").required(false).build());
            }
            OptionSpec data = command.findOption("--data");
            command.remove(data);
            command.add(OptionSpec.builder(data).required(false).build());
            return command;
        }
    }

    @Override
    public Integer call() throws IOException {
        StabilityRequest request = request();
        output.report(spec.commandLine().getOut(), () -> stability(request), StabilityTable::print);
        return 0;
    }

    private StabilityRequest request() {
        Model model = problem.model();
        Data data = problem.data();
        if (gram == null) {
            if (model.name() == null || data.source() == null) {
                throw wrong("expected MODEL and --data DATA, or --gram M.npy, found " + (model.name() == null ? "no MODEL" : "no --data"));
            }
            if (outputs != null) {
                throw wrong("outputs: found " + outputs + ", expected none: MODEL says its own");
            }
            return StabilityRequest.of(model, data, batchSizes, sampling, compute.resources());
        }
        if (model.name() != null || data.source() != null) {
            throw wrong("expected MODEL and --data DATA, or --gram M.npy, found both");
        }
        return StabilityRequest.of(gram, outputs == null ? 1 : outputs, batchSizes, sampling, compute.resources());
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private StabilityReport stability(StabilityRequest request) throws IOException {
        try (var progress = new ConsoleProgress(spec.commandLine())) {
            return StabilityTask.of(request, progress);
        }
    }
}
