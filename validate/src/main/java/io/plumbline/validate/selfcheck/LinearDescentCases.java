package io.plumbline.validate.selfcheck;

import io.plumbline.backend.LinearDescents;
import io.plumbline.backend.LinearDescents.Law;
import io.plumbline.backend.Tensor;
import io.plumbline.data.Philox;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// Trajectories of linearised SGD where the device keeps them ([io.plumbline.backend.Backend#linearDescents]): losses of every step, with a selection on the way, against
/// the definition in double.
final class LinearDescentCases {
    private static final long SEED = 31;
    private static final double ETA = 0.25;
    private static final int STARTS = 3;
    private static final int REPLICAS = 33;
    private static final int STEPS = 3;

    private LinearDescentCases() {}

    /// Single examples, a few and many of them, drawn with and without replacement, one output and several: sums of rows of M and products with it ([Law#isDense]).
    static Stream<Item> all() {
        return Stream
                .of(law(1, 1, 1, true), law(31, 1, 1, false), law(33, 2, 2, true), law(33, 3, 4, false), law(65, 2, 7, false), law(31, 1, 31, true),
                        law(12, 3, 5, false))
                .map(law -> new Item(Group.PRIMITIVES, "linearDescents", law.replacement() ? "with replacement" : "without replacement",
                        REPLICAS + " replicas, " + law.examples() + " examples of " + law.outputs() + " outputs, batches of " + law.batchSize(),
                        subject -> run(subject, law)));
    }

    /// Whether there is something to check: elsewhere the host takes the steps.
    static boolean has(Subject subject) {
        try (var matrices = new Matrices(subject.device())) {
            Tensor one = matrices.of(new double[] {1}, 1, 1);
            var descents = subject.device().linearDescents(new Law(1, 1, 1, 1, true, new Philox(SEED, "batches")), one, one);
            descents.ifPresent(LinearDescents::close);
            return descents.isPresent();
        }
    }

    private static Law law(int examples, int outputs, int batchSize, boolean replacement) {
        return new Law(examples, outputs, REPLICAS, batchSize, replacement, new Philox(SEED, "batches"));
    }

    /// Relative to the replica's loss. A step takes ‖u‖ to between ½ and 3/2 of it (see [#gram]) and an error to at most 3/2, so that a relative error grows by at most 3; the products
    /// that it adds, nK an entry in either order, add nK roundings of what then is at most 3 ‖u‖: after s steps at most (s + 1)·3^s·nK of them. Twice that in the square, whose sum counts
    /// 2nK more.
    private static Deviation run(Subject subject, Law law) {
        var random = new Random(SEED);
        double[] gram = gram(law, random, subject);
        double[] starts = Matrices.random(random, (long) STARTS * law.width(), subject.precision());
        int[] from = IntStream.range(0, REPLICAS).map(r -> r % STARTS).toArray();
        int[] next = IntStream.range(0, REPLICAS).map(r -> (r + 1) % REPLICAS).toArray();
        double[] scales = IntStream.range(0, REPLICAS).mapToDouble(r -> 1 + r / 64.0).toArray();
        var oracle = new Oracle(law, gram);
        try (var matrices = new Matrices(subject.device());
                LinearDescents descents = subject.device()
                        .linearDescents(law, matrices.of(gram, law.width(), law.width()), matrices.of(starts, STARTS, law.width()))
                        .orElseThrow()) {
            descents.start(from, scales);
            oracle.select(IntStream.range(0, STARTS).mapToObj(k -> Arrays.copyOfRange(starts, k * law.width(), (k + 1) * law.width()))
                    .toArray(double[][]::new), from, scales);
            double[][] first = descents.advance(ETA, 7, STEPS);
            double[][] exactFirst = oracle.advance(7, STEPS);
            descents.select(next, scales);
            oracle.select(oracle.u, next, scales);
            double[][] second = descents.advance(ETA, 7 + STEPS, 1);
            double[][] exactSecond = oracle.advance(7 + STEPS, 1);
            double[] exact = flat(exactFirst, exactSecond);
            double[] bounds = new double[exact.length];
            for (int k = 0; k < exact.length; k++) {
                int steps = k / REPLICAS + 1;
                bounds[k] = subject.rounding() * law.width() * (2 + 2 * (steps + 1) * Math.pow(3, steps)) * exact[k];
            }
            return Deviation.worst(flat(first, second), exact, bounds);
        }
    }

    private static double[] flat(double[][]... parts) {
        return Stream.of(parts).flatMap(Stream::of).flatMapToDouble(DoubleStream::of).toArray();
    }

    /// ½(ffᵀ + diag f²), scaled so that K rows of M, which an example adds times η/B, have together at most norm 2: of η = ¼ a half. Entries are such as the device's
    /// precision has.
    private static double[] gram(Law law, Random random, Subject subject) {
        int width = law.width();
        double[] f = random.doubles(width).map(x -> 2 * x - 1).toArray();
        double longest = Arrays.stream(f).map(Math::abs).max().orElseThrow() * Math.sqrt(Arrays.stream(f).map(x -> x * x).sum());
        double scale = 2 / (law.outputs() * longest) * (1 - 0x1p-20);
        double[] gram = new double[width * width];
        for (int i = 0; i < width; i++) {
            for (int j = 0; j < width; j++) {
                gram[i * width + j] = Matrices.round(scale * f[i] * f[j] / (i == j ? 1 : 2), subject.precision());
            }
        }
        return gram;
    }

    /// What [LinearDescents] says, in double.
    private static final class Oracle {
        final Law law;
        final double[] gram;
        double[][] u;

        Oracle(Law law, double[] gram) {
            this.law = law;
            this.gram = gram;
        }

        void select(double[][] states, int[] rows, double[] scales) {
            u = IntStream.range(0, rows.length).mapToObj(r -> Arrays.stream(states[rows[r]]).map(x -> scales[r] * x).toArray())
                    .toArray(double[][]::new);
        }

        double[][] advance(long first, int steps) {
            double[][] losses = new double[steps][u.length];
            for (int step = 0; step < steps; step++) {
                for (int r = 0; r < u.length; r++) {
                    u[r] = step(u[r], batch((first + step) * u.length + r));
                    losses[step][r] = Arrays.stream(u[r]).map(x -> x * x).sum() / (2.0 * law.examples());
                }
            }
            return losses;
        }

        private double[] step(double[] before, int[] batch) {
            double[] after = before.clone();
            for (int i : batch) {
                for (int k = 0; k < law.outputs(); k++) {
                    int row = k * law.examples() + i;
                    for (int j = 0; j < after.length; j++) {
                        after[j] -= ETA / batch.length * before[row] * gram[row * law.width() + j];
                    }
                }
            }
            return after;
        }

        private int[] batch(long number) {
            int[] batch = new int[law.batchSize()];
            for (int b = 0; b < batch.length; b++) {
                int last = law.examples() - batch.length + b;
                int found = law.batches().below(number * batch.length + b, law.replacement() ? law.examples() : last + 1);
                boolean drawn = !law.replacement() && Arrays.stream(batch, 0, b).anyMatch(other -> other == found);
                batch[b] = drawn ? last : found;
            }
            return batch;
        }
    }
}
