package io.plumbline.validate.task;

import io.plumbline.memory.HostBuffer;
import io.plumbline.network.Network;
import io.plumbline.network.onnx.OnnxExport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What was written as ONNX; its JSON is `plumbline.export/1`.
///
/// @param out        the file
/// @param precision  of the weights in it
/// @param bytes      its size
/// @param parameters p, the length of θ
/// @param frozen     numbers that are not trained
public record ExportReport(String schema, String model, String out, String precision, long bytes, long parameters, long frozen) {
    /// Reads or builds the network and writes it at θ.
    ///
    /// @throws IOException if a file cannot be read, understood or written
    /// @throws IllegalArgumentException if the name or an option is wrong, or the network does not fit an ONNX file of that precision
    public static ExportReport of(ExportRequest request) throws IOException {
        Network network = request.model().network();
        HostBuffer theta = request.model().theta(network);
        Path file = Path.of(request.out());
        OnnxExport.write(network, theta, request.precision(), file);
        return new ExportReport(
                "plumbline.export/1",
                request.model().name(),
                request.out(),
                request.precision().label(),
                Files.size(file),
                network.parameterCount(),
                network.frozenValues().length());
    }
}
