package io.plumbline.flatness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Progress;
import io.plumbline.layer.Dense;
import io.plumbline.layer.Shape;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

/// Against Hessians known in closed form.
class DenseHessianTest {
    /// A handful of roundings on numbers of order 10, for the entries as for Jacobi's rotations.
    private static final double ROUNDINGS = 200 * 0x1p-53;

    /// f(x) = u·v·x, L = ½(uvx − y)²: H = ((v²x², 2uvx² − xy), (2uvx² − xy, u²x²)), here indefinite: with u = 1, v = 2, x = 1, y = 3 it is
    /// ((4, 1), (1, 1)), and with y = 10 it is ((4, −6), (−6, 1)).
    @Test
    void aProductOfTwoNumbers() {
        assertFigures(3, 5, Math.sqrt(19), (5 + Math.sqrt(13)) / 2, (5 - Math.sqrt(13)) / 2);
        assertFigures(10, 5, Math.sqrt(89), (5 + Math.sqrt(153)) / 2, (5 - Math.sqrt(153)) / 2);
    }

    private static void assertFigures(double y, double trace, double frobenius, double top, double bottom) {
        var told = new ArrayList<String>();
        try (var data = Dataset.copyOf("one", new double[][] {{1}}, new double[][] {{y}});
                var surface = LossSurface.of(product(1, 1), data, new ReferenceBackend());
                var theta = HostBuffer.of(1.0, 2.0);
                var point = surface.at(theta)) {
            var hessian = DenseHessian.of(point, (done, total) -> told.add(done + "/" + total));
            assertEquals(trace, hessian.trace(), trace * ROUNDINGS);
            assertEquals(frobenius, hessian.frobenius(), frobenius * ROUNDINGS);
            assertEquals(top, hessian.topEigenvalue(), frobenius * ROUNDINGS);
            assertEquals(bottom, hessian.bottomEigenvalue(), frobenius * ROUNDINGS);
            assertEquals(java.util.List.of("1/2", "2/2"), told);
        }
    }

    @Test
    void aLargeNetworkIsToldWhy() {
        Network network = product(45, 45);
        try (var data = Dataset.copyOf("one", new double[][] {new double[45]}, new double[][] {{0}});
                var surface = LossSurface.of(network, data, new ReferenceBackend());
                var point = surface.at(network.initialTheta())) {
            assertTrue(!DenseHessian.isSmall(point));
            var thrown = assertThrows(IllegalArgumentException.class, () -> DenseHessian.of(point, Progress.NONE));
            assertEquals("hessian: theta has 2070 entries, a Hessian is assembled up to 2000", thrown.getMessage());
        }
    }

    /// x ↦ v (U x), U (width, inputs), v (1, width), all 0.
    private static Network product(int inputs, int width) {
        var builder = Network.builder("product", Shape.of(inputs));
        var u = builder.parameter("u", Shape.of(width, inputs), true, zeros(width * inputs));
        var v = builder.parameter("v", Shape.of(1, width), true, zeros(width));
        return builder.build(builder.apply("vUx", new Dense(true), builder.apply("Ux", new Dense(true), builder.input(), u), v));
    }

    private static HostBuffer zeros(int count) {
        HostBuffer zeros = HostBuffer.collected(Precision.F64, count);
        zeros.segment().fill((byte) 0);
        return zeros;
    }
}
