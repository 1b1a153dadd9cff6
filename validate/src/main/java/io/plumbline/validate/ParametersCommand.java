package io.plumbline.validate;

import io.plumbline.validate.task.ParameterReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `plumbline parameters`.
@Command(
        name = "parameters",
        description = {"The arrays of MODEL in theta's order: name, shape, offset of the first entry in theta, entries, trainable or frozen.", ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class ParametersCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions model;

    @Mixin
    private SeedOption seed;

    @Mixin
    private Output output;

    @Override
    public Integer call() throws IOException {
        output.report(spec.commandLine().getOut(), () -> ParameterReport.of(model.model(seed.seed())), ParametersCommand::print);
        return 0;
    }

    private static void print(ParameterReport report, PrintWriter out) {
        var table = new Table("llrrl").row("name", "shape", "offset", "count", "");
        for (var entry : report.list()) {
            table.row(
                    Failures.oneLine(entry.name()),
                    shape(entry.shape()),
                    entry.offset() == null ? "-" : Table.count(entry.offset()),
                    Table.count(entry.count()),
                    entry.trainable() ? "trainable" : "frozen");
        }
        table.print(out);
        out.printf(
                "%n%s parameters in theta, %s frozen; input %s, %d output%s%n",
                Table.count(report.parameters()),
                Table.count(report.frozen()),
                shape(report.input()),
                report.outputs(),
                report.outputs() == 1 ? "" : "s");
    }

    private static String shape(int[] shape) {
        return Arrays.stream(shape).mapToObj(Integer::toString).collect(Collectors.joining(", ", "(", ")"));
    }
}
