package io.plumbline.training;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.data.Philox;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.MovingPoint;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Scope;

/// Where one lane takes the steps of one replica after the other: memory that all of them use in turn, and none is allocated for a step.
final class Bench implements AutoCloseable {
    private static final long MIX = Philox.stream("mix");
    private static final long DIRECTION = Philox.stream("direction");

    private final Backend lane;
    private final LossSurface surface;
    private final int parameters;
    private final Scope scope = new Scope();
    private final MovingPoint point;
    private final Tensor gradient;
    private Tensor mix;
    private Tensor direction;
    private HostBuffer directionHere;
    private Tensor square;
    private HostBuffer squareHere;
    private double[] weights;

    Bench(LossSurface surface, Backend lane) {
        this.surface = surface;
        this.lane = lane;
        parameters = (int) surface.network().parameterCount();
        try {
            point = scope.own(new MovingPoint(surface, lane));
            gradient = vector(parameters);
        } catch (Throwable failure) {
            scope.close();
            throw failure;
        }
    }

    private Tensor vector(int length) {
        return new Tensor(scope.own(lane.allocate(length)), 0, 1, length);
    }

    /// L over all examples at `theta`; NaN where ‖θ‖² is not finite, which a network may hide: ReLU makes 0 of NaN.
    double loss(Tensor theta) {
        point.moveTo(theta);
        return Double.isFinite(norm(theta)) ? point.loss() : Double.NaN;
    }

    /// Makes `theta` the point at which the next [#gradient] is.
    void moveTo(Tensor theta) {
        point.moveTo(theta);
    }

    /// The gradient of step `step`, noise included, is in [#gradient] until the next one is asked for.
    ///
    /// @return the loss it is the gradient of: over the batch, or over all examples
    double gradient(Recipe recipe, Batches batches, long step) {
        var law = recipe.noise().law();
        if (law == Noise.Law.SAMPLING) {
            return point.gradient(batches.at(step), gradient);
        }
        double loss = law.mixes() ? mixed(recipe, step) : point.gradient(gradient);
        addNoise(recipe, step, loss);
        return loss;
    }

    /// The gradient, and in `mix` Σ_i (ξ_i − ξ̄)∇L_i or Jᵀξ.
    private double mixed(Recipe recipe, long step) {
        int n = surface.dataset().examples();
        int outputs = surface.network().outputs();
        boolean losses = recipe.noise().law().mixesLosses();
        mix = mix == null ? vector(parameters) : mix;
        int count = losses ? n : n * outputs;
        weights = weights == null || weights.length != count ? new double[count] : weights;
        new Philox(recipe.seed(), MIX + step).fillNormal(0, weights);
        if (!losses) {
            return point.gradient(gradient, (example, output, _) -> weights[example * outputs + output], mix);
        }
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        double mean = sum / n;
        return point.gradient(gradient, (example, _, residual) -> (weights[example] - mean) * residual, mix);
    }

    private void addNoise(Recipe recipe, long step, double loss) {
        double n = surface.dataset().examples();
        double b = recipe.batchSize();
        double scale = recipe.noise().scale();
        switch (recipe.noise().law()) {
            case SAMPLING, NONE -> {}
            case GAUSSIAN -> lane.product(1 / Math.sqrt(n * b), mix, null, true, gradient);
            case GEOMETRY -> lane.product(Math.sqrt(2 * loss / (n * b)), mix, null, true, gradient);
            case ISOTROPIC -> addDirection(recipe, step, norm(mix) / Math.sqrt(n * b * parameters));
            case ISOTROPIC_FISHER -> addDirection(recipe, step, norm(mix) * Math.sqrt(2 * loss / (n * b * parameters)));
            case ISOTROPIC_SCALED -> addDirection(recipe, step, Math.sqrt(2 * scale * loss / b));
            case BOUNDED -> addDirection(recipe, step, scale / Math.sqrt(parameters));
        }
    }

    private void addDirection(Recipe recipe, long step, double scale) {
        if (direction == null) {
            direction = vector(parameters);
            directionHere = scope.own(HostBuffer.allocate(lane.precision(), parameters));
        }
        var random = new Philox(recipe.seed(), DIRECTION + step);
        if (recipe.noise().law() == Noise.Law.BOUNDED) {
            random.fillRademacher(directionHere, 1);
        } else {
            random.fillNormal(directionHere, 1);
        }
        lane.upload(directionHere, direction);
        lane.product(scale, direction, null, true, gradient);
    }

    private double norm(Tensor vector) {
        if (square == null) {
            square = vector(1);
            squareHere = scope.own(HostBuffer.allocate(lane.precision(), 1));
        }
        lane.product(1, vector, vector, false, square);
        lane.download(square, squareHere);
        return Math.sqrt(squareHere.get(0));
    }

    /// θ −= η·v with v = g, or v = m·v + g where there is momentum.
    ///
    /// @param velocity (1, p), or null
    void descend(Tensor theta, Tensor velocity, double momentum, double rate) {
        if (velocity != null) {
            lane.product(momentum, velocity, null, true, gradient);
            lane.product(1, gradient, null, false, velocity);
        }
        lane.product(-rate, gradient, null, true, theta);
    }

    @Override
    public void close() {
        scope.close();
    }
}
