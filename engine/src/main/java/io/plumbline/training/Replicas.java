package io.plumbline.training;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.derivative.LossSurface;
import io.plumbline.memory.Buffer;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// R descents on one loss surface that advance together; recipes may differ in everything.
///
/// One replica is computed on all threads; of several, each is taken whole by a thread ([Backend#forEach]), and its bits are what they are when it runs alone,
/// whatever the threads. Where a backend can, replicas of small dense networks take a block of steps all in one launch ([Backend#descents]; [#refusal] says which do
/// not, and why): one alone does too, so that its bits are the same in company.
///
/// One thread at a time. The surface is borrowed and must outlive it.
public final class Replicas implements AutoCloseable {
    private final LossSurface surface;
    private final Scope scope = new Scope();
    private final Replica[] replicas;
    private final Map<Backend, Bench> benches = new ConcurrentHashMap<>();
    private final OneLaunch launch;
    private final Tensor theta;
    private final Tensor velocity;

    private Replicas(LossSurface surface, List<Recipe> recipes, List<HostBuffer> thetas) {
        this.surface = surface;
        int p = (int) surface.network().parameterCount();
        if (recipes.isEmpty() || recipes.size() != thetas.size()) {
            throw new IllegalArgumentException(
                    "replicas: found " + recipes.size() + " recipes and " + thetas.size() + " thetas, expected as many, at least 1");
        }
        replicas = new Replica[recipes.size()];
        boolean momentum = recipes.stream().anyMatch(recipe -> recipe.momentum() > 0);
        try {
            launch = scope.own(OneLaunch.on(surface));
            theta = matrix(replicas.length, p);
            velocity = momentum ? matrix(replicas.length, p) : null;
            for (int r = 0; r < replicas.length; r++) {
                requireTheta(r, thetas.get(r), p);
                surface.backend().upload(thetas.get(r), theta.rows(r, 1));
                Recipe recipe = recipes.get(r);
                replicas[r] = new Replica(recipe, surface.dataset().examples(), theta.rows(r, 1), recipe.momentum() > 0 ? velocity.rows(r, 1) : null);
            }
            if (momentum) {
                surface.backend().fill(velocity, 0);
            }
        } catch (Throwable failure) {
            scope.close();
            throw failure;
        }
    }

    private Tensor matrix(int rows, int columns) {
        Buffer buffer = scope.own(surface.backend().allocate((long) rows * columns));
        return new Tensor(buffer, 0, rows, columns);
    }

    private static void requireTheta(int replica, HostBuffer theta, int p) {
        if (theta.length() != p) {
            throw new IllegalArgumentException("replica " + replica + ": theta has " + theta.length() + " entries, expected " + p);
        }
        for (long i = 0; i < p; i++) {
            if (!Double.isFinite(theta.get(i))) {
                throw new IllegalArgumentException("replica " + replica + ": theta[" + i + "] is " + theta.get(i) + ", expected finite numbers");
            }
        }
    }

    /// Replicas at step 0, replica r at `thetas.get(r)`, which is copied.
    ///
    /// @throws IllegalArgumentException if there is none, θ does not fit or is not finite, or a batch size does not fit the examples
    public static Replicas of(LossSurface surface, List<Recipe> recipes, List<HostBuffer> thetas) {
        return new Replicas(surface, recipes, thetas);
    }

    /// The surface they are on.
    public LossSurface surface() {
        return surface;
    }

    /// R.
    public int count() {
        return replicas.length;
    }

    public Recipe recipe(int replica) {
        return replicas[replica].recipe();
    }

    /// Updates that this replica has made.
    public long step(int replica) {
        return replicas[replica].step();
    }

    public Status status(int replica) {
        return replicas[replica].status();
    }

    /// Whether any can go on.
    public boolean anyMoving() {
        for (Replica replica : replicas) {
            if (replica.status() == Status.MOVING) {
                return true;
            }
        }
        return false;
    }

    /// Makes a replica stand still, as what `status` says; it is [Status#MOVING] again only by [#restore].
    public void stop(int replica, Status status) {
        replicas[replica].stop(status);
    }

    /// A loss above which a replica has diverged; without one, only a loss that is not finite is.
    public void limit(int replica, double loss) {
        replicas[replica].limit(loss);
    }

    /// The loss above which it has diverged.
    public double limit(int replica) {
        return replicas[replica].limit();
    }

    /// Takes `steps` steps with every replica that moves. One whose loss (of a step's batch; of all examples where the gradient is full) is not finite or
    /// above its limit is [Status#DIVERGED] from there on, at the step and θ where that was found.
    public void advance(long steps) {
        var together = new ArrayList<Integer>();
        var others = new ArrayList<Replica>();
        for (int r = 0; r < replicas.length; r++) {
            if (replicas[r].status() == Status.MOVING) {
                if (refusal(r) == null) {
                    together.add(r);
                } else {
                    others.add(replicas[r]);
                }
            }
        }
        if (!together.isEmpty()) {
            launch.advance(steps, together, replicas, theta, velocity);
        }
        surface.backend().forEach(others.size(), (i, lane) -> others.get((int) i).advance(steps, bench(lane)));
    }

    /// Why a replica takes its steps by itself, through the layers; null if it goes with others in one launch.
    public String refusal(int replica) {
        return launch.refusal(replicas[replica].recipe());
    }

    private Bench bench(Backend lane) {
        return benches.computeIfAbsent(lane, one -> new Bench(surface, one));
    }

    /// L over all examples, of each replica: NaN or infinite where it is.
    public double[] losses() {
        double[] together = launch.losses(theta);
        if (together != null) {
            return together;
        }
        double[] losses = new double[replicas.length];
        surface.backend().forEach(replicas.length, (r, lane) -> losses[(int) r] = bench(lane).loss(replicas[(int) r].theta()));
        return losses;
    }

    /// θ, copied.
    public HostBuffer theta(int replica) {
        return copy(replicas[replica].theta());
    }

    /// v, copied; null without momentum.
    public HostBuffer velocity(int replica) {
        Tensor velocity = replicas[replica].velocity();
        return velocity == null ? null : copy(velocity);
    }

    private HostBuffer copy(Tensor vector) {
        HostBuffer here = HostBuffer.collected(precision(), vector.length());
        surface.backend().download(vector, here);
        return here;
    }

    /// Of θ.
    public Precision precision() {
        return surface.backend().precision();
    }

    /// Puts a replica where it once stood, so that it goes on as it did: everything random depends on the seed and the step alone.
    ///
    /// @param velocity ignored without momentum
    /// @throws IllegalArgumentException if a length differs from p
    public void restore(int replica, HostBuffer theta, HostBuffer velocity, long step, Status status, double limit) {
        Replica one = replicas[replica];
        long p = one.theta().length();
        if (theta.length() != p || one.velocity() != null && velocity.length() != p) {
            throw new IllegalArgumentException("replica " + replica + ": theta has " + theta.length() + " entries, expected " + p);
        }
        surface.backend().upload(theta, one.theta());
        if (one.velocity() != null) {
            surface.backend().upload(velocity, one.velocity());
        }
        one.restore(step, status, limit);
    }

    /// Frees what they hold. Closing twice is harmless.
    @Override
    public void close() {
        benches.values().forEach(Bench::close);
        scope.close();
    }
}
