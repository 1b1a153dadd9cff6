package io.plumbline.validate;

import io.plumbline.training.Noise;
import io.plumbline.validate.task.Quantity;
import io.plumbline.validate.task.TrainReport;
import io.plumbline.validate.task.TrainRequest;
import io.plumbline.validate.task.TrainRequest.Descent;
import io.plumbline.validate.task.TrainRequest.Until;
import io.plumbline.validate.task.TrainRequest.Watch;
import io.plumbline.validate.task.TrainTask;
import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/// `plumbline train`.
@Command(
        name = "train",
        description = {
            "SGD or gradient descent of MODEL on DATA from its point, with a trace of figures on the way.",
            "",
            "v = m*v + g, theta = theta - eta*v with the gradient g of L over a batch, or over all examples plus noise. RUN/ gets request.json, trace.jsonl "
                    + "(a line a look: step, loss, figures as `measure` has them), checkpoint.npz, theta.npy (for --theta; theta-R.npy of several replicas) "
                    + "and result.json. The same command goes on from the last checkpoint of a run that was interrupted, killed or is to last longer, and all "
                    + "numbers are what they are without the interruption; of a run that is over it repeats the result. A shorter run, or one with other settings, "
                    + "needs another folder. Divergence is a result: exit status 0.",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class TrainCommand implements Callable<Integer> {
    private static final String GD = "gd";

    @Spec
    private CommandSpec spec;

    @Mixin
    private ProblemOptions problem;

    @Option(names = "--out", paramLabel = "RUN/", required = true, description = "The run's folder; made where there is none.")
    private String out;

    @Option(
            names = "--algorithm",
            paramLabel = "A",
            description = "sgd, or gd: gradient descent (default: ${DEFAULT-VALUE}).",
            defaultValue = "sgd",
            converter = AlgorithmConverter.class)
    private String algorithm;

    @Option(names = "--learning-rate", paramLabel = "ETA", required = true, description = "eta, above 0.")
    private double learningRate;

    @Option(names = "--batch-size", paramLabel = "B",
            description = "Examples in a batch, or what the covariance of --noise is divided by (default: 1).")
    private Integer batchSize;

    @Option(
            names = "--sampling",
            paramLabel = "S",
            description = "How a batch is drawn: with replacement; without, afresh each step; or in epochs, each through a new permutation, the last batch "
                    + "holding what is left (default: with).")
    private String sampling;

    @Option(
            names = "--noise",
            paramLabel = "LAW",
            description = {
                "Instead of batches, the full gradient and noise of covariance: gaussian S/B, geometry 2L*G/B, isotropic Tr S/(Bp)*I, isotropic-fisher "
                        + "2L*Tr G/(Bp)*I, isotropic:V 2VL/B*I, bounded:R R^2/p*I (length R). S is the covariance of SGD's noise at batch size 1. none is "
                        + "gd, sampling is sgd."})
    private String noise;

    @Option(names = "--momentum", paramLabel = "M", description = "m, at least 0, below 1 (default: ${DEFAULT-VALUE}).", defaultValue = "0")
    private double momentum;

    @Option(
            names = "--schedule",
            paramLabel = "LAW",
            description = "constant; step:F:T, eta times F every T steps; cyclical:F:T, between F*eta and eta in T steps (default: ${DEFAULT-VALUE}).",
            defaultValue = "constant")
    private String schedule;

    @Option(names = "--steps", paramLabel = "N", description = "Ends after N steps.")
    private Long steps;

    @Option(names = "--epochs", paramLabel = "N", description = "Ends after N times n/B steps, rounded up; of a full gradient, N steps.")
    private Long epochs;

    @Option(names = "--seconds", paramLabel = "T", description = "Ends after T seconds of computing, those before an interruption included.")
    private Double seconds;

    @Option(names = "--stop-loss", paramLabel = "L", description = "Ends where the loss over all examples is at most L; judged at every look.")
    private Double stopLoss;

    @Option(names = "--every", paramLabel = "N", description = "Steps from look to look (default: an epoch).")
    private Long every;

    @Option(
            names = "--quantities",
            paramLabel = "Q",
            split = ",",
            description = "Also in the trace: some of loss (for the gradient's norm), alignment, fisher, noise, hessian, spectrum, density.",
            converter = MeasureCommand.QuantityConverter.class)
    private Set<Quantity> quantities = EnumSet.noneOf(Quantity.class);

    @Mixin
    private EstimationOptions estimation;

    @Option(names = "--measure-every", paramLabel = "N",
            description = "Only at looks at multiples of N steps, and at the end; 0: only there (default: at every look).")
    private Long measureEvery;

    @Option(
            names = "--replicas",
            paramLabel = "R",
            description = "Runs at once; replica r has seed + r, for its draws and, unless --theta or an ONNX file says it, its initialisation "
                    + "(default: ${DEFAULT-VALUE}).",
            defaultValue = "1")
    private int replicas;

    @Mixin
    private RunOptions run;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private Output output;

    /// Reads the value of `--algorithm`.
    static final class AlgorithmConverter implements ITypeConverter<String> {
        @Override
        public String convert(String text) {
            if (text.equals(GD) || text.equals("sgd")) {
                return text;
            }
            throw new TypeConversionException("found '" + text + "', expected sgd or gd");
        }
    }

    @Override
    public Integer call() throws IOException {
        boolean full = algorithm.equals(GD);
        refuse(full && noise != null, "--noise " + noise + " is no gradient descent, expected --algorithm sgd");
        refuse(full && batchSize != null, "--batch-size " + batchSize + ": gradient descent has no batches");
        refuse(
                sampling != null && (full || noise != null && !noise.equals(Noise.SAMPLING.toString())),
                "--sampling " + sampling + ": only SGD's own noise is sampled");
        var descent = new Descent(
                learningRate,
                schedule,
                momentum,
                batchSize == null ? 1 : batchSize,
                sampling == null ? "with" : sampling,
                full ? Noise.NONE.toString() : noise == null ? Noise.SAMPLING.toString() : noise);
        var request = new TrainRequest(problem.model(), problem.data(), compute.resources(), descent,
                new Until(steps, epochs, stopLoss, seconds, run.divergence()),
                new Watch(every, quantities, estimation.estimation(), measureEvery), run.checkpoints(), replicas, out);
        output.report(spec.commandLine().getOut(), () -> train(request), TrainTable::print);
        return 0;
    }

    private static void refuse(boolean wrong, String why) {
        if (wrong) {
            throw new IllegalArgumentException(why);
        }
    }

    private TrainReport train(TrainRequest request) throws IOException {
        try (var progress = new ConsoleProgress(spec.commandLine())) {
            return TrainTask.of(request, progress);
        }
    }
}
