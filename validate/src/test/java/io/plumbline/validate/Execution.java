package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/// A command line that was run in this process: its exit status and what it said.
record Execution(int status, String out, String err) {
    static Execution of(String... arguments) {
        var out = new StringWriter();
        var err = new StringWriter();
        int status = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
        return new Execution(status, out.toString(), err.toString());
    }

    /// The same of words separated by blanks.
    static Execution of(String line) {
        return of(line.split(" "));
    }

    /// Requires that all went well.
    Execution succeeded() {
        assertEquals("", err);
        assertEquals(0, status);
        return this;
    }

    /// Requires wrong usage or bad input, which one line explains: that line.
    String refused() {
        return said(2);
    }

    /// Requires an exit status that one line explains, and nothing on standard output: that line.
    String said(int expected) {
        List<String> lines = err.lines().toList();
        assertEquals(1, lines.size(), () -> "standard error: " + err);
        assertEquals(expected, status, lines.getFirst());
        assertEquals("", out);
        return lines.getFirst();
    }

    /// Standard output as JSON.
    JsonNode json() {
        succeeded();
        try {
            return new ObjectMapper().readTree(out);
        } catch (IOException malformed) {
            throw new UncheckedIOException(out, malformed);
        }
    }

    /// A file of the networks that PyTorch exported, or of what it computed for them.
    static Path torch(String file) {
        return Path.of(System.getProperty("plumbline.torch"), file);
    }
}
