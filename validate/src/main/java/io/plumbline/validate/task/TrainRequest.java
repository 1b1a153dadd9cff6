package io.plumbline.validate.task;

import io.plumbline.training.Noise;
import io.plumbline.training.Plan;
import io.plumbline.training.Recipe;
import io.plumbline.training.Sampling;
import io.plumbline.training.Schedule;
import java.util.Set;

/// A descent, or several at once. Replica r has seed s + r, s being the model's: of what it draws, and of its initialisation where the model is built in and
/// brings no θ (what is frozen is the same for all).
///
/// @param replicas    how many
/// @param out         a folder: where the run goes, and what it is resumed from
public record TrainRequest(
        Model model, Data data, Resources resources, Descent descent, Until until, Watch watch, Checkpoints checkpoints, int replicas, String out) {
    /// @throws IllegalArgumentException if there is no replica
    public TrainRequest {
        if (replicas < 1) {
            throw new IllegalArgumentException("replicas: found " + replicas + ", expected at least 1");
        }
    }

    /// See [Recipe].
    ///
    /// @param schedule as [Schedule#parse] reads it
    /// @param sampling as [Sampling#parse] reads it
    /// @param noise    as [Noise#parse] reads it; `none` is gradient descent
    public record Descent(double learningRate, String schedule, double momentum, int batchSize, String sampling, String noise) {}

    /// When it ends: whatever comes first. Null for never, but not all of steps, epochs and seconds.
    ///
    /// @param epochs     passes through as many examples as there are
    /// @param loss       L at which a replica has converged, judged where it is noted
    /// @param seconds    of computing, those before a resumption included
    /// @param divergence a loss of so many times L(θ_0) is divergence
    public record Until(Long steps, Long epochs, Double loss, Double seconds, double divergence) {}

    /// What is noted.
    ///
    /// @param every        steps between lines of the trace; null for an epoch
    /// @param quantities   figures besides the loss
    /// @param estimation   how those that are not exact are estimated
    /// @param measureEvery steps between lines with them, the last one besides; null for every line, 0 for the last one alone
    public record Watch(Long every, Set<Quantity> quantities, Estimation estimation, Long measureEvery) {
        public Watch {
            quantities = Set.copyOf(quantities);
        }
    }

    /// When the run is put where it survives.
    ///
    /// @param steps   between checkpoints; null for no matter how many
    /// @param seconds between checkpoints; null for no matter how many
    public record Checkpoints(Long steps, Double seconds) {
        /// By time alone.
        public static final Checkpoints DEFAULT = new Checkpoints(null, Plan.CHECKPOINT_SECONDS);
    }

    /// The recipe of replica `replica`.
    ///
    /// @throws IllegalArgumentException if something in it is out of range
    Recipe recipe(int replica) {
        return new Recipe(
                descent.learningRate,
                Schedule.parse(descent.schedule),
                descent.momentum,
                descent.batchSize,
                Sampling.parse(descent.sampling),
                Noise.parse(descent.noise),
                model.seed() + replica);
    }

    /// What the recipe makes of `until` and `watch` on so many examples.
    ///
    /// @throws IllegalArgumentException if there is no end, or something is out of range
    Plan plan(int examples) {
        long epoch = recipe(0).stepsAnEpoch(examples);
        if (until.steps == null && until.epochs == null && until.seconds == null) {
            throw new IllegalArgumentException("steps: found none, expected a number of steps, epochs or seconds to end at");
        }
        positive("epochs", until.epochs);
        if (watch.measureEvery != null && watch.measureEvery < 0) {
            throw new IllegalArgumentException("measure every: found " + watch.measureEvery + ", expected at least 0");
        }
        positive("checkpoint every", checkpoints.steps);
        long steps = until.steps == null ? Long.MAX_VALUE / 2 : until.steps;
        if (until.epochs != null) {
            steps = Math.min(steps, Math.multiplyExact(until.epochs, epoch));
        }
        return new Plan(
                steps,
                until.loss == null ? -1 : until.loss,
                until.divergence,
                watch.every == null ? epoch : watch.every,
                until.seconds == null ? Double.POSITIVE_INFINITY : until.seconds,
                checkpoints.steps == null ? 0 : checkpoints.steps,
                checkpoints.seconds == null ? Double.POSITIVE_INFINITY : checkpoints.seconds);
    }

    private static void positive(String name, Long value) {
        if (value != null && value < 1) {
            throw new IllegalArgumentException(name + ": found " + value + ", expected at least 1");
        }
    }

    /// This model with the seed of replica `replica`.
    Model model(int replica) {
        return new Model(model.name(), model.frozen(), model.init(), model.theta(), model.seed() + replica);
    }
}
