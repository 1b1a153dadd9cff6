package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each case is a program of its own, started by a shell as the launcher does it.
class StandardErrorTest {
    @TempDir
    Path folder;

    /// Restores standard error, then writes a line to it from Java.
    static final class Program {
        public static void main(String[] arguments) {
            StandardError.restore();
            System.err.println("said");
        }
    }

    @Test
    void whatIsSaidAfterwardsReachesTheUserAndNothingElse() throws Exception {
        assertEquals(0, start("3"));
        assertEquals(List.of("said"), lines("user"));
        assertEquals(List.of("WARNING: Using incubator modules: jdk.incubator.vector"), lines("start"));
    }

    @Test
    void withoutTheVariableStandardErrorStays() throws Exception {
        assertEquals(0, start(null));
        assertEquals(List.of(), lines("user"));
        assertEquals("said", lines("start").getLast());
    }

    @Test
    void aDescriptorThatIsNotOpenIsAnError() throws Exception {
        assertNotEquals(0, start("77"));
        assertNotEquals(0, start("three"));
    }

    /// The exit status of [Program], its descriptor 3 being the file `user`, its standard error the file `start`.
    private int start(String variable) throws IOException, InterruptedException {
        var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var builder = new ProcessBuilder("sh", "-c", "exec \"$@\" 3>user 2>start", "sh", java, "--add-modules", "jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), Program.class.getName());
        builder.directory(folder.toFile());
        builder.environment().keySet().removeAll(List.of("PLUMBLINE_STANDARD_ERROR", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"));
        if (variable != null) {
            builder.environment().put("PLUMBLINE_STANDARD_ERROR", variable);
        }
        return builder.start().waitFor();
    }

    private List<String> lines(String file) throws IOException {
        return Files.readAllLines(folder.resolve(file), StandardCharsets.UTF_8);
    }
}
