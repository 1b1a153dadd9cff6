package io.plumbline.bench;

import io.plumbline.derivative.Limits;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
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

/// What does a Hessian product cost beside a gradient? FCN 784-256-256-1 with ReLU, n = 1000, f32, all cores.
///
/// Multiply-adds an example, with a = 784·256 and b = 256·256 + 256 the weights of the first and the other layers: gradient 2a + 3b = 0.60 M; Hessian product
/// at a new point 3a + 7b = 1.06 M, at the same point again (forward values kept) 2a + 6b = 0.80 M; Gauss–Newton product again 2a + 4b. So expected:
/// about 1.8 gradients at a new point, 1.3 again. `...Anew` opens the point inside the measurement, as a function call of a peer would.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsPrepend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector", "-Xmx2g"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class Products {
    private Workload workload;
    private HostBuffer direction;

    @Setup(Level.Trial)
    public void open() {
        workload = new Workload("fcn:784-256-256-1:relu", 1000, Limits.DEFAULT);
        direction = Workload.normal("direction", workload.network.parameterCount());
        System.out.println(workload.backend.description());
    }

    @TearDown(Level.Trial)
    public void close() {
        direction.close();
        workload.close();
    }

    @Benchmark
    public HostBuffer gradientAnew() {
        try (Point point = workload.surface.at(workload.network.initialTheta())) {
            return point.gradient();
        }
    }

    @Benchmark
    public HostBuffer hessianProductAnew() {
        try (Point point = workload.surface.at(workload.network.initialTheta())) {
            return point.hessianVector(direction);
        }
    }

    @Benchmark
    public HostBuffer hessianProduct() {
        return workload.point.hessianVector(direction);
    }

    @Benchmark
    public HostBuffer gaussNewtonProduct() {
        return workload.point.gaussNewtonVector(direction);
    }
}
