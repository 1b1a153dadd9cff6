package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ValidateCommandTest {
    @TempDir
    Path folder;

    /// A claim that holds: a table, status 0, and the report where it was asked for.
    @Test
    void aClaimIsTried() throws Exception {
        Path report = folder.resolve("made/for/it");
        String table = Execution.of("validate lemma-2.4 --report " + report).succeeded().out();
        assertTrue(table.lines().anyMatch(line -> line.startsWith("lemma-2.4 ") && line.endsWith("SUPPORTED")), table);
        JsonNode results = new ObjectMapper().readTree(Files.readString(report.resolve("results.json")));
        assertEquals("plumbline.validate/2", results.get("schema").asText());
        assertEquals(1, results.get("claims").size());
        assertEquals("lemma-2.4", results.get("claims").get(0).get("id").asText());
    }
}
