package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StabilityCommandTest {
    private static final String PROBLEM = " fcn:5-4-2:tanh --data gaussian:n=7,d=5,k=2 --seed 3";
    private static final String HOW = " --batch-size 1,3,7 --sampling without";
    private static final List<String> FIGURES = List.of(
            "criticalLearningRate", "lowerBound", "meanField", "gdBound", "theorem33Bound", "proposition34Bound", "traceBound");

    @TempDir
    Path folder;

    /// Of the model, and of the matrix that `gram` writes of it: the same numbers, on the reference too.
    @Test
    void aModelAndItsGramMatrixSayTheSame() {
        Path m = folder.resolve("m.npy");
        Execution.of("gram" + PROBLEM + " --precision f64 --out " + m).succeeded();
        JsonNode ofModel = Execution.of("stability" + PROBLEM + HOW + " --json -").json();
        JsonNode ofMatrix = Execution.of("stability --gram " + m + " --outputs 2" + HOW + " --json -").json();
        JsonNode onReference = Execution.of("stability" + PROBLEM + HOW + " --device reference --json -").json();
        assertEquals("plumbline.stability/1", ofModel.get("schema").asText());
        assertEquals("without", ofModel.get("sampling").asText());
        assertEquals("f64", ofModel.get("precision").asText());
        assertEquals("[7,2,34]", "[" + ofModel.get("examples") + "," + ofModel.get("outputs") + "," + ofModel.get("parameters") + "]");
        assertTrue(ofModel.get("loss").get("value").asDouble() > 0.01);
        assertTrue(ofMatrix.get("loss").get("value").isNull() && ofMatrix.get("parameters") == null);
        assertTrue(ofMatrix.get("loss").get("undefined").asText().contains("no loss"));
        assertEquals(ofModel.get("results"), ofMatrix.get("results"));
        assertEquals(3, ofModel.get("results").size());
        for (int b = 0; b < 3; b++) {
            JsonNode result = ofModel.get("results").get(b);
            assertEquals(List.of(1, 3, 7).get(b), result.get("batchSize").asInt());
            for (String name : FIGURES) {
                JsonNode figure = result.get(name);
                assertTrue(figure.has("value") && figure.has("standardError") && figure.has("method") && figure.has("probes"), name);
                assertEquals(figure.get("value").isNull(), figure.has("undefined"), name);
                if (!figure.get("value").isNull()) {
                    double value = figure.get("value").asDouble();
                    double critical = result.get("criticalLearningRate").get("value").asDouble();
                    // The stopping rule's 1e-10; μ₀'s bound has what alignments are known to, 1e-13 over μ₀.
                    assertEquals(value, onReference.get("results").get(b).get(name).get("value").asDouble(), 1e-8 * value, name);
                    assertTrue(name.equals("lowerBound") || critical <= value * (1 + 1e-9), name);
                }
            }
        }
        JsonNode whole = ofModel.get("results").get(2);
        assertEquals(2 / ofModel.get("hessian").get("topEigenvalue").get("value").asDouble(),
                whole.get("criticalLearningRate").get("value").asDouble());
        assertTrue(whole.get("theorem33Bound").get("undefined").asText().startsWith("infinite: the batch is the whole data set"));
    }

    @Test
    void aTableForPeople() throws Exception {
        Path json = folder.resolve("report.json");
        String table = Execution.of("stability" + PROBLEM + HOW + " --json " + json).succeeded().out();
        for (String part : List.of("n = 7 examples, K = 2, M of rank 14, p = 34 parameters", "without replacement", "loss L", "L = 0", "eta*",
                "theorem 3.3, B = 7: undefined: infinite: the batch is the whole data set")) {
            assertTrue(table.contains(part), part + " in " + table);
        }
        assertEquals(3, new ObjectMapper().readTree(json.toFile()).get("results").size());
    }

    /// A matrix in float: what is rounding there does not count, and gradients in float are what --precision f32 asks for.
    @Test
    void floats() throws Exception {
        Path m = folder.resolve("m.npy");
        Execution.of("gram" + PROBLEM + " --precision f32 --out " + m).succeeded();
        JsonNode ofMatrix = Execution.of("stability --gram " + m + " --outputs 2" + HOW + " --json -").json();
        JsonNode ofModel = Execution.of("stability" + PROBLEM + HOW + " --precision f32 --json -").json();
        assertEquals("f32", ofMatrix.get("precision").asText());
        assertEquals(ofModel.get("results"), ofMatrix.get("results"));
        // 1e-6, one float's rounding of each entry, moves nothing by more than a thousandth.
        JsonNode inDouble = Execution.of("stability" + PROBLEM + HOW + " --json -").json();
        double exact = inDouble.get("results").get(0).get("criticalLearningRate").get("value").asDouble();
        assertEquals(exact, ofModel.get("results").get(0).get("criticalLearningRate").get("value").asDouble(), 1e-3 * exact);
        assertFalse(exact == ofModel.get("results").get(0).get("criticalLearningRate").get("value").asDouble());
    }

    private String refused(String arguments) {
        return Execution.of("stability " + arguments).refused();
    }

    @Test
    void matricesThatAreNone() throws Exception {
        Path m = folder.resolve("m.npy");
        String one = "--gram " + m + " --batch-size 1 --sampling with";
        assertEquals("plumbline stability: " + m + ": no such file", refused(one));
        Arrays.npy(m, new double[6], 2, 3);
        assertEquals("plumbline stability: " + m + ": shape is (2, 3), expected a square matrix, (n*K, n*K)", refused(one));
        Arrays.npy(m, new double[4], 4);
        assertEquals("plumbline stability: " + m + ": shape is (4,), expected a square matrix, (n*K, n*K)", refused(one));
        Arrays.npy(m, new double[] {1, 0, 0, 1}, 2, 2);
        assertEquals("plumbline stability: " + m + ": it has 2 rows, expected a multiple of the number of outputs, 3", refused(one + " --outputs 3"));
        assertEquals("plumbline stability: outputs: found 0, expected at least 1", refused(one + " --outputs 0"));
        Arrays.npy(m, new double[] {1, 0.5, 0.25, 1}, 2, 2);
        String asymmetric = refused(one);
        assertTrue(asymmetric
                .startsWith("plumbline stability: " + m + ": Gram matrix: not symmetric: M_ij and M_ji differ by up to 0.25, expected at most "));
        assertTrue(asymmetric.contains("rounding"));
        Arrays.npy(m, new double[] {1, 2, 2, 1}, 2, 2);
        assertTrue(refused(one).contains("not positive semidefinite: its lowest eigenvalue is -1"));
        Arrays.npy(m, new double[4], 2, 2);
        assertTrue(refused(one).contains(m + ": Gram matrix: it is 0"));
        Arrays.npy(m, new double[] {1, 0, 0, Double.NaN}, 2, 2);
        assertTrue(refused(one).contains(m + ": ") && refused(one).contains("not finite"));
        String integers = Files.readString(m, StandardCharsets.ISO_8859_1).replace("<f8", "<i8");
        Files.writeString(m, integers, StandardCharsets.ISO_8859_1);
        assertTrue(refused(one).contains("entries are i8, expected floating-point numbers"));
    }

    @Test
    void batchesAndSourcesThatAreNone() throws Exception {
        Path m = Arrays.npy(folder.resolve("m.npy"), new double[] {1, 0, 0, 1}, 2, 2);
        String matrix = "--gram " + m;
        assertTrue(refused(matrix + " --batch-size 3 --sampling without").contains("batch size: found 3, expected at most 2"));
        assertTrue(refused(matrix + " --batch-size 0 --sampling with").contains("batch size: found 0, expected at least 1"));
        assertTrue(refused(matrix + " --batch-size two --sampling with").contains("--batch-size"));
        assertTrue(refused(matrix + " --batch-size 1 --sampling often").contains("found 'often', expected with or without"));
        assertTrue(refused(matrix + " --batch-size 1").contains("--sampling"));
        assertTrue(refused(matrix + " --sampling with").contains("--batch-size"));
        String how = " --batch-size 1 --sampling with";
        assertTrue(refused(how.strip()).contains("expected MODEL and --data DATA, or --gram M.npy, found no MODEL"));
        assertTrue(refused("linear:3-1" + how).contains("or --gram M.npy, found no --data"));
        assertTrue(refused("linear:3-1 " + matrix + how).contains("found both"));
        assertTrue(refused("linear:3-1 --data gaussian:n=2,d=3 --outputs 2" + how).contains("outputs: found 2, expected none: MODEL says its own"));
        String large = refused("linear:3-1 --data gaussian:n=200,d=3 --memory-limit 100k" + how);
        assertTrue(large.contains("J J^T has 200 rows, its decomposition takes 1.600e+06 bytes, the memory limit is 102400: enough for 50 rows"),
                large);
        assertEquals(0, Execution.of("stability " + matrix + " --batch-size 1000 --sampling with").status(),
                "with replacement a batch may be of any size");
    }
}
