package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The command line where there is a device.
@OnEmulator
class CudaCommandsTest {
    private static final String PROBLEM = " fcn:5-8-3:tanh --data gaussian:n=40,d=5,k=3 ";

    @TempDir
    Path folder;

    @AfterEach
    void asBefore() {
        Emulator.set("MEMORY_LIMIT", String.valueOf(4L << 30));
    }

    @Test
    void devicesListIt() {
        String table = Execution.of("devices").succeeded().out();
        assertTrue(table.contains("cuda (auto)  CUDA emulator, 4 GiB, compute capability 8.0, driver for CUDA 12.6, cuBLAS 12.6 (/"), table);
        JsonNode report = Execution.of("devices --json -").json();
        assertEquals("cuda", report.get("auto").asText());
        assertTrue(report.get("list").get(2).get("available").asBoolean());
    }

    /// Where there is a device, auto is it: the same figures from both, and those of the CPU.
    @Test
    void autoIsTheDevice() {
        String line = "measure" + PROBLEM + "--quantities loss,alignment,fisher,noise --precision f64 --json -";
        JsonNode chosen = Execution.of(line).json();
        JsonNode cpu = Execution.of(line + " --device cpu").json();
        assertEquals("cuda", chosen.get("device").asText());
        for (String figure : new String[] {"/loss", "/gradientNorm", "/alignment/mu", "/alignment/gamma", "/fisher/frobenius", "/noise/frobenius"}) {
            double expected = cpu.at(figure + "/value").asDouble();
            assertEquals(expected, chosen.at(figure + "/value").asDouble(), 1e-12 * Math.abs(expected), figure);
        }
    }

    /// A hundred replicas take their steps in one launch each look, and leave the trace that they leave step by step on the CPU: in double, 10 steps of some 50
    /// roundings, which a step at most doubles (ηλ₁ < 1).
    @Test
    void replicasLeaveTheTraceOfTheCpu() throws Exception {
        List<JsonNode> found = trace("cuda", "0.05");
        List<JsonNode> expected = trace("cpu", "0.05");
        List<JsonNode> other = trace("cuda", "0.051");
        assertEquals(100 * 3, found.size());
        int differ = 0;
        for (int i = 0; i < found.size(); i++) {
            for (String field : new String[] {"replica", "step", "status", "learningRate"}) {
                assertEquals(expected.get(i).get(field), found.get(i).get(field), field);
            }
            double loss = expected.get(i).at("/loss/value").asDouble();
            double bound = 10 * 50 * Math.pow(2, 10) * 0x1p-53 * Math.max(1, loss);
            assertEquals(loss, found.get(i).at("/loss/value").asDouble(), bound);
            differ += Math.abs(other.get(i).at("/loss/value").asDouble() - loss) > bound ? 1 : 0;
        }
        assertEquals(200, differ, "another learning rate shows at every look but the first");
    }

    private List<JsonNode> trace(String device, String rate) throws IOException {
        Path run = folder.resolve(device + rate);
        Execution.of(
                "train fcn:5-8-1:tanh --data gaussian:n=40,d=5 --learning-rate " + rate + " --batch-size 3 --sampling epochs --steps 10 --every 5 "
                        + "--replicas 100 --quantities loss --precision f64 --device " + device + " --out " + run)
                .succeeded();
        var lines = new ArrayList<JsonNode>();
        for (String line : Files.readAllLines(run.resolve("trace.jsonl"))) {
            lines.add(new ObjectMapper().readTree(line));
        }
        return lines;
    }

    /// Factors of 11 bits: nearer to f64 than 2⁻⁷ (some ten roundings deep), farther than f32.
    @Test
    void tf32SaysSoInItsReport() {
        String line = "measure" + PROBLEM + "--quantities loss --json - --precision ";
        JsonNode report = Execution.of(line + "tf32").json();
        assertEquals("cuda", report.get("device").asText());
        assertEquals("tf32", report.get("precision").asText());
        double exact = Execution.of(line + "f64").json().at("/gradientNorm/value").asDouble();
        double single = Execution.of(line + "f32").json().at("/gradientNorm/value").asDouble();
        double error = Math.abs(report.at("/gradientNorm/value").asDouble() - exact);
        assertTrue(error > Math.abs(single - exact) && error <= 0x1p-7 * exact, "off by " + error / exact);
    }

    /// One line that names what was asked for and what there is.
    @Test
    void aDeviceWithoutRoom() {
        Emulator.set("MEMORY_LIMIT", String.valueOf(1L << 20));
        String said = Execution.of("measure fcn:784-256-1 --device cuda --data gaussian:n=400,d=784").said(3);
        assertTrue(
                said.matches("plumbline measure: cuda: allocate: no room for 1254400 bytes more on the device: [0-9]+ are free, [0-9]+ are in use, "
                        + "there is no limit but the device's 1048576"),
                said);
    }

    /// What was free at the start decides, unless somebody says otherwise.
    @Test
    void theMemoryLimitIsAShareOfTheDevices() {
        String line = "measure" + PROBLEM + "--quantities loss --json -";
        assertEquals(3L << 30, Execution.of(line).json().at("/method/memoryLimitBytes").asLong());
        assertEquals(3L << 20, Execution.of(line + " --device-memory-limit 4m").json().at("/method/memoryLimitBytes").asLong());
        assertEquals(1L << 20, Execution.of(line + " --device-memory-limit 4m --memory-limit 1m").json().at("/method/memoryLimitBytes").asLong());
        assertEquals(4L << 30, Execution.of(line + " --device cpu").json().at("/method/memoryLimitBytes").asLong());
        assertTrue(Execution.of(line + " --device cpu --device-memory-limit 4m").refused().contains(
                "device-memory-limit: found 4194304 bytes, expected none: it is of a GPU's memory, and the device is cpu"));
    }

    /// Less memory than a tile takes: smaller tiles, a line on standard error, a note in the report, and the same figures.
    @Test
    void aTileThatDoesNotFitIsCutAgain() throws IOException {
        String line = "measure fcn:5-40-40-1:tanh --device cuda --data gaussian:n=515,d=5 --quantities loss,alignment,fisher,noise --memory-limit 1g --json -";
        JsonNode plenty = Execution.of(line).json();
        assertTrue(plenty.at("/method/notes").isMissingNode());
        var scarce = Execution.of(line + " --device-memory-limit 1200k");
        assertEquals(0, scarce.status(), scarce.err());
        JsonNode report = new ObjectMapper().readTree(scarce.out());
        String note = report.at("/method/notes/0").asText();
        assertTrue(note.matches("gram pass: device memory ran out with tiles of 544 examples; went on with [0-9]+ examples"), note);
        assertEquals("plumbline measure: " + note, scarce.err().lines().findFirst().orElseThrow());
        assertEquals(report.at("/method/notes").size(), scarce.err().lines().count());
        for (String group : new String[] {"/loss", "/gradientNorm", "/alignment", "/fisher", "/noise"}) {
            assertEquals(plenty.at(group), report.at(group), group);
        }
    }
}
