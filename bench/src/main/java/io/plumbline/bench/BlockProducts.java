package io.plumbline.bench;

import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.derivative.Limits;
import io.plumbline.memory.HostBuffer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Does a block of 16 directions cost less than 16 products with one each? f32, all cores, at a point where forward values are kept.
///
/// A block computes plain cotangents once, one of about 12 matrix products of a dense layer's Hessian product, and once what windows see and which of their entries
/// are the largest; the products of tangents are the same. So expected: somewhat less, and the more so the smaller the layers, whose calls cost more than
/// their work.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsPrepend = {"--enable-native-access=ALL-UNNAMED", "--add-modules=jdk.incubator.vector", "-Xmx2g"})
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
public class BlockProducts {
    private static final int DIRECTIONS = 16;

    /// `fcn:784-256-256-1:relu` on 1000 examples, the CNN of [CnnDerivatives] on 500, or a narrow network on 1000.
    @Param({"fcn:784-256-256-1:relu", "cnn:3x32x32-16-32-64-1", "fcn:10-32-32-1:tanh"})
    private String model;

    private Workload workload;
    private Workspace workspace;
    private HostBuffer[] single;
    private Tensor directions;
    private Tensor products;

    @Setup(Level.Trial)
    public void open() {
        workload = new Workload(model, model.startsWith("cnn") ? 500 : 1000, Limits.DEFAULT);
        workspace = new Workspace(workload.backend);
        int p = (int) workload.network.parameterCount();
        directions = workload.normalTensor(workspace, DIRECTIONS, p);
        products = workspace.tensor(DIRECTIONS, p);
        single = new HostBuffer[DIRECTIONS];
        for (int k = 0; k < DIRECTIONS; k++) {
            single[k] = HostBuffer.allocate(workload.backend.precision(), p);
            workload.backend.download(directions.rows(k, 1), single[k]);
        }
        System.out.println(workload.backend.description());
    }

    @TearDown(Level.Trial)
    public void close() {
        for (HostBuffer direction : single) {
            direction.close();
        }
        workspace.close();
        workload.close();
    }

    @Benchmark
    public Tensor hessianBlock() {
        workload.point.hessianVectors(directions, products);
        return products;
    }

    @Benchmark
    public HostBuffer[] hessianOneByOne() {
        var results = new HostBuffer[DIRECTIONS];
        for (int k = 0; k < DIRECTIONS; k++) {
            results[k] = workload.point.hessianVector(single[k]);
        }
        return results;
    }

    @Benchmark
    public Tensor gaussNewtonBlock() {
        workload.point.gaussNewtonVectors(directions, products);
        return products;
    }

    @Benchmark
    public HostBuffer[] gaussNewtonOneByOne() {
        var results = new HostBuffer[DIRECTIONS];
        for (int k = 0; k < DIRECTIONS; k++) {
            results[k] = workload.point.gaussNewtonVector(single[k]);
        }
        return results;
    }
}
