package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.network.onnx.OnnxImport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// `export`: what is written is the model that was asked for.
class ExportCommandTest {
    @TempDir
    Path folder;
    private Path out;

    @BeforeEach
    void name() {
        out = folder.resolve("model.onnx");
    }

    @Test
    void saysWhatItWrote() throws Exception {
        String said = Execution.of("export rfm:3-5-2 --out " + out).succeeded().out();
        assertEquals(out + ": 10 parameters, 15 frozen numbers, in f32, " + Files.size(out) + " bytes", said.strip());
        JsonNode report = Execution.of("export rfm:3-5-2 --precision f64 --json - --out " + out).json();
        assertEquals("plumbline.export/1", report.get("schema").asText());
        assertEquals("f64", report.get("precision").asText());
        assertEquals(Files.size(out), report.get("bytes").asLong());
    }

    /// The same arrays, frozen ones too, from the file as from what it was written from.
    @ParameterizedTest
    @ValueSource(strings = {"rfm:3-5-2", "fcn:4-3-2:gelu", "diagonal:4", "autoencoder--dynamo-20-f64-raw.onnx", "fixup--script-13-f32-raw.onnx"})
    void parametersAreTheSame(String name) {
        String model = name.endsWith(".onnx") ? Execution.torch(name).toString() : name;
        Execution.of("export " + model + " --out " + out).succeeded();
        assertEquals(Execution.of("parameters " + model).succeeded().out(), Execution.of("parameters " + out).succeeded().out());
    }

    @Test
    void whatIsFrozenStaysFrozen() {
        Execution.of("export " + Execution.torch("fcn-relu--script-13-f32.onnx") + " --frozen 0.weight,0.bias --out " + out).succeeded();
        JsonNode report = Execution.of("parameters " + out + " --json -").json();
        assertEquals(35, report.get("frozen").asInt());
        assertEquals("0.weight", report.get("list").get(0).get("name").asText());
    }

    @Test
    void thetaSeedAndLawAreThoseAskedFor() throws Exception {
        Path theta = Arrays.npy(folder.resolve("theta.npy"), new double[] {0.1, -2, 3}, 3);
        Execution.of("export linear:3-1 --precision f64 --theta " + theta + " --out " + out).succeeded();
        assertArrayEquals(new double[] {0.1, -2, 3}, OnnxImport.read(out, Set.of()).initialTheta().toArray());
        Execution.of("export linear:3-1 --precision f64 --seed 5 --out " + out).succeeded();
        double[] he = OnnxImport.read(out, Set.of()).initialTheta().toArray();
        Execution.of("export linear:3-1 --precision f64 --seed 5 --init he:2 --out " + out).succeeded();
        double[] twice = OnnxImport.read(out, Set.of()).initialTheta().toArray();
        assertArrayEquals(new double[] {2 * he[0], 2 * he[1], 2 * he[2]}, twice);
    }

    /// In doubles the exported model has the same figures, to the last bit.
    @Test
    void figuresAreTheSame() {
        String data = " --data gaussian:n=6,d=4,k=2 --device reference --json - --seed 3";
        Execution.of("export fcn:4-3-2:tanh --precision f64 --seed 3 --out " + out).succeeded();
        JsonNode before = Execution.of("measure fcn:4-3-2:tanh" + data).json();
        JsonNode after = Execution.of("measure " + out + data).json();
        for (String group : new String[] {"loss", "alignment", "fisher", "noise", "hessian"}) {
            assertEquals(before.get(group), after.get(group), group);
        }
    }

    @Test
    void whatCannotBeWrittenIsRefused() throws Exception {
        assertEquals("plumbline export: Missing required option: '--out=FILE.onnx' (see plumbline export --help)",
                Execution.of("export linear:3-1").refused());
        assertEquals("plumbline export: " + folder + ": cannot be written: a directory", Execution.of("export linear:3-1 --out " + folder).refused());
        Path huge = Arrays.npy(folder.resolve("huge.npy"), new double[] {1, 1e39, 1}, 3);
        assertEquals("plumbline export: linear:3-1: parameter 1.weight: entry 1 is 1.0E39, too large for f32",
                Execution.of("export linear:3-1 --theta " + huge + " --out " + out).refused());
        assertEquals(1, folder.toFile().list().length);
    }
}
