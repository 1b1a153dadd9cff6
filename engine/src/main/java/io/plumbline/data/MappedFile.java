package io.plumbline.data;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// A file mapped into memory, read-only, until it is closed. More than 2 GiB is fine.
final class MappedFile implements AutoCloseable {
    private final Arena arena = Arena.ofShared();
    private final ByteView view;

    /// @throws IOException with a message that names the file, if it is not there, is no regular file, or cannot be read
    MappedFile(Path file) throws IOException {
        try {
            requireReadable(file);
            try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
                MemorySegment bytes = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
                view = new ByteView(file.toString(), bytes);
            }
        } catch (Throwable failure) {
            arena.close();
            throw failure;
        }
    }

    /// Throws, naming the file, unless it is a regular file that this process may read.
    static void requireReadable(Path file) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file + ": no such file");
        }
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + ": expected a file, found " + (Files.isDirectory(file) ? "a directory" : "something else"));
        }
        if (!Files.isReadable(file)) {
            throw new IOException(file + ": permission denied");
        }
    }

    ByteView view() {
        return view;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
