package io.plumbline.validate.task;

import io.plumbline.alignment.Figure;
import io.plumbline.backend.Arithmetic;
import io.plumbline.backend.Backend;
import io.plumbline.backend.DeviceException;
import io.plumbline.data.NdArray;
import io.plumbline.data.Npy;
import io.plumbline.derivative.Progress;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import io.plumbline.stability.FunctionSpace;
import io.plumbline.stability.StabilityBounds;
import io.plumbline.stability.StabilityThreshold;
import io.plumbline.training.Sampling;
import io.plumbline.validate.task.StabilityReport.AlignmentFigures;
import io.plumbline.validate.task.StabilityReport.HessianFigures;
import io.plumbline.validate.task.StabilityReport.Result;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// How large a learning rate linearised SGD bears.
public final class StabilityTask {
    private static final double NANOS = 1e9;
    private static final String OPERATOR = "exact-operator";

    private final long started = System.nanoTime();
    private final StabilityRequest request;
    private final Phases phases;

    private StabilityTask(StabilityRequest request, Phases phases) {
        this.request = request;
        this.phases = phases;
    }

    /// What is asked for. Gradients are computed in double unless the request says otherwise; all that follows is in double.
    ///
    /// @throws IOException if a file cannot be read or understood
    /// @throws IllegalArgumentException if model, data, matrix and options do not fit each other, the matrix is no Gram matrix, or is too large for the memory limit
    /// @throws ArithmeticException if a number is not finite or an iteration does not converge
    /// @throws DeviceException if the device is not there
    public static StabilityReport of(StabilityRequest request, Phases phases) throws IOException {
        var task = new StabilityTask(request, phases);
        return request.gram() == null ? task.ofModel() : task.ofGram();
    }

    private StabilityReport ofModel() throws IOException {
        Resources asked = request.resources();
        Resources resources = asked.precision() == null ? asked.in(Arithmetic.F64) : asked;
        try (var session = new Session(request.model(), request.data(), resources, phases)) {
            requireRoom(session.rows(), session.backend().precision());
            requireBatchSizes(session.dataset().examples());
            double loss = session.point().loss();
            HostBuffer gram = session.point().gram(phases.begin("tiles of J J^T"));
            try (Backend backend = resources.in(Arithmetic.F64).open();
                    FunctionSpace space = FunctionSpace.of(gram, session.network().outputs(), backend)) {
                return report(space, backend.name(), session.backend().arithmetic().label(), session.network().parameterCount(),
                        Measured.exact(loss, Figure.EXACT));
            }
        }
    }

    private StabilityReport ofGram() throws IOException {
        String file = request.gram();
        int outputs = request.outputs();
        try (Backend backend = request.resources().in(Arithmetic.F64).open(); NdArray array = Npy.read(Path.of(file))) {
            long[] shape = array.shape();
            if (array.type().isInteger()) {
                throw new IllegalArgumentException(
                        file + ": entries are " + array.type().name().toLowerCase(Locale.ROOT) + ", expected floating-point numbers (f4 or f8)");
            }
            if (shape.length != 2 || shape[0] != shape[1] || shape[0] == 0) {
                throw new IllegalArgumentException(file + ": shape is " + Vectors.text(shape) + ", expected a square matrix, (n*K, n*K)");
            }
            if (shape[0] % outputs != 0) {
                throw new IllegalArgumentException(file + ": it has " + shape[0] + " rows, expected a multiple of the number of outputs, " + outputs);
            }
            HostBuffer gram = array.values();
            requireRoom(shape[0], gram.precision());
            requireBatchSizes((int) (shape[0] / outputs));
            try (FunctionSpace space = functionSpace(file, gram, outputs, backend)) {
                return report(space, backend.name(), gram.precision().label(), null, Measured.undefined("a Gram matrix alone has no loss", "none"));
            }
        }
    }

    private static FunctionSpace functionSpace(String file, HostBuffer gram, int outputs, Backend backend) {
        try {
            return FunctionSpace.of(gram, outputs, backend);
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException(file + ": " + wrong.getMessage(), wrong);
        } catch (ArithmeticException wrong) {
            var failure = new ArithmeticException(file + ": " + wrong.getMessage());
            failure.initCause(wrong);
            throw failure;
        }
    }

    private void requireRoom(long rows, Precision precision) {
        String why = whyNoRoom(rows, precision, request.resources().hostLimitBytes());
        if (why != null) {
            throw new IllegalArgumentException("stability: " + why);
        }
    }

    /// Why M in this precision and its decomposition do not fit the memory limit; null if they do.
    static String whyNoRoom(long rows, Precision precision, long limitBytes) {
        double aRowSquared = FunctionSpace.sizeBytes(1) + precision.sizeBytes();
        return aRowSquared * rows * rows <= limitBytes
                ? null
                : String.format(Locale.ROOT, "J J^T has %d rows, its decomposition takes %.4g bytes, the memory limit is %d: enough for %d rows",
                        rows,
                        aRowSquared * rows * rows, limitBytes, (long) Math.sqrt(limitBytes / aRowSquared));
    }

    private void requireBatchSizes(int examples) {
        request.batchSizes().forEach(size -> request.sampling().noiseScale(size, examples));
    }

    private StabilityReport report(FunctionSpace space, String device, String precision, Long parameters, Measured loss) {
        var results = new ArrayList<Result>();
        List<Integer> batchSizes = request.batchSizes();
        Progress progress = phases.begin("batch sizes");
        for (int batchSize : batchSizes) {
            progress.at(results.size(), batchSizes.size());
            results.add(result(space, batchSize));
        }
        progress.at(batchSizes.size(), batchSizes.size());
        return new StabilityReport(
                StabilityReport.SCHEMA,
                request.sampling() == Sampling.WITH ? "with" : "without",
                device,
                precision,
                (System.nanoTime() - started) / NANOS,
                Session.peakBytes(),
                space.examples(),
                space.outputs(),
                parameters,
                space.rank(),
                loss,
                new HessianFigures(
                        Measured.exact(space.trace(), Figure.EXACT_DENSE),
                        Measured.exact(space.frobenius(), Figure.EXACT_DENSE),
                        Measured.exact(space.eigenvalues()[0], Figure.EXACT_DENSE)),
                new AlignmentFigures(
                        Measured.exact(space.lowestAlignment(), Figure.EXACT_DENSE),
                        Measured.exact(space.lowestSecondMomentAlignment(), Figure.EXACT_DENSE)),
                results);
    }

    private Result result(FunctionSpace space, int batchSize) {
        double q = request.sampling().noiseScale(batchSize, space.examples());
        StabilityThreshold threshold = StabilityThreshold.of(space, q);
        StabilityBounds bounds = StabilityBounds.of(space, q);
        return new Result(
                batchSize,
                q,
                Measured.exact(threshold.eta(), OPERATOR),
                threshold.lowerBound() > 0
                        ? Measured.exact(threshold.lowerBound(), OPERATOR)
                        : Measured.undefined("some examples do not move with the eigenvector: nothing is proven, see the residual", OPERATOR),
                threshold.residual(),
                Measured.of(bounds.meanField()),
                Measured.of(bounds.gradientDescent()),
                Measured.of(bounds.theorem33()),
                Measured.of(bounds.proposition34()),
                Measured.of(bounds.trace()));
    }
}
