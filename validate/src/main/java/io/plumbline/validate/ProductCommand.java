package io.plumbline.validate;

import io.plumbline.validate.task.ArrayReport;
import io.plumbline.validate.task.ArrayTasks;
import io.plumbline.validate.task.Operator;
import io.plumbline.validate.task.ProductRequest;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `plumbline product`.
@Command(
        name = "product",
        description = {
            "One operator-vector product of MODEL on DATA.",
            "",
            "Vectors of p entries are in theta's order. Vectors of n*K entries have entry i*K + k for example i and output k; they are read in shape "
                    + "(n*K) or (n, K) and written in shape (n*K).",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class ProductCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ProblemOptions problem;

    @Option(
            names = "--operator",
            paramLabel = "A",
            required = true,
            description = {
                "hessian: H v, the full Hessian; gauss-newton: G v, G = J^T J / n; noise-covariance: S v;",
                "jacobian: J v (n*K entries); jacobian-transpose: J^T u (u has n*K entries)."},
            converter = OperatorConverter.class)
    private Operator operator;

    @Option(names = "--vector", paramLabel = "FILE.npy", required = true, description = "What is multiplied: f4 or f8.")
    private String vector;

    @Option(names = "--out", paramLabel = "FILE.npy", required = true, description = "Where the product goes: f4 or f8, as --precision says.")
    private String out;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private Output output;

    /// Reads the value of `--operator`.
    static final class OperatorConverter implements ITypeConverter<Operator> {
        @Override
        public Operator convert(String text) {
            return Operator.parse(text);
        }
    }

    @Override
    public Integer call() throws IOException {
        var request = new ProductRequest(problem.model(), problem.data(), compute.resources(), operator, vector, out);
        output.report(spec.commandLine().getOut(), () -> product(request), ArrayTable::print);
        return 0;
    }

    private ArrayReport product(ProductRequest request) throws IOException {
        try (var progress = new ConsoleProgress(spec.commandLine())) {
            return ArrayTasks.product(request, progress);
        }
    }
}
