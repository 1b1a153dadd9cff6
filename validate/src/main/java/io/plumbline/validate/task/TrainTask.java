package io.plumbline.validate.task;

import io.plumbline.backend.DeviceException;
import io.plumbline.data.Dataset;
import io.plumbline.data.Npy;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Architectures;
import io.plumbline.network.Network;
import io.plumbline.training.Recipe;
import io.plumbline.training.Replicas;
import io.plumbline.training.Training;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/// A training run in a folder.
public final class TrainTask {
    private TrainTask() {}

    /// Trains, or goes on where the folder's last checkpoint is; a run that is over is only reported. See [TrainRequest].
    ///
    /// @throws IOException if a file cannot be read, understood or written
    /// @throws IllegalArgumentException if model, data and options do not fit each other, or the folder holds something else than this run
    /// @throws ArithmeticException if a figure is not finite where the loss is
    /// @throws DeviceException if the device is not there
    public static TrainReport of(TrainRequest request, Phases phases) throws IOException {
        var recipes = new ArrayList<Recipe>();
        for (int r = 0; r < request.replicas(); r++) {
            recipes.add(request.recipe(r));
        }
        // What is wrong whatever the data is said before they are read.
        request.plan(1);
        TrainReport finished = RunFolder.finished(request);
        if (finished != null) {
            return finished;
        }
        try (var session = new Session(request.model(), request.data(), request.resources(), phases)) {
            var plan = request.plan(session.dataset().examples());
            List<HostBuffer> thetas = thetas(request, session.network());
            try (var replicas = Replicas.of(session.point().surface(), recipes, thetas);
                    var folder = new RunFolder(request, phases.begin("steps"))) {
                var result = Training.run(replicas, plan, folder, folder.checkpoint(), identity(session.dataset(), session.network(), thetas));
                for (int r = 0; r < replicas.count(); r++) {
                    HostBuffer theta = replicas.theta(r);
                    Npy.write(folder.file(folder.theta(r)), theta, theta.length());
                }
                TrainReport report = report(request, session, folder, result);
                folder.finish(report);
                return report;
            }
        }
    }

    /// θ_0 of each replica.
    private static List<HostBuffer> thetas(TrainRequest request, Network network) throws IOException {
        boolean drawn = Architectures.isBuiltIn(request.model().name()) && request.model().theta() == null;
        HostBuffer first = request.model().theta(network);
        var thetas = new ArrayList<HostBuffer>();
        for (int r = 0; r < request.replicas(); r++) {
            thetas.add(drawn && r > 0 ? request.model(r).network().initialTheta() : first);
        }
        return thetas;
    }

    /// A checksum of the numbers that a run began with.
    private static long identity(Dataset dataset, Network network, List<HostBuffer> thetas) {
        var sum = new CRC32C();
        Stream.concat(Stream.of(dataset.x(), dataset.y(), network.frozenValues()), thetas.stream().distinct()).forEach(numbers -> {
            var bytes = numbers.segment();
            for (long from = 0; from < bytes.byteSize(); from += 1 << 30) {
                sum.update(bytes.asSlice(from, Math.min(1 << 30, bytes.byteSize() - from)).asByteBuffer());
            }
        });
        return sum.getValue();
    }

    private static TrainReport report(TrainRequest request, Session session, RunFolder folder, Training.Result result) {
        var replicas = new ArrayList<TrainReport.Replica>();
        double sum = 0;
        long steps = 0;
        for (int r = 0; r < request.replicas(); r++) {
            var outcome = result.outcomes().get(r);
            sum += outcome.loss();
            steps = Math.max(steps, outcome.steps());
            replicas.add(
                    new TrainReport.Replica(r, request.model().seed() + r, outcome.status().toString(), outcome.steps(),
                            TraceLine.loss(outcome.loss()),
                            folder.theta(r)));
        }
        var backend = session.backend();
        return new TrainReport(
                TrainReport.SCHEMA,
                backend.name(),
                backend.arithmetic().label(),
                request.model().seed(),
                result.seconds(),
                Session.peakBytes(),
                session.dataset().examples(),
                session.network().outputs(),
                session.network().parameterCount(),
                status(replicas),
                steps,
                TraceLine.loss(sum / request.replicas()),
                replicas,
                request.out(),
                new TrainReport.Method(request.model().name(), session.dataset().name(), backend.description(), backend.threads()));
    }

    private static String status(List<TrainReport.Replica> replicas) {
        var found = replicas.stream().map(TrainReport.Replica::status).distinct().toList();
        return Stream.of("diverged", "stopped", "finished", "converged").filter(found::contains).findFirst().orElseThrow();
    }
}
