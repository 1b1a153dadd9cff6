package io.plumbline.validate;

import io.plumbline.memory.Precision;
import io.plumbline.validate.task.ExportReport;
import io.plumbline.validate.task.ExportRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `plumbline export`.
@Command(
        name = "export",
        description = {
            "Writes MODEL at a point as an ONNX file (opset 20): input `input` (n, ...), result `output` (n, ...).",
            "",
            "Its initialisers are the arrays that `parameters` lists, under the same names, in the same order, and marked as trainable or frozen.",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class ExportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions model;

    @Option(names = "--out", paramLabel = "FILE.onnx", required = true, description = "Where the network goes.")
    private String out;

    @Option(
            names = "--precision",
            paramLabel = "P",
            description = "Of the weights in the file, f32 or f64 (default: ${DEFAULT-VALUE}). f64 is exact; onnxruntime has no convolution in it.",
            defaultValue = "f32",
            converter = DeviceOptions.PrecisionConverter.class)
    private Precision precision;

    @Mixin
    private SeedOption seed;

    @Mixin
    private Output output;

    @Override
    public Integer call() throws IOException {
        var request = new ExportRequest(model.model(seed.seed()), precision, out);
        output.report(spec.commandLine().getOut(), () -> ExportReport.of(request), ExportCommand::print);
        return 0;
    }

    private static void print(ExportReport report, PrintWriter out) {
        out.printf(
                "%s: %s parameters, %s frozen numbers, in %s, %s%n",
                report.out(),
                Table.count(report.parameters()),
                Table.count(report.frozen()),
                report.precision(),
                Table.bytes(report.bytes()));
    }
}
