package io.plumbline.validate.task;

import io.plumbline.backend.DeviceException;
import io.plumbline.data.AtomicFile;
import io.plumbline.stability.EscapeRate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/// Does SGD stay where gradient descent converged?
///
/// ```
/// RUN/descent/        gradient descent, a training run
/// RUN/trajectories/   SGD from there, a training run of many replicas
/// RUN/result.json     what it came to (plumbline.escape/1)
/// ```
public final class EscapeTask {
    private static final String DESCENT = "descent";
    private static final String TRAJECTORIES = "trajectories";
    private static final String RESULT = "result.json";
    private static final String DIVERGED = "diverged";
    private static final double NANOS = 1e9;

    private EscapeTask() {}

    /// Runs both, or goes on where their last checkpoints are, and compares.
    ///
    /// @throws IOException if a file cannot be read, understood or written
    /// @throws IllegalArgumentException if model, data and options do not fit each other, or the folder holds something else than this
    /// @throws ArithmeticException if a figure is not finite where the loss is
    /// @throws DeviceException if the device is not there
    public static EscapeReport of(EscapeRequest request, Phases phases) throws IOException {
        if (request.out() != null) {
            return in(Path.of(request.out()), request, phases);
        }
        try (var temporary = new TemporaryFolder("plumbline-escape")) {
            return in(temporary.path(), request, phases);
        }
    }

    private static EscapeReport in(Path folder, EscapeRequest request, Phases phases) throws IOException {
        requireOwn(folder);
        Path descentFolder = folder.resolve(DESCENT);
        TrainReport descent = TrainTask.of(request.descent(descentFolder), phases.renamed(_ -> "gradient descent"));
        EscapeReport report;
        if (descent.status().equals(DIVERGED)) {
            report = report(request, descent, descent.elapsedSeconds(), null, null, null);
        } else {
            Path theta = descentFolder.resolve(descent.replicas().getFirst().theta());
            Path folderOfAll = folder.resolve(TRAJECTORIES);
            TrainReport trajectories = TrainTask.of(request.trajectories(theta, folderOfAll), phases.renamed(_ -> "trajectories"));
            long started = System.nanoTime();
            var trace = LossTrace.read(folderOfAll.resolve(RunFolder.TRACE), request.trajectories(), request.escape().every());
            var linearised = Linearisation.of(request, request.at(theta), trace.steps(), phases.renamed(_ -> "linearised model"));
            double seconds = descent.elapsedSeconds() + trajectories.elapsedSeconds() + (System.nanoTime() - started) / NANOS;
            report = report(request, descent, seconds, linearised.figures(), growth(trace, linearised), trace.report(linearised.expected()));
        }
        if (request.out() != null) {
            AtomicFile.write(folder.resolve(RESULT), Json.write(report).getBytes(StandardCharsets.UTF_8));
        }
        return report;
    }

    private static void requireOwn(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        var own = Set.of(DESCENT, TRAJECTORIES, RESULT);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, file -> !own.contains(file.getFileName().toString()))) {
            for (Path file : files) {
                if (!RunFolder.isTemporary(file)) {
                    throw new IllegalArgumentException(
                            folder + ": holds " + file.getFileName() + ", expected an empty folder, a new one, or one of escape");
                }
            }
        }
    }

    private static EscapeReport.Growth growth(LossTrace trace, Linearisation linearised) {
        var rate = EscapeRate.of(trace.steps(), trace.losses());
        Measured expected = linearised.expected() == null
                ? Measured.undefined(linearised.whyNoneExpected(), Linearisation.METHOD)
                : !rate.mean().isDefined()
                        ? Measured.undefined(rate.mean().undefined(), Linearisation.METHOD)
                        : Measured.exact(rate.sameWindow(trace.steps(), linearised.expected()), Linearisation.METHOD);
        return new EscapeReport.Growth(
                Measured.of(rate.mean()), expected, Measured.of(rate.typical()), rate.lastStep(), rate.looks(), rate.escaped(), trace.diverged());
    }

    private static EscapeReport report(
            EscapeRequest request, TrainReport descent, double seconds, EscapeReport.Linearised linearised, EscapeReport.Growth growth,
            EscapeReport.Losses losses) {
        return new EscapeReport(
                EscapeReport.SCHEMA,
                descent.device(),
                descent.precision(),
                descent.seed(),
                seconds,
                Session.peakBytes(),
                descent.examples(),
                descent.outputs(),
                descent.parameters(),
                request.learningRate(),
                request.batchSize(),
                request.sampling(),
                new EscapeReport.Descent(descent.status(), descent.steps(), descent.loss()),
                linearised,
                growth,
                losses,
                request.out(),
                descent.method());
    }
}
