package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.data.Npz;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MeasureCommandTest {
    /// What is promised of figures in double: 1e-9 relative to a dense computation. A few thousand roundings are far less.
    private static final double PROMISED_F64 = 1e-9;
    /// What is promised in single precision.
    private static final double PROMISED_F32 = 2e-4;
    private static final List<String> FIGURES = List.of(
            "loss", "gradientNorm", "alignment.alpha", "alignment.beta", "alignment.mu", "alignment.mu1", "alignment.mu2", "alignment.gamma",
            "alignment.gammaLambda", "fisher.trace", "fisher.frobenius", "fisher.topEigenvalue", "noise.trace", "noise.frobenius",
            "noise.traceWithFisher", "hessian.trace", "hessian.frobenius", "hessian.topEigenvalue", "hessian.bottomEigenvalue");

    @TempDir
    Path folder;

    /// Against what PyTorch found through dense matrices. The diagonal networks' features and random features' are those of the fixtures.
    @ParameterizedTest
    @CsvSource({
        "fcn-relu, script-23-f64, ''",
        "fcn-gelu-k10, script-17-f64, ''",
        "fcn-tanh-k10, dynamo-20-f64, ''",
        "deep-linear, dynamo-20-f64, ''",
        "diagonal, script-17-f64-power, ''",
        "random-features, dynamo-20-f64-buffer, ''",
        "random-features, script-13-f64, w"})
    void figuresAreThoseOfPyTorch(String network, String variant, String frozen) throws Exception {
        assertAgrees(network, variant, frozen, "--device reference", PROMISED_F64);
        assertAgrees(network, variant, frozen, "--device cpu --precision f64 --threads 2", PROMISED_F64);
        assertAgrees(network, variant, frozen, "--device cpu --threads 1", PROMISED_F32);
    }

    private static void assertAgrees(String network, String variant, String frozen, String device, double tolerance) throws Exception {
        String frozenOption = frozen.isEmpty() ? "" : " --frozen " + frozen;
        JsonNode report = Execution.of("measure " + Execution.torch(network + "--" + variant + ".onnx") + " --data "
                + Execution.torch(network + ".npz") + " --per-example --json - " + device + frozenOption).json();
        try (var expected = Npz.open(Execution.torch(network + ".npz"))) {
            var names = new TreeMap<>(Map.of("loss", "loss", "gradientNorm", "gradientNorm", "fisher.trace", "fisherTrace"));
            names.putAll(Map.of("fisher.frobenius", "fisherFrobenius", "fisher.topEigenvalue", "fisherTopEigenvalue"));
            names.putAll(Map.of("noise.trace", "noiseTrace", "noise.frobenius", "noiseFrobenius", "noise.traceWithFisher", "noiseTraceWithFisher"));
            List.of("alpha", "beta", "mu", "mu1", "mu2", "gamma", "gammaLambda").forEach(name -> names.put("alignment." + name, name));
            for (var name : names.entrySet()) {
                double value = expected.read(name.getValue()).get(0);
                double found = at(report, name.getKey()).get("value").asDouble(Double.NaN);
                assertTrue(Math.abs(found - value) <= tolerance * Math.abs(value), name.getKey() + ": " + found + ", expected " + value);
            }
            var chi = expected.read("chi");
            assertEquals(chi.size(), at(report, "examplesDetail.chi").size());
            for (int i = 0; i < chi.size(); i++) {
                assertEquals(chi.get(i), at(report, "examplesDetail.chi").get(i).asDouble(), tolerance * chi.get(i));
            }
        }
    }

    static JsonNode at(JsonNode report, String path) {
        return report.at("/" + path.replace('.', '/'));
    }

    /// Other programs rely on the names: exactly these.
    @Test
    void theReportHasItsFieldsAndNoOthers() {
        JsonNode report = Execution.of("measure fcn:3-4-2:tanh --data gaussian:n=5,d=3,k=2 --seed 7 --device reference --json -").json();
        assertEquals(
                List.of("schema", "device", "precision", "seed", "elapsedSeconds", "peakBytes", "examples", "outputs", "parameters", "loss",
                        "gradientNorm", "alignment", "fisher", "noise", "hessian", "method"),
                names(report));
        assertEquals(List.of("alpha", "beta", "mu", "mu1", "mu2", "gamma", "gammaLambda"), names(report.get("alignment")));
        assertEquals(List.of("trace", "frobenius", "topEigenvalue"), names(report.get("fisher")));
        assertEquals(List.of("trace", "frobenius", "traceWithFisher"), names(report.get("noise")));
        assertEquals(List.of("trace", "frobenius", "topEigenvalue", "bottomEigenvalue"), names(report.get("hessian")));
        for (String figure : FIGURES) {
            assertEquals(List.of("value", "standardError", "method", "probes"), names(at(report, figure)), figure);
            assertTrue(at(report, figure).get("value").isDouble(), figure);
        }
        assertEquals("plumbline.measure/1", report.get("schema").asText());
        assertEquals("reference", report.get("device").asText());
        assertEquals("f64", report.get("precision").asText());
        assertEquals(7, report.get("seed").asInt());
        assertEquals(5, report.get("examples").asInt());
        assertEquals(2, report.get("outputs").asInt());
        assertEquals(26, report.get("parameters").asInt());
        assertEquals("exact-gram", at(report, "alignment.alpha.method").asText());
        assertEquals("exact-dense", at(report, "hessian.trace.method").asText());
        assertTrue(report.get("peakBytes").asLong() > 1 << 20, "peakBytes: " + report.get("peakBytes"));
    }

    private static List<String> names(JsonNode object) {
        var names = new ArrayList<String>();
        object.fieldNames().forEachRemaining(names::add);
        return names;
    }

    @Test
    void whatIsNotAskedForIsNullAndSaysSo() {
        JsonNode report = Execution.of("measure diagonal:6 --data gaussian:n=5,d=6 --device reference --quantities loss --json -").json();
        assertTrue(at(report, "loss.value").isDouble());
        for (String figure : FIGURES.subList(2, FIGURES.size())) {
            assertTrue(at(report, figure).get("value").isNull(), figure);
            assertTrue(at(report, figure).get("undefined").asText().startsWith("not asked for, see --quantities "), figure);
        }
        String table = Execution.of("measure diagonal:6 --data gaussian:n=5,d=6 --device reference --quantities loss").succeeded().out();
        assertTrue(table.contains("gradient norm") && !table.contains("alpha"), table);
    }

    @Test
    void theSpectrumComesWhereItIsAskedFor() {
        JsonNode fisher = Execution.of("measure rfm:4-9 --data sphere:n=6,d=4 --device reference --quantities fisher,spectrum --json -").json()
                .get("fisher");
        assertEquals(6, fisher.get("spectrum").size());
        double sum = 0;
        for (JsonNode eigenvalue : fisher.get("spectrum")) {
            sum += eigenvalue.asDouble();
        }
        assertEquals(at(fisher, "trace.value").asDouble(), sum, 1e-12 * sum);
        assertEquals(at(fisher, "topEigenvalue.value").asDouble(), fisher.get("spectrum").get(0).asDouble());
    }

    /// Loss 0 at theta = 0 on targets 0: β, μ, μ₁, μ₂ have no value, and neither has α, since there is no noise.
    @Test
    void zeroResidualsLeaveRatiosUndefined() throws Exception {
        Path data = Arrays.npz(folder.resolve("zero.npz"), new long[] {3, 2}, new double[] {1, 2, 3, 4, 5, 7}, new long[] {3}, new double[3]);
        Path theta = Arrays.npy(folder.resolve("theta.npy"), new double[2], 2);
        String line = "measure linear:2-1 --data " + data + " --theta " + theta + " --device reference";
        JsonNode report = Execution.of(line + " --json -").json();
        for (String name : List.of("beta", "mu", "mu1", "mu2")) {
            assertTrue(at(report, "alignment." + name + ".value").isNull(), name);
            assertEquals("the loss is 0", at(report, "alignment." + name + ".undefined").asText(), name);
        }
        assertTrue(at(report, "alignment.alpha.value").isNull());
        assertEquals("the noise covariance is 0", at(report, "alignment.alpha.undefined").asText());
        assertTrue(at(report, "alignment.gamma.value").isDouble());
        String table = Execution.of(line).succeeded().out();
        assertTrue(table.lines().anyMatch(l -> l.startsWith("beta ") && l.contains("undefined") && l.endsWith("(the loss is 0)")), table);
    }

    @Test
    void aLargeHessianIsUndefinedWhereOnlyExactFiguresAreWanted() {
        String line = "measure linear:50-50-1 --data gaussian:n=2,d=50 --device reference --estimator exact --json -";
        JsonNode report = Execution.of(line).json();
        assertTrue(at(report, "hessian.trace.value").isNull());
        assertEquals("theta has 2550 entries, a Hessian is assembled up to 2000", at(report, "hessian.trace.undefined").asText());
    }

    /// p = 2,107 > 2,000: what is estimated against the Hessian assembled by products here, within 4 of the standard errors reported; eigenvalues within their residual,
    /// and what the precision's products are off (10⁻⁴ of the norm in single precision).
    @ParameterizedTest
    @CsvSource({"f64, deflated", "f64, hutchinson", "f64, xtrace", "f32, auto"})
    void largeHessiansAreEstimated(String precision, String estimator) throws Exception {
        String model = "fcn:14-40-35-2:tanh";
        String line = "measure " + model + " --data gaussian:n=40,d=14,k=2 --seed 3 --threads 2 --precision " + precision
                + " --json - --quantities hessian "
                + "--probes 60 --estimator " + estimator;
        JsonNode hessian = Execution.of(line).json().get("hessian");
        double[] exact = Dense.hessian(model, 40, 14, 2, 3);
        assertWithin(4, hessian.get("trace"), exact[0]);
        assertWithin(4, hessian.get("frobenius"), exact[1]);
        double products = precision.equals("f32") ? 1e-4 * exact[1] : 1e-10 * exact[1];
        for (int end = 0; end < 2; end++) {
            JsonNode eigenvalue = hessian.get(end == 0 ? "topEigenvalue" : "bottomEigenvalue");
            assertEquals("lanczos", eigenvalue.get("method").asText());
            assertEquals(exact[2 + end], eigenvalue.get("value").asDouble(), eigenvalue.get("standardError").asDouble() + products);
        }
        assertEquals(60, at(hessian, "frobenius.probes").asInt());
        boolean plain = estimator.equals("hutchinson");
        assertEquals(plain ? "hutchinson" : "deflated-hutchinson", at(hessian, "frobenius.method").asText());
        assertEquals(plain ? 60 : 80, at(hessian, "frobenius.products").asInt());
        assertEquals(plain ? "hutchinson" : estimator.equals("xtrace") ? "xtrace" : "hutch++", at(hessian, "trace.method").asText());
        assertTrue(at(hessian, "frobenius.standardError").asDouble() < 0.3 * exact[1]);
        assertEquals(hessian, Execution.of(line.replace("--threads 2", "--threads 1")).json().get("hessian"));
        assertFalse(hessian.equals(Execution.of(line.replace("--seed 3", "--seed 4")).json().get("hessian")));
    }

    private static void assertWithin(double errors, JsonNode figure, double exact) {
        double error = Math.abs(figure.get("value").asDouble() - exact);
        assertTrue(error <= errors * figure.get("standardError").asDouble(), figure + ", exact " + exact);
    }

    /// Small ones can be estimated too, to compare; a relative error is planned and reached.
    @Test
    void estimatesCanBeForcedAndPlanned() {
        String line = "measure fcn:4-6-2:tanh --data gaussian:n=30,d=4,k=2 --device reference --json - --quantities fisher,hessian";
        JsonNode exact = Execution.of(line).json();
        JsonNode found = Execution.of(line + " --estimator deflated --relative-error 0.05 --probes 3000").json();
        double norm = at(exact, "hessian.frobenius.value").asDouble();
        assertWithin(4, at(found, "hessian.frobenius"), norm);
        assertEquals(norm, at(found, "hessian.frobenius.value").asDouble(), 0.05 * norm);
        double top = at(exact, "fisher.topEigenvalue.value").asDouble();
        assertEquals(top, at(found, "fisher.topEigenvalue.value").asDouble(),
                at(found, "fisher.topEigenvalue.standardError").asDouble() + 1e-10 * top);
        assertEquals("lanczos", at(found, "fisher.topEigenvalue.method").asText());
        String table = Execution.of(line.replace(" --json -", "") + " --estimator hutchinson").succeeded().out();
        assertTrue(table.lines().anyMatch(l -> l.startsWith("Hessian trace") && l.contains("hutchinson ± ") && l.endsWith("30 probes")), table);
    }

    /// By common probes, without a pass over pairs: within 4 standard errors of it, which are smaller than a tenth of the figures.
    @Test
    void alignmentByProbes() {
        String line = "measure fcn:6-9-2:tanh --data gaussian:n=23,d=6,k=2 --precision f64 --quantities alignment,fisher,noise --json - ";
        JsonNode exact = Execution.of(line).json();
        JsonNode found = Execution.of(line + "--alignment probes --probes 2000 --seed 0").json();
        for (String figure : List.of(
                "alignment.alpha", "alignment.beta", "alignment.mu", "alignment.mu1", "alignment.mu2", "fisher.trace", "fisher.frobenius",
                "noise.trace",
                "noise.frobenius", "noise.traceWithFisher")) {
            JsonNode estimate = at(found, figure);
            double value = at(exact, figure + ".value").asDouble();
            assertEquals("common-probes", estimate.get("method").asText(), figure);
            assertEquals(2000, estimate.get("probes").asInt(), figure);
            assertWithin(4, estimate, value);
            assertTrue(estimate.get("standardError").asDouble() <= Math.abs(value) / 10, figure + ": " + estimate);
        }
        assertTrue(at(found, "alignment.gamma.undefined").asText().contains("needs the pass over all pairs"));
        assertEquals(found.get("alignment"), Execution.of(line + "--alignment probes --probes 2000 --threads 1 --seed 0").json().get("alignment"));
    }

    /// Of H, G and Σ: cumulative from 0 to 1 and rising, density of area 1; the mean of the nodes is the trace over p, within 4 standard errors.
    @Test
    void spectralDensities() {
        String line = "measure fcn:4-6-2:tanh --data gaussian:n=30,d=4,k=2 --device cpu --precision f64 --quantities fisher,noise,hessian,density";
        JsonNode report = Execution.of(line + " --json -").json();
        int p = report.get("parameters").asInt();
        for (String name : List.of("hessian", "fisher", "noise")) {
            JsonNode density = at(report, "density." + name);
            assertEquals(8, density.get("starts").asInt());
            int last = density.get("points").size() - 1;
            assertEquals(0, density.get("cumulative").get(0).asDouble());
            assertEquals(1, density.get("cumulative").get(last).asDouble(), 1e-12);
            double area = 0;
            double step = density.get("points").get(1).asDouble() - density.get("points").get(0).asDouble();
            for (int i = 0; i <= last; i++) {
                area += density.get("density").get(i).asDouble() * step;
                assertTrue(i == 0 || density.get("cumulative").get(i).asDouble() >= density.get("cumulative").get(i - 1).asDouble() - 1e-12);
            }
            // At most 0.3 % of an eigenvalue lies beyond three widths.
            assertEquals(1, area, 0.01);
            double[] means = new double[8];
            double mean = 0;
            for (int s = 0; s < 8; s++) {
                for (int j = 0; j < density.get("nodes").get(s).size(); j++) {
                    means[s] += density.get("nodes").get(s).get(j).asDouble() * density.get("weights").get(s).get(j).asDouble();
                }
                mean += means[s] / 8;
            }
            double squares = 0;
            for (double each : means) {
                squares += (each - mean) * (each - mean);
            }
            double error = Math.sqrt(squares / 56);
            double exact = at(report, name + ".trace.value").asDouble() / p;
            assertTrue(Math.abs(mean - exact) <= 4 * error, name + ": " + mean + " ± " + error + ", exact " + exact);
        }
        assertTrue(Execution.of(line + " --probes 2").succeeded().out().contains("\nof S "));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "--probes 1|probes: found 1, expected at least 2: a standard error needs as many",
        "--probes 0|probes: found 0, expected at least 2: a standard error needs as many",
        "--estimator xtrace --probes 1|probes: found 1, expected at least 2: a standard error needs as many",
        "--estimator exact --probes 9|probes: found 9, expected none: --estimator exact draws none",
        "--estimator xtrace --relative-error 0.1|relative-error: found 0.1, expected none: xtrace",
        "--relative-error 0|relative-error: found 0, expected a number above 0 and below 1",
        "--relative-error NaN|relative-error: found NaN, expected a number above 0 and below 1",
        "--relative-error 0.1 --probes 17|probes: found 17, expected at least 18: a relative error is planned with a pilot of 16",
        "--estimator guess|estimator: found 'guess', expected one of auto, exact, hutchinson, deflated, xtrace",
        "--alignment probes --probes 2|probes: found 2, expected at least 3 for alignment by probes",
        "--alignment probes --estimator exact|alignment: found probes, expected exact: --estimator exact draws none",
        "--alignment probes --per-example|alignment: found probes, expected exact: figures of examples come from the pass over all pairs",
        "--alignment some|found 'some', expected exact or probes",
        "--probes many|'many'"})
    void badEstimatesSayWhy(String options, String said) {
        String line = Execution.of("measure diagonal:3 --data gaussian:n=4,d=3 --device reference " + options).refused();
        assertTrue(line.contains(said), line);
    }

    @Test
    void jsonGoesToAFileBesideTheTable() throws Exception {
        Path file = folder.resolve("report.json");
        String table = Execution.of("measure diagonal:3 --data gaussian:n=4,d=3 --device reference --json " + file).succeeded().out();
        assertTrue(table.startsWith("model "), table);
        assertEquals("plumbline.measure/1", new ObjectMapper().readTree(Files.readString(file)).get("schema").asText());
    }

    /// Seeds name data and weights; the same command gives the same bits, whatever the threads and tiles.
    @Test
    void theSameBitsForAnyThreadsAndTiles() {
        String line = "measure fcn:20-30-2:tanh --data gaussian:n=100,d=20,k=2 --quantities loss,alignment,fisher,noise --per-example --json - ";
        JsonNode one = figures(Execution.of(line + "--threads 1 --tile 32 --seed 3").json());
        assertEquals(one, figures(Execution.of(line + "--threads 2 --tile 500 --seed 3").json()));
        assertFalse(one.equals(figures(Execution.of(line + "--threads 2 --tile 500 --seed 4").json())));
    }

    private static JsonNode figures(JsonNode report) {
        return ((com.fasterxml.jackson.databind.node.ObjectNode) report).without(List.of("method", "elapsedSeconds", "peakBytes", "seed"));
    }

    /// f(x) = Wx: the way is x, Wx, Wx − y; the shares are those of the figures.
    /// Factors and explicit gradients give the same figures by other sums, of a few hundred products in double; what was chosen is in the report.
    @Test
    void contractionsCanBeForced() throws Exception {
        String line = "measure fcn:5-4-3-1:tanh --data gaussian:n=8,d=5 --device cpu --precision f64 --json - --contraction ";
        JsonNode factored = Execution.of(line + "factored").json();
        JsonNode explicit = Execution.of(line + "explicit").json();
        double mu = factored.at("/alignment/mu/value").asDouble();
        assertEquals(mu, explicit.at("/alignment/mu/value").asDouble(), 1e-12 * mu);
        for (JsonNode choice : factored.at("/method/gramPlan")) {
            assertTrue(choice.get("factored").asBoolean());
        }
        for (JsonNode choice : explicit.at("/method/gramPlan")) {
            assertFalse(choice.get("factored").asBoolean());
        }
        assertEquals(6, explicit.at("/method/gramPlan").size());
        assertTrue(Execution.of(line + "none").refused().contains("found 'none', expected counted, factored or explicit"));
    }

    @Test
    void oneExampleIsFollowed() throws Exception {
        Path data = Arrays.npz(folder.resolve("two.npz"), new long[] {2, 2}, new double[] {3, 4, 1, 0}, new long[] {2}, new double[] {5, 1});
        Path theta = Arrays.npy(folder.resolve("theta.npy"), new double[] {1, 2}, 2);
        String line = "measure linear:2-1 --data " + data + " --theta " + theta + " --device reference --per-example --trace-example 0";
        JsonNode report = Execution.of(line + " --json -").json();
        JsonNode walk = report.get("walk");
        assertEquals("[3.0,4.0]", walk.get("stops").get(0).get("values").toString());
        assertEquals(5, walk.get("stops").get(0).get("norm").asDouble());
        assertEquals("[11.0]", walk.get("stops").get(1).get("values").toString());
        assertEquals("[6.0]", walk.get("stops").get(2).get("values").toString());
        // M = ((25, 3), (3, 1)), r = (6, 0): s_0 = 150, χ_0 = (25² + 3²)/2, ‖∇L_0‖ = 6·5
        assertEquals(150, walk.get("gramTimesResidual").get(0).asDouble(), 150 * 0x1p-50);
        assertEquals(317, walk.get("chi").asDouble(), 317 * 0x1p-50);
        assertEquals(30, walk.get("gradientNorm").asDouble(), 30 * 0x1p-50);
        assertEquals(at(report, "examplesDetail.chi").get(0), walk.get("chi"));
        assertTrue(Execution.of(line).succeeded().out().contains("\nresidual "));
        assertTrue(Execution.of(line.replace("example 0", "example 2")).refused().contains("trace-example: found 2, expected 0 to 1"));
    }

    @Test
    void everyDataOptionArrives() {
        JsonNode report = Execution.of(
                "measure fcn:784-4-1:softplus --data fashion-mnist-sample --examples 6 --classes 3,8 --targets plus-minus --memory-limit 512m "
                        + "--init glorot:0.5 --quantities loss --json -")
                .json();
        assertEquals(6, report.get("examples").asInt());
        assertEquals(1, report.get("outputs").asInt());
        assertEquals(512 << 20, at(report, "method.memoryLimitBytes").asInt());
        assertEquals("f32", report.get("precision").asText());
        assertEquals("cpu", report.get("device").asText());
    }

    /// At Fixup's θ the output is 0, so L is half the mean square of y; at another law's it is not.
    @Test
    void builtInNetworksOfImages() {
        String line = "measure resnet20:width=0.07,input=3x4x4 --data gaussian:n=2,d=48,teacher=0,noise=1 --device reference --quantities loss --json - ";
        double atZero = at(Execution.of(line).json(), "loss").get("value").asDouble();
        double elsewhere = at(Execution.of(line + "--init he:0.9").json(), "loss").get("value").asDouble();
        assertTrue(atZero > 0 && elsewhere > 0 && atZero != elsewhere, atZero + " and " + elsewhere);
        assertEquals(atZero, at(Execution.of(line.replace("0.07", "0.2")).json(), "loss").get("value").asDouble());
        assertEquals(atZero, at(Execution.of(line + "--init fixup:5").json(), "loss").get("value").asDouble());
    }
}
