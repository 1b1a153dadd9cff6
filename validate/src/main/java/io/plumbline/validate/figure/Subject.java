package io.plumbline.validate.figure;

import io.plumbline.training.Plan;
import io.plumbline.validate.task.Data;
import io.plumbline.validate.task.EscapeRequest;
import io.plumbline.validate.task.Estimation;
import io.plumbline.validate.task.Model;
import io.plumbline.validate.task.Quantity;
import io.plumbline.validate.task.TrainRequest;
import io.plumbline.validate.task.TrainRequest.Checkpoints;
import io.plumbline.validate.task.TrainRequest.Descent;
import io.plumbline.validate.task.TrainRequest.Until;
import io.plumbline.validate.task.TrainRequest.Watch;
import java.util.List;
import java.util.Set;

/// A model on data and how it is trained: SGD with replacement, no momentum, no regularisation.
///
/// @param kind  what figures call models of this kind: `RFM`, `VGG-11`
/// @param model as built-in networks are named
/// @param init  how it is initialised, as `--init` has it; null for the network's default
/// @param steps at most
/// @param loss  that training ends at
record Subject(String kind, String model, String init, Data data, double learningRate, int batchSize, long steps, double loss) {
    private static final String CONSTANT = "constant";
    private static final String WITH = "with";

    /// At its network's default initialisation.
    Subject(String kind, String model, Data data, double learningRate, int batchSize, long steps, double loss) {
        this(kind, model, null, data, learningRate, batchSize, steps, loss);
    }

    /// The same with another batch size and learning rate.
    Subject with(int otherBatchSize, double otherRate) {
        return new Subject(kind, model, init, data, otherRate, otherBatchSize, steps, loss);
    }

    /// Descents of `replicas` seeds, with figures at every `every`-th step and at the end.
    Run.Descents along(Setting setting, int replicas, long every, Quantity... quantities) {
        return descents(setting, replicas, new Watch(every, Set.of(quantities), Estimation.usual(), null));
    }

    /// Descents of `replicas` seeds, their losses looked at every `every`-th step, with figures at the end.
    Run.Descents toTheEnd(Setting setting, int replicas, long every, Quantity... quantities) {
        return descents(setting, replicas, new Watch(every, Set.of(quantities), Estimation.usual(), 0L));
    }

    private Run.Descents descents(Setting setting, int replicas, Watch watch) {
        var request = new TrainRequest(
                model(setting), data, setting.resources(), new Descent(learningRate, CONSTANT, 0, batchSize, WITH, "sampling"),
                new Until(steps, null, loss, null, Plan.DIVERGENCE), watch, Checkpoints.DEFAULT, replicas, null);
        return new Run.Descents(name() + "-b" + batchSize + "-r" + replicas + "-" + watch.every() + (watch.measureEvery() == null ? "" : "-end"),
                request);
    }

    /// Gradient descent down to `loss`, then `trajectories` of SGD at the same η.
    Run.Escape escape(Setting setting, int trajectories, long escapeSteps, long every) {
        var request = new EscapeRequest(
                model(setting), data, setting.resources(), learningRate, batchSize, WITH,
                new EscapeRequest.Minimum(steps, loss, Math.max(1, steps / 100)),
                trajectories, new EscapeRequest.Escape(escapeSteps, every, Plan.DIVERGENCE), Checkpoints.DEFAULT, null);
        return new Run.Escape(name() + "-b" + batchSize + "-escape", request);
    }

    private Model model(Setting setting) {
        return new Model(model, List.of(), init, null, setting.seed());
    }

    /// A name for folders and progress.
    private String name() {
        return (init == null ? model : model + "-" + init).replaceAll("[^A-Za-z0-9.-]+", "-") + "-n"
                + (data.examples() == null ? "" : data.examples()) + "-k" + data.classes().size();
    }

    /// How captions call it.
    String text() {
        return kind + " (" + model + (init == null ? "" : ", initialised " + init) + ", η = " + learningRate + ", B = " + batchSize + ")";
    }
}
