package io.plumbline.derivative;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Scope;
import io.plumbline.network.Network;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;

/// Losses and gradients where θ moves: θ is a tensor that somebody else owns and updates in place, and nothing is copied or allocated for a step
/// (what a step needs is cut from memory that stays).
///
/// With the examples I = (i_1, …, i_B), repetitions counted:
///
/// L_I = (1/B) Σ_b L_{i_b},  ∇L_I = (1/B) Σ_b ∇L_{i_b} = (1/B) Σ_b J_{i_b}ᵀ r_{i_b},  L_i = ½‖r_i‖²
///
/// Residuals and losses are computed in double from the outputs, as [Point] does; sums over examples are taken in tiles of [Backend#CHUNK_ROWS] in the
/// order of I. The bits depend on θ and I alone, not on the threads. A loss that is not finite is a result here, not an error.
///
/// One thread at a time; closing frees what it holds. Several may stand on one surface, each on a lane of its own ([Backend#forEach]).
public final class MovingPoint implements AutoCloseable {
    private final LossSurface surface;
    private final Network network;
    private final Backend lane;
    private final int outputs;
    private final Scope scope = new Scope();
    private final Workspace scratch;
    private final Workspace shared;
    private final Tensor frozen;
    private final HostBuffer found;
    private final HostBuffer seeds;
    private final int[] whole = new int[Backend.CHUNK_ROWS];
    private final Repetitions repetitions;
    private Workspace.Frame sharedFrame;
    private Tensor theta;
    private Graph graph;

    /// What the cotangent of an output is: the entry of u in Jᵀu.
    @FunctionalInterface
    public interface Seed {
        /// @param example  i
        /// @param output   k
        /// @param residual r_ik
        double of(int example, int output, double residual);
    }

    /// A point that [#moveTo] has yet to place.
    ///
    /// @param lane what computes, the surface's backend or a lane of it
    public MovingPoint(LossSurface surface, Backend lane) {
        this.surface = surface;
        this.network = surface.network();
        this.lane = lane;
        this.outputs = network.outputs();
        try {
            scratch = scope.own(new Workspace(lane));
            shared = scope.own(new Workspace(lane));
            found = scope.own(HostBuffer.allocate(lane.precision(), (long) Backend.CHUNK_ROWS * outputs));
            seeds = scope.own(HostBuffer.allocate(lane.precision(), (long) Backend.CHUNK_ROWS * outputs));
            HostBuffer values = network.frozenValues();
            frozen = shared.tensor(1, (int) values.length());
            lane.upload(values, frozen);
            sharedFrame = shared.frame();
            repetitions = scope.own(new Repetitions(lane, scratch));
        } catch (Throwable failure) {
            scope.close();
            throw failure;
        }
    }

    /// From now on θ is what `theta` (1, p) holds. To be called whenever its numbers have changed, too: expressions of parameters follow.
    ///
    /// @throws IllegalArgumentException if it does not have p entries
    public void moveTo(Tensor theta) {
        if (theta.length() != network.parameterCount()) {
            throw new IllegalArgumentException(
                    "theta has " + theta.length() + " entries, " + network.name() + " has " + network.parameterCount() + " parameters");
        }
        if (theta.equals(this.theta)) {
            graph.refresh(scratch);
            return;
        }
        sharedFrame.close();
        sharedFrame = shared.frame();
        this.theta = theta;
        graph = new Graph(network, lane, theta, frozen, shared);
    }

    /// L over all examples: NaN or infinite where a number on the way is.
    public double loss() {
        int n = surface.dataset().examples();
        var squares = new DoubleSummaryStatistics();
        for (int from = 0; from < n; from += Backend.CHUNK_ROWS) {
            int count = Math.min(Backend.CHUNK_ROWS, n - from);
            try (var _ = scratch.frame()) {
                Tensor[] values = graph.forward(surface.x().rows(from, count), scratch);
                addSquares(values[network.output()], range(from, count), 0, count, squares);
            }
        }
        return squares.getSum() / (2.0 * n);
    }

    /// L over all examples, and its gradient.
    ///
    /// @param gradient (1, p): becomes ∇L
    public double gradient(Tensor gradient) {
        return gradient(null, surface.dataset().examples(), gradient, null, null);
    }

    /// L_I of the examples I, and its gradient.
    ///
    /// @param gradient (1, p): becomes ∇L_I
    /// @throws IndexOutOfBoundsException if there is no such example
    public double gradient(int[] examples, Tensor gradient) {
        return gradient(examples, examples.length, gradient, null, null);
    }

    /// L over all examples, its gradient, and besides, by a second pass of cotangents over the same forward values, Jᵀu for another u.
    ///
    /// @param gradient (1, p): becomes ∇L
    /// @param seed     the entries of u
    /// @param pulled   (1, p): becomes Σ_ik u_ik g_ik
    public double gradient(Tensor gradient, Seed seed, Tensor pulled) {
        return gradient(null, surface.dataset().examples(), gradient, seed, pulled);
    }

    /// @param examples null for all in their order
    private double gradient(int[] examples, int total, Tensor gradient, Seed seed, Tensor pulled) {
        if (total <= Backend.CHUNK_ROWS && seed == null) {
            return gradientOfOneTile(examples, total, gradient);
        }
        var squares = new DoubleSummaryStatistics();
        try (var _ = scratch.frame()) {
            var back = collecting(gradient);
            var other = seed == null ? null : collecting(pulled);
            for (int from = 0; from < total; from += Backend.CHUNK_ROWS) {
                int count = Math.min(Backend.CHUNK_ROWS, total - from);
                try (var _ = scratch.frame()) {
                    int[] rows = examples == null ? range(from, count) : examples;
                    int first = examples == null ? 0 : from;
                    Tensor x = examples == null ? surface.x().rows(from, count) : gathered(examples, from, count);
                    Tensor[] values = graph.forward(x, scratch);
                    addSquares(values[network.output()], rows, first, count, squares);
                    back.backward(values, null, seeds(rows, first, count, (_, _, residual) -> residual / total), null, scratch);
                    if (other != null) {
                        other.backward(values, null, seeds(rows, first, count, seed), null, scratch);
                    }
                }
            }
            finish(back, gradient);
            if (other != null) {
                finish(other, pulled);
            }
        }
        return squares.getSum() / (2.0 * total);
    }

    /// Work on one tile: the values of its examples, and where the gradient goes (null on the way forward).
    private record Key(List<Tensor> values, Tensor seeds, Tensor gradient) {}

    /// The same where all examples go through at once: the way forward and the way back are each the same step after step.
    private double gradientOfOneTile(int[] examples, int total, Tensor gradient) {
        var squares = new DoubleSummaryStatistics();
        int[] rows = examples == null ? range(0, total) : examples;
        try (var _ = scratch.frame()) {
            Tensor[] values = graph.room(examples == null ? surface.x().rows(0, total) : gathered(examples, 0, total), scratch);
            var places = List.of(values);
            repetitions.run(new Key(places, null, null), () -> graph.compute(values, scratch));
            addSquares(values[network.output()], rows, 0, total, squares);
            Tensor seeds = seeds(rows, 0, total, (_, _, residual) -> residual / total);
            repetitions.run(new Key(places, seeds, gradient), () -> {
                Cotangents back = collecting(gradient);
                back.backward(values, null, seeds, null, scratch);
                finish(back, gradient);
            });
        }
        return squares.getSum() / (2.0 * total);
    }

    /// The examples `from` to `from + count − 1`, for as long as nobody asks again.
    private int[] range(int from, int count) {
        for (int i = 0; i < count; i++) {
            whole[i] = from + i;
        }
        return whole;
    }

    private Tensor gathered(int[] examples, int from, int count) {
        Tensor x = scratch.tensor(count, surface.x().columns());
        int[] rows = count == examples.length ? examples : Arrays.copyOfRange(examples, from, from + count);
        lane.gather(surface.x(), rows, x);
        return x;
    }

    /// Has all parameters' cotangents written into `sum`, and expressions of parameters collect theirs.
    private Cotangents collecting(Tensor sum) {
        var cotangents = new Cotangents(graph, 1, false);
        Tensor[] places = graph.parametersIn(sum);
        for (int v = 1; v < network.valueCount(); v++) {
            if (network.isParameter(v) && places[v] != null) {
                cotangents.writeInto(v, places[v]);
            } else if (!network.isParameter(v) && !network.operand(v).batched() && network.isActive(v)) {
                cotangents.writeInto(v, scratch.tensor(1, network.operand(v).width()));
            }
        }
        return cotangents;
    }

    /// Passes the expressions' cotangents on; parameters that nothing depends on get 0.
    private void finish(Cotangents cotangents, Tensor sum) {
        cotangents.backwardShared(graph.sharedValues(), null, 1, scratch);
        Tensor[] places = graph.parametersIn(sum);
        for (int v = 1; v < network.firstNodeValue(); v++) {
            if (places[v] != null && cotangents.of(v) == null) {
                lane.fill(places[v], 0);
            }
        }
    }

    /// Adds ‖r_i‖² of the tile's examples, compensated as [Point#loss] sums, so that both give the same bits; their outputs are known from here on.
    private void addSquares(Tensor output, int[] rows, int first, int count, DoubleSummaryStatistics squares) {
        lane.download(output, found.slice(0, output.length()));
        for (int i = 0; i < count; i++) {
            for (int k = 0; k < outputs; k++) {
                double residual = residual(rows[first + i], i, k);
                squares.accept(residual * residual);
            }
        }
    }

    private double residual(int example, int row, int k) {
        return found.get((long) row * outputs + k) - surface.targets()[example * outputs + k];
    }

    /// u of the tile's examples, (count, K).
    private Tensor seeds(int[] rows, int first, int count, Seed seed) {
        for (int i = 0; i < count; i++) {
            int example = rows[first + i];
            for (int k = 0; k < outputs; k++) {
                seeds.set((long) i * outputs + k, seed.of(example, k, residual(example, i, k)));
            }
        }
        Tensor placed = scratch.tensor(count, outputs);
        lane.upload(seeds.slice(0, placed.length()), placed);
        return placed;
    }

    /// Frees what it holds. Closing twice is harmless.
    @Override
    public void close() {
        scope.close();
    }
}
