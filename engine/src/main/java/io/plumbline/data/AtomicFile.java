package io.plumbline.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/// A file that appears whole or not at all: written under a temporary name in the same folder and moved to its own by [#commit()].
/// Closed without that, or left by an interrupt of the process, nothing stays and an older file of the name is untouched.
public final class AtomicFile implements AutoCloseable {
    private static final AtomicLong COUNTER = new AtomicLong();
    private static final Set<Path> UNFINISHED = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> UNFINISHED.forEach(AtomicFile::deleteQuietly)));
    }

    private final Path target;
    private final Path temporary;
    private final FileChannel channel;

    /// @throws IOException with a message that names the file, if its folder is not there or cannot be written to, or if the name is taken by
    ///     something that is no regular file
    public AtomicFile(Path file) throws IOException {
        target = Files.isSymbolicLink(file) && Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        if (Files.exists(target, LinkOption.NOFOLLOW_LINKS) && !Files.isRegularFile(target, LinkOption.NOFOLLOW_LINKS)) {
            throw new IOException(file + ": cannot be written: " + (Files.isDirectory(target) ? "a directory" : "not a regular file"));
        }
        Path folder = target.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new IOException(file + ": cannot be written: " + folder + " is not a directory");
        }
        temporary = folder.resolve("." + target.getFileName() + "." + ProcessHandle.current().pid() + "-" + COUNTER.incrementAndGet() + ".tmp");
        UNFINISHED.add(temporary);
        try {
            channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (IOException failure) {
            UNFINISHED.remove(temporary);
            String reason = failure instanceof FileSystemException e && e.getReason() != null ? e.getReason() : failure.getClass().getSimpleName();
            throw new IOException(file + ": cannot be written: " + reason, failure);
        }
    }

    /// Writes `content` as the whole of `file`.
    public static void write(Path file, byte[] content) throws IOException {
        try (var atomic = new AtomicFile(file)) {
            atomic.append(ByteBuffer.wrap(content));
            atomic.commit();
        }
    }

    /// Where the content goes until [#commit()].
    public FileChannel channel() {
        return channel;
    }

    /// Writes all of `bytes` at the channel's position.
    public void append(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /// Gives the file its name, in place of an older one.
    public void commit() throws IOException {
        channel.force(true);
        channel.close();
        try {
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException unsupported) {
            Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
        }
        UNFINISHED.remove(temporary);
    }

    /// Removes what was written, unless it was committed. Closing twice is harmless.
    @Override
    public void close() throws IOException {
        if (UNFINISHED.contains(temporary)) {
            channel.close();
            Files.deleteIfExists(temporary);
            UNFINISHED.remove(temporary);
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException ignored) {
            // The process ends; a leftover beside the target is all that can be lost.
        }
    }
}
