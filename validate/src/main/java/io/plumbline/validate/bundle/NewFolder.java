package io.plumbline.validate.bundle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/// A folder that is filled under a temporary name beside its own, which [#commit] gives it. Closed without that, or left by an interrupt of the process, nothing
/// of it stays.
final class NewFolder implements AutoCloseable {
    private final Path target;
    private final Path path;
    private final Thread hook = Thread.ofPlatform().unstarted(this::deleteQuietly);

    NewFolder(Path target) throws IOException {
        this.target = target;
        Path whole = target.toAbsolutePath().normalize();
        path = Files.createDirectory(whole.resolveSibling("." + whole.getFileName() + "." + ProcessHandle.current().pid() + ".tmp"));
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /// Where to write.
    Path path() {
        return path;
    }

    /// Gives the folder its name.
    void commit() throws IOException {
        Files.move(path, target);
    }

    private void deleteQuietly() {
        try {
            delete();
        } catch (IOException | UncheckedIOException ignored) {
            // The process ends; a leftover beside the target is all that can be lost.
        }
    }

    private void delete() throws IOException {
        if (Files.exists(path)) {
            try (var files = Files.walk(path)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        delete();
        Runtime.getRuntime().removeShutdownHook(hook);
    }
}
