package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A program of its own that is ended in the middle of its work.
class InterruptTest {
    private static final int TERMINATED = 128 + 15;

    @TempDir
    Path folder;

    /// 4,000 examples on the reference device are minutes of work; its file lies half-written beside its target when the end comes.
    @Test
    void nothingHalfWrittenIsLeft() throws Exception {
        Path target = folder.resolve("out");
        endsEmpty(target, "gram", "fcn:100-300-300-1", "--data", "gaussian:n=4000,d=100", "--device", "reference", "--out", target + "/gram.npy");
    }

    /// A descent that never converges, its run in a folder for temporary files.
    @Test
    void noTemporaryFolderIsLeft() throws Exception {
        endsEmpty(folder.resolve("out"), "escape", "fcn:4-3-1:tanh", "--data", "gaussian:n=40,d=4", "--device", "reference", "--learning-rate",
                "1e-6",
                "--stop-loss", "0", "--descent-steps", "1000000000");
    }

    /// Starts the program with `target`, a new folder, for temporary files, ends it once there is something in it, and requires that nothing is left there.
    private void endsEmpty(Path target, String... arguments) throws Exception {
        Path errors = folder.resolve("err");
        assertTrue(target.toFile().mkdir());
        var command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin/java").toString(), "-Djava.io.tmpdir=" + target,
                        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(errors.toFile()).start();
        try {
            while (process.isAlive() && target.toFile().list().length == 0) {
                process.waitFor(20, TimeUnit.MILLISECONDS);
            }
            process.destroy();
            assertEquals(TERMINATED, process.waitFor(), () -> "see " + errors);
        } finally {
            process.destroyForcibly();
        }
        assertEquals(List.of(), List.of(target.toFile().list()));
    }
}
