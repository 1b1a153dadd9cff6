package io.plumbline.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// Lets replicas descend until their plan says stop, has them looked at on the way, and keeps checkpoints.
///
/// Moments to look at are at steps 0, every, 2·every, …, and for each replica where it stopped. Neither they nor checkpoints depend on how the way
/// between them is cut into blocks, so a run that was killed and resumed notes the same as one that was not.
public final class Training {
    private static final double NANOS = 1e9;
    /// So long a block takes, about, before the clock is looked at again.
    private static final double BLOCK_SECONDS = 0.05;
    private static final long LONGEST_BLOCK = 1 << 20;

    private final Replicas replicas;
    private final Plan plan;
    private final Observer observer;
    private final Path file;
    private final long identity;
    private final long started = System.nanoTime();
    private final boolean[] noted;
    private double secondsBefore;
    private double checkpointedAt;
    private long step;

    private Training(Replicas replicas, Plan plan, Observer observer, Path file, long identity) {
        this.replicas = replicas;
        this.plan = plan;
        this.observer = observer;
        this.file = file;
        this.identity = identity;
        this.noted = new boolean[replicas.count()];
    }

    /// Where a replica ended.
    ///
    /// @param steps updates it made
    /// @param loss  L over all examples there
    public record Outcome(Status status, long steps, double loss) {}

    /// What all replicas came to, and how long it took, time before resumptions included.
    public record Result(List<Outcome> outcomes, double seconds) {}

    /// Trains.
    public static Result run(Replicas replicas, Plan plan, Observer observer) {
        try {
            return new Training(replicas, plan, observer, null, 0).run();
        } catch (IOException impossible) {
            throw new IllegalStateException("no file is written", impossible);
        }
    }

    /// Trains, with checkpoints in `file`; where that is there already, goes on from it.
    ///
    /// @param identity of model and data, 32 bits, unsigned: a checkpoint of another one is refused
    /// @throws IOException if the file cannot be read or written
    /// @throws IllegalArgumentException if it belongs to another run, or is of a later step than the plan's last
    public static Result run(Replicas replicas, Plan plan, Observer observer, Path file, long identity) throws IOException {
        return new Training(replicas, plan, observer, file, identity).run();
    }

    private Result run() throws IOException {
        if (file != null && Files.exists(file)) {
            resume();
        } else {
            observer.resume(0);
            look(false);
        }
        checkpointedAt = seconds();
        long checkpointStep = step;
        long block = 1;
        while (replicas.anyMoving() && step < plan.steps() && seconds() < plan.seconds()) {
            long next = Math.min(Math.min(plan.steps(), step + block), (step / plan.every() + 1) * plan.every());
            if (plan.checkpointEvery() > 0) {
                next = Math.min(next, (step / plan.checkpointEvery() + 1) * plan.checkpointEvery());
            }
            double before = seconds();
            replicas.advance(next - step);
            block = block(block, next - step, seconds() - before);
            step = next;
            if (step % plan.every() == 0) {
                look(false);
            }
            observer.progress(step, plan.steps());
            boolean due = plan.checkpointEvery() > 0 && step - checkpointStep >= plan.checkpointEvery()
                    || seconds() - checkpointedAt >= plan.checkpointSeconds();
            if (due && step < plan.steps()) {
                checkpoint();
                checkpointStep = step;
            }
        }
        checkpoint();
        return end();
    }

    private void resume() throws IOException {
        Checkpoint saved = Checkpoint.read(file, replicas, identity);
        if (saved.step() > plan.steps()) {
            throw new IllegalArgumentException(file + ": the run is at step " + saved.step() + " and cannot go back: asked for are " + plan.steps()
                    + " steps, expected at least as many; a shorter run needs another folder");
        }
        step = saved.step();
        secondsBefore = saved.seconds();
        System.arraycopy(saved.noted(), 0, noted, 0, noted.length);
        observer.resume(saved.settled());
    }

    /// Steps of the next block: twice as many while they are quick.
    private static long block(long block, long taken, double seconds) {
        return seconds > BLOCK_SECONDS ? Math.max(1, block / 2) : taken == block ? Math.min(LONGEST_BLOCK, 2 * block) : block;
    }

    private double seconds() {
        return secondsBefore + (System.nanoTime() - started) / NANOS;
    }

    private void checkpoint() throws IOException {
        if (file != null) {
            new Checkpoint(step, observer.settle(), seconds(), identity, noted.clone()).write(file, replicas);
        }
        checkpointedAt = seconds();
    }

    /// Notes what has diverged since the last look, then the others, which converge here or go on.
    ///
    /// @param atEnd whether those that move have come to their end
    private double[] look(boolean atEnd) {
        double[] losses = replicas.losses();
        var fresh = new ArrayList<Integer>();
        for (int r = 0; r < losses.length; r++) {
            if (replicas.status(r) == Status.DIVERGED && !noted[r]) {
                fresh.add(r);
            }
        }
        fresh.sort(Comparator.comparingLong((Integer r) -> replicas.step(r)).thenComparing(Comparator.naturalOrder()));
        fresh.forEach(r -> note(r, losses[r]));
        for (int r = 0; r < losses.length; r++) {
            if (replicas.status(r) == Status.MOVING) {
                judge(r, losses[r], atEnd);
                if (!atEnd || step % plan.every() != 0) {
                    note(r, losses[r]);
                }
            }
        }
        return losses;
    }

    private void judge(int replica, double loss, boolean atEnd) {
        if (step == 0) {
            replicas.limit(replica, loss > 0 ? plan.divergence() * loss : Double.POSITIVE_INFINITY);
        }
        boolean sound = loss <= replicas.limit(replica) && Double.isFinite(loss);
        if (!sound || loss <= plan.stopLoss()) {
            replicas.stop(replica, sound ? Status.CONVERGED : Status.DIVERGED);
        } else if (atEnd) {
            replicas.stop(replica, step >= plan.steps() ? Status.FINISHED : Status.STOPPED);
        }
    }

    private void note(int replica, double loss) {
        noted[replica] = replicas.status(replica) != Status.MOVING;
        boolean last = noted[replica] || step >= plan.steps();
        var moment = new Moment(replicas, replica, loss, last, seconds());
        try {
            observer.at(moment);
        } finally {
            moment.end();
        }
    }

    /// After the last checkpoint, so that a longer run can go on from there as if this one had not ended.
    private Result end() {
        double[] losses = look(true);
        var outcomes = new Outcome[losses.length];
        Arrays.setAll(outcomes, r -> new Outcome(replicas.status(r), replicas.step(r), losses[r]));
        return new Result(List.of(outcomes), seconds());
    }
}
