package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
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
        Path errors = folder.resolve("err");
        Path target = folder.resolve("out");
        assertTrue(target.toFile().mkdir());
        var process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(), "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), Main.class.getName(), "gram", "fcn:100-300-300-1", "--data", "gaussian:n=4000,d=100",
                "--device", "reference", "--out", target + "/gram.npy").redirectErrorStream(true).redirectOutput(errors.toFile()).start();
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
