package io.plumbline.validate.figure;

import io.plumbline.data.AtomicFile;
import io.plumbline.training.Sampling;
import io.plumbline.validate.task.EscapeReport;
import io.plumbline.validate.task.EscapeRequest;
import io.plumbline.validate.task.EscapeTask;
import io.plumbline.validate.task.Estimation;
import io.plumbline.validate.task.Json;
import io.plumbline.validate.task.MeasureReport;
import io.plumbline.validate.task.MeasureRequest;
import io.plumbline.validate.task.Measurement;
import io.plumbline.validate.task.Model;
import io.plumbline.validate.task.Phases;
import io.plumbline.validate.task.StabilityReport;
import io.plumbline.validate.task.StabilityRequest;
import io.plumbline.validate.task.StabilityTask;
import io.plumbline.validate.task.TrainRequest;
import io.plumbline.validate.task.TrainTask;
import io.plumbline.validate.task.TrainTrace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/// Does runs, each once, in a folder for each: what is there already is not done again, and what was interrupted goes on where its last checkpoint is.
final class Runs {
    private static final String RESULT = "result.json";

    private final Path folder;
    private final Phases phases;
    private final Map<Run, Object> done = new HashMap<>();

    Runs(Path folder, Phases phases) {
        this.folder = folder;
        this.phases = phases;
    }

    /// Does it, unless it is done.
    ///
    /// @throws IOException if a file cannot be read or written
    void perform(Run run) throws IOException {
        if (done.containsKey(run)) {
            return;
        }
        done.put(run, switch (run) {
            case Run.Descents descents -> train(descents);
            case Run.Escape escape -> EscapeTask.of(in(escape.request(), folder.resolve(escape.name())), phase(escape));
            case Run.Thresholds thresholds -> stability(thresholds);
            case Run.End end -> measure(end);
        });
    }

    private Phases phase(Run run) {
        return phases.renamed(name -> run.name() + ": " + name);
    }

    TrainTrace trace(Run.Descents descents) throws IOException {
        perform(descents);
        return (TrainTrace) done.get(descents);
    }

    EscapeReport escape(Run.Escape escape) throws IOException {
        perform(escape);
        return (EscapeReport) done.get(escape);
    }

    StabilityReport thresholds(Run.Thresholds thresholds) throws IOException {
        perform(thresholds);
        return (StabilityReport) done.get(thresholds);
    }

    MeasureReport end(Run.End end) throws IOException {
        perform(end);
        return (MeasureReport) done.get(end);
    }

    private TrainTrace train(Run.Descents descents) throws IOException {
        Path own = folder.resolve(descents.name());
        TrainTask.of(in(descents.request(), own), phase(descents));
        return TrainTrace.read(own);
    }

    private StabilityReport stability(Run.Thresholds run) throws IOException {
        perform(run.of());
        TrainRequest request = run.of().request();
        return kept(run, StabilityReport.class, () -> StabilityTask.of(
                StabilityRequest.of(trained(run.of(), run.replica()), request.data(), run.batchSizes(), Sampling.WITH, request.resources()),
                phase(run)));
    }

    private MeasureReport measure(Run.End run) throws IOException {
        perform(run.of());
        TrainRequest request = run.of().request();
        return kept(run, MeasureReport.class, () -> Measurement.of(
                new MeasureRequest(
                        trained(run.of(), run.replica()), request.data(), request.resources(), run.quantities(), Estimation.usual(), false, null),
                phase(run)));
    }

    /// The model where a replica ended.
    private Model trained(Run.Descents of, int replica) {
        TrainRequest request = of.request();
        Model model = request.model();
        String file = request.replicas() == 1 ? "theta.npy" : "theta-" + replica + ".npy";
        return new Model(
                model.name(), model.frozen(), model.init(), folder.resolve(of.name()).resolve(file).toString(), model.seed() + replica);
    }

    private interface Work<T> {
        T report() throws IOException;
    }

    /// What the run's folder has, or else what the work finds, which is put there.
    private <T> T kept(Run run, Class<T> type, Work<T> work) throws IOException {
        Path result = folder.resolve(run.name()).resolve(RESULT);
        if (Files.exists(result)) {
            return Json.read(result, type);
        }
        T report = work.report();
        Files.createDirectories(result.getParent());
        AtomicFile.write(result, Json.write(report).getBytes(StandardCharsets.UTF_8));
        return report;
    }

    private static TrainRequest in(TrainRequest request, Path own) {
        return new TrainRequest(
                request.model(), request.data(), request.resources(), request.descent(), request.until(), request.watch(), request.checkpoints(),
                request.replicas(), own.toString());
    }

    private static EscapeRequest in(EscapeRequest request, Path own) {
        return new EscapeRequest(
                request.model(), request.data(), request.resources(), request.learningRate(), request.batchSize(), request.sampling(),
                request.minimum(), request.trajectories(), request.escape(), request.checkpoints(), own.toString());
    }
}
