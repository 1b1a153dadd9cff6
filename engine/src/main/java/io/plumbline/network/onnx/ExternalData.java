package io.plumbline.network.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/// Weights in files beside a model: in its folder or below, links resolved. No more bytes are read of a file than it has, however many tensors ask for them.
/// What is wrong with a reference raises [IllegalArgumentException].
final class ExternalData {
    private final Path folder;
    private final Map<Path, Long> readBytes = new HashMap<>();

    ExternalData(Path folder) {
        this.folder = folder;
    }

    /// The `count` entries of a tensor.
    HostBuffer read(TensorProto tensor, Precision precision, int count) throws IOException {
        Map<String, String> entries = tensor.getExternalDataList().stream()
                .collect(Collectors.toMap(StringStringEntryProto::getKey, StringStringEntryProto::getValue, (first, last) -> last));
        String location = entries.getOrDefault("location", "");
        Path file = beside(location);
        long sizeBytes = (long) count * precision.sizeBytes();
        long offset = wholeNumber(entries.getOrDefault("offset", "0"));
        OnnxTensor.requireBytes(sizeBytes, wholeNumber(entries.getOrDefault("length", Long.toString(sizeBytes))));
        try (var channel = FileChannel.open(file, StandardOpenOption.READ); var arena = Arena.ofConfined()) {
            if (offset > channel.size() || sizeBytes > channel.size() - offset) {
                throw new IllegalArgumentException(
                        "external data: expected " + sizeBytes + " bytes at offset " + offset + " of " + OnnxFile.shown(location)
                                + ", found " + channel.size() + " bytes in all");
            }
            if (readBytes.merge(file, sizeBytes, Long::sum) > channel.size()) {
                throw new IllegalArgumentException("external data: expected tensors that do not overlap in " + OnnxFile.shown(location)
                        + ", found more bytes asked for than its "
                        + channel.size());
            }
            HostBuffer values = HostBuffer.collected(precision, count);
            OnnxTensor.copyLittleEndian(channel.map(MapMode.READ_ONLY, offset, sizeBytes, arena), values);
            return values;
        }
    }

    private Path beside(String location) throws IOException {
        Path file;
        try {
            file = folder.resolve(location).normalize();
        } catch (InvalidPathException invalid) {
            throw new IllegalArgumentException("external data: expected a file name, found " + OnnxFile.shown(location), invalid);
        }
        if (location.isEmpty() || Path.of(location).isAbsolute() || !file.startsWith(folder.normalize())) {
            throw new IllegalArgumentException("external data: expected a file in the model's folder, found " + OnnxFile.shown(location));
        }
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException("external data: expected the file " + OnnxFile.shown(location) + " beside the model, found none");
        }
        if (!file.toRealPath().startsWith(folder.toRealPath())) {
            throw new IllegalArgumentException("external data: " + OnnxFile.shown(location) + " is a link out of the model's folder");
        }
        return file;
    }

    private static long wholeNumber(String text) {
        try {
            long value = Long.parseLong(text);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException ignored) {
            // told below, with the text
        }
        throw new IllegalArgumentException("external data: expected a number of bytes, found " + OnnxFile.shown(text));
    }
}
