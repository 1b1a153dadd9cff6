package io.plumbline.validate;

import io.plumbline.validate.report.ReportFolder;
import io.plumbline.validate.report.ValidationReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `plumbline report`.
@Command(
        name = "report",
        description = {"Draws the report of `validate` again from its results.json alone: index.html, and each figure's numbers and charts.", ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class ReportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "RUN/", description = "A folder with results.json.")
    private Path run;

    @Option(names = "--out", paramLabel = "DIR", description = "Where it goes (default: the same folder).")
    private Path out;

    @Override
    public Integer call() throws IOException {
        var report = ValidationReport.read(run.resolve(ReportFolder.RESULTS));
        Path folder = out == null ? run : out;
        ReportFolder.draw(report, folder);
        spec.commandLine().getOut().println(folder.resolve(ReportFolder.PAGE));
        return 0;
    }
}
