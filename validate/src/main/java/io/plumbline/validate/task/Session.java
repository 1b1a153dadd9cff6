package io.plumbline.validate.task;

import io.plumbline.backend.Backend;
import io.plumbline.data.Dataset;
import io.plumbline.derivative.LossSurface;
import io.plumbline.derivative.Point;
import io.plumbline.memory.OffHeap;
import io.plumbline.memory.Scope;
import io.plumbline.network.Network;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/// A model at a point, its data and the backend, opened together and closed together; and what every answer says of them.
final class Session implements AutoCloseable {
    private static final double NANOS = 1e9;
    private static final String PEAK_RESIDENT = "VmHWM:";

    private final long started = System.nanoTime();
    private final Scope scope = new Scope();
    private final Network network;
    private final Dataset dataset;
    private final Backend backend;
    private final Point point;

    /// What is quick to refuse comes first: the device, the network, θ; then the data.
    ///
    /// @param phases hears of passes that went on with smaller tiles
    Session(Model model, Data data, Resources resources, Phases phases) throws IOException {
        try {
            backend = scope.own(resources.open());
            var limits = resources.limits(backend);
            network = model.network();
            var theta = model.theta(network);
            dataset = scope.own(data.load());
            var surface = scope.own(LossSurface.of(network, dataset, backend, limits));
            surface.onRetiling(retiling -> phases.note(retiling.toString()));
            point = scope.own(surface.at(theta));
        } catch (Throwable failure) {
            scope.close();
            throw failure;
        }
    }

    Network network() {
        return network;
    }

    Dataset dataset() {
        return dataset;
    }

    Backend backend() {
        return backend;
    }

    Point point() {
        return point;
    }

    /// n·K.
    long rows() {
        return (long) dataset.examples() * network.outputs();
    }

    /// Since this was opened.
    double elapsedSeconds() {
        return (System.nanoTime() - started) / NANOS;
    }

    /// The most memory that the process has had resident so far, as Linux counts it; elsewhere what the engine held outside the Java heap.
    static long peakBytes() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1)) {
                if (line.startsWith(PEAK_RESIDENT)) {
                    return Long.parseLong(line.substring(PEAK_RESIDENT.length()).replace("kB", "").strip()) * 1024;
                }
            }
        } catch (IOException | NumberFormatException notLinux) {
            return OffHeap.peakBytes();
        }
        return OffHeap.peakBytes();
    }

    @Override
    public void close() {
        scope.close();
    }
}
