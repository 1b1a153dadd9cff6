package io.plumbline.validate.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.backend.Arithmetic;
import io.plumbline.data.DataOptions.Targets;
import io.plumbline.derivative.Limits.Contraction;
import io.plumbline.memory.Precision;
import io.plumbline.training.Sampling;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Requests are plain data: what was written as JSON reads as the same.
class RequestTest {
    static List<Record> requests() {
        var model = new Model("net.onnx", List.of("w", "b"), null, "theta.npy", 7);
        var data = new Data("file.npz", 5, List.of(3, 1), Targets.PLUS_MINUS, 7, 2);
        var resources = new Resources(Device.CPU, Arithmetic.F64, 2, 1L << 40, null, 96, Contraction.FACTORED);
        return List.of(
                new MeasureRequest(model, data, resources, Set.of(Quantity.LOSS, Quantity.SPECTRUM),
                        new Estimation(Estimator.DEFLATED, 50, 0.01, true), true, 4),
                new MeasureRequest(Model.of("diagonal:3"), Data.of("gaussian:n=2,d=3"), Resources.defaults(), Quantity.USUAL, Estimation.usual(),
                        false,
                        null),
                new ProductRequest(model, data, resources, Operator.JACOBIAN_TRANSPOSE, "u.npy", "w.npy"),
                new GramRequest(model, data, resources, "m.npy"),
                new TrainRequest(model, data, resources, new TrainRequest.Descent(0.1, "step:0.5:9", 0.9, 3, "epochs", "sampling"),
                        new TrainRequest.Until(9L, null, 1e-4, 2.5, 1e6), new TrainRequest.Watch(4L, Set.of(Quantity.LOSS), Estimation.usual(), null),
                        TrainRequest.Checkpoints.DEFAULT, 3, "run"),
                StabilityRequest.of(model, data, List.of(1, 4), Sampling.WITHOUT, resources),
                StabilityRequest.of("m.npy", 3, List.of(2), Sampling.WITH, Resources.defaults()),
                new ExportRequest(model, Precision.F32, "net2.onnx"));
    }

    @ParameterizedTest
    @MethodSource("requests")
    void jsonReadsAsWhatWasWritten(Record request) throws Exception {
        String json = Json.write(request);
        assertTrue(json.endsWith("}\n"), json);
        assertEquals(request, new ObjectMapper().readValue(json, request.getClass()), json);
    }
}
