package io.plumbline.validate;

import io.plumbline.validate.task.EscapeReport;
import io.plumbline.validate.task.EscapeRequest;
import io.plumbline.validate.task.EscapeTask;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `plumbline escape`.
@Command(
        name = "escape",
        description = {
            "Does SGD stay where gradient descent converged? Gradient descent of MODEL on DATA to near convergence, then many trajectories of SGD from there at "
                    + "the same learning rate.",
            "",
            "Their losses, how fast these grow a step, in the mean and typically, and beside it what the model linearised at that point says: the growth of E[L] "
                    + "by the exact second-moment operator, gamma0 of Theorem 3.5 and the critical learning rate. With --out, RUN/descent and RUN/trajectories are "
                    + "training runs: the same command goes on from their last checkpoints, with the numbers of an uninterrupted one.",
            ""},
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        sortOptions = false)
final class EscapeCommand implements Callable<Integer> {
    private static final long DESCENT_EVERY = 10;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ProblemOptions problem;

    @Option(names = "--learning-rate", paramLabel = "ETA", required = true, description = "eta, above 0.")
    private double learningRate;

    @Option(names = "--batch-size", paramLabel = "B", description = "Examples in a batch (default: ${DEFAULT-VALUE}).", defaultValue = "1")
    private int batchSize;

    @Option(
            names = "--sampling",
            paramLabel = "S",
            description = "How a batch is drawn: with replacement, or without, afresh each step (default: ${DEFAULT-VALUE}).",
            defaultValue = "with")
    private String sampling;

    @Option(names = "--descent-steps", paramLabel = "N", description = "Gradient descent ends after N steps (default: ${DEFAULT-VALUE}).",
            defaultValue = "10000")
    private long descentSteps;

    @Option(names = "--stop-loss", paramLabel = "L",
            description = "Or where the loss is at most L, judged every 10 steps (default: ${DEFAULT-VALUE}).", defaultValue = "1e-4")
    private double stopLoss;

    @Option(names = "--trajectories", paramLabel = "R",
            description = "How many; trajectory r draws with seed + r (default: ${DEFAULT-VALUE}).", defaultValue = "200")
    private int trajectories;

    @Option(names = "--steps", paramLabel = "N", description = "Steps of each (default: ${DEFAULT-VALUE}).", defaultValue = "200")
    private long steps;

    @Option(names = "--every", paramLabel = "N", description = "Steps from look to look at the losses (default: ${DEFAULT-VALUE}).",
            defaultValue = "1")
    private long every;

    @Option(names = "--out", paramLabel = "RUN/", description = "A folder for both runs, made where there is none (default: none is kept).")
    private String out;

    @Mixin
    private RunOptions run;

    @Mixin
    private ComputeOptions compute;

    @Mixin
    private Output output;

    @Override
    public Integer call() throws IOException {
        var request = new EscapeRequest(problem.model(), problem.data(), compute.resources(), learningRate, batchSize, sampling,
                new EscapeRequest.Minimum(descentSteps, stopLoss, DESCENT_EVERY), trajectories,
                new EscapeRequest.Escape(steps, every, run.divergence()),
                run.checkpoints(), out);
        output.report(spec.commandLine().getOut(), () -> escape(request), EscapeTable::print);
        return 0;
    }

    private EscapeReport escape(EscapeRequest request) throws IOException {
        try (var progress = new ConsoleProgress(spec.commandLine())) {
            return EscapeTask.of(request, progress);
        }
    }
}
