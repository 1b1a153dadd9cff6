package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Where what is written ends before it is whole: exit status 2 and one line that names it.
class UnwritableTest {
    /// Of 512 bytes: files may grow to 32 KiB.
    private static final String LIMIT = "64";

    @TempDir
    Path folder;

    /// A file that no byte can be written to.
    private static final class Full extends OutputStream {
        @Override
        public void write(int one) throws IOException {
            throw new IOException("No space left on device");
        }
    }

    @Test
    void standardOutput() {
        for (String line : List.of("parameters linear:3-1", "parameters linear:3-1 --json -", "--help", "completion")) {
            var err = new StringWriter();
            var out = new PrintWriter(new PrintStream(new Full()), true, StandardCharsets.UTF_8);
            int status = Main.run(out, new PrintWriter(err), line.split(" "));
            assertEquals(2, status, line);
            String command = line.startsWith("-") ? "plumbline" : "plumbline " + line.split(" ")[0];
            assertEquals(
                    List.of(command + ": standard output: cannot be written in full: its disk is full, or its reader is gone"),
                    err.toString().lines().toList());
        }
    }

    @Test
    void anArray() throws Exception {
        Path target = folder.resolve("gram.npy");
        assertEquals(
                "plumbline gram: " + target + ": cannot be written: File too large",
                refused("gram", "linear:4-1", "--data", "gaussian:n=100,d=4", "--device", "reference", "--out", target.toString()));
        assertEquals(List.of(), names(folder));
    }

    @Test
    void aNetwork() throws Exception {
        Path target = folder.resolve("model.onnx");
        assertEquals(
                "plumbline export: " + target + ": cannot be written: File too large",
                refused("export", "linear:200-200", "--out", target.toString()));
        assertEquals(List.of(), names(folder));
    }

    @Test
    void aTrace() throws Exception {
        Path run = folder.resolve("run");
        assertEquals(
                "plumbline train: " + run + "/trace.jsonl: cannot be written: File too large",
                refused("train", "linear:4-1", "--data", "gaussian:n=4,d=4", "--device", "reference", "--learning-rate", "1e-3", "--steps", "2000",
                        "--every", "1", "--out", run.toString()));
        assertEquals(List.of("request.json", "trace.jsonl"), names(run));
    }

    private static List<String> names(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /// The one line that the program, which may not write large files, says.
    private static String refused(String... arguments) throws Exception {
        var command = new ArrayList<>(
                List.of("sh", "-c", "ulimit -f " + LIMIT + " && exec \"$@\"", "sh",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:-UsePerfData", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp",
                        System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"));
        var process = builder.start();
        List<String> lines = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        assertEquals(1, lines.size(), lines::toString);
        assertEquals(2, process.waitFor(), lines::toString);
        return lines.getFirst();
    }
}
