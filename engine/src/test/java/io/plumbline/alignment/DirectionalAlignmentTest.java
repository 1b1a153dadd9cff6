package io.plumbline.alignment;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.plumbline.backend.Backend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Dataset;
import io.plumbline.data.Philox;
import io.plumbline.derivative.Cases;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.network.Architectures;
import io.plumbline.network.Initialization;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// g(θ, v) against the products Σv and Gv, and by hand.
class DirectionalAlignmentTest {
    private final Backend backend = new ReferenceBackend();

    static Stream<Cases.Case> cases() {
        return Cases.all();
    }

    /// vᵀΣv and vᵀGv are sums of up to p ≈ 10³ products of entries that are themselves sums of nK terms, in double: 10⁻¹¹ leaves room for their cancelling.
    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithProducts(Cases.Case c) {
        try (Dataset data = c.dataset();
                LossSurface surface = LossSurface.of(c.network(), data, backend);
                Point point = surface.at(c.network().initialTheta())) {
            HostBuffer v = HostBuffer.collected(Precision.F64, c.network().parameterCount());
            new Philox(3, "direction").fillNormal(v, 1);
            double curvature = dot(v, point.gaussNewtonVector(v));
            double expected = dot(v, point.noiseCovarianceVector(v)) / (2 * point.loss() * curvature);
            assertEquals(expected, DirectionalAlignment.of(point, v).value(), 1e-11 * Math.max(1, expected));
        }
    }

    private static double dot(HostBuffer x, HostBuffer y) {
        double sum = 0;
        for (long i = 0; i < x.length(); i++) {
            sum += x.get(i) * y.get(i);
        }
        return sum;
    }

    /// f = θ₁x₁ + θ₂x₂ at 0, x = (1, 0), (2, 0), y = −1, −1: along (1, 0) r·s = 1, 2 with variance ¼, 2L = 1, vᵀGv = 2.5: g = 0.1. Along (0, 1) G is 0.
    @Test
    void byHand() {
        try (Dataset data = data(-1); LossSurface surface = surface(data); Point point = surface.at(HostBuffer.of(0.0, 0.0))) {
            assertEquals(0.1, DirectionalAlignment.of(point, HostBuffer.of(3.0, 0.0)).value(), 1e-15);
            assertEquals("G is 0 along the direction", DirectionalAlignment.of(point, HostBuffer.of(0.0, 1.0)).undefined());
            assertThrows(IllegalArgumentException.class, () -> DirectionalAlignment.of(point, HostBuffer.of(1.0)));
        }
    }

    @Test
    void isUndefinedWithoutLoss() {
        try (Dataset data = data(0); LossSurface surface = surface(data); Point point = surface.at(HostBuffer.of(0.0, 0.0))) {
            assertEquals("the loss is 0", DirectionalAlignment.of(point, HostBuffer.of(1.0, 0.0)).undefined());
        }
    }

    private static Dataset data(double y) {
        return Dataset.copyOf("two", new double[][] {{1, 0}, {2, 0}}, new double[][] {{y}, {y}});
    }

    private LossSurface surface(Dataset data) {
        return LossSurface.of(Architectures.parse("linear:2-1", Initialization.DEFAULT, 1), data, backend);
    }
}
