package io.plumbline.validate.task;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/// A folder in the system's one for temporary files that goes with all that is in it when it is closed, or when the process is interrupted.
final class TemporaryFolder implements AutoCloseable {
    /// While the process ends, whoever works in the folder may still add files.
    private static final int ATTEMPTS = 10;

    private final Path path;
    private final Thread atEnd;

    /// @param prefix its name begins with
    TemporaryFolder(String prefix) throws IOException {
        path = Files.createTempDirectory(prefix);
        atEnd = Thread.ofPlatform().unstarted(this::deleteQuietly);
        Runtime.getRuntime().addShutdownHook(atEnd);
    }

    Path path() {
        return path;
    }

    private void delete() throws IOException {
        try (var files = Files.walk(path)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private void deleteQuietly() {
        for (int attempt = 0; attempt < ATTEMPTS && Files.exists(path); attempt++) {
            try {
                delete();
            } catch (IOException | UncheckedIOException ignored) {
                // A file came or went meanwhile; what is still there after the last attempt is all that can be left.
            }
        }
    }

    @Override
    public void close() throws IOException {
        delete();
        try {
            Runtime.getRuntime().removeShutdownHook(atEnd);
        } catch (IllegalStateException ending) {
            // The process ends at this moment, and the hook finds nothing.
        }
    }
}
