package io.plumbline;

import io.plumbline.alignment.Alignment;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.data.DataOptions;
import io.plumbline.data.DataSource;
import io.plumbline.derivative.LossSurface;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import java.io.IOException;

class Example {
    static double[] figures() throws IOException {
        var network = Architectures.parse("fcn:784-64-10:gelu", Initialization.DEFAULT, 1); // or OnnxImport.read(path, Set.of())
        try (var data = DataSource.parse("fashion-mnist-sample").load(DataOptions.defaults());
                var backend = CpuBackend.create(Precision.F32, 2);
                var surface = LossSurface.of(network, data, backend);
                var point = surface.at(network.initialTheta())) {
            Alignment alignment = Alignment.of(point);
            HostBuffer gradient = point.gradient();
            HostBuffer product = point.hessianVector(gradient); // H ∇L; hessianVectors takes many vectors at once
            return new double[] {alignment.mu().value(), point.loss(), gradient.get(0), product.get(0)};
        }
    }
}
