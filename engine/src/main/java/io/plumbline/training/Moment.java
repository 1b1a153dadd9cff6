package io.plumbline.training;

import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;

/// One replica at one step. Valid until the observer returns.
public final class Moment {
    private final Replicas replicas;
    private final int replica;
    private final double loss;
    private final boolean last;
    private final double elapsedSeconds;
    private Point point;

    Moment(Replicas replicas, int replica, double loss, boolean last, double elapsedSeconds) {
        this.replicas = replicas;
        this.replica = replica;
        this.loss = loss;
        this.last = last;
        this.elapsedSeconds = elapsedSeconds;
    }

    /// Which, from 0.
    public int replica() {
        return replica;
    }

    /// Updates that it has made.
    public long step() {
        return replicas.step(replica);
    }

    /// Where it is.
    public Status status() {
        return replicas.status(replica);
    }

    /// Whether it is the replica's last.
    public boolean isLast() {
        return last;
    }

    /// L over all examples; not finite where the replica has diverged so far.
    public double loss() {
        return loss;
    }

    /// η of the step to come.
    public double learningRate() {
        return replicas.recipe(replica).rate(step());
    }

    /// Since training began, without the time between a checkpoint and the resumption.
    public double elapsedSeconds() {
        return elapsedSeconds;
    }

    /// θ, copied.
    public HostBuffer theta() {
        return replicas.theta(replica);
    }

    /// The point on the surface, for any figure.
    ///
    /// @throws IllegalArgumentException if an entry of θ is not finite
    public Point point() {
        if (point == null) {
            point = replicas.surface().at(theta());
        }
        return point;
    }

    void end() {
        if (point != null) {
            point.close();
        }
    }
}
