package io.plumbline.validate.task;

import io.plumbline.data.AtomicFile;
import io.plumbline.derivative.Progress;
import io.plumbline.training.Moment;
import io.plumbline.training.Observer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.Set;

/// The folder of a training run.
///
/// ```
/// request.json     what was asked for, from the beginning
/// trace.jsonl      a line a look (TraceLine); as long as a process trains here, it holds a lock on it
/// checkpoint.npz   where a resumption goes on (io.plumbline.training.Checkpoint)
/// theta.npy        where it ended; theta-0.npy, theta-1.npy, … of several replicas
/// result.json      what it came to (plumbline.train/1), last: a run with it is over
/// ```
///
/// A folder with request.json is a run, and the same request goes on where its last checkpoint is. Requests are the same if nothing differs but how long the run
/// is to last, how often it is kept, and on how many threads and in how much memory it is computed.
final class RunFolder implements Observer, AutoCloseable {
    private static final Set<String> FREE = Set.of(
            "until.steps", "until.epochs", "until.seconds", "checkpoints.steps", "checkpoints.seconds", "resources.threads",
            "resources.memoryLimitBytes", "resources.deviceLimitBytes", "resources.tileExamples", "out");
    private static final String REQUEST = "request.json";
    /// A line a look.
    static final String TRACE = "trace.jsonl";
    private static final String RESULT = "result.json";

    private final Path folder;
    private final TrainRequest request;
    private final FileChannel trace;
    private final Progress progress;

    /// What a run that is over came to; null if it is not over, or something else is asked for.
    ///
    /// @throws IllegalArgumentException if the folder holds something else than this run
    static TrainReport finished(TrainRequest request) throws IOException {
        Path folder = Path.of(request.out());
        if (!Files.exists(folder)) {
            return null;
        }
        if (!Files.isDirectory(folder)) {
            throw new IOException(folder + ": expected a folder, found a file");
        }
        if (!Files.exists(folder.resolve(REQUEST))) {
            requireEmpty(folder);
            return null;
        }
        var before = Json.read(folder.resolve(REQUEST), TrainRequest.class);
        requireSame(folder.resolve(REQUEST), "", before, request);
        boolean over = before.until().equals(request.until()) && Files.exists(folder.resolve(RESULT));
        return over ? Json.read(folder.resolve(RESULT), TrainReport.class) : null;
    }

    private static void requireEmpty(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, file -> !isTemporary(file) && !isEmptyTrace(file))) {
            for (Path file : files) {
                throw new IllegalArgumentException(
                        folder + ": holds " + file.getFileName() + " and no " + REQUEST + ", expected an empty folder, a new one, or a training run");
            }
        }
    }

    /// What is there before the request is.
    private static boolean isEmptyTrace(Path file) throws IOException {
        return file.endsWith(TRACE) && Files.size(file) == 0;
    }

    static boolean isTemporary(Path file) {
        String name = file.getFileName().toString();
        return name.startsWith(".") && name.endsWith(".tmp");
    }

    private static void requireSame(Path file, String path, Record before, Record now) {
        for (RecordComponent component : before.getClass().getRecordComponents()) {
            String name = path + component.getName();
            Object old = value(component, before);
            Object asked = value(component, now);
            if (old instanceof Record inner && asked instanceof Record other) {
                requireSame(file, name + ".", inner, other);
            } else if (!FREE.contains(name) && !Objects.equals(old, asked)) {
                throw new IllegalArgumentException(file + ": " + name + " is " + old + ", asked for is " + asked
                        + "; a run goes on as it began, another one needs another folder");
            }
        }
    }

    private static Object value(RecordComponent component, Record record) {
        try {
            return component.getAccessor().invoke(record);
        } catch (ReflectiveOperationException impossible) {
            throw new IllegalStateException("reading " + component, impossible);
        }
    }

    /// Opens or makes the folder. What a killed process left half-written is removed.
    ///
    /// @throws IOException if it cannot be written to, or another process trains there
    RunFolder(TrainRequest request, Progress progress) throws IOException {
        this.request = request;
        this.progress = progress;
        folder = Path.of(request.out());
        Files.createDirectories(folder);
        trace = FileChannel.open(folder.resolve(TRACE), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            requireAlone();
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, RunFolder::isTemporary)) {
                for (Path file : files) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (Throwable failure) {
            trace.close();
            throw failure;
        }
    }

    private void requireAlone() throws IOException {
        try {
            if (trace.tryLock() != null) {
                return;
            }
        } catch (OverlappingFileLockException here) {
            throw new IOException(folder + ": this process trains there already", here);
        }
        throw new IOException(folder + ": another process trains there");
    }

    private void write(String name, String text) throws IOException {
        AtomicFile.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }

    Path file(String name) {
        return folder.resolve(name);
    }

    Path checkpoint() {
        return folder.resolve("checkpoint.npz");
    }

    /// The name of the file with θ of replica `replica`.
    String theta(int replica) {
        return request.replicas() == 1 ? "theta.npy" : "theta-" + replica + ".npy";
    }

    /// The last thing that is written.
    void finish(TrainReport report) throws IOException {
        trace.force(true);
        write(RESULT, Json.write(report));
    }

    @Override
    public void at(Moment moment) {
        Long every = request.watch().measureEvery();
        boolean measured = every == null || moment.isLast() || every > 0 && moment.step() % every == 0;
        var bytes = ByteBuffer.wrap(
                Json.line(TraceLine.of(moment, measured ? request.watch().quantities() : Set.of(), request.watch().estimation(),
                        request.model().seed())).getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                trace.write(bytes);
            }
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    private UncheckedIOException unwritable(IOException failure) {
        return new UncheckedIOException(AtomicFile.unwritable(folder.resolve(TRACE), failure));
    }

    @Override
    public long settle() {
        try {
            trace.force(true);
            return trace.position();
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    /// From here on the folder holds this run as it is asked for now: what is wrong with its checkpoint has been said.
    @Override
    public void resume(long settled) {
        try {
            Files.deleteIfExists(folder.resolve(RESULT));
            write(REQUEST, Json.write(request));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
        try {
            trace.truncate(settled);
            trace.position(settled);
        } catch (IOException failure) {
            throw unwritable(failure);
        }
    }

    @Override
    public void progress(long step, long steps) {
        progress.at(step, steps);
    }

    @Override
    public void close() throws IOException {
        trace.close();
    }
}
