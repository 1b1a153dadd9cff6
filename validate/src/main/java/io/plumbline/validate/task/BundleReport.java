package io.plumbline.validate.task;

import io.plumbline.validate.bundle.Bundle;
import io.plumbline.validate.bundle.Installation;
import java.io.IOException;
import java.nio.file.Path;

/// What was packed; its JSON is `plumbline.bundle/1`.
///
/// @param bench         whether the benchmarks came along
/// @param kernels       whether there are kernels for GPUs in it
/// @param bytes         of the file; of all files together if it is a folder
/// @param unpackedBytes of all files together
public record BundleReport(String schema, String out, boolean bench, boolean kernels, long bytes, long unpackedBytes) {
    /// Packs plumbline as it was built.
    ///
    /// @throws IOException if something cannot be read or written
    /// @throws IllegalArgumentException if `out` is there already or has a name that says something else, or parts are missing here
    public static BundleReport of(BundleRequest request) throws IOException {
        Path out = Path.of(request.out());
        var bundle = Bundle.write(Installation.current(), request.bench(), out);
        return new BundleReport("plumbline.bundle/1", request.out(), request.bench(), bundle.kernels(), bundle.bytes(), bundle.unpackedBytes());
    }
}
