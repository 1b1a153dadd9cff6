package io.plumbline.bench;

import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.data.Philox;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.StabilityThreshold;
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

/// Is the exact η* of n = 2,000 examples, K = 1, B = 1, a matter of seconds, and what bounds it? f64, all cores, power-law features (d = 4,000).
///
/// An application of the operator is n r² = 8 G multiply-adds in products of matrices, so some 10 to 25 of them at the GEMM rate (`gemm`: n³, one application's work)
/// should be most of `threshold`; `decomposition` (dsyevd with vectors on one thread, half of it bound by memory) comes once for all batch sizes.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsPrepend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector", "-Xmx2g"})
@Warmup(iterations = 1)
@Measurement(iterations = 2)
public class CriticalLearningRate {
    private static final int EXAMPLES = 2000;
    private static final int FEATURES = 2 * EXAMPLES;

    private CpuBackend backend;
    private Workspace workspace;
    private HostBuffer gram;
    private FunctionSpace space;
    private Tensor product;
    private Tensor factor;

    @Setup(Level.Trial)
    public void open() {
        backend = CpuBackend.create(Precision.F64, Runtime.getRuntime().availableProcessors());
        System.out.println(backend.description());
        workspace = new Workspace(backend);
        Tensor features = workspace.tensor(EXAMPLES, FEATURES);
        try (HostBuffer host = HostBuffer.allocate(Precision.F64, features.length())) {
            new Philox(1, "features").fillNormal(host, 1);
            for (long i = 0; i < host.length(); i++) {
                host.set(i, host.get(i) / Math.sqrt((double) (i % FEATURES + 1)));
            }
            backend.upload(host, features);
        }
        product = workspace.tensor(EXAMPLES, EXAMPLES);
        factor = workspace.tensor(EXAMPLES, EXAMPLES);
        backend.multiply(features, features, true, false, product);
        backend.product(1, product, null, false, factor);
        gram = HostBuffer.allocate(Precision.F64, product.length());
        backend.download(product, gram);
        space = FunctionSpace.of(gram, 1, backend);
    }

    @TearDown(Level.Trial)
    public void close() {
        space.close();
        gram.close();
        workspace.close();
        backend.close();
    }

    @Benchmark
    public double threshold() {
        return StabilityThreshold.of(space, 1).eta();
    }

    @Benchmark
    public int decomposition() {
        try (FunctionSpace another = FunctionSpace.of(gram, 1, backend)) {
            return another.rank();
        }
    }

    @Benchmark
    public Tensor gemm() {
        backend.multiply(factor, factor, true, false, product);
        return product;
    }
}
