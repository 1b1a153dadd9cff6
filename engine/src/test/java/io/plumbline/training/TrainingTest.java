package io.plumbline.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.MalformedFileException;
import io.plumbline.memory.Precision;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Ends, looks, checkpoints.
class TrainingTest {
    private static final double FOREVER = Double.POSITIVE_INFINITY;

    @TempDir
    Path folder;

    /// Writes down moments, as a file would keep them: what was not settled is lost with the process.
    private static final class Trace implements Observer {
        final List<String> lines = new ArrayList<>();
        /// Looks after which the process ends; −1 for never.
        int life = -1;

        private static final class Killed extends RuntimeException {
            private static final long serialVersionUID = 1L;
        }

        @Override
        public void at(Moment moment) {
            lines.add(moment.replica() + " " + moment.step() + " " + moment.status() + " " + moment.isLast() + " " + moment.loss());
            if (--life == 0) {
                throw new Killed();
            }
        }

        @Override
        public long settle() {
            return lines.size();
        }

        @Override
        public void resume(long settled) {
            while (lines.size() > settled) {
                lines.removeLast();
            }
        }
    }

    private static List<Recipe> recipes() {
        return List.of(
                new Recipe(0.05, Schedule.parse("step:0.5:20"), 0.9, 4, Sampling.EPOCHS, Noise.SAMPLING, 1),
                Recipe.sgd(5, 4, 2),
                new Recipe(0.05, Schedule.CONSTANT, 0, 4, Sampling.WITH, Noise.parse("isotropic"), 3),
                new Recipe(2, Schedule.CONSTANT, 0.2, 4, Sampling.WITHOUT, Noise.SAMPLING, 4));
    }

    /// What a run leaves: the trace and every θ.
    private record Leavings(List<String> lines, List<Training.Outcome> outcomes, List<double[]> thetas) {}

    private Leavings run(Problems problem, Plan plan, Path file, Random kills) throws Exception {
        var trace = new Trace();
        while (true) {
            trace.life = kills == null ? -1 : 1 + kills.nextInt(9);
            try (var replicas = problem.replicas(recipes(), problem.network.initialTheta())) {
                var result = file == null ? Training.run(replicas, plan, trace) : Training.run(replicas, plan, trace, file, 7);
                var thetas = new ArrayList<double[]>();
                for (int r = 0; r < replicas.count(); r++) {
                    thetas.add(replicas.theta(r).toArray());
                }
                return new Leavings(List.copyOf(trace.lines), result.outcomes(), thetas);
            } catch (Trace.Killed again) {
                assertTrue(kills != null);
            }
        }
    }

    /// Killed after 1 to 9 looks, again and again, with a checkpoint every 3 steps and a look every 7: not a bit differs from a run without an end on the way.
    /// Two of the four replicas diverge, at different steps.
    @Test
    void aRunThatIsKilledAndResumedIsTheUnbrokenRun() throws Exception {
        for (Precision precision : Precision.values()) {
            try (var problem = Problems.on("fcn:5-7-1:tanh", 13, precision, 2)) {
                var plan = new Plan(65, -1, 1e3, 7, FOREVER, 3, FOREVER);
                Leavings unbroken = run(problem, plan, null, null);
                assertEquals(Status.FINISHED, unbroken.outcomes.getFirst().status());
                assertEquals(Status.DIVERGED, unbroken.outcomes.get(1).status());
                for (int seed = 0; seed < 8; seed++) {
                    Leavings broken = run(problem, plan, folder.resolve(precision + "-" + seed + ".npz"), new Random(seed));
                    assertEquals(unbroken.lines, broken.lines);
                    assertEquals(unbroken.outcomes, broken.outcomes);
                    for (int r = 0; r < 4; r++) {
                        assertArrayEquals(unbroken.thetas.get(r), broken.thetas.get(r));
                    }
                }
            }
        }
    }

    /// A run to step 30 (no look there) that is then to go to 65 ends as the one that went there at once.
    @Test
    void aRunCanBeMadeLonger() throws Exception {
        try (var problem = Problems.on("fcn:5-7-1:tanh", 13, Precision.F64, 2)) {
            Leavings atOnce = run(problem, new Plan(65, -1, 1e3, 7, FOREVER, 0, FOREVER), null, null);
            Path file = folder.resolve("run.npz");
            var trace = new Trace();
            for (long steps : new long[] {30, 65}) {
                try (var replicas = problem.replicas(recipes(), problem.network.initialTheta())) {
                    Training.run(replicas, new Plan(steps, -1, 1e3, 7, FOREVER, 0, FOREVER), trace, file, 7);
                }
            }
            assertEquals(atOnce.lines, trace.lines);
        }
    }

    @Test
    void divergenceIsAResult() {
        try (var problem = new Problems("linear:3-1", 5, new ReferenceBackend())) {
            for (double limit : new double[] {100, FOREVER}) {
                try (var replicas = problem.replicas(Recipe.sgd(50, 2, 1))) {
                    var trace = new Trace();
                    var result = Training.run(replicas, new Plan(5000, -1, limit, 2, FOREVER, 0, FOREVER), trace);
                    var outcome = result.outcomes().getFirst();
                    assertEquals(Status.DIVERGED, outcome.status());
                    assertTrue(outcome.steps() > 0 && outcome.steps() < 1000, () -> "steps " + outcome.steps());
                    assertTrue(trace.lines.getFirst().startsWith("0 0 moving false "));
                    assertEquals("0 " + outcome.steps() + " diverged true " + outcome.loss(), trace.lines.getLast());
                    assertEquals(limit == FOREVER, !Double.isFinite(outcome.loss()));
                }
            }
        }
    }

    /// An input of 1 or more shows its sign in each step of a plain descent; a θ of NaN behind a ReLU would show nothing.
    @Test
    void whatReluHidesIsDivergenceToo() {
        try (var problem = new Problems("fcn:3-4-1:relu", 5, new ReferenceBackend()); var replicas = problem.replicas(Recipe.sgd(0.1, 2, 1))) {
            var theta = replicas.theta(0);
            assertTrue(Double.isFinite(replicas.losses()[0]));
            theta.set(0, Double.NaN);
            replicas.restore(0, theta, null, 0, Status.MOVING, FOREVER);
            assertTrue(Double.isNaN(replicas.losses()[0]));
            assertEquals(Status.DIVERGED, Training.run(replicas, Plan.of(3, 1), new Trace()).outcomes().getFirst().status());
        }
    }

    @Test
    void convergesAtTheLossAskedFor() {
        try (var problem = new Problems("linear:31-1", 5, new ReferenceBackend()); var replicas = problem.replicas(Recipe.gradientDescent(0.1))) {
            var trace = new Trace();
            var outcome = Training.run(replicas, Plan.of(10_000, 10).withStopLoss(1e-6), trace).outcomes().getFirst();
            assertEquals(Status.CONVERGED, outcome.status());
            assertTrue(outcome.loss() <= 1e-6 && outcome.steps() % 10 == 0 && outcome.steps() < 10_000);
            assertEquals(outcome.steps() / 10 + 1, trace.lines.size());
            assertFalse(Double.parseDouble(trace.lines.get(trace.lines.size() - 2).split(" ")[4]) <= 1e-6);
        }
    }

    @Test
    void timeRunsOut() {
        try (var problem = new Problems("linear:3-1", 5, new ReferenceBackend()); var replicas = problem.replicas(Recipe.sgd(0.01, 2, 1))) {
            var plan = new Plan(Long.MAX_VALUE / 2, -1, 1e6, 1000, 0.05, 0, FOREVER);
            var result = Training.run(replicas, plan, new Trace());
            assertEquals(Status.STOPPED, result.outcomes().getFirst().status());
            assertTrue(result.seconds() >= 0.05);
        }
    }

    @Test
    void aCheckpointOfAnotherRunIsRefused() throws Exception {
        Path file = folder.resolve("run.npz");
        try (var problem = new Problems("linear:3-1", 5, new ReferenceBackend());
                var wider = new Problems("linear:4-1", 5, new ReferenceBackend())) {
            try (var replicas = problem.replicas(Recipe.sgd(0.01, 2, 1))) {
                Training.run(replicas, Plan.of(5, 1), new Trace(), file, 7);
            }
            for (var other : List.of(problem.replicas(Recipe.sgd(0.01, 2, 1)), wider.replicas(Recipe.sgd(0.01, 2, 1)),
                    problem.replicas(Recipe.sgd(0.01, 2, 1), Recipe.sgd(0.01, 2, 2)))) {
                int identity = other.surface() == problem.surface && other.count() == 1 ? 8 : 7;
                var thrown = assertThrows(IllegalArgumentException.class, () -> Training.run(other, Plan.of(5, 1), new Trace(), file, identity));
                assertTrue(thrown.getMessage().startsWith(file + ": "), thrown.getMessage());
                other.close();
            }
            Files.write(file, java.util.Arrays.copyOf(Files.readAllBytes(file), 100));
            try (var replicas = problem.replicas(Recipe.sgd(0.01, 2, 1))) {
                assertThrows(MalformedFileException.class, () -> Training.run(replicas, Plan.of(5, 1), new Trace(), file, 7));
            }
        }
    }

    /// A point of the moment is where the replica is; the next moment has another.
    @Test
    void momentsHavePoints() {
        try (var problem = new Problems("fcn:3-4-2:gelu", 5, new ReferenceBackend()); var replicas = problem.replicas(Recipe.sgd(0.1, 2, 1))) {
            var losses = new ArrayList<Double>();
            Training.run(replicas, Plan.of(4, 2), moment -> {
                losses.add(moment.point().loss());
                assertEquals(moment.loss(), moment.point().loss());
            });
            assertEquals(3, losses.size());
            assertNotEquals(losses.get(0), losses.get(1));
        }
    }
}
