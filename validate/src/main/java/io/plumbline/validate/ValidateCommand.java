package io.plumbline.validate;

import io.plumbline.validate.claim.ClaimTable;
import io.plumbline.validate.claim.Experiment.Scale;
import io.plumbline.validate.claim.Verdict;
import io.plumbline.validate.figure.FigureResult;
import io.plumbline.validate.report.ReportFolder;
import io.plumbline.validate.report.ValidationReport;
import io.plumbline.validate.report.ValidationRequest;
import io.plumbline.validate.report.ValidationTask;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// `plumbline validate`.
@Command(
        name = "validate",
        description = {
            "Tries the claims about SGD's noise and flat minima on synthetic data and real images, and says of each: supported, inconclusive, "
                    + "invalid (an assumption is not met, or a number is missing) or refuted; makes the paper's figures; and writes a report: index.html, one "
                    + "page that needs nothing else, results.json, and for each figure its numbers and charts. Exit status 1 if a claim is refuted or invalid.",
            "",
            "What is done is kept in the report's folder until all is: the same command goes on where it was interrupted.",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class ValidateCommand implements Callable<Integer> {
    private static final int REFUTED = 1;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "CLAIM|FIGURE", arity = "0..*", description = "Which: lemma-2.2, thm-3.3, fig-1a, ... (default: all).")
    private List<String> ids = List.of();

    @Option(
            names = "--scale",
            paramLabel = "S",
            description = "quick (small networks, some three minutes) or full (the paper's sizes as far as they are known: hours, best on a GPU) (default: ${DEFAULT-VALUE}).",
            defaultValue = "quick",
            converter = ScaleConverter.class)
    private Scale scale;

    @Option(names = "--report", paramLabel = "DIR", description = "Where the report goes (default: ${DEFAULT-VALUE}).", defaultValue = "report")
    private Path report;

    @Option(
            names = "--fashion-mnist",
            paramLabel = "DIR",
            description = "Fashion-MNIST's files, instead of the 1,000 of its images that come with plumbline.")
    private Path images;

    @Option(
            names = "--cifar-10",
            paramLabel = "DIR",
            description = "CIFAR-10's binary files, for fig-5 and fig-6; without, Fashion-MNIST's images, padded to 32 x 32, stand in.")
    private Path colour;

    @Option(names = "--every-figure", description = "A line for each of a claim's figures in each setting, not only for the worst.")
    private boolean everyFigure;

    @Mixin
    private SeedOption seed;

    @Mixin
    private DeviceOptions device;

    @Mixin
    private Output output;

    /// Reads the value of `--scale`.
    static final class ScaleConverter implements ITypeConverter<Scale> {
        @Override
        public Scale convert(String text) {
            for (Scale value : Scale.values()) {
                if (value.label().equals(text)) {
                    return value;
                }
            }
            throw new TypeConversionException("found '" + text + "', expected quick or full");
        }
    }

    @Override
    public Integer call() throws IOException {
        var request = new ValidationRequest(ids, scale, seed.seed(), device.resources(), text(images), text(colour), report.toString());
        var verdict = new Verdict[1];
        output.report(spec.commandLine().getOut(), () -> {
            try (var progress = new ConsoleProgress(spec.commandLine())) {
                var found = ValidationTask.of(request, Version.number(), progress);
                verdict[0] = found.verdict();
                return found;
            }
        }, this::print);
        return verdict[0] == Verdict.REFUTED || verdict[0] == Verdict.INVALID ? REFUTED : 0;
    }

    private static String text(Path folder) {
        return folder == null ? null : folder.toString();
    }

    private void print(ValidationReport found, PrintWriter out) {
        if (!found.claims().isEmpty()) {
            out.print(ClaimTable.render(found.claims(), everyFigure));
        }
        if (!found.figures().isEmpty()) {
            out.println(found.figures().stream().map(FigureResult::id).collect(Collectors.joining(", ", "figures: ", "")));
        }
        out.printf(
                "%n%s s on %s %s; %s%n", Table.number(found.elapsedSeconds()), found.environment().device(), found.environment().precision(),
                report.resolve(ReportFolder.PAGE));
    }
}
