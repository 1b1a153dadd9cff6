package io.plumbline.validate;

import io.plumbline.validate.task.MeasureReport;
import io.plumbline.validate.task.MeasureRequest;
import io.plumbline.validate.task.Measurement;
import io.plumbline.validate.task.Quantity;
import java.io.IOException;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `plumbline measure`.
@Command(
        name = "measure",
        description = {
            "The alignment and flatness figures of MODEL on DATA.",
            "",
            "loss: L, its gradient's norm. alignment: alpha, beta, mu, mu1, mu2, gamma, gammaLambda. fisher: trace, Frobenius norm and top "
                    + "eigenvalue of G. noise: trace, Frobenius norm of the noise covariance S, Tr(SG). hessian: trace, Frobenius norm and extreme "
                    + "eigenvalues of the full Hessian. spectrum: all eigenvalues of G, where min(nK, p) is at most 4,000. density: the spectral "
                    + "densities of H, G and S by Lanczos quadrature, in the JSON report.",
            "",
            "Where theta has more than 2,000 entries the hessian figures are estimated from Hessian products, and so is the top eigenvalue of G where "
                    + "min(nK, p) is more than 4,000: with standard errors; those of eigenvalues (lanczos) are residuals, within which there is an eigenvalue.",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class MeasureCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ProblemOptions problem;

    @Option(
            names = "--quantities",
            paramLabel = "Q",
            split = ",",
            description = "Some of loss, alignment, fisher, noise, hessian, spectrum, density, separated by commas (default: all but the last two).",
            converter = QuantityConverter.class)
    private Set<Quantity> quantities;

    @Mixin
    private EstimationOptions estimation;

    @Option(names = "--per-example", description = "Also chi and the gradient's norm of each example, in the JSON report.")
    private boolean perExample;

    @Option(
            names = "--trace-example",
            paramLabel = "I",
            description = "Also the way of example I (from 0) through the engine: input, layers, residual, cotangents, its shares in the sums.")
    private Integer traceExample;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private Output output;

    /// Reads a value of `--quantities`.
    static final class QuantityConverter implements ITypeConverter<Quantity> {
        @Override
        public Quantity convert(String text) {
            return Quantity.parse(text);
        }
    }

    @Override
    public Integer call() throws IOException {
        Set<Quantity> asked = quantities == null ? Quantity.USUAL : Quantity.some(quantities);
        var request = new MeasureRequest(problem.model(), problem.data(), compute.resources(), asked,
                estimation.estimation(), perExample, traceExample);
        output.report(spec.commandLine().getOut(), () -> measure(request), MeasureTable::print);
        return 0;
    }

    private MeasureReport measure(MeasureRequest request) throws IOException {
        try (var progress = new ConsoleProgress(spec.commandLine())) {
            return Measurement.of(request, progress);
        }
    }
}
