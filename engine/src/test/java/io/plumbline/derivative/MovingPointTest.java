package io.plumbline.derivative;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.memory.Scope;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Gradients where θ moves, against the rows of J of the reference at points that stand still. Bounds are those of [BackendsAgreeTest].
class MovingPointTest {
    private static Stream<Arguments> casesAndBackends() {
        return Cases.all().flatMap(c -> Stream.of("reference", "f64", "f32").map(backend -> Arguments.of(c, backend)));
    }

    private static Backend backend(String name) {
        return name.equals("reference") ? new ReferenceBackend() : CpuBackend.create(name.equals("f64") ? Precision.F64 : Precision.F32, 2);
    }

    private static HostBuffer moved(HostBuffer theta, double by, Precision precision) {
        double[] values = theta.toArray();
        var random = new Random(5);
        for (int i = 0; i < values.length; i++) {
            values[i] = precision == Precision.F32 ? (float) (values[i] + by * random.nextGaussian()) : values[i] + by * random.nextGaussian();
        }
        return HostBuffer.of(values);
    }

    /// At three places one after the other: batches with repetitions, of more than a tile, all examples, and Jᵀu besides. Whatever has been there before.
    @ParameterizedTest
    @MethodSource("casesAndBackends")
    void agreesWithRowsOfTheJacobian(Cases.Case c, String name) {
        int p = (int) c.network().parameterCount();
        try (var scope = new Scope(); var data = c.dataset()) {
            Backend backend = scope.own(backend(name));
            LossSurface surface = scope.own(LossSurface.of(c.network(), data, backend));
            LossSurface exact = scope.own(LossSurface.of(c.network(), data, new ReferenceBackend()));
            var moving = scope.own(new MovingPoint(surface, backend));
            Tensor[] t = new Tensor[3];
            for (int i = 0; i < t.length; i++) {
                t[i] = new Tensor(scope.own(backend.allocate(p)), 0, 1, p);
            }
            double bound = BackendsAgreeTest.bound(backend.precision());
            int n = data.examples();
            int[] batch = new Random(1).ints(n == 67 ? 300 : 5, 0, n).toArray();
            for (double by : new double[] {0, 0.01, 0.02}) {
                HostBuffer theta = scope.own(moved(c.network().initialTheta(), by, backend.precision()));
                backend.upload(theta, t[0]);
                moving.moveTo(t[0]);
                var point = scope.own(exact.at(theta));
                double[] r = point.residuals();
                double[] u = new Random(2).doubles(r.length, -1, 1).toArray();
                double[] weights = new double[r.length];
                double batchLoss = 0;
                for (int i : batch) {
                    for (int k = i * c.network().outputs(); k < (i + 1) * c.network().outputs(); k++) {
                        weights[k] += r[k] / batch.length;
                        batchLoss += r[k] * r[k] / (2 * batch.length);
                    }
                }
                double loss = moving.gradient(batch, t[1]);
                BackendsAgreeTest.assertClose("batch", point.vectorJacobian(weights).toArray(), values(backend, t[1]), bound);
                assertTrue(Math.abs(loss - batchLoss) <= 2 * bound * sizes(point, data.y().toArray()), () -> "loss " + loss);
                double all = moving.gradient(t[1], (i, k, _) -> u[i * c.network().outputs() + k], t[2]);
                BackendsAgreeTest.assertClose("gradient", point.gradient().toArray(), values(backend, t[1]), bound);
                BackendsAgreeTest.assertClose("Jᵀu", point.vectorJacobian(u).toArray(), values(backend, t[2]), bound);
                assertTrue(Math.abs(all - point.loss()) <= 2 * bound * sizes(point, data.y().toArray()), () -> "loss " + all);
                assertEquals(all, moving.loss());
                assertEquals(all, moving.gradient(t[2]));
            }
        }
    }

    /// What errors of outputs and residuals are relative to: the squares of the largest output and target.
    private static double sizes(Point point, double[] targets) {
        double largest = 0;
        double[] f = point.predictions();
        for (int i = 0; i < f.length; i++) {
            largest = Math.max(largest, Math.abs(f[i]) + Math.abs(targets[i]));
        }
        return largest * largest * point.surface().network().outputs();
    }

    private static double[] values(Backend backend, Tensor t) {
        try (HostBuffer here = HostBuffer.allocate(backend.precision(), t.length())) {
            backend.download(t, here);
            return here.toArray();
        }
    }

    /// Where θ changes and nobody says so, expressions of parameters are those of before: the test above would see it.
    @Test
    void expressionsOfParametersFollow() {
        var c = Cases.list().stream().filter(one -> one.name().equals("diagonal linear")).findFirst().orElseThrow();
        var backend = new ReferenceBackend();
        try (var data = c.dataset(); var surface = LossSurface.of(c.network(), data, backend); var moving = new MovingPoint(surface, backend)) {
            int p = (int) c.network().parameterCount();
            Tensor theta = new Tensor(backend.allocate(p), 0, 1, p);
            backend.upload(c.network().initialTheta(), theta);
            moving.moveTo(theta);
            double before = moving.loss();
            backend.upload(moved(c.network().initialTheta(), 1, Precision.F64), theta);
            assertEquals(before, moving.loss());
            moving.moveTo(theta);
            assertTrue(moving.loss() != before);
            assertThrows(IllegalArgumentException.class, () -> moving.moveTo(new Tensor(theta.buffer(), 0, 1, p - 1)));
            assertThrows(IndexOutOfBoundsException.class, () -> moving.gradient(new int[] {9}, theta));
            theta.buffer().close();
        }
    }
}
