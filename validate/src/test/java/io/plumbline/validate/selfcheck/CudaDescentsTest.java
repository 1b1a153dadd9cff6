package io.plumbline.validate.selfcheck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.layer.Activate;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.network.Network;
import io.plumbline.training.Noise;
import io.plumbline.training.Recipe;
import io.plumbline.training.Replicas;
import io.plumbline.training.Sampling;
import io.plumbline.training.Schedule;
import io.plumbline.training.Status;
import io.plumbline.validate.Emulator;
import io.plumbline.validate.OnEmulator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Blocks of steps of many replicas in one launch, on the emulated device.
@OnEmulator
class CudaDescentsTest {
    private static final double RATE = 0.05;

    @AfterEach
    void asBefore() {
        Emulator.set("ORDER", "forward");
    }

    private static Problem problem(String text, int examples) {
        return new Problem(text, Architectures.parse(text, Initialization.DEFAULT, 1), examples);
    }

    /// Replicas on one surface, all of which start at the problem's θ.
    private static final class Run implements AutoCloseable {
        final Scope scope = new Scope();
        final Replicas replicas;

        Run(Problem problem, List<Recipe> recipes, Backend backend) {
            Problem exact = problem.in(backend.precision());
            Dataset data = scope.own(exact.dataset(exact.examples()));
            var surface = scope.own(LossSurface.of(exact.network(), data, backend));
            replicas = scope.own(Replicas.of(surface, recipes, Collections.nCopies(recipes.size(), exact.theta())));
        }

        @Override
        public void close() {
            scope.close();
        }
    }

    /// Every network of dense layers and every activation in the table, threads in ascending and in descending order; with the same bits on a smaller device.
    @ParameterizedTest
    @CsvSource({"F32, forward", "F32, reverse", "F64, forward", "F64, reverse"})
    void agreeWithTheReference(Precision precision, String order) {
        Emulator.set("ORDER", order);
        List<Check> checks = new ArrayList<>();
        try (Backend device = Emulator.device(precision, 4);
                Backend smaller = Emulator.device(precision, 1)) {
            Selfcheck.run(new Subject(device, smaller), DescentCases.all(), checks::add);
        }
        assertEquals(List.of(), checks.stream().filter(check -> !check.passed()).toList());
        assertTrue(checks.size() > 15 && checks.stream().allMatch(check -> check.error() > 0), "numbers were rounded");
    }

    /// Batches in several tiles; widths of 1, 31, 33; a θ that does not fit shared memory; K of 1 and 3.
    @ParameterizedTest
    @CsvSource({"F32, fcn:701-3-3:tanh, 40", "F64, fcn:701-3-3:tanh, 40", "F32, fcn:601-70-1:relu, 20", "F64, fcn:31-600-33-1:softplus, 5",
        "F32, fcn:1-33-31-1-3:gelu, 33", "F64, linear:1-1, 1", "F32, linear:31-33-1, 31"})
    void sizes(Precision precision, String network, int examples) {
        var problem = problem(network, examples);
        List<Recipe> recipes = DescentCases.recipes(examples);
        try (Backend device = Emulator.device(precision, 4);
                Backend smaller = Emulator.device(precision, 1);
                var run = new Run(problem, recipes, device)) {
            var checks = new ArrayList<Check>();
            Selfcheck.run(new Subject(device, smaller), Stream.of(DescentCases.item(problem, recipes, 2)), checks::add);
            assertEquals(List.of(), checks.stream().filter(check -> !check.passed()).toList());
            for (int r = 0; r < recipes.size(); r++) {
                assertNull(run.replicas.refusal(r));
            }
        }
    }

    /// The kernel finds an activation by its number: each once, at numbers where all are defined and differ.
    @ParameterizedTest
    @EnumSource(Kind.class)
    void everyActivation(Kind kind) {
        var builder = Network.builder("positive " + kind, Shape.of(2));
        var w = builder.parameter("w", Shape.of(2, 2), true, HostBuffer.of(0.5, 0.25, 0.125, 0.75));
        var b = builder.parameter("b", Shape.of(2), true, HostBuffer.of(1.5, 2.0));
        var h = builder.apply("h", new Dense(true), builder.input(), w, b);
        var network = builder.build(builder.apply("f", new Activate(new Activation(kind, 0.25)), h));
        double[][] theta = new double[2][];
        try (Dataset data = Dataset.copyOf("positive", new double[][] {{0.5, 1}, {1, 0.25}}, new double[][] {{1, 2}, {0.5, 0.25}});
                Backend device = Emulator.device(Precision.F64, 1)) {
            Backend[] backends = {device, Subject.REFERENCE};
            for (int i = 0; i < backends.length; i++) {
                try (var surface = LossSurface.of(network, data, backends[i]);
                        var replicas = Replicas.of(surface, List.of(Recipe.gradientDescent(RATE)), List.of(network.initialTheta()))) {
                    replicas.advance(1);
                    theta[i] = replicas.theta(0).toArray();
                }
            }
        }
        // Of η·g, below 8, by some 40 roundings on the way to g.
        assertArrayEquals(theta[1], theta[0], 8 * 40 * 0x1p-53);
    }

    /// What is drawn, added and multiplied counts: other seeds, laws, momenta, schedules, one step less are all out of the bounds.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void otherRecipesAreFound(Precision precision) {
        var problem = problem("fcn:5-7-3:tanh", 9).in(precision);
        var right = new Recipe(RATE, Schedule.parse("step:0.5:2"), 0.5, 3, Sampling.WITHOUT, Noise.SAMPLING, 1);
        List<Recipe> wrong = List.of(
                right.withSeed(2),
                new Recipe(RATE, right.schedule(), 0.5, 3, Sampling.WITH, Noise.SAMPLING, 1),
                new Recipe(RATE, right.schedule(), 0.5, 3, Sampling.EPOCHS, Noise.SAMPLING, 1),
                new Recipe(RATE, right.schedule(), 0.5, 3, Sampling.WITHOUT, Noise.NONE, 1),
                new Recipe(RATE, right.schedule(), 0.5, 4, Sampling.WITHOUT, Noise.SAMPLING, 1),
                new Recipe(RATE, right.schedule(), 0.501, 3, Sampling.WITHOUT, Noise.SAMPLING, 1),
                new Recipe(RATE, Schedule.parse("step:0.501:2"), 0.5, 3, Sampling.WITHOUT, Noise.SAMPLING, 1));
        try (Backend device = Emulator.device(precision, 4)) {
            var subject = new Subject(device, null);
            double[] exact = DescentCases.entries(problem, List.of(right), 4, Subject.REFERENCE);
            double[] bounds = DescentCases.bounds(problem, List.of(right), 4, subject, exact);
            assertTrue(Deviation.worst(DescentCases.entries(problem, List.of(right), 4, device), exact, bounds).passed());
            assertFalse(Deviation.worst(DescentCases.entries(problem, List.of(right), 3, device), exact, bounds).passed());
            for (Recipe other : wrong) {
                assertFalse(Deviation.worst(DescentCases.entries(problem, List.of(other), 4, device), exact, bounds).passed(), other::toString);
            }
        }
    }

    /// Alone, among others, on devices of other sizes, in one block of steps or several: the same bits.
    @ParameterizedTest
    @CsvSource({"F32, WITH", "F32, EPOCHS", "F64, WITHOUT"})
    void bitsDoNotDependOnCompanyOrBlocks(Precision precision, Sampling sampling) {
        var problem = problem("fcn:5-16-1:tanh", 11);
        List<Recipe> recipes = IntStream.range(0, 70)
                .mapToObj(r -> new Recipe(RATE, Schedule.parse("cyclical:0.5:5"), r % 2 * 0.5, 1 + r % 7, sampling, Noise.SAMPLING, r)).toList();
        try (Backend device = Emulator.device(precision, 4);
                Backend smaller = Emulator.device(precision, 1);
                var whole = new Run(problem, recipes, device);
                var cut = new Run(problem, recipes, smaller)) {
            whole.replicas.advance(9);
            for (int steps : new int[] {1, 5, 3}) {
                cut.replicas.advance(steps);
            }
            double[] losses = whole.replicas.losses();
            assertArrayEquals(losses, cut.replicas.losses());
            for (int r = 0; r < recipes.size(); r++) {
                assertArrayEquals(whole.replicas.theta(r).toArray(), cut.replicas.theta(r).toArray());
            }
            for (int r : new int[] {0, 33, 69}) {
                try (var alone = new Run(problem, recipes.subList(r, r + 1), device)) {
                    alone.replicas.advance(9);
                    assertArrayEquals(whole.replicas.theta(r).toArray(), alone.replicas.theta(0).toArray());
                    assertArrayEquals(new double[] {losses[r]}, alone.replicas.losses());
                }
            }
        }
    }

    /// A replica stops before the step whose loss is above its limit, or no number, at the θ and the velocity where that was found; the others go on.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void divergingReplicasStopWhereTheReferenceStops(Precision precision) {
        var problem = problem("fcn:3-4-1:softplus", 8);
        List<Recipe> recipes = List.of(
                Recipe.sgd(RATE, 2, 1),
                new Recipe(8, Schedule.CONSTANT, 0.5, 2, Sampling.WITHOUT, Noise.SAMPLING, 2),
                new Recipe(1e30, Schedule.CONSTANT, 0, 3, Sampling.EPOCHS, Noise.SAMPLING, 3),
                Recipe.sgd(RATE, 7, 4));
        try (Backend device = Emulator.device(precision, 2);
                var found = new Run(problem, recipes, device);
                var expected = new Run(problem, recipes, Subject.REFERENCE)) {
            for (Run run : List.of(found, expected)) {
                run.replicas.limit(1, 1e3);
                run.replicas.advance(60);
            }
            List<Status> stopped = List.of(Status.MOVING, Status.DIVERGED, Status.DIVERGED, Status.MOVING);
            assertEquals(stopped, IntStream.range(0, 4).mapToObj(found.replicas::status).toList());
            assertEquals(stopped, IntStream.range(0, 4).mapToObj(expected.replicas::status).toList());
            long step = found.replicas.step(1);
            assertTrue(step > 0 && step < 60, "mid-block: " + step);
            assertEquals(expected.replicas.step(1), step);
            assertEquals(60, found.replicas.step(0));
            // Where it stands is where as many steps lead.
            try (var shorter = new Run(problem, recipes.subList(1, 2), device)) {
                shorter.replicas.advance(step);
                assertArrayEquals(shorter.replicas.theta(0).toArray(), found.replicas.theta(1).toArray());
                assertArrayEquals(shorter.replicas.velocity(0).toArray(), found.replicas.velocity(1).toArray());
            }
            double[] before = found.replicas.theta(1).toArray();
            found.replicas.advance(3);
            assertArrayEquals(before, found.replicas.theta(1).toArray());
            assertEquals(63, found.replicas.step(0));
        }
    }

    /// A number that is none, which ReLU may hide, is no loss; ‖θ‖² beyond the precision neither.
    @Test
    void lossesOfThetasThatAreNotFinite() {
        var problem = problem("fcn:2-3-1:relu", 4);
        try (Backend device = Emulator.device(Precision.F32, 1);
                var run = new Run(problem, Collections.nCopies(3, Recipe.sgd(RATE, 1, 1)), device)) {
            double[] theta = run.replicas.theta(0).toArray();
            double[] infinite = theta.clone();
            // A bias behind which ReLU is 0.
            infinite[6] = Double.NEGATIVE_INFINITY;
            double[] large = theta.clone();
            large[6] = -1e30;
            run.replicas.restore(1, HostBuffer.of(infinite), null, 0, Status.MOVING, 1);
            run.replicas.restore(2, HostBuffer.of(large), null, 0, Status.MOVING, 1);
            double[] losses = run.replicas.losses();
            assertTrue(Double.isFinite(losses[0]) && Double.isNaN(losses[1]) && Double.isNaN(losses[2]), Arrays.toString(losses));
        }
    }

    /// What does not go in one launch says why.
    @Test
    void refusals() {
        try (Backend device = Emulator.device(Precision.F32, 1)) {
            var sgd = Recipe.sgd(RATE, 2, 1);
            assertEquals("the backend reference takes steps through the layers", refusal("fcn:2-3-1", 4, sgd, Subject.REFERENCE));
            assertNull(refusal("fcn:2-3-1", 4, sgd, device));
            assertEquals("noise isotropic is made from more than a gradient",
                    refusal("fcn:2-3-1", 4, new Recipe(RATE, Schedule.CONSTANT, 0, 2, Sampling.WITH, Noise.parse("isotropic"), 1), device));
            assertEquals("node features of rfm:2-3 has weights that are no trainable parameters", refusal("rfm:2-3", 4, sgd, device));
            assertEquals("node u^2 of diagonal:3 does not take what the node before it gives", refusal("diagonal:3", 4, sgd, device));
            assertEquals("node 1 of cnn:1x4x4-2-1 is no dense layer and no activation, but Convolve", refusal("cnn:1x4x4-2-1", 4, sgd, device));
            assertEquals("5000000 examples of 3 parameters are too much work for one multiprocessor (at most 4194304)",
                    refusal("linear:3-1", 4, Recipe.sgd(RATE, 5_000_000, 1), device));
            assertEquals("batches of 1025 without replacement are drawn on the host (above 1024)",
                    refusal("linear:3-1", 1025, new Recipe(RATE, Schedule.CONSTANT, 0, 1025, Sampling.WITHOUT, Noise.SAMPLING, 1), device));
            assertEquals("epochs of 16385 examples are drawn on the host (above 16384)",
                    refusal("linear:3-1", 16_385, new Recipe(RATE, Schedule.CONSTANT, 0, 1, Sampling.EPOCHS, Noise.SAMPLING, 1), device));
        }
    }

    private static String refusal(String network, int examples, Recipe recipe, Backend backend) {
        try (var run = new Run(problem(network, examples), List.of(recipe), backend)) {
            return run.replicas.refusal(0);
        }
    }
}
