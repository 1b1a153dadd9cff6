package io.plumbline.validate.task;

import io.plumbline.backend.DeviceException;
import io.plumbline.data.Npy;
import io.plumbline.memory.HostBuffer;
import java.io.IOException;
import java.nio.file.Path;

/// Work whose answer is an array in a .npy file. The file is begun beside its target before the computation, so that one that cannot be written is
/// found early; it gets its name when it is whole.
public final class ArrayTasks {
    private ArrayTasks() {}

    /// One operator–vector product, in the backend's precision.
    ///
    /// @throws IOException if a file cannot be read, understood or written
    /// @throws IllegalArgumentException if model, data, vector and options do not fit each other
    /// @throws ArithmeticException if the network's output or the product is not finite
    /// @throws DeviceException if the device is not there
    public static ArrayReport product(ProductRequest request, Phases phases) throws IOException {
        Operator operator = request.operator();
        try (var session = new Session(request.model(), request.data(), request.resources(), phases)) {
            long p = session.network().parameterCount();
            Path file = Path.of(request.vector());
            HostBuffer vector = operator.takesExamples()
                    ? Vectors.readRows(file, session.dataset().examples(), session.network().outputs())
                    : Vectors.read(file, p, "as many as theta has");
            long[] shape = {operator.givesExamples() ? session.rows() : p};
            var precision = session.backend().precision();
            try (var writer = new Npy.Writer(Path.of(request.out()), precision, shape);
                    HostBuffer product = HostBuffer.allocate(precision, shape[0])) {
                product.copyFrom(operator.apply(session.point(), vector));
                double norm = finiteNorm(operator.toString(), product);
                writer.append(product);
                writer.commit();
                return ArrayReport.of("plumbline.product/1", session, request.model(), operator, request.out(), shape, norm);
            }
        }
    }

    /// M = J Jᵀ (nK, nK), in the backend's precision.
    ///
    /// @throws IOException if a file cannot be read, understood or written
    /// @throws IllegalArgumentException if model, data and options do not fit each other, or M is larger than the memory limit
    /// @throws ArithmeticException if an entry is not finite
    /// @throws DeviceException if the device is not there
    public static ArrayReport gram(GramRequest request, Phases phases) throws IOException {
        try (var session = new Session(request.model(), request.data(), request.resources(), phases)) {
            long[] shape = {session.rows(), session.rows()};
            var precision = session.backend().precision();
            double sizeBytes = (double) shape[0] * shape[0] * precision.sizeBytes();
            if (sizeBytes > request.resources().hostLimitBytes()) {
                throw new IllegalArgumentException(
                        String.format("gram: J J^T of %d x %d %s numbers is %.4g bytes, the memory limit is %d", shape[0], shape[0],
                                precision.label(), sizeBytes, request.resources().hostLimitBytes()));
            }
            try (var writer = new Npy.Writer(Path.of(request.out()), precision, shape)) {
                HostBuffer gram = session.point().gram(phases.begin("tiles of J J^T"));
                double norm = finiteNorm("gram", gram);
                writer.append(gram);
                writer.commit();
                return ArrayReport.of("plumbline.gram/1", session, request.model(), null, request.out(), shape, norm);
            }
        }
    }

    private static double finiteNorm(String what, HostBuffer values) {
        double norm = Measurement.norm(values);
        if (!Double.isFinite(norm)) {
            throw new ArithmeticException(what + ": the result is not finite in " + values.precision().label());
        }
        return norm;
    }
}
