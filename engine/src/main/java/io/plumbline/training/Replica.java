package io.plumbline.training;

import io.plumbline.backend.Tensor;

/// One descent: its recipe, its θ and velocity, and how far it has come.
final class Replica {
    private final Recipe recipe;
    private final Batches batches;
    private final Tensor theta;
    private final Tensor velocity;
    private long step;
    private double limit = Double.POSITIVE_INFINITY;
    private Status status = Status.MOVING;

    /// @param theta    (1, p), its own
    /// @param velocity (1, p), its own, 0 at first; null without momentum
    Replica(Recipe recipe, int examples, Tensor theta, Tensor velocity) {
        this.recipe = recipe;
        this.theta = theta;
        this.velocity = velocity;
        batches = recipe.noise().law() == Noise.Law.SAMPLING
                ? new Batches(recipe.sampling(), examples, recipe.batchSize(), recipe.seed())
                : null;
    }

    Recipe recipe() {
        return recipe;
    }

    Tensor theta() {
        return theta;
    }

    Tensor velocity() {
        return velocity;
    }

    /// t: updates made.
    long step() {
        return step;
    }

    Status status() {
        return status;
    }

    double limit() {
        return limit;
    }

    void limit(double loss) {
        limit = loss;
    }

    void stop(Status as) {
        status = as;
    }

    /// Puts it where it once stood.
    void restore(long atStep, Status as, double lossLimit) {
        step = atStep;
        status = as;
        limit = lossLimit;
    }

    /// It has taken so many steps elsewhere, and diverged there or not.
    void took(long steps, boolean diverged) {
        step += steps;
        if (diverged) {
            status = Status.DIVERGED;
        }
    }

    /// Takes up to `steps` steps. It stops before a step whose loss is not finite or above the limit: θ stays where that was found.
    void advance(long steps, Bench bench) {
        if (status != Status.MOVING) {
            return;
        }
        for (long end = step + steps; step < end; step++) {
            bench.moveTo(theta);
            double loss = bench.gradient(recipe, batches, step);
            if (!(loss <= limit) || loss == Double.POSITIVE_INFINITY) {
                status = Status.DIVERGED;
                return;
            }
            bench.descend(theta, velocity, recipe.momentum(), recipe.rate(step));
        }
    }
}
