package io.plumbline.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Steps against plain loops, and their bits against themselves.
class DescentTest {
    private static final double U = Precision.F64.unitRoundoff();

    /// ∇L_I of f(x) = ⟨θ, x⟩ in the plainest way.
    private static double[] gradient(Problems problem, int[] batch, double[] theta) {
        double[] g = new double[theta.length];
        for (int i : batch) {
            double residual = -problem.y[i][0];
            for (int j = 0; j < theta.length; j++) {
                residual += theta[j] * problem.x[i][j];
            }
            for (int j = 0; j < theta.length; j++) {
                g[j] += residual * problem.x[i][j] / batch.length;
            }
        }
        return g;
    }

    /// GD on ½‖Xθ − y‖²/n has θ_t = θ* + (I − ηH)^t(θ_0 − θ*); with one parameter, in closed form. Each of 40 steps contracts and rounds θ to 6 roundings of
    /// sums of 7 terms, at most: 40·(6 + 7)·u relative to the largest of θ_0, θ*.
    @Test
    void gradientDescentIsTheClosedForm() {
        try (var problem = new Problems("linear:1-1", 7, new ReferenceBackend());
                var replicas = problem.replicas(Recipe.gradientDescent(0.3))) {
            double h = 0;
            double b = 0;
            for (int i = 0; i < 7; i++) {
                h += problem.x[i][0] * problem.x[i][0] / 7;
                b += problem.x[i][0] * problem.y[i][0] / 7;
            }
            double minimum = b / h;
            double start = problem.network.initialTheta().get(0);
            replicas.advance(40);
            double expected = minimum + Math.pow(1 - 0.3 * h, 40) * (start - minimum);
            double error = Math.abs(replicas.theta(0).get(0) - expected);
            assertTrue(error <= 40 * 13 * U * Math.max(Math.abs(start), Math.abs(minimum)), () -> "error " + error);
            assertTrue(Math.abs(start - minimum) > 1e-3 && Math.abs(expected - minimum) < Math.abs(start - minimum));
        }
    }

    /// The same examples in a plain loop: 60 steps, each rounding sums of at most 31 terms; errors of one step are multiplied by at most ‖I − ηxxᵀ‖ = 1 + η‖x‖²
    /// in later ones, which for η = 0.01 and ‖x‖² ≤ 30 is below e^0.3 each and, contraction being the rule, not above 10 in all, as the loop itself shows: both
    /// loops stay below 10 in size.
    @ParameterizedTest
    @CsvSource({"WITH, 1, 0, constant", "WITH, 5, 0.9, constant", "WITHOUT, 3, 0, step:0.5:20", "EPOCHS, 4, 0.5, cyclical:0.1:10",
        "WITHOUT, 31, 0, constant"})
    void stepsAreThoseOfAPlainLoop(Sampling sampling, int batchSize, double momentum, String schedule) {
        var recipe = new Recipe(0.01, Schedule.parse(schedule), momentum, batchSize, sampling, Noise.SAMPLING, 17);
        try (var problem = new Problems("linear:11-1", 31, new ReferenceBackend());
                var replicas = problem.replicas(recipe)) {
            var batches = new Batches(sampling, 31, batchSize, 17);
            double[] theta = problem.network.initialTheta().toArray();
            double[] v = new double[theta.length];
            for (int t = 0; t < 60; t++) {
                double[] g = gradient(problem, batches.at(t), theta);
                for (int j = 0; j < theta.length; j++) {
                    v[j] = momentum * v[j] + g[j];
                    theta[j] -= recipe.rate(t) * v[j];
                }
            }
            replicas.advance(25);
            replicas.advance(35);
            assertEquals(60, replicas.step(0));
            double[] found = replicas.theta(0).toArray();
            for (int j = 0; j < theta.length; j++) {
                assertTrue(Math.abs(theta[j]) < 10 && Math.abs(found[j] - theta[j]) <= 60 * 31 * 10 * U, found[j] + " instead of " + theta[j]);
            }
            assertFalse(Arrays.equals(problem.network.initialTheta().toArray(), found));
        }
    }

    @Test
    void schedules() {
        var step = Schedule.parse("step:0.5:10");
        assertArrayEquals(new double[] {8, 8, 4, 2}, new double[] {step.rate(8, 0), step.rate(8, 9), step.rate(8, 10), step.rate(8, 29)});
        var cyclical = Schedule.parse("cyclical:0.25:4");
        assertArrayEquals(new double[] {2, 5, 8, 5, 2},
                new double[] {cyclical.rate(8, 0), cyclical.rate(8, 1), cyclical.rate(8, 2), cyclical.rate(8, 3),
                    cyclical.rate(8, 4)});
        assertEquals(8, Schedule.parse("constant").rate(8, 1000));
        for (String wrong : List.of("step", "step:0.5", "step:0:3", "step:x:3", "cyclical:0.5:0", "linear", "constant:1")) {
            assertThrows(IllegalArgumentException.class, () -> Schedule.parse(wrong), wrong);
        }
        assertEquals("step:0.5:10", step.toString());
    }

    private static List<Recipe> mixed() {
        var recipes = new ArrayList<Recipe>();
        for (Noise.Law law : Noise.Law.values()) {
            boolean scaled = law == Noise.Law.ISOTROPIC_SCALED || law == Noise.Law.BOUNDED;
            recipes.add(new Recipe(0.02, Schedule.CONSTANT, recipes.size() % 2 * 0.5, 3 + recipes.size(), Sampling.EPOCHS,
                    new Noise(law, scaled ? 0.1 : 0),
                    recipes.size()));
        }
        recipes.add(Recipe.sgd(1e3, 2, 7));
        return recipes;
    }

    /// Replicas of every law, one of which diverges, in blocks of 1, 2 and 9 steps, on 1, 2 and 3 threads: the bits of each alone, in one block.
    @ParameterizedTest
    @EnumSource(Precision.class)
    void aReplicaHasTheSameBitsAloneAndAmongOthers(Precision precision) {
        String model = "fcn:13-31-3:relu";
        var recipes = mixed();
        double[][] alone = new double[recipes.size()][];
        try (var problem = Problems.on(model, 37, precision, 1)) {
            for (int r = 0; r < recipes.size(); r++) {
                try (var one = problem.replicas(recipes.get(r))) {
                    one.advance(12);
                    alone[r] = one.theta(0).toArray();
                }
            }
        }
        for (int threads = 1; threads <= 3; threads++) {
            try (var problem = Problems.on(model, 37, precision, threads);
                    var all = problem.replicas(recipes, problem.network.initialTheta());
                    var first = problem.replicas(recipes.getFirst())) {
                for (int steps : new int[] {1, 2, 9}) {
                    all.advance(steps);
                    first.advance(steps);
                }
                for (int r = 0; r < recipes.size(); r++) {
                    assertArrayEquals(alone[r], all.theta(r).toArray(), recipes.get(r) + " on " + threads + " threads");
                }
                assertArrayEquals(alone[0], first.theta(0).toArray());
                assertEquals(Status.DIVERGED, all.status(recipes.size() - 1));
                assertTrue(all.step(recipes.size() - 1) < 12 && all.anyMoving());
            }
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Recipe.sgd(0, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> Recipe.sgd(Double.NaN, 1, 0));
        assertThrows(IllegalArgumentException.class, () -> Recipe.sgd(0.1, 0, 0));
        assertThrows(IllegalArgumentException.class, () -> new Recipe(0.1, Schedule.CONSTANT, 1, 1, Sampling.WITH, Noise.NONE, 0));
        try (var problem = new Problems("linear:3-1", 5, new ReferenceBackend())) {
            var recipe = new Recipe(0.1, Schedule.CONSTANT, 0, 6, Sampling.WITHOUT, Noise.SAMPLING, 0);
            var thrown = assertThrows(IllegalArgumentException.class, () -> problem.replicas(recipe));
            assertEquals("batch size: found 6, expected at most 5, the number of examples, without replacement", thrown.getMessage());
            assertThrows(IllegalArgumentException.class, () -> Replicas.of(problem.surface, List.of(), List.of()));
            assertThrows(IllegalArgumentException.class, () -> problem.replicas(List.of(Recipe.sgd(1, 1, 1)), HostBuffer.of(1.0, 2.0)));
            assertThrows(IllegalArgumentException.class, () -> problem.replicas(List.of(Recipe.sgd(1, 1, 1)), HostBuffer.of(1.0, 2.0, Double.NaN)));
        }
    }
}
