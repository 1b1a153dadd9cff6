package io.plumbline.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.plumbline.alignment.Figure;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import io.plumbline.network.Network;
import org.junit.jupiter.api.Test;

/// E_B[g_BᵀH_Bg_B/‖g_B‖²] where it is known.
class BatchSharpnessTest {
    private final ReferenceBackend backend = new ReferenceBackend();
    private final Network linear = Architectures.parse("linear:2-1", Initialization.DEFAULT, 1);

    private static Dataset data() {
        return Dataset.copyOf("three", new double[][] {{1, 0}, {0, 2}, {3, 4}}, new double[][] {{1}, {-1}, {2}});
    }

    /// Of a linear model and one example, H_B = xxᵀ and g_B is along x: the quotient is ‖x‖² = 1, 4 or 25. Without replacement and B = n every batch is all examples, and the quotient
    /// ∇LᵀH∇L/‖∇L‖².
    @Test
    void ofOneExampleAndOfAll() {
        try (Dataset data = data()) {
            HostBuffer theta = HostBuffer.of(0.0, 0.0);
            var batches = new Batches(Sampling.WITH, 3, 1, 5);
            double[] squaredLengths = {1, 4, 25};
            double sum = 0;
            double squares = 0;
            for (int t = 0; t < 40; t++) {
                double value = squaredLengths[batches.at(t)[0]];
                sum += value;
                squares += value * value;
            }
            double mean = sum / 40;
            Figure one = BatchSharpness.of(linear, data, backend, theta, Sampling.WITH, 1, 40, 5);
            assertEquals(mean, one.value(), 1e-13);
            assertEquals(Math.sqrt((squares / 40 - mean * mean) / 39), one.standardError(), 1e-12);
            assertEquals(40, one.probes());
            Figure all = BatchSharpness.of(linear, data, backend, theta, Sampling.WITHOUT, 3, 2, 5);
            try (LossSurface surface = LossSurface.of(linear, data, backend); Point point = surface.at(theta)) {
                double[] g = point.gradient().toArray();
                double[] hg = point.hessianVector(point.gradient()).toArray();
                assertEquals((g[0] * hg[0] + g[1] * hg[1]) / (g[0] * g[0] + g[1] * g[1]), all.value(), 1e-13);
            }
            assertEquals(0, all.standardError(), 1e-13);
        }
    }

    @Test
    void isUndefinedAtAMinimumAndRefusesWhatIsNoSample() {
        try (Dataset data = Dataset.copyOf("fitted", new double[][] {{1, 0}, {0, 2}}, new double[][] {{0}, {0}})) {
            HostBuffer theta = HostBuffer.of(0.0, 0.0);
            assertEquals("the gradient of a batch is 0", BatchSharpness.of(linear, data, backend, theta, Sampling.WITH, 1, 3, 5).undefined());
            assertThrows(IllegalArgumentException.class, () -> BatchSharpness.of(linear, data, backend, theta, Sampling.WITH, 1, 1, 5));
            assertThrows(IllegalArgumentException.class, () -> BatchSharpness.of(linear, data, backend, theta, Sampling.WITHOUT, 3, 2, 5));
        }
    }
}
