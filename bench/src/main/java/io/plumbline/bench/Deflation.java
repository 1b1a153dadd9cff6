package io.plumbline.bench;

import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.data.DataOptions;
import io.plumbline.data.DataSource;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.flatness.DeflatedHutchinson;
import io.plumbline.flatness.Effort;
import io.plumbline.flatness.Estimate;
import io.plumbline.flatness.Hutchinson;
import io.plumbline.flatness.PointOperator;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// How much nearer does deflation come to ‖H‖_F with the same products? FCN 784-32-10 with GELU after 300 steps of gradient descent on the 1,000 embedded images, K = 10,
/// p = 25,450, f32, all cores: [#PRODUCTS] Hessian products each, a sketch of a quarter as many in the one.
///
/// Set-up prints the root mean squared errors of [#SEEDS] seeds relative to the norm, which [#EXACT_PROBES] deflated probes tell, and their ratio. Expected: plain
/// probes are off by at most √(2/40)/2 = 11 %, less where several eigenvalues share the norm; a Hessian of K outputs has about K outliers, of which the sketch takes most,
/// so that the ratio is 3 to 10. The times differ by the orthogonalisation, little beside the products.
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsPrepend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector", "-Xmx2g"})
@Warmup(iterations = 1, time = 2)
@Measurement(iterations = 3, time = 2)
public class Deflation {
    private static final int PRODUCTS = 40;
    private static final int SEEDS = 20;
    private static final int EXACT_PROBES = 600;
    private static final int STEPS = 300;
    private static final double LEARNING_RATE = 0.01;

    private Scope scope;
    private PointOperator hessian;
    private long seed;

    @Setup(Level.Trial)
    public void open() throws IOException {
        scope = new Scope();
        var network = Architectures.parse("fcn:784-32-10:gelu", Initialization.DEFAULT, 1);
        var data = scope.own(DataSource.parse("fashion-mnist-sample").load(DataOptions.defaults()));
        var backend = scope.own(CpuBackend.create(Precision.F32, Runtime.getRuntime().availableProcessors()));
        var surface = scope.own(LossSurface.of(network, data, backend));
        HostBuffer theta = network.initialTheta();
        for (int step = 0; step < STEPS; step++) {
            try (Point point = surface.at(theta)) {
                HostBuffer gradient = point.gradient();
                for (long i = 0; i < theta.length(); i++) {
                    theta.set(i, theta.get(i) - LEARNING_RATE * gradient.get(i));
                }
            }
        }
        Point point = scope.own(surface.at(theta));
        hessian = PointOperator.hessian(point);
        double exact = DeflatedHutchinson.of(hessian, Effort.of(EXACT_PROBES), -1).frobenius().value();
        double plain = error(exact, this::plain);
        double deflated = error(exact, this::deflated);
        System.out.println(backend.description());
        System.out.printf("loss %.4g, |H|_F %.5g; relative error of %d products: plain %.3g, deflated %.3g, ratio %.3g%n", point.loss(), exact,
                PRODUCTS, plain,
                deflated, plain / deflated);
    }

    private static double error(double exact, LongFunction<Estimate> estimator) {
        double squares = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            double error = estimator.apply(seed).value() / exact - 1;
            squares += error * error / SEEDS;
        }
        return Math.sqrt(squares);
    }

    private Estimate plain(long seed) {
        return Hutchinson.of(hessian, Effort.of(PRODUCTS), seed).frobenius();
    }

    private Estimate deflated(long seed) {
        return DeflatedHutchinson.of(hessian, Effort.of(PRODUCTS / 4 * 3), seed).frobenius();
    }

    @TearDown(Level.Trial)
    public void close() {
        scope.close();
    }

    @Benchmark
    public Estimate plain() {
        return plain(seed++);
    }

    @Benchmark
    public Estimate deflated() {
        return deflated(seed++);
    }
}
