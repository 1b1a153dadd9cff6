package io.plumbline.bench;

import io.plumbline.alignment.Alignment;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
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

/// What do the derivatives of a convolutional network cost? CNN 3-16-32-64 on 32 × 32 images, n = 500, f32, all cores, each at a new point.
///
/// Multiply-adds an example: the convolutions are c₁ = 0.44 M, c₂ = c₃ = 1.18 M. A gradient is three times those but for the first one's adjoint in x: 8.0 M;
/// a Hessian product c forward, c₁ + 2(c₂ + c₃) for tangents, 3(c₂ + c₃) for cotangents of values and c₁ + 2(c₂ + c₃) for those of weights: 20.2 M. Alignment: forward, adjoints and per-example
/// gradients 8.0 M, and for each pair i ≤ j the p = 23,649 products of their explicit gradients (factors would cost 50 times as many), 250·p = 5.9 M an example.
/// [#gemm] is the limit in the same run: 2048³ = 8.6 G multiply-adds by the same BLAS. Expected: products of such small matrices reach about half of it.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsPrepend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector", "-Xmx2g"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class CnnDerivatives {
    private static final int GEMM_SIZE = 2048;

    private Workload workload;
    private HostBuffer direction;
    private Workspace workspace;
    private Tensor[] matrices;

    @Setup(Level.Trial)
    public void open() {
        workload = new Workload("cnn:3x32x32-16-32-64-1", 500, Limits.DEFAULT);
        direction = Workload.normal("direction", workload.network.parameterCount());
        workspace = new Workspace(workload.backend);
        matrices = new Tensor[3];
        for (int i = 0; i < 3; i++) {
            matrices[i] = workload.normalTensor(workspace, GEMM_SIZE, GEMM_SIZE);
        }
        System.out.println(workload.backend.description());
    }

    @TearDown(Level.Trial)
    public void close() {
        workspace.close();
        direction.close();
        workload.close();
    }

    @Benchmark
    public HostBuffer gradient() {
        try (Point point = workload.surface.at(workload.network.initialTheta())) {
            return point.gradient();
        }
    }

    @Benchmark
    public HostBuffer hessianProduct() {
        try (Point point = workload.surface.at(workload.network.initialTheta())) {
            return point.hessianVector(direction);
        }
    }

    @Benchmark
    public Alignment alignment() {
        try (Point point = workload.surface.at(workload.network.initialTheta())) {
            return Alignment.of(point);
        }
    }

    @Benchmark
    public Tensor gemm() {
        workload.backend.multiply(matrices[0], matrices[1], true, false, matrices[2]);
        return matrices[2];
    }
}
