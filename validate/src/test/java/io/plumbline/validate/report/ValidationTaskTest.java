package io.plumbline.validate.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.derivative.Progress;
import io.plumbline.validate.claim.ClaimResult;
import io.plumbline.validate.claim.Experiment.Scale;
import io.plumbline.validate.task.Json;
import io.plumbline.validate.task.Phases;
import io.plumbline.validate.task.Resources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidationTaskTest {
    @TempDir
    Path folder;

    private ValidationRequest request(String... ids) {
        return new ValidationRequest(List.of(ids), Scale.QUICK, 3, Resources.defaults(), null, null, folder.toString());
    }

    /// What was done before an interruption is not done again, down to the seconds that it took; nothing is left of it at the end.
    @Test
    void goesOnWhereItWasInterrupted() throws IOException {
        var request = request("trace-bound", "coherence");
        Phases interrupted = name -> {
            if (name.startsWith("coherence")) {
                throw new IllegalStateException("interrupted");
            }
            return Progress.NONE;
        };
        assertThrows(IllegalStateException.class, () -> ValidationTask.of(request, "1", interrupted));
        assertFalse(Files.exists(folder.resolve("results.json")));
        Path kept;
        try (var files = Files.walk(folder.resolve("partial"))) {
            kept = files.filter(file -> file.endsWith("trace-bound.json")).findFirst().orElseThrow();
        }
        var done = Json.read(kept, ClaimResult.class);
        ValidationReport report = ValidationTask.of(request, "1", Phases.SILENT);
        assertEquals(done, report.claims().getFirst());
        assertEquals(List.of("trace-bound", "coherence"), report.claims().stream().map(ClaimResult::id).toList());
        assertEquals(report, ValidationReport.read(folder.resolve("results.json")));
        assertFalse(Files.exists(folder.resolve("partial")));
        assertTrue(Files.exists(folder.resolve("index.html")));
    }

    /// Before hours of work, and without a trace.
    @Test
    void missingImagesAreFoundFirst() {
        var request = new ValidationRequest(
                List.of("trace-bound", "fig-6"), Scale.QUICK, 3, Resources.defaults(), null, folder.resolve("none").toString(),
                folder.resolve("r").toString());
        Phases silent = name -> {
            throw new IllegalStateException(name + " was begun");
        };
        assertThrows(IOException.class, () -> ValidationTask.of(request, "1", silent));
        assertFalse(Files.exists(folder.resolve("r")));
    }

    @Test
    void unknownNamesAreRefused() {
        String message = assertThrows(IllegalArgumentException.class, () -> request("fig-7")).getMessage();
        assertTrue(message.startsWith("claim or figure: found fig-7, expected some of "), message);
        assertTrue(message.contains("lemma-2.2") && message.contains("fig-1a"), message);
    }
}
