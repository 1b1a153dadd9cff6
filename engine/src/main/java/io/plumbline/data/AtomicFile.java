package io.plumbline.data;

import java.io.IOException;
import java.io.OutputStream;
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

    private final Path file;
    private final Path target;
    private final Path temporary;
    private final FileChannel channel;

    /// @throws IOException with a message that names the file, if its folder is not there or cannot be written to, or if the name is taken by
    ///     something that is no regular file
    public AtomicFile(Path file) throws IOException {
        this.file = file;
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
            throw unwritable(file, failure);
        }
    }

    /// The failure to write, which the system reports without the file's name, with it and the reason: a full disk, a size limit.
    public static IOException unwritable(Path file, IOException failure) {
        String reason = failure instanceof FileSystemException system ? system.getReason() : failure.getMessage();
        return new IOException(file + ": cannot be written: " + (reason == null ? failure.getClass().getSimpleName() : reason), failure);
    }

    /// Writes `content` as the whole of `file`.
    public static void write(Path file, byte[] content) throws IOException {
        try (var atomic = new AtomicFile(file)) {
            atomic.append(ByteBuffer.wrap(content));
            atomic.commit();
        }
    }

    /// Where the content goes until [#commit()].
    FileChannel channel() {
        return channel;
    }

    /// The same as a stream of bytes; nothing is buffered.
    public OutputStream stream() {
        return new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                append(ByteBuffer.wrap(new byte[] {(byte) one}));
            }

            @Override
            public void write(byte[] bytes, int from, int count) throws IOException {
                append(ByteBuffer.wrap(bytes, from, count));
            }
        };
    }

    /// Writes all of `bytes` at the channel's position.
    ///
    /// @throws IOException with a message that names the file
    public void append(ByteBuffer bytes) throws IOException {
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException failure) {
            throw unwritable(file, failure);
        }
    }

    /// Gives the file its name, in place of an older one.
    ///
    /// @throws IOException with a message that names the file
    public void commit() throws IOException {
        try {
            channel.force(true);
            channel.close();
            try {
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            } catch (AtomicMoveNotSupportedException unsupported) {
                Files.move(temporary, target, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException failure) {
            throw unwritable(file, failure);
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
