package io.plumbline.validate.task;

import io.plumbline.training.Noise;
import io.plumbline.training.Sampling;
import io.plumbline.validate.task.TrainRequest.Checkpoints;
import io.plumbline.validate.task.TrainRequest.Descent;
import io.plumbline.validate.task.TrainRequest.Until;
import io.plumbline.validate.task.TrainRequest.Watch;
import java.nio.file.Path;
import java.util.Set;

/// Gradient descent to near convergence, then SGD from there at the same learning rate, many trajectories.
///
/// @param learningRate η of both
/// @param batchSize    B
/// @param sampling     `with` or `without`, as [Sampling#parse] reads them
/// @param trajectories how many
/// @param out          a folder: where both runs go, and what they are resumed from; null for none
public record EscapeRequest(
        Model model, Data data, Resources resources, double learningRate, int batchSize, String sampling, Minimum minimum, int trajectories,
        Escape escape, Checkpoints checkpoints, String out) {
    /// @throws IllegalArgumentException if something is out of range
    public EscapeRequest {
        if (trajectories < 1) {
            throw new IllegalArgumentException("trajectories: found " + trajectories + ", expected at least 1");
        }
        if (Sampling.parse(sampling) == Sampling.EPOCHS) {
            throw new IllegalArgumentException("sampling: found epochs, expected with or without: batches of an epoch depend on each other");
        }
        if (escape.steps < 1) {
            throw new IllegalArgumentException("steps: found " + escape.steps + ", expected at least 1");
        }
    }

    /// When gradient descent is near enough.
    ///
    /// @param steps at most
    /// @param loss  L at which it ends before; null for never
    /// @param every steps between looks at its loss
    public record Minimum(long steps, Double loss, long every) {}

    /// How long SGD goes on.
    ///
    /// @param steps      at most
    /// @param every      steps between looks at the losses
    /// @param divergence a loss of so many times the first one is divergence
    public record Escape(long steps, long every, double divergence) {}

    /// The descent, in `folder`.
    TrainRequest descent(Path folder) {
        return new TrainRequest(
                model, data, resources, descent(Noise.NONE), new Until(minimum.steps, null, minimum.loss, null, escape.divergence),
                watch(minimum.every),
                checkpoints, 1, folder.toString());
    }

    /// The trajectories from θ in the file `theta`, in `folder`.
    TrainRequest trajectories(Path theta, Path folder) {
        return new TrainRequest(
                at(theta), data, resources, descent(Noise.SAMPLING), new Until(escape.steps, null, null, null, escape.divergence),
                watch(escape.every),
                checkpoints, trajectories, folder.toString());
    }

    /// The model at θ in the file.
    Model at(Path theta) {
        return new Model(model.name(), model.frozen(), model.init(), theta.toString(), model.seed());
    }

    private Descent descent(Noise noise) {
        return new Descent(learningRate, "constant", 0, batchSize, sampling, noise.toString());
    }

    private static Watch watch(long every) {
        return new Watch(every, Set.of(), Estimation.usual(), null);
    }
}
