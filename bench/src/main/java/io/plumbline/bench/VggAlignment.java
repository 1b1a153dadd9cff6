package io.plumbline.bench;

import io.plumbline.alignment.Alignment;
import io.plumbline.derivative.Limits;
import io.plumbline.derivative.Point;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Does exact alignment of a VGG-11 of full width fit an ordinary machine, and what bounds it? K = 1, n = 256 images of 3 × 32 × 32, f32, all cores, a limit of
/// 4 GiB.
///
/// p = 9.2 M: explicit gradients would take 9.4 GB. The four convolutions at 4 × 4 and 2 × 2 positions with 512 channels, and the one from 256 to 512, stay in
/// factors over positions; the first three stay explicit, 0.96 M numbers an example, 0.98 GB in all. Multiply-adds: 3.2 M a pair, 32,896 pairs: 104 G; forward,
/// adjoints and gradients 3 · 153 M an example: 117 G. So both count, and the GEMM rate bounds both.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsPrepend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector", "-Xmx2g"})
@Warmup(iterations = 1)
@Measurement(iterations = 2)
public class VggAlignment {
    private Workload workload;

    @Setup(Level.Trial)
    public void open() {
        workload = new Workload("vgg11", 256, Limits.DEFAULT);
        workload.point.gramPlan().choices().forEach(System.out::println);
    }

    @TearDown(Level.Trial)
    public void close() {
        workload.close();
    }

    @Benchmark
    public Alignment alignment() {
        try (Point point = workload.surface.at(workload.network.initialTheta())) {
            return Alignment.of(point);
        }
    }
}
