package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.validate.selfcheck.Check;
import io.plumbline.validate.selfcheck.Group;
import io.plumbline.validate.selfcheck.SelfcheckReport;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SelfcheckCommandTest {
    @TempDir
    Path folder;

    /// The oracle passes: a line for each identity and network, a closing line, status 0, and a JSON file with every check.
    @Test
    void theReferencePasses() throws Exception {
        Path file = folder.resolve("selfcheck.json");
        String table = Execution.of("selfcheck --device reference --json " + file).succeeded().out();
        JsonNode report = new ObjectMapper().readTree(Files.readString(file));
        assertEquals("plumbline.selfcheck/1", report.get("schema").asText());
        assertEquals("reference", report.get("device").asText());
        assertEquals(0, report.get("failed").asInt());
        int checks = report.get("checks").asInt();
        assertEquals(checks, report.get("lines").size());
        for (JsonNode line : report.get("lines")) {
            assertEquals("f64", line.get("precision").asText());
            assertTrue(line.get("passed").asBoolean());
            assertTrue(line.get("error").asDouble() <= line.get("bound").asDouble());
        }
        assertTrue(table.lines().anyMatch(line -> line.matches("f64 +layer normalisation +13 .* ok")), table);
        assertTrue(table.lines().toList().getLast().matches(checks + " checks, 0 failed \\([0-9.]+ s\\)"), table);
    }

    /// Whatever the case of the letters; a text that no name contains is refused.
    @Test
    void onlySomeSubjects() {
        String table = Execution.of("selfcheck --device reference --only Layer,max").succeeded().out();
        List<String> lines = table.lines().filter(line -> line.startsWith("f64")).toList();
        assertTrue(lines.stream().anyMatch(line -> line.contains("layer normalisation"))
                && lines.stream().anyMatch(line -> line.contains("max pooling")), table);
        assertTrue(lines.stream().allMatch(line -> line.contains("layer") || line.contains("max")), table);
        assertTrue(Execution.of("selfcheck --device reference --only nothing").refused().contains("only: found nothing, expected a part of a name"));
    }

    /// One line on standard error, and no head of a table that never comes.
    @Test
    void aDeviceThatIsNotThereIsNotChecked() {
        assertTrue(Execution.of("selfcheck --device cuda").said(3).contains("device cuda: "));
    }

    @Test
    void theReferenceHasNoFloats() {
        assertTrue(Execution.of("selfcheck --device reference --precision f32").refused().contains("the reference device computes in double only"));
    }

    /// The worst of each subject in a line, under it those that failed.
    @Test
    void failuresHaveTheirLines() {
        var text = new StringWriter();
        var table = new SelfcheckTable(new PrintWriter(text), false);
        table.accept(new Check("f32", Group.PRIMITIVES, "multiply", "x·w", "(1, 1) (1, 1)", 1e-9, 1e-8, true, null));
        table.accept(new Check("f32", Group.PRIMITIVES, "multiply", "x·w", "(2, 1) (1, 2)", 2e-8, 1e-8, false, null));
        table.accept(new Check("f32", Group.PRIMITIVES, "multiply", "x·w", "(3, 1) (1, 3)", 5e-9, 1e-8, true, null));
        table.accept(new Check("f32", Group.PRIMITIVES, "unfold", "3x3", "1 x (1, 3, 3)", null, null, false, "IllegalStateException: no\nmemory"));
        table.end(new SelfcheckReport("", "cpu", List.of(), 1, 4, 2, List.of()));
        assertEquals("""
                                                                      checks      error      bound
                f32  multiply                                              3    2.0e-08    1.0e-08  1 FAILED
                       x·w, (2, 1) (1, 2): 2.0e-08, bound 1.0e-08, FAILED
                f32  unfold                                                1          -          -  1 FAILED
                       3x3, 1 x (1, 3, 3): -, bound -, FAILED, IllegalStateException: no memory
                4 checks, 2 failed (1.0 s)
                """, text.toString().replaceAll(" +\n", "\n"));

    }
}
