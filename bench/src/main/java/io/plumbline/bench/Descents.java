package io.plumbline.bench;

import io.plumbline.derivative.Limits;
import io.plumbline.training.Recipe;
import io.plumbline.training.Replicas;
import java.util.Collections;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// How many steps of SGD does a second have, of one replica and of many together? FCN with ReLU, n = 1000, B = 10, f32, all cores; each replica takes the steps
/// that are counted.
///
/// Multiply-adds a step: 2 (25.1 k) + 3 (1.1 k) each example, 0.53 M in all, for 784-32-32-1, which is some 10 µs of matrix products: the calls count as much.
/// Expected of R replicas on c cores: c times the steps of one on one core, since each is whole on its thread. 784-500-500-1 does 15 M, and passes over its
/// 0.64 M parameters four times: memory bounds it as much. `bench/peers/torch_sgd.py` has the same work through PyTorch.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(value = 3, jvmArgsPrepend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector", "-Xmx2g"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class Descents {
    private static final int STEPS = 100;
    private static final double RATE = 1e-4;
    private static final int BATCH = 10;

    @Param({"784-32-32-1:1", "784-32-32-1:8", "784-32-32-1:64", "784-500-500-1:1"})
    public String widthsAndReplicas;

    private Workload workload;
    private Replicas replicas;

    @Setup(Level.Trial)
    public void open() {
        String[] parts = widthsAndReplicas.split(":");
        int count = Integer.parseInt(parts[1]);
        workload = new Workload("fcn:" + parts[0] + ":relu", 1000, Limits.DEFAULT);
        var recipes = LongStream.range(0, count).mapToObj(seed -> Recipe.sgd(RATE, BATCH, seed)).toList();
        replicas = Replicas.of(workload.surface, recipes, Collections.nCopies(count, workload.network.initialTheta()));
        System.out.println(workload.backend.description());
    }

    @TearDown(Level.Trial)
    public void close() {
        replicas.close();
        workload.close();
    }

    /// A block of steps in one call.
    @Benchmark
    @OperationsPerInvocation(STEPS)
    public long block() {
        replicas.advance(STEPS);
        return replicas.step(0);
    }

    /// One step a call.
    @Benchmark
    public long single() {
        replicas.advance(1);
        return replicas.step(0);
    }
}
