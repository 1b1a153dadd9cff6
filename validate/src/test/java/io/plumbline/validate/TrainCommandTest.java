package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `train`, and the folder that it leaves.
class TrainCommandTest {
    private static final String PROBLEM = "train fcn:5-4-1:tanh --data gaussian:n=12,d=5,seed=3 --device cpu --threads 1 ";

    @TempDir
    Path folder;

    private Path run(String name) {
        return folder.resolve(name);
    }

    private static List<JsonNode> trace(Path run) throws IOException {
        var lines = new ArrayList<JsonNode>();
        for (String line : Files.readAllLines(run.resolve("trace.jsonl"))) {
            lines.add(new ObjectMapper().readTree(line));
        }
        return lines;
    }

    /// The trace without times.
    private static List<JsonNode> timeless(Path run) throws IOException {
        var lines = trace(run);
        lines.forEach(line -> ((ObjectNode) line).remove("elapsedSeconds"));
        return lines;
    }

    /// Images to a loss of 0.05, which takes some hundred steps; figures on the way are those that `measure` gives at the θ that is left.
    @Test
    void imagesToALoss() throws Exception {
        Path run = run("images");
        String problem = " fcn:784-8-2:relu --data fashion-mnist-sample --classes 0,1 --examples 40 --precision f64 ";
        JsonNode report = Execution.of(
                "train" + problem + "--learning-rate 0.01 --batch-size 5 --sampling epochs --epochs 500 --every 16 --stop-loss 0.05 "
                        + "--quantities loss,alignment,noise --measure-every 32 --json - --out " + run)
                .json();
        assertEquals("plumbline.train/1", report.get("schema").asText());
        assertEquals("converged", report.get("status").asText());
        assertTrue(report.at("/loss/value").asDouble() <= 0.05);
        assertEquals(report, new ObjectMapper().readTree(run.resolve("result.json").toFile()));
        var trace = trace(run);
        assertEquals(report.get("steps").asLong() / 16 + 1, trace.size());
        assertTrue(trace.get(0).at("/loss/value").asDouble() > 0.05);
        assertTrue(trace.get(0).has("alignment") && !trace.get(0).has("hessian") && !trace.get(1).has("alignment"));
        JsonNode last = trace.getLast();
        assertEquals("converged", last.get("status").asText());
        JsonNode measured = Execution.of(
                "measure" + problem + "--quantities loss,alignment,noise --json - --theta " + run.resolve("theta.npy")).json();
        for (String group : List.of("loss", "gradientNorm", "alignment", "noise")) {
            assertEquals(measured.get(group), last.get(group), group);
        }
    }

    @Test
    void divergenceIsReported() throws Exception {
        Path run = run("diverging");
        var execution = Execution.of(PROBLEM + "--learning-rate 30 --steps 400 --every 1 --divergence 1e300 --quantities alignment --out " + run)
                .succeeded();
        assertTrue(execution.out().contains(run + ": diverged after "), execution.out());
        var trace = trace(run);
        JsonNode last = trace.getLast();
        assertEquals("diverged", last.get("status").asText());
        assertEquals(last.get("step").asLong() + 1, trace.size());
        assertTrue(last.at("/loss/value").isNull() && last.at("/loss/undefined").asText().contains("not finite"));
        assertTrue(Files.exists(run.resolve("theta.npy")));
    }

    /// Replica 2 of seed 5 is the run of seed 7, whatever runs beside it.
    @Test
    void aReplicaIsTheRunOfItsSeed() throws Exception {
        String options = "--learning-rate 0.1 --batch-size 3 --steps 30 --every 10 --momentum 0.5 ";
        Execution.of(PROBLEM + options + "--seed 5 --replicas 3 --out " + run("all")).succeeded();
        Execution.of(PROBLEM + options + "--seed 7 --out " + run("one")).succeeded();
        assertArrayEquals(Files.readAllBytes(run("one").resolve("theta.npy")), Files.readAllBytes(run("all").resolve("theta-2.npy")));
        assertFalse(java.util.Arrays.equals(Files.readAllBytes(run("all").resolve("theta-0.npy")),
                Files.readAllBytes(run("all").resolve("theta-2.npy"))));
        assertEquals(3 * 4, trace(run("all")).size());
    }

    /// A run that is over is only reported; one that is to last longer goes on; one that is to have ended before, or with other settings, is refused by the name of
    /// what differs, and stays as it was.
    @Test
    void theSameCommandGoesOn() throws Exception {
        String options = "--learning-rate 0.1 --batch-size 3 --every 10 --noise gaussian ";
        Execution.of(PROBLEM + options + "--steps 57 --out " + run("whole")).succeeded();
        Execution.of(PROBLEM + options + "--steps 25 --out " + run("parts")).succeeded();
        byte[] result = Files.readAllBytes(run("parts").resolve("result.json"));
        String again = Execution.of(PROBLEM + options + "--steps 25 --json - --out " + run("parts")).succeeded().out();
        assertEquals(new String(result, java.nio.charset.StandardCharsets.UTF_8), again);
        Execution.of(PROBLEM + options + "--steps 57 --checkpoint-every 7 --out " + run("parts")).succeeded();
        assertEquals(timeless(run("whole")), timeless(run("parts")));
        assertArrayEquals(Files.readAllBytes(run("whole").resolve("theta.npy")), Files.readAllBytes(run("parts").resolve("theta.npy")));
        result = Files.readAllBytes(run("parts").resolve("result.json"));
        byte[] request = Files.readAllBytes(run("parts").resolve("request.json"));
        String shorter = Execution.of(PROBLEM + options + "--steps 25 --out " + run("parts")).refused();
        assertTrue(shorter.contains("checkpoint.npz: the run is at step 57 and cannot go back: asked for are 25 steps"), shorter);
        assertArrayEquals(result, Files.readAllBytes(run("parts").resolve("result.json")));
        assertArrayEquals(request, Files.readAllBytes(run("parts").resolve("request.json")));
        String other = Execution.of(PROBLEM + "--learning-rate 0.2 --batch-size 3 --every 10 --noise gaussian --steps 57 --out " + run("parts"))
                .refused();
        assertTrue(other.contains("request.json: descent.learningRate is 0.1, asked for is 0.2"), other);
        assertArrayEquals(Files.readAllBytes(run("whole").resolve("theta.npy")), Files.readAllBytes(run("parts").resolve("theta.npy")));
    }

    /// Half a line at the trace's end, and a checkpoint's temporary file, as a killed process leaves them.
    @Test
    void halfWrittenLinesGo() throws Exception {
        String options = PROBLEM + "--learning-rate 0.1 --batch-size 3 --every 10 --steps 45 --out ";
        Execution.of(options + run("whole")).succeeded();
        Execution.of(options.replace("steps 45", "steps 20") + run("cut")).succeeded();
        Files.writeString(run("cut").resolve("trace.jsonl"), "{\"replica\":0,\"st", StandardOpenOption.APPEND);
        Files.writeString(run("cut").resolve(".checkpoint.npz.1-1.tmp"), "PK");
        Execution.of(options + run("cut")).succeeded();
        assertEquals(timeless(run("whole")), timeless(run("cut")));
        assertFalse(Files.exists(run("cut").resolve(".checkpoint.npz.1-1.tmp")));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--learning-rate 0 --steps 1 | learning rate: found 0.0, expected a positive number",
        "--learning-rate -1 --steps 1 | learning rate: found -1.0, expected a positive number",
        "--learning-rate 0.1 --steps 1 --batch-size 0 | batch size: found 0, expected at least 1",
        "--learning-rate 0.1 --steps 1 --batch-size 13 --sampling without | batch size: found 13, expected at most 12",
        "--learning-rate 0.1 --steps 1 --batch-size 13 --sampling epochs | batch size: found 13, expected at most 12",
        "--learning-rate 0.1 --steps -1 | steps: found -1, expected at least 0",
        "--learning-rate 0.1 | steps: found none, expected a number of steps, epochs or seconds",
        "--learning-rate 0.1 --epochs 0 | epochs: found 0, expected at least 1",
        "--learning-rate 0.1 --steps 1 --every 0 | every: found 0",
        "--learning-rate 0.1 --steps 1 --momentum 1 | momentum: found 1.0",
        "--learning-rate 0.1 --steps 1 --noise white | noise: found 'white', expected sampling, none",
        "--learning-rate 0.1 --steps 1 --schedule step | schedule: found 'step'",
        "--learning-rate 0.1 --steps 1 --sampling twice | sampling: found 'twice'",
        "--learning-rate 0.1 --steps 1 --replicas 0 | replicas: found 0",
        "--learning-rate 0.1 --steps 1 --algorithm gd --batch-size 3 | --batch-size 3: gradient descent has no batches",
        "--learning-rate 0.1 --steps 1 --noise none --sampling with | --sampling with: only SGD's own noise is sampled",
        "--learning-rate 0.1 --steps 1 --algorithm adam | found 'adam', expected sgd or gd",
        "--learning-rate 0.1 --steps 1 --checkpoint-every soon | found 'soon', expected a number of steps"})
    void whatIsWrongIsNamed(String options, String message) {
        String said = Execution.of(PROBLEM + options + " --out " + run("refused")).refused();
        assertTrue(said.contains(message), said);
        assertFalse(Files.exists(run("refused")));
    }

    @Test
    void foldersThatCannotBeRuns() throws Exception {
        String options = PROBLEM + "--learning-rate 0.1 --steps 1 --out ";
        Path file = Files.writeString(run("file"), "");
        assertEquals("plumbline train: " + file + ": expected a folder, found a file", Execution.of(options + file).refused());
        assertTrue(Execution.of(options + file.resolve("run")).refused().startsWith("plumbline train: " + file));
        Files.createDirectory(run("full"));
        Files.writeString(run("full").resolve("thesis.txt"), "");
        assertTrue(Execution.of(options + run("full")).refused().contains("holds thesis.txt and no request.json"));
        Execution.of(options + run("broken")).succeeded();
        Files.writeString(run("broken").resolve("request.json"), "{\"model\": 1");
        assertTrue(Execution.of(options + run("broken")).refused().contains("request.json: "));
    }

    /// Killed at three moments nobody chose, and resumed: trace and θ of a run without an end on the way. 8,000 steps are a second's work or more; the end comes
    /// at most 0.2 seconds after a process has begun with them.
    @Test
    void killedAndResumedIsTheUnbrokenRun() throws Exception {
        String options = "train fcn:20-31-3:relu --data gaussian:n=101,d=20,k=3,seed=3 --precision f32 --learning-rate 0.02 --batch-size 7 --momentum 0.5 "
                + "--replicas 2 --steps 8000 --every 100 --checkpoint-every 0.02s --out ";
        assertEquals(0, start(options + run("whole")).waitFor());
        Path request = run("killed").resolve("request.json");
        var random = new Random();
        int kills = 0;
        for (int i = 0; i < 3; i++) {
            Object before = Files.exists(request) ? Files.readAttributes(request, BasicFileAttributes.class).fileKey() : null;
            Process process = start(options + run("killed"));
            while (process.isAlive()
                    && (!Files.exists(request) || Files.readAttributes(request, BasicFileAttributes.class).fileKey().equals(before))) {
                process.waitFor(5, TimeUnit.MILLISECONDS);
            }
            if (!process.waitFor(random.nextInt(200), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                kills++;
            }
        }
        assertEquals(0, start(options + run("killed")).waitFor());
        assertTrue(kills > 0, "every run was over before its end came");
        assertEquals(timeless(run("whole")), timeless(run("killed")));
        for (int r = 0; r < 2; r++) {
            assertArrayEquals(
                    Files.readAllBytes(run("whole").resolve("theta-" + r + ".npy")),
                    Files.readAllBytes(run("killed").resolve("theta-" + r + ".npy")));
        }
    }

    private Process start(String line) throws IOException {
        var command = new ArrayList<String>(
                List.of(
                        Path.of(System.getProperty("java.home"), "bin/java").toString(), "--enable-native-access=ALL-UNNAMED",
                        "--add-modules=jdk.incubator.vector", "-cp", System.getProperty("java.class.path"), Main.class.getName()));
        command.addAll(List.of(line.split(" ")));
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(folder.resolve("said").toFile()).start();
    }

    /// Two processes in one folder would write over each other.
    @Test
    void oneProcessAtATime() throws Exception {
        String options = PROBLEM + "--learning-rate 0.001 --seconds 60 --out " + run("busy");
        Process first = start(options);
        try {
            while (first.isAlive() && !Files.exists(run("busy").resolve("request.json"))) {
                first.waitFor(20, TimeUnit.MILLISECONDS);
            }
            assertEquals("plumbline train: " + run("busy") + ": another process trains there", Execution.of(options).refused());
        } finally {
            first.destroyForcibly().waitFor();
        }
    }
}
