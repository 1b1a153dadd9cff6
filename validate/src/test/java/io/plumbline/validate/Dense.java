package io.plumbline.validate;

import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.data.DataOptions.Targets;
import io.plumbline.derivative.LossSurface;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.validate.task.Data;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// A Hessian assembled from products, in double.
final class Dense {
    private static final Map<List<Object>, double[]> KNOWN = new HashMap<>();

    private Dense() {}

    /// Tr H, ‖H‖_F, λ_max and λ_min of a built-in model on Gaussian data, seeded as the command line seeds both.
    static synchronized double[] hessian(String model, int examples, int width, int outputs, long seed) throws Exception {
        List<Object> problem = List.of(model, examples, width, outputs, seed);
        if (!KNOWN.containsKey(problem)) {
            KNOWN.put(problem, assemble(model, examples, width, outputs, seed));
        }
        return KNOWN.get(problem);
    }

    private static double[] assemble(String model, int examples, int width, int outputs, long seed) throws Exception {
        var network = Architectures.parse(model, Initialization.DEFAULT, seed);
        int p = (int) network.parameterCount();
        String data = "gaussian:n=" + examples + ",d=" + width + ",k=" + outputs;
        try (var dataset = new Data(data, null, List.of(), Targets.DEFAULT, seed, 0).load();
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
