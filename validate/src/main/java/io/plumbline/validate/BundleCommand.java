package io.plumbline.validate;

import io.plumbline.validate.task.BundleReport;
import io.plumbline.validate.task.BundleRequest;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `plumbline bundle`.
@Command(
        name = "bundle",
        description = {
            "Packs plumbline, as this clone has built it, with a Java runtime: for a machine without JDK and Maven (Linux x86-64, glibc 2.34 or newer), "
                    + "such as a host with a GPU. Unpack it anywhere and start the plumbline in it.",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class BundleCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--out",
            paramLabel = "DIR|FILE.tar.gz",
            required = true,
            description = "Where it goes: a new folder, or a new archive of one.")
    private String out;

    @Option(names = "--with-bench", description = "With the benchmarks: `plumbline bench` works there too.")
    private boolean bench;

    @Mixin
    private Output output;

    @Override
    public Integer call() throws IOException {
        var request = new BundleRequest(out, bench);
        output.report(spec.commandLine().getOut(), () -> BundleReport.of(request), BundleCommand::print);
        return 0;
    }

    private static void print(BundleReport report, PrintWriter out) {
        out.printf(
                "%s: %s, unpacked %s; %s%n",
                report.out(),
                Table.bytes(report.bytes()),
                Table.bytes(report.unpackedBytes()),
                report.kernels() ? "with kernels for GPUs" : "without kernels for GPUs: there was no nvcc (CUDA 12 or 13) where it was built");
    }
}
