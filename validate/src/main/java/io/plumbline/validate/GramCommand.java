package io.plumbline.validate;

import io.plumbline.validate.task.ArrayReport;
import io.plumbline.validate.task.ArrayTasks;
import io.plumbline.validate.task.GramRequest;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `plumbline gram`.
@Command(
        name = "gram",
        description = {
            "The matrix J J^T (n*K, n*K) of MODEL on DATA: the inner products of all gradients; row i*K + k is example i, output k.",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class GramCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ProblemOptions problem;

    @Option(names = "--out", paramLabel = "FILE.npy", required = true, description = "Where the matrix goes: f4 or f8, as --precision says.")
    private String out;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private Output output;

    @Override
    public Integer call() throws IOException {
        var request = new GramRequest(problem.model(), problem.data(), compute.resources(), out);
        output.report(spec.commandLine().getOut(), () -> gram(request), ArrayTable::print);
        return 0;
    }

    private ArrayReport gram(GramRequest request) throws IOException {
        try (var progress = new ConsoleProgress(spec.commandLine())) {
            return ArrayTasks.gram(request, progress);
        }
    }
}
