package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What is printed without computing: `parameters`, `devices`, `completion`, help and version.
class ListingCommandsTest {
    @Test
    void parametersOfABuiltIn() {
        assertEquals("""
                name      shape   offset  count
                features  (5, 3)       -     15  frozen
                a         (2, 5)       0     10  trainable

                10 parameters in theta, 15 frozen; input (3), 2 outputs
                """, Execution.of("parameters rfm:3-5-2").succeeded().out());
    }

    @Test
    void parametersOfABuiltInOfImages() {
        assertEquals("""
                name      shape          offset  count
                1.weight  (12, 3, 3, 3)       0    324  trainable
                1.bias    (12)              324     12  trainable
                2.weight  (5, 12, 3, 3)     336    540  trainable
                2.bias    (5)               876      5  trainable
                3.weight  (1, 5)            881      5  trainable
                3.bias    (1)               886      1  trainable

                887 parameters in theta, 0 frozen; input (3, 4, 4), 1 output
                """, Execution.of("parameters cnn:3x4x4-12-5-1").succeeded().out());
        String residual = Execution.of("parameters resnet20").succeeded().out();
        assertTrue(residual.endsWith("\n267,808 parameters in theta, 0 frozen; input (3, 32, 32), 1 output\n"), residual);
    }

    @Test
    void parametersOfAFile() {
        JsonNode report = Execution.of("parameters " + Execution.torch("fcn-relu--script-13-f32.onnx") + " --json -").json();
        assertEquals("plumbline.parameters/1", report.get("schema").asText());
        assertEquals("0.weight", report.get("list").get(0).get("name").asText());
        assertEquals("[5,6]", report.get("list").get(0).get("shape").toString());
        assertEquals(30, report.get("list").get(1).get("offset").asInt());
        assertTrue(report.get("list").get(1).get("trainable").asBoolean());
        long sum = 0;
        for (JsonNode entry : report.get("list")) {
            assertEquals(sum, entry.get("offset").asLong());
            sum += entry.get("count").asLong();
        }
        assertEquals(sum, report.get("parameters").asLong());
    }

    @Test
    void whatIsFrozenIsNoPartOfTheta() {
        JsonNode report = Execution.of("parameters " + Execution.torch("fcn-relu--script-13-f32.onnx") + " --frozen 0.weight,0.bias --json -").json();
        assertEquals(35, report.get("frozen").asInt());
        assertTrue(report.get("list").get(0).get("offset").isNull());
        assertEquals(0, report.get("list").get(2).get("offset").asInt());
    }

    @Test
    void devicesEachHaveALine() {
        String table = Execution.of("devices").succeeded().out();
        assertEquals(3, table.lines().count(), table);
        assertTrue(table.contains("cuda        not available: there is no /"), table);
        JsonNode report = Execution.of("devices --json -").json();
        assertEquals("cpu", report.get("auto").asText());
        assertTrue(report.get("list").get(0).get("available").asBoolean());
    }

    @Test
    void completionKnowsEveryCommand() {
        String script = Execution.of("completion").succeeded().out();
        for (String word : new String[] {"measure", "product", "gram", "stability", "parameters", "export", "devices", "selfcheck", "bundle",
            "completion", "--quantities", "--operator"}) {
            assertTrue(script.contains(word), word);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "measure ", "product ", "gram ", "stability ", "parameters ", "export ", "devices ", "selfcheck ", "bundle ",
        "completion ", "validate "})
    void everyCommandHelps(String command) {
        String help = Execution.of(command + "--help").succeeded().out();
        assertTrue(help.startsWith("Usage: plumbline " + command.strip()), help);
        assertTrue(Execution.of(command + "--version").succeeded().out().startsWith("plumbline "));
    }
}
