package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.data.ElementType;
import io.plumbline.data.NdArray;
import io.plumbline.data.Npy;
import io.plumbline.data.Npz;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// `product` and `gram` against what PyTorch computed.
class ArrayCommandsTest {
    private static final String NETWORK = "fcn-gelu-k10";
    private static final String PROBLEM = " " + Execution.torch(NETWORK + "--dynamo-20-f32.onnx") + " --data " + Execution.torch(NETWORK + ".npz");

    @TempDir
    Path folder;

    /// In double the promise is 1e-9, in single precision 2e-4, relative to the vector's length.
    @ParameterizedTest
    @CsvSource({
        "hessian, v, hessianV",
        "gauss-newton, v, gaussNewtonV",
        "noise-covariance, v, noiseCovarianceV",
        "jacobian, v, jacobianV",
        "jacobian-transpose, u, jacobianTransposeU"})
    void productsAreThoseOfPyTorch(String operator, String vector, String expected) throws Exception {
        try (var figures = Npz.open(Execution.torch(NETWORK + ".npz"))) {
            Path in = Arrays.npy(folder.resolve("v.npy"), figures.read(vector).values().toArray(), figures.read(vector).shape());
            double[] right = figures.read(expected).values().toArray();
            assertClose(right, product(operator, in, " --device reference", ElementType.F8, right.length), 1e-9);
            assertClose(right, product(operator, in, " --precision f64", ElementType.F8, right.length), 1e-9);
            assertClose(right, product(operator, in, "", ElementType.F4, right.length), 2e-4);
        }
    }

    private double[] product(String operator, Path vector, String device, ElementType type, int length) throws Exception {
        Path out = folder.resolve("w.npy");
        JsonNode report = Execution.of(
                "product" + PROBLEM + " --operator " + operator + " --vector " + vector + " --out " + out + " --json -" + device).json();
        assertEquals("plumbline.product/1", report.get("schema").asText());
        assertEquals(operator, report.get("operator").asText());
        try (NdArray written = Npy.read(out)) {
            assertArrayEquals(new long[] {length}, written.shape());
            assertEquals(type, written.type());
            return written.values().toArray();
        }
    }

    private static void assertClose(double[] expected, double[] found, double tolerance) {
        double error = 0;
        double norm = 0;
        for (int i = 0; i < expected.length; i++) {
            error += (expected[i] - found[i]) * (expected[i] - found[i]);
            norm += expected[i] * expected[i];
        }
        double relative = Math.sqrt(error / norm);
        assertTrue(relative <= tolerance, "relative error " + relative);
    }

    /// u may be flat too.
    @Test
    void rowsMayBeFlat() throws Exception {
        try (var figures = Npz.open(Execution.torch(NETWORK + ".npz"))) {
            double[] u = figures.read("u").values().toArray();
            Path flat = Arrays.npy(folder.resolve("u.npy"), u, u.length);
            double[] right = figures.read("jacobianTransposeU").values().toArray();
            assertClose(right, product("jacobian-transpose", flat, " --device reference", ElementType.F8, right.length), 1e-9);
        }
    }

    @Test
    void theGramMatrixIsThatOfPyTorch() throws Exception {
        Path out = folder.resolve("gram.npy");
        String said = Execution.of("gram" + PROBLEM + " --precision f64 --out " + out).succeeded().out();
        assertTrue(said.startsWith(out + ": J J^T of 120 x 120 (f64), computed on cpu, norm "), said);
        try (var figures = Npz.open(Execution.torch(NETWORK + ".npz")); NdArray written = Npy.read(out)) {
            assertArrayEquals(new long[] {120, 120}, written.shape());
            assertClose(figures.read("gram").values().toArray(), written.values().toArray(), 1e-9);
        }
    }

    @Test
    void aGramMatrixBeyondTheMemoryLimitIsNotBegun() {
        Path out = folder.resolve("gram.npy");
        String said = Execution.of("gram" + PROBLEM + " --memory-limit 50k --out " + out).refused();
        assertEquals("plumbline gram: gram: J J^T of 120 x 120 f32 numbers is 5.760e+04 bytes, the memory limit is 51200", said);
        assertTrue(folder.toFile().list().length == 0);
    }
}
