package io.plumbline.bench;

import io.plumbline.alignment.Alignment;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.derivative.Limits;
import io.plumbline.derivative.Limits.Contraction;
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

/// Does the Gram trick beat explicit per-example gradients? FCN 784-256-256-1, n = 1000, f32, all cores: α, β, μ, γ and the rest.
///
/// Counted, per pair i ≤ j (500,500 of them): factored 784+256 + 256+256 + 256+1 = 1,809 multiply-adds, explicit p = 267,009. Both need the forward and
/// backward pass besides: about 2·n·p = 0.53 G multiply-adds. So expected: factored 0.9 + 0.5 = 1.4 G, explicit 134 G and n·p·4 bytes = 1.07 GB of
/// gradients written and read. [#gemm] is the limit in the same run: 2048³ = 8.6 G multiply-adds by the same BLAS.
///
/// `./plumbline bench GramTrick` prints the times; achieved/limit = (1.43/t(factored)) / (8.59/t(gemm)).
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsPrepend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector", "-Xmx2g"})
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class GramTrick {
    private static final String MODEL = "fcn:784-256-256-1:relu";
    private static final int EXAMPLES = 1000;
    private static final long MEMORY_BYTES = 4L << 30;
    private static final int GEMM_SIZE = 2048;

    private Workload factored;
    private Workload explicit;
    private Workspace workspace;
    private Tensor a;
    private Tensor b;
    private Tensor c;

    @Setup(Level.Trial)
    public void open() {
        factored = new Workload(MODEL, EXAMPLES, new Limits(MEMORY_BYTES, 0, Contraction.FACTORED));
        explicit = new Workload(MODEL, EXAMPLES, new Limits(MEMORY_BYTES, 0, Contraction.EXPLICIT));
        workspace = new Workspace(factored.backend);
        a = factored.normalTensor(workspace, GEMM_SIZE, GEMM_SIZE);
        b = factored.normalTensor(workspace, GEMM_SIZE, GEMM_SIZE);
        c = workspace.zeros(GEMM_SIZE, GEMM_SIZE);
        System.out.println(factored.backend.description());
    }

    @TearDown(Level.Trial)
    public void close() {
        workspace.close();
        explicit.close();
        factored.close();
    }

    @Benchmark
    public Alignment factored() {
        return Alignment.of(factored.point);
    }

    @Benchmark
    public Alignment explicit() {
        return Alignment.of(explicit.point);
    }

    @Benchmark
    public Tensor gemm() {
        factored.backend.multiply(a, b, true, false, c);
        return c;
    }
}
