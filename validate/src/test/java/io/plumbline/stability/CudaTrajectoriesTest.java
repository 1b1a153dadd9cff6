package io.plumbline.stability;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.plumbline.backend.Backend;
import io.plumbline.backend.LinearDescents;
import io.plumbline.backend.LinearDescents.Law;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.data.Philox;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import io.plumbline.training.Sampling;
import io.plumbline.validate.Emulator;
import io.plumbline.validate.OnEmulator;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Trajectories of linearised SGD on the emulated device, beside those on the host.
@OnEmulator
class CudaTrajectoriesTest {
    private static final double UNIT = 0x1p-53;

    @AfterEach
    void asBefore() {
        Emulator.set("ORDER", "forward");
    }

    /// M = FFᵀ (rows of outputs k·n + i), F (nK, p) normal, its trace n: steps at η ≤ 1 make no error larger than by 1 + ηK‖M_i‖.
    private static double[] gram(int n, int outputs, int p) {
        var random = new Random(7);
        int width = n * outputs;
        double[] f = random.doubles((long) width * p).map(x -> (x - 0.5) * Math.sqrt(12.0 / p / outputs)).toArray();
        double[] m = new double[width * width];
        for (int i = 0; i < width; i++) {
            for (int j = 0; j < width; j++) {
                for (int a = 0; a < p; a++) {
                    m[i * width + j] += f[i * p + a] * f[j * p + a];
                }
            }
        }
        return m;
    }

    private static double[] starts(int width) {
        return new Random(8).doubles(3L * width).map(x -> x - 0.5).toArray();
    }

    /// Descents on a backend with what they borrow.
    private static final class Run implements AutoCloseable {
        final Scope scope = new Scope();
        final LinearDescents descents;

        Run(Law law, Backend backend, boolean onHost) {
            Tensor gram = tensor(gram(law.examples(), law.outputs(), 5), law.width(), backend);
            Tensor starts = tensor(starts(law.width()), law.width(), backend);
            descents = scope.own(onHost ? new HostDescents(law, gram, starts, backend) : backend.linearDescents(law, gram, starts).orElseThrow());
            int[] rows = IntStream.range(0, law.replicas()).map(r -> r % 3).toArray();
            double[] scales = IntStream.range(0, law.replicas()).mapToDouble(r -> 1 + 0.125 * r).toArray();
            descents.start(rows, scales);
        }

        private Tensor tensor(double[] numbers, int columns, Backend backend) {
            var tensor = new Tensor(scope.own(backend.allocate(numbers.length)), 0, numbers.length / columns, columns);
            try (HostBuffer host = HostBuffer.of(numbers)) {
                backend.upload(host, tensor);
            }
            return tensor;
        }

        @Override
        public void close() {
            scope.close();
        }
    }

    /// Losses of every step, with a selection on the way. A step is some nK additions an entry in either order and makes an error at most 3 times as large
    /// (η(1 + ‖M‖) ≤ 2); the square and its sum count 2 nK more: relative to the largest loss.
    @ParameterizedTest
    @CsvSource({"1, 1, 1, true", "31, 1, 1, true", "33, 1, 2, true", "33, 1, 2, false", "33, 3, 1, false", "65, 2, 7, false", "65, 2, 7, true",
        // Products of matrices.
        "2, 1, 2, false", "31, 1, 7, true", "31, 1, 31, false", "33, 2, 7, false", "12, 3, 40, true"})
    void asOnTheHost(int n, int outputs, int batchSize, boolean replacement) {
        double eta = 0.25;
        for (int replicas : new int[] {1, 33}) {
            var law = new Law(n, outputs, replicas, batchSize, replacement, new Philox(3, "batches"));
            var wrong = new Law(n, outputs, replicas, batchSize, replacement, new Philox(4, "batches"));
            int[] rows = IntStream.range(0, replicas).map(r -> (r + 1) % replicas).toArray();
            double[] scales = IntStream.range(0, replicas).mapToDouble(r -> 2 - 0.25 / (r + 1)).toArray();
            try (Backend device = Emulator.device(Precision.F64, 4);
                    Backend cpu = CpuBackend.create(Precision.F64, 1);
                    var found = new Run(law, device, false);
                    var expected = new Run(law, cpu, true);
                    var others = new Run(wrong, device, false)) {
                boolean differ = false;
                for (int block : new int[] {1, 3}) {
                    double[][] losses = found.descents.advance(eta, 7, block);
                    double[][] exact = expected.descents.advance(eta, 7, block);
                    double[][] other = others.descents.advance(eta, 7, block);
                    for (int s = 0; s < block; s++) {
                        for (int r = 0; r < replicas; r++) {
                            double bound = UNIT * law.width() * (2 + 2 * (s + 2) * Math.pow(3, s + 1)) * exact[s][r];
                            assertEquals(exact[s][r], losses[s][r], bound + Double.MIN_NORMAL);
                            differ |= Math.abs(exact[s][r] - other[s][r]) > bound;
                        }
                    }
                    found.descents.select(rows, scales);
                    expected.descents.select(rows, scales);
                    others.descents.select(rows, scales);
                }
                assertEquals(n > 1 && (replacement || batchSize < n), differ, "other batches show");
            }
        }
    }

    /// On a smaller device, in descending order of threads, and after going back and taking the steps one by one.
    @ParameterizedTest
    @CsvSource({"33, 2, 2, true", "65, 1, 7, false", "31, 1, 31, true"})
    void sameBits(int n, int outputs, int batchSize, boolean replacement) {
        var law = new Law(n, outputs, 33, batchSize, replacement, new Philox(3, "batches"));
        try (Backend device = Emulator.device(Precision.F64, 4);
                Backend smaller = Emulator.device(Precision.F64, 1);
                var whole = new Run(law, device, false);
                var cut = new Run(law, smaller, false)) {
            double[][] losses = whole.descents.advance(0.25, 0, 4);
            Emulator.set("ORDER", "reverse");
            cut.descents.advance(0.5, 100, 3);
            cut.descents.back();
            for (int s = 0; s < 4; s++) {
                assertArrayEquals(losses[s], cut.descents.advance(0.25, s, 1)[0]);
            }
        }
    }

    /// Whole estimates: the same numbers are drawn, populations are drawn anew at the same steps, some of them within blocks that have to go back.
    @ParameterizedTest
    @EnumSource(value = Sampling.class, names = {"WITH", "WITHOUT"})
    void estimatesAsOnTheHost(Sampling sampling) {
        int n = 24;
        for (int batchSize : new int[] {1, 8}) {
            try (Backend device = Emulator.device(Precision.F64, 4);
                    Backend cpu = CpuBackend.create(Precision.F64, 1);
                    FunctionSpace space = space(n, device);
                    FunctionSpace hosts = space(n, cpu)) {
                double q = sampling.noiseScale(batchSize, n);
                Trajectories found = run(space, q, sampling, batchSize, 1);
                Trajectories expected = run(hosts, q, sampling, batchSize, 1);
                // 40 steps, each some n roundings, none of which grows with the steps beyond the loss that it is a share of.
                assertEquals(expected.ratio(), found.ratio(), 40 * 40 * n * UNIT * expected.ratio());
                assertEquals(expected.standardError(), found.standardError(), 40 * 40 * n * UNIT * expected.ratio());
                assertNotEquals(expected.ratio(), run(hosts, q, sampling, batchSize, 2).ratio(), 1e-6 * expected.ratio());
            }
        }
    }

    private static FunctionSpace space(int n, Backend backend) {
        try (HostBuffer gram = HostBuffer.of(gram(n, 1, 20))) {
            return FunctionSpace.of(gram, 1, backend);
        }
    }

    private static Trajectories run(FunctionSpace space, double q, Sampling sampling, int batchSize, long seed) {
        StabilityThreshold threshold = StabilityThreshold.of(space, q);
        return Trajectories.run(1.05 * threshold.eta(), 40, threshold.secondMoment(), sampling, batchSize, 16, new Philox(seed, "trajectories"));
    }
}
