package io.plumbline.validate;

import io.plumbline.backend.Backend;
import io.plumbline.data.AtomicFile;
import io.plumbline.validate.claim.ClaimTable;
import io.plumbline.validate.claim.Claims;
import io.plumbline.validate.claim.Experiment;
import io.plumbline.validate.claim.Experiment.Scale;
import io.plumbline.validate.claim.Results;
import io.plumbline.validate.claim.Verdict;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
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
                    + "invalid (an assumption is not met, or a number is missing) or refuted. Exit status 1 if one is refuted or invalid.",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class ValidateCommand implements Callable<Integer> {
    private static final int REFUTED = 1;
    private static final String RESULTS = "results.json";

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "CLAIM", arity = "0..*", description = "Which claims: lemma-2.2, thm-3.3, ... (default: all).")
    private List<String> claims = List.of();

    @Option(
            names = "--scale",
            paramLabel = "S",
            description = "quick (a minute) or full (default: ${DEFAULT-VALUE}).",
            defaultValue = "quick",
            converter = ScaleConverter.class)
    private Scale scale;

    @Option(names = "--report", paramLabel = "DIR", description = "Where results.json goes (default: ${DEFAULT-VALUE}).", defaultValue = "report")
    private Path report;

    @Option(names = "--every-figure", description = "A line for each figure in each setting, not only for the worst.")
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
        claims.forEach(Claims::byId);
        var verdict = new Verdict[1];
        try (Backend backend = device.resources().open();
                var file = new AtomicFile(folder().resolve(RESULTS))) {
            output.report(spec.commandLine().getOut(), () -> {
                var results = run(backend);
                file.append(ByteBuffer.wrap(results.toJson().getBytes(StandardCharsets.UTF_8)));
                file.commit();
                verdict[0] = results.verdict();
                return results;
            }, this::print);
        }
        return verdict[0] == Verdict.REFUTED || verdict[0] == Verdict.INVALID ? REFUTED : 0;
    }

    private Results run(Backend backend) {
        try (var progress = new ConsoleProgress(spec.commandLine())) {
            return Claims.run(claims, Experiment.of(backend, scale, seed.seed(), progress.begin("trials")));
        }
    }

    /// The report's folder, made if there is none.
    private Path folder() throws IOException {
        try {
            return Files.createDirectories(report);
        } catch (FileAlreadyExistsException taken) {
            throw new IOException(report + ": cannot be written to: not a directory", taken);
        } catch (FileSystemException failure) {
            String reason = Objects.requireNonNullElse(failure.getReason(), failure.getClass().getSimpleName());
            throw new IOException(report + ": cannot be made: " + reason, failure);
        }
    }

    private void print(Results results, PrintWriter out) {
        out.print(ClaimTable.render(results, everyFigure));
        out.printf("%n%s s on %s %s; %s%n", Table.number(results.elapsedSeconds()), results.device(), results.precision(), report.resolve(RESULTS));
    }
}
