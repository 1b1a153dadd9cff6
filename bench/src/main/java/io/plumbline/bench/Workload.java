package io.plumbline.bench;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.data.Dataset;
import io.plumbline.data.Philox;
import io.plumbline.derivative.Limits;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.network.Network;

/// A network at its initial θ on Gaussian examples, on all cores in f32 if not said otherwise: what the benchmarks measure.
final class Workload implements AutoCloseable {
    private static final long SEED = 1;

    final Network network;
    final Backend backend;
    final LossSurface surface;
    final Point point;
    private final Scope scope = new Scope();

    Workload(String model, int examples, Limits limits) {
        this(model, examples, limits, CpuBackend.create(Precision.F32, Runtime.getRuntime().availableProcessors()), true);
    }

    /// On another backend, which outlives it.
    Workload(String model, int examples, Limits limits, Backend backend) {
        this(model, examples, limits, backend, false);
    }

    private Workload(String model, int examples, Limits limits, Backend backend, boolean owned) {
        this.backend = backend;
        if (owned) {
            scope.own(backend);
        }
        network = Architectures.parse(model, Initialization.DEFAULT, SEED);
        int width = network.input().size();
        int outputs = network.outputs();
        HostBuffer x = normal("x", (long) examples * width);
        HostBuffer y = normal("y", (long) examples * outputs);
        Dataset data = scope.own(Dataset.of("gaussian", new long[] {examples, width}, x, new long[] {examples, outputs}, y));
        surface = scope.own(LossSurface.of(network, data, backend, limits));
        point = scope.own(surface.at(network.initialTheta()));
    }

    /// Normal numbers that the caller owns.
    static HostBuffer normal(String purpose, long length) {
        HostBuffer buffer = HostBuffer.allocate(Precision.F32, length);
        new Philox(SEED, purpose).fillNormal(buffer, 1);
        return buffer;
    }

    /// A tensor of normal numbers.
    Tensor normalTensor(Workspace workspace, int rows, int columns) {
        Tensor tensor = workspace.tensor(rows, columns);
        try (HostBuffer numbers = normal("matrix", tensor.length())) {
            backend.upload(numbers, tensor);
        }
        return tensor;
    }

    @Override
    public void close() {
        scope.close();
    }
}
