package io.plumbline.backend.cuda;

import io.plumbline.backend.Activation.Kind;
import io.plumbline.backend.DenseStack;
import io.plumbline.backend.Descent;
import io.plumbline.backend.Descents;
import io.plumbline.backend.Tensor;
import io.plumbline.memory.HostBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;

/// Replicas of a dense network, a block of threads for each (descend.cu, dense_losses.cu).
///
/// **When.** One multiprocessor takes a replica through its steps, whatever else the device does, so that large steps are for the layers' own kernels: B·p is at most
/// 2²². That is 3·2²² multiply-adds a step, 0.2 ms if a multiprocessor does 32 a cycle; the layers' own way has some 30 launches and a wait, hardly less. Counted, not
/// measured. The limit does not depend on R, because no bit may.
final class DenseDescents implements Descents {
    /// As activations.cuh numbers them.
    private static final List<Kind> FUNCTIONS = List.of(Kind.IDENTITY, Kind.SQUARE, Kind.RELU, Kind.LEAKY_RELU, Kind.TANH, Kind.SIGMOID,
            Kind.SOFTPLUS, Kind.GELU, Kind.GELU_TANH, Kind.SILU, Kind.ELU, Kind.CLIP, Kind.ABS, Kind.SQRT, Kind.RECIPROCAL, Kind.EXP, Kind.LOG);
    /// As batches.cuh numbers them.
    private static final List<Descent.Law> LAWS = List.of(Descent.Law.ALL, Descent.Law.WITH, Descent.Law.WITHOUT, Descent.Law.EPOCHS);
    /// Of a step, in weights times examples.
    private static final long MOST_WORK = 1 << 22;
    /// Of a loss over all examples, likewise.
    private static final long MOST_LOSS_WORK = 1 << 26;
    /// Drawing takes B² comparisons a step.
    private static final int MOST_WITHOUT = 1 << 10;
    /// Drawing takes n² comparisons an epoch.
    private static final int MOST_EPOCHS = 1 << 14;
    /// Of a tile of values, so that several blocks fit a multiprocessor.
    private static final int TILE_BYTES = 48 << 10;
    private static final int LEAST_THREADS = 32;
    private static final int MOST_THREADS = 256;
    private static final int LAYER_WORDS = 5;
    private static final int REPLICA_WORDS = 9;

    private final Object turn;
    private final Launcher launcher;
    private final DeviceScratch scratch;
    private final DenseStack stack;
    private final Tensor x;
    private final int examples;
    private final int parameters;
    private final long stream;
    private final long exampleNumbers;
    private final Residency residency;
    private final long layers;
    private final long targets;
    private boolean closed;

    /// @param turn what calls of the backend take turns on
    DenseDescents(Object turn, Launcher launcher, DeviceScratch scratch, DenseStack stack, Tensor x, HostBuffer targets, long stream) {
        if (x.columns() != stack.inputs() || targets.length() != x.rows() * stack.outputs()) {
            throw new IllegalArgumentException("descents: examples " + x.shape() + " and " + targets.length() + " targets for a network of "
                    + stack.inputs() + " inputs and " + stack.outputs() + " outputs");
        }
        this.turn = turn;
        this.launcher = launcher;
        this.stack = stack;
        this.x = x;
        this.stream = stream;
        examples = Math.toIntExact(x.rows());
        parameters = Math.toIntExact(stack.parameters());
        exampleNumbers = stack.layers().stream().mapToLong(layer -> (long) layer.in() + layer.out()).sum();
        residency = new Residency(launcher.context());
        launcher.kernels().allowSharedBytes("descend", residency.sharedLimit());
        launcher.kernels().allowSharedBytes("dense_losses", residency.sharedLimit());
        this.scratch = scratch;
        try {
            layers = scratch.upload("layers", words(stack));
            this.targets = scratch.upload("targets", targets.toArray());
        } catch (Throwable failure) {
            scratch.close();
            throw failure;
        }
    }

    /// `Layer`s (dense_stack.cuh).
    private static long[] words(DenseStack stack) {
        long[] words = new long[stack.layers().size() * LAYER_WORDS];
        int at = 0;
        for (DenseStack.Layer layer : stack.layers()) {
            words[at++] = layer.weight();
            words[at++] = layer.bias();
            words[at++] = pair(layer.in(), layer.out());
            words[at++] = pair(layer.transposed() ? 1 : 0, FUNCTIONS.indexOf(layer.function().kind()));
            words[at++] = Double.doubleToRawLongBits(layer.function().parameter());
        }
        return words;
    }

    /// Two ints, one after the other.
    private static long pair(int first, int second) {
        return Integer.toUnsignedLong(first) | (long) second << Integer.SIZE;
    }

    @Override
    public String refusal(Descent.Law law, int batchSize) {
        long b = count(law, batchSize);
        if (b * parameters > MOST_WORK) {
            return b + " examples of " + parameters + " parameters are too much work for one multiprocessor (at most " + MOST_WORK + ")";
        }
        if (law == Descent.Law.WITHOUT && batchSize > MOST_WITHOUT) {
            return "batches of " + batchSize + " without replacement are drawn on the host (above " + MOST_WITHOUT + ")";
        }
        if (law == Descent.Law.EPOCHS && examples > MOST_EPOCHS) {
            return "epochs of " + examples + " examples are drawn on the host (above " + MOST_EPOCHS + ")";
        }
        return null;
    }

    @Override
    public String lossRefusal() {
        return (long) examples * parameters > MOST_LOSS_WORK
                ? examples + " examples of " + parameters + " parameters are too much work for one multiprocessor (at most " + MOST_LOSS_WORK + ")"
                : null;
    }

    private int count(Descent.Law law, int batchSize) {
        return law == Descent.Law.ALL ? examples : batchSize;
    }

    /// Integers that drawing a batch needs (batches.cuh).
    private long integers(Descent replica) {
        return switch (replica.law()) {
            case ALL -> 0;
            case WITH -> replica.batchSize();
            case WITHOUT -> 2L * replica.batchSize();
            case EPOCHS -> 2L * examples;
        };
    }

    /// A tile of values: how many examples, how far a unit's values are from the next one's, numbers in all.
    private record Tile(int examples, int stride, long numbers) {}

    /// As many examples of `most` as [#TILE_BYTES] hold, at least 1.
    private Tile tile(int most) {
        long fitting = TILE_BYTES / launcher.precision().sizeBytes() / exampleNumbers;
        int strideLimit = (int) Math.max(1, fitting - (fitting % 2 == 0 ? 1 : 0));
        int count = Math.min(most, strideLimit);
        int stride = count | 1;
        return new Tile(count, stride, exampleNumbers * stride);
    }

    private int threads(Tile tile) {
        long items = Math.max((long) tile.examples() * stack.mostWidth(), parameters);
        return Math.clamp(Math.ceilDiv(items, LEAST_THREADS) * LEAST_THREADS, LEAST_THREADS, MOST_THREADS);
    }

    @Override
    public long[] advance(Tensor theta, Tensor velocity, List<Descent> replicas, long steps) {
        requireFit(theta, velocity, replicas, steps);
        if (replicas.isEmpty() || steps == 0) {
            return new long[replicas.size()];
        }
        synchronized (turn) {
            requireOpen();
            launcher.context().enter("descents of " + replicas.size() + " replicas, " + steps + " steps", theta);
            return Arrays.stream(descend(theta, velocity, replicas, steps)).mapToLong(taken -> (long) taken).toArray();
        }
    }

    private double[] descend(Tensor theta, Tensor velocity, List<Descent> replicas, long steps) {
        long size = launcher.precision().sizeBytes();
        boolean momentum = replicas.stream().anyMatch(replica -> replica.momentum() > 0);
        long integers = replicas.stream().mapToLong(this::integers).max().orElseThrow();
        Tile tile = tile(replicas.stream().mapToInt(replica -> count(replica.law(), replica.batchSize())).max().orElseThrow());
        var shared = residency.shared();
        int tilePlace = shared.place(tile.numbers() * size);
        int thetaPlace = shared.place(parameters * size);
        int gradientPlace = shared.place(parameters * size);
        int velocityPlace = momentum ? shared.place(parameters * size) : -1;
        int batchPlace = shared.place(integers * Integer.BYTES);
        long roomTile = tilePlace < 0 ? tile.numbers() * size : 0;
        long roomGradient = gradientPlace < 0 ? parameters * size : 0;
        long roomBatch = batchPlace < 0 ? integers * Integer.BYTES : 0;
        int threads = threads(tile);
        int blocks = residency.blocks(replicas.size(), threads, shared, roomTile + roomGradient + roomBatch);
        long taken = scratch.address("taken", (long) replicas.size() * Double.BYTES);
        var factors = new Factors();
        long descriptions = scratch.upload("replicas", words(replicas, factors));
        launcher.kernel("descend").address(layers).i32(stack.layers().size()).i32(examples).i32(stack.outputs()).tensor(x).address(targets)
                .i32(parameters).tensor(theta).tensor(momentum ? velocity : null).address(descriptions).i32(replicas.size()).i64(steps)
                .address(scratch.upload("factors", factors.all())).i64(stream).i32(tile.examples()).i32(tile.stride())
                .i32(tilePlace).i32(thetaPlace).i32(gradientPlace).i32(velocityPlace).i32(batchPlace)
                .address(scratch.address("tiles", blocks * roomTile)).i64(tile.numbers())
                .address(scratch.address("gradients", blocks * roomGradient))
                .address(scratch.address("batches", blocks * roomBatch)).i64(integers).address(taken)
                .launch(blocks, 1, 1, threads, shared.bytes());
        return scratch.download(taken, replicas.size());
    }

    /// Each array of factors once, one behind the other.
    private static final class Factors {
        private final IdentityHashMap<double[], Long> places = new IdentityHashMap<>();
        private final List<double[]> arrays = new ArrayList<>();
        private long end;

        long place(double[] factors) {
            return places.computeIfAbsent(factors, array -> {
                long at = end;
                arrays.add(array);
                end += array.length;
                return at;
            });
        }

        double[] all() {
            return arrays.stream().flatMapToDouble(Arrays::stream).toArray();
        }
    }

    /// `Replica`s (descend.cu).
    private static long[] words(List<Descent> replicas, Factors factors) {
        long[] words = new long[replicas.size() * REPLICA_WORDS];
        int at = 0;
        for (Descent replica : replicas) {
            words[at++] = replica.row();
            words[at++] = replica.seed();
            words[at++] = replica.step();
            words[at++] = pair(LAWS.indexOf(replica.law()), replica.batchSize());
            words[at++] = Double.doubleToRawLongBits(replica.learningRate());
            words[at++] = Double.doubleToRawLongBits(replica.momentum());
            words[at++] = Double.doubleToRawLongBits(replica.limit());
            words[at++] = factors.place(replica.factors());
            words[at++] = replica.factors().length == 1 ? 0 : 1;
        }
        return words;
    }

    private void requireFit(Tensor theta, Tensor velocity, List<Descent> replicas, long steps) {
        for (Descent replica : replicas) {
            boolean fits = theta.columns() == parameters && replica.row() < theta.rows()
                    && (replica.momentum() == 0 || velocity != null && velocity.columns() == parameters && replica.row() < velocity.rows());
            if (!fits) {
                throw new IllegalArgumentException("descents: replica in row " + replica.row() + " of theta " + theta.shape() + " and velocity "
                        + (velocity == null ? "none" : velocity.shape()) + ", " + parameters + " parameters");
            }
            if (replica.factors().length != 1 && replica.factors().length != steps) {
                throw new IllegalArgumentException("descents: " + replica.factors().length + " factors for " + steps + " steps");
            }
        }
    }

    @Override
    public double[] losses(Tensor theta) {
        if (theta.columns() != parameters) {
            throw new IllegalArgumentException("descents: losses at theta " + theta.shape() + ", " + parameters + " parameters");
        }
        int replicas = Math.toIntExact(theta.rows());
        synchronized (turn) {
            requireOpen();
            launcher.context().enter("losses of " + replicas + " replicas", theta);
            Tile tile = tile(examples);
            long tileBytes = tile.numbers() * launcher.precision().sizeBytes();
            var shared = residency.shared();
            int place = shared.place(tileBytes);
            long room = place < 0 ? tileBytes : 0;
            int threads = threads(tile);
            int blocks = residency.blocks(replicas, threads, shared, room);
            long out = scratch.address("losses", (long) replicas * Double.BYTES);
            launcher.kernel("dense_losses").address(layers).i32(stack.layers().size()).i32(examples).i32(stack.outputs()).tensor(x).address(targets)
                    .i32(parameters).tensor(theta).i32(replicas).i32(tile.examples()).i32(tile.stride()).i32(place < 0 ? 0 : 1)
                    .address(scratch.address("tiles", blocks * room)).i64(tile.numbers()).address(out)
                    .launch(blocks, 1, 1, threads, shared.bytes());
            return scratch.download(out, replicas);
        }
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("descents: used after it was closed");
        }
    }

    @Override
    public void close() {
        synchronized (turn) {
            if (!closed) {
                closed = true;
                scratch.close();
            }
        }
    }
}
