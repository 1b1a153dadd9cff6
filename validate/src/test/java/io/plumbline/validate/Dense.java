package io.plumbline.validate;

import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.derivative.LossSurface;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.validate.task.Data;

/// A Hessian assembled from products, in double.
final class Dense {
    private Dense() {}

    /// Tr H, ‖H‖_F, λ_max and λ_min of a built-in model on Gaussian data, seeded as the command line seeds both.
    static double[] hessian(String model, int examples, int width, int outputs, long seed) throws Exception {
        var network = Architectures.parse(model, Initialization.DEFAULT, seed);
        int p = (int) network.parameterCount();
        String data = "gaussian:n=" + examples + ",d=" + width + ",k=" + outputs;
        try (var dataset = new Data(data, null, java.util.List.of(), io.plumbline.data.DataOptions.Targets.DEFAULT, seed).load();
                var backend = CpuBackend.create(Precision.F64, 2);
                var surface = LossSurface.of(network, dataset, backend);
                var point = surface.at(network.initialTheta());
                var direction = HostBuffer.allocate(Precision.F64, p);
                var matrix = HostBuffer.allocate(Precision.F64, (long) p * p)) {
            direction.segment().fill((byte) 0);
            double trace = 0;
            double squares = 0;
            for (int i = 0; i < p; i++) {
                direction.set(i, 1);
                HostBuffer column = point.hessianVector(direction);
                direction.set(i, 0);
                matrix.slice((long) i * p, p).copyFrom(column);
                trace += column.get(i);
                for (int j = 0; j < p; j++) {
                    squares += column.get(j) * column.get(j);
                }
            }
            double[] eigenvalues = backend.symmetricEigenvalues(matrix, p);
            return new double[] {trace, Math.sqrt(squares), eigenvalues[p - 1], eigenvalues[0]};
        }
    }
}
