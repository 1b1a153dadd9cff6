package io.plumbline.training;

import io.plumbline.data.MalformedFileException;
import io.plumbline.data.NdArray;
import io.plumbline.data.Npz;
import io.plumbline.data.NpzWriter;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/// Replicas in a file, from which they go on with the same bits. Nothing random is kept: it depends on seed and step.
///
/// ```
/// theta    (R, p)  f4 or f8, as the backend computes
/// velocity (R, p)  the same; there only with momentum
/// replicas (R, 4)  f8: step, status (its code), limit of the loss, whether its last moment was noted (1 or 0)
/// run      (5)     f8: version 1, step, what the observer had settled, seconds, identity
/// ```
///
/// It is an .npz archive that appears whole or not at all. Whole numbers in it are below 2⁵³.
///
/// @param step     of the replicas that move
/// @param settled  what the observer had noted for good
/// @param seconds  spent so far
/// @param identity of model and data, from the caller: 32 bits, unsigned
/// @param noted    whether each replica's last moment was noted
record Checkpoint(long step, long settled, double seconds, long identity, boolean[] noted) {
    private static final double VERSION = 1;
    private static final int COLUMNS = 4;

    /// Writes the replicas and this.
    void write(Path file, Replicas replicas) throws IOException {
        int count = replicas.count();
        long p = replicas.surface().network().parameterCount();
        boolean momentum = false;
        for (int r = 0; r < count; r++) {
            momentum |= replicas.velocity(r) != null;
        }
        try (var writer = new NpzWriter(file);
                HostBuffer theta = HostBuffer.allocate(replicas.precision(), count * p);
                HostBuffer velocity = HostBuffer.allocate(replicas.precision(), momentum ? count * p : 0);
                HostBuffer states = HostBuffer.allocate(Precision.F64, (long) count * COLUMNS);
                HostBuffer run = HostBuffer.of(VERSION, (double) step, (double) settled, seconds, (double) identity)) {
            velocity.segment().fill((byte) 0);
            for (int r = 0; r < count; r++) {
                theta.slice(r * p, p).copyFrom(replicas.theta(r));
                if (replicas.velocity(r) != null) {
                    velocity.slice(r * p, p).copyFrom(replicas.velocity(r));
                }
                double[] state = {replicas.step(r), replicas.status(r).code(), replicas.limit(r), noted[r] ? 1 : 0};
                for (int c = 0; c < COLUMNS; c++) {
                    states.set((long) r * COLUMNS + c, state[c]);
                }
            }
            writer.put("theta", theta, count, p);
            if (momentum) {
                writer.put("velocity", velocity, count, p);
            }
            writer.put("replicas", states, count, COLUMNS);
            writer.put("run", run, run.length());
            writer.commit();
        }
    }

    /// Puts the replicas where the file has them.
    ///
    /// @throws MalformedFileException if it is no checkpoint
    /// @throws IllegalArgumentException if it is one of other replicas, of another model or other data, or of another precision
    static Checkpoint read(Path file, Replicas replicas, long identity) throws IOException {
        int count = replicas.count();
        long p = replicas.surface().network().parameterCount();
        try (var archive = Npz.open(file)) {
            double[] run = array(archive, "run", Precision.F64, 5).toArray();
            if (run[0] != VERSION) {
                throw new MalformedFileException(file + ": version is " + run[0] + ", expected " + VERSION);
            }
            if (run[4] != identity) {
                throw new IllegalArgumentException(file + ": model or data have other numbers than those the run began with");
            }
            HostBuffer theta = array(archive, "theta", replicas.precision(), count, p);
            HostBuffer velocity = archive.contains("velocity") ? array(archive, "velocity", replicas.precision(), count, p) : null;
            HostBuffer states = array(archive, "replicas", Precision.F64, count, COLUMNS);
            boolean[] noted = new boolean[count];
            for (int r = 0; r < count; r++) {
                double[] state = states.slice((long) r * COLUMNS, COLUMNS).toArray();
                HostBuffer v = velocity == null ? null : velocity.slice(r * p, p);
                replicas.restore(r, theta.slice(r * p, p), v, (long) state[0], Status.of((int) state[1]), state[2]);
                noted[r] = state[3] == 1;
            }
            return new Checkpoint((long) run[1], (long) run[2], run[3], identity, noted);
        }
    }

    private static HostBuffer array(Npz archive, String name, Precision precision, long... shape) throws IOException {
        NdArray array = archive.read(name);
        boolean fits = !array.type().isInteger() && array.type().precision() == precision && Arrays.equals(array.shape(), shape);
        if (!fits) {
            throw new IllegalArgumentException(archive.name() + ": " + name + " is " + array.type() + " of shape " + Arrays.toString(array.shape())
                    + ", expected " + precision.label() + " of shape " + Arrays.toString(shape)
                    + ": the run has other replicas or another precision");
        }
        return array.values();
    }
}
