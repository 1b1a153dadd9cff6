package io.plumbline.network.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import io.plumbline.memory.Precision;
import java.nio.DoubleBuffer;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;

/// onnxruntime, told to keep quiet and to one thread: an independent reader of ONNX files.
final class Onnxruntime {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);

    private Onnxruntime() {}

    /// The result of a model for n examples.
    ///
    /// @param precision of the model
    /// @param optimised as users have it by default; otherwise node by node
    /// @param shape     of the input, n first
    /// @param x         the input's entries
    static double[] outputs(byte[] model, Precision precision, boolean optimised, long[] shape, double[] x) throws OrtException {
        try (var options = options(optimised);
                var session = ENVIRONMENT.createSession(model, options);
                var input = tensor(precision, shape, x);
                var results = session.run(Map.of("input", input))) {
            return numbers(precision, (OnnxTensor) results.get("output").orElseThrow());
        }
    }

    private static SessionOptions options(boolean optimised) throws OrtException {
        var options = new SessionOptions();
        options.setOptimizationLevel(optimised ? OptLevel.ALL_OPT : OptLevel.NO_OPT);
        options.setIntraOpNumThreads(1);
        options.setInterOpNumThreads(1);
        return options;
    }

    private static OnnxTensor tensor(Precision precision, long[] shape, double[] x) throws OrtException {
        if (precision == Precision.F64) {
            return OnnxTensor.createTensor(ENVIRONMENT, DoubleBuffer.wrap(x), shape);
        }
        FloatBuffer floats = FloatBuffer.allocate(x.length);
        Arrays.stream(x).forEach(number -> floats.put((float) number));
        return OnnxTensor.createTensor(ENVIRONMENT, floats.flip(), shape);
    }

    private static double[] numbers(Precision precision, OnnxTensor tensor) {
        if (precision == Precision.F64) {
            DoubleBuffer numbers = tensor.getDoubleBuffer();
            return IntStream.range(0, numbers.remaining()).mapToDouble(numbers::get).toArray();
        }
        FloatBuffer numbers = tensor.getFloatBuffer();
        return IntStream.range(0, numbers.remaining()).mapToDouble(numbers::get).toArray();
    }
}
