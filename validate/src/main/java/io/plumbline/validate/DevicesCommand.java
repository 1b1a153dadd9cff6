package io.plumbline.validate;

import io.plumbline.validate.task.DeviceReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// `plumbline devices`.
@Command(
        name = "devices",
        description = {"What there is to compute with: a line for each device, or the reason why it cannot be used.", ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class DevicesCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private Output output;

    @Override
    public Integer call() throws IOException {
        output.report(spec.commandLine().getOut(), DeviceReport::probe, DevicesCommand::print);
        return 0;
    }

    private static void print(DeviceReport report, PrintWriter out) {
        var table = new Table("ll");
        for (var entry : report.list()) {
            String mark = entry.name().equals(report.auto()) ? " (auto)" : "";
            table.row(entry.name() + mark, entry.available() ? entry.description() : "not available: " + entry.reason());
        }
        table.print(out);
    }
}
