package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/// Whatever is wrong with what the user gave: one line that names it, exit status 2, nothing written.
class BadInputTest {
    private static final String MODEL = Execution.torch("fcn-relu--script-13-f32.onnx").toString();
    private static final String DATA = Execution.torch("fcn-relu.npz").toString();
    private static final String REFERENCE = " --device reference";

    @TempDir
    Path folder;
    private Path good;

    @BeforeEach
    void writeGoodData() throws Exception {
        good = Arrays.npz(folder.resolve("good.npz"), new long[] {2, 3}, new double[] {1, 2, 3, 4, 5, 6}, new long[] {2}, new double[] {1, 2});
    }

    private static String measure(String model, Object data) {
        return Execution.of("measure " + model + " --data " + data + REFERENCE).refused();
    }

    @Test
    void missingFiles() {
        assertEquals("plumbline measure: " + folder + "/none.onnx: no such file", measure(folder + "/none.onnx", DATA));
        assertEquals("plumbline measure: " + folder + "/none.npz: no such file", measure("linear:3-1", folder + "/none.npz"));
        assertEquals(
                "plumbline measure: " + folder + "/theta.npy: no such file",
                Execution.of("measure linear:3-1 --data " + good + " --theta " + folder + "/theta.npy" + REFERENCE).refused());
        assertTrue(measure("linear:3-1", "cifar-10:" + folder + "/none").contains(folder + "/none"));
        assertTrue(measure("linear:3-1", "fashion-mnist:" + folder + "/none").contains(folder + "/none"));
        assertEquals("plumbline measure: " + folder + ": expected a file, found a directory", measure(folder.toString(), DATA));
    }

    @Test
    void truncatedArchive() throws Exception {
        byte[] whole = Files.readAllBytes(good);
        for (int length : new int[] {0, 1, 40, whole.length / 2, whole.length - 1}) {
            Path cut = Files.write(folder.resolve("cut.npz"), java.util.Arrays.copyOf(whole, length));
            String said = measure("linear:3-1", cut);
            assertTrue(said.startsWith("plumbline measure: " + cut + ": "), said);
        }
    }

    @Test
    void wrongRank() throws Exception {
        Path flat = Arrays.npz(folder.resolve("flat.npz"), new long[] {2}, new double[2], new long[] {2}, new double[2]);
        assertTrue(measure("linear:1-1", flat).startsWith("plumbline measure: " + flat + ": x has shape (2,), expected rank 2 or more"));
        Path deep = Arrays.npz(folder.resolve("deep.npz"), new long[] {2, 1}, new double[2], new long[] {2, 1, 1}, new double[2]);
        assertTrue(measure("linear:1-1", deep).startsWith("plumbline measure: " + deep + ": y has shape (2, 1, 1), expected (n,) or (n, outputs)"));
    }

    @ParameterizedTest
    @CsvSource({"NaN, x", "Infinity, x", "-Infinity, y", "NaN, y"})
    void numbersThatAreNone(double value, String array) throws Exception {
        double[] x = {1, 2, 3, array.equals("x") ? value : 4, 5, 6};
        double[] y = {1, array.equals("y") ? value : 2};
        Path file = Arrays.npz(folder.resolve("bad.npz"), new long[] {2, 3}, x, new long[] {2}, y);
        String said = measure("linear:3-1", file);
        assertTrue(said.startsWith("plumbline measure: " + file + ": " + array + "[1" + (array.equals("x") ? ",0" : "") + "] is " + value), said);
    }

    @Test
    void differentLengthsAndNoExamples() throws Exception {
        Path uneven = Arrays.npz(folder.resolve("uneven.npz"), new long[] {2, 3}, new double[6], new long[] {3}, new double[3]);
        assertEquals("plumbline measure: " + uneven + ": x has 2 examples and y has 3, expected the same number", measure("linear:3-1", uneven));
        Path empty = Arrays.npz(folder.resolve("empty.npz"), new long[] {0, 3}, new double[0], new long[] {0}, new double[0]);
        assertTrue(measure("linear:3-1", empty).startsWith("plumbline measure: " + empty + ": x has 0 examples, expected 1 to "));
        String many = Execution.of("measure linear:3-1 --examples 3 --data " + good + REFERENCE).refused();
        assertEquals("plumbline measure: " + good + ": 3 examples wanted, it has 2", many);
    }

    @Test
    void anOperatorThatIsNotSupported() throws Exception {
        byte[] model = Files.readAllBytes(Path.of(MODEL));
        String text = new String(model, StandardCharsets.ISO_8859_1).replace("\"\u0004Relu", "\"\u0004Rolu");
        Path file = Files.write(folder.resolve("rolu.onnx"), text.getBytes(StandardCharsets.ISO_8859_1));
        String said = measure(file.toString(), DATA);
        assertTrue(said.startsWith("plumbline measure: " + file + ": ") && said.contains("Rolu") && said.contains("Relu"), said);
    }

    @Test
    void aWeightThatIsNoNumber() throws Exception {
        Path theta = Arrays.npy(folder.resolve("theta.npy"), new double[] {1, 2, 3, 4.125, 5, 6, 7, 8}, 8);
        Path file = folder.resolve("nan.onnx");
        Execution.of("export linear:3-2-1 --precision f64 --theta " + theta + " --out " + file).succeeded();
        byte[] bytes = Files.readAllBytes(file);
        var buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + Double.BYTES <= bytes.length; at++) {
            if (buffer.getDouble(at) == 4.125) {
                buffer.putDouble(at, Double.NaN);
            }
        }
        Files.write(file, bytes);
        assertEquals("plumbline measure: " + file + ": entry 3 of 1.weight is NaN, expected finite numbers", measure(file.toString(), good));
    }

    /// One line that begins with the file's name.
    @Test
    void truncatedModel() throws Exception {
        byte[] whole = Files.readAllBytes(Path.of(MODEL));
        Path cut = folder.resolve("cut.onnx");
        for (int length = 0; length < whole.length; length += 17) {
            Files.write(cut, java.util.Arrays.copyOf(whole, length));
            String said = Execution.of("parameters " + cut).refused();
            assertTrue(said.startsWith("plumbline parameters: " + cut + ": "), length + ": " + said);
        }
    }

    @Test
    void widthsThatDoNotFit() {
        assertEquals(
                "plumbline measure: " + good + ": an example has 3 entries, linear:4-1 takes 4 (4)", measure("linear:4-1", good));
        assertEquals("plumbline measure: " + good + ": y has 1 outputs, linear:3-2 has 2", measure("linear:3-2", good));
    }

    @Test
    void vectorsThatDoNotFit() throws Exception {
        assertVector("shape is (4,), expected (3,), as many as theta has", Arrays.npy(folder.resolve("v.npy"), new double[4], 4), "hessian");
        assertVector("shape is (3, 1), expected (3,), as many as theta has", Arrays.npy(folder.resolve("v.npy"), new double[3], 3, 1), "hessian");
        assertVector("shape is (), expected (3,), as many as theta has", Arrays.npy(folder.resolve("v.npy"), new double[1]), "hessian");
        assertVector("entry 1 is NaN, expected finite numbers", Arrays.npy(folder.resolve("v.npy"), new double[] {1, Double.NaN, 0}, 3), "jacobian");
        assertVector(
                "shape is (3,), expected (2,) or (2, 1), an entry for each example and output",
                Arrays.npy(folder.resolve("v.npy"), new double[3], 3), "jacobian-transpose");
        Path v = Arrays.npy(folder.resolve("v.npy"), new double[3], 3);
        String integers = Files.readString(v, StandardCharsets.ISO_8859_1).replace("<f8", "<i8");
        Files.writeString(v, integers, StandardCharsets.ISO_8859_1);
        assertVector("entries are i8, expected floating-point numbers (f4 or f8)", v, "hessian");
        assertEquals(
                "plumbline measure: " + v + ": entries are i8, expected floating-point numbers (f4 or f8)",
                Execution.of("measure linear:3-1 --data " + good + " --theta " + v + REFERENCE).refused());
    }

    private void assertVector(String expected, Path vector, String operator) {
        Path out = folder.resolve("w.npy");
        String said = Execution.of(
                "product linear:3-1 --data " + good + " --operator " + operator + " --vector " + vector + " --out " + out + REFERENCE).refused();
        assertEquals("plumbline product: " + vector + ": " + expected, said);
        assertTrue(!Files.exists(out));
    }

    /// Found before the work begins: the limits would refuse the work itself.
    @Test
    void outputThatCannotBeWritten() throws Exception {
        Path v = Arrays.npy(folder.resolve("v.npy"), new double[3], 3);
        Path nowhere = folder.resolve("none/w.npy");
        assertEquals(
                "plumbline product: " + nowhere + ": cannot be written: " + folder + "/none is not a directory",
                Execution.of("product linear:3-1 --operator hessian --vector " + v + " --data " + good + " --out " + nowhere + REFERENCE).refused());
        assertEquals(
                "plumbline gram: " + folder + ": cannot be written: a directory",
                Execution.of("gram linear:3-1 --data " + good + " --out " + folder + REFERENCE).refused());
        assertEquals(
                "plumbline measure: " + nowhere + ": cannot be written: " + folder + "/none is not a directory",
                Execution.of("measure none.onnx --data none.npz --json " + nowhere).refused());
    }

    @Test
    void aReportThatHasNoPlace() {
        assertEquals(
                "plumbline validate: " + good + ": cannot be written to: not a directory", Execution.of("validate --report " + good).refused());
        assertTrue(Execution.of("validate lemma-0 --report " + folder).refused()
                .startsWith("plumbline validate: claim or figure: found lemma-0, expected some of "));
    }

    @Test
    void aFileOfImagesOfTheWrongSize() throws Exception {
        Path file = Files.write(Files.createDirectory(folder.resolve("cifar")).resolve("test_batch.bin"), new byte[3074]);
        String said = measure("linear:3072-10", "cifar-10:" + file.getParent() + ",split=test");
        assertTrue(said.startsWith("plumbline measure: " + file + ": ") && said.contains("3074"), said);
    }

    /// Numbers so large that the network overflows.
    @Test
    void outputsThatAreNotFinite() throws Exception {
        Path huge = Arrays.npz(folder.resolve("huge.npz"), new long[] {1, 1}, new double[] {1e300}, new long[] {1}, new double[] {1});
        assertEquals(
                "plumbline measure: linear:1-1-1: output 0 of example 0 is Infinity in f64; the first to give such a number is node 1 (Dense)",
                Execution.of("measure linear:1-1-1 --init he:1e9 --data " + huge + REFERENCE).refused().replace("-Infinity", "Infinity"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "measure linear:3-1 | Missing required option: '--data=DATA' (see plumbline measure --help)",
        "measure linear:3-1 --data gaussian:n=2,d=3 --precision f16 "
                + "| Invalid value for option '--precision': found 'f16', expected f32, f64 or tf32 (see plumbline measure --help)",
        "measure linear:3-1 --data gaussian:n=2,d=3 --device reference --precision f32 "
                + "| precision: found f32, expected f64: the reference device computes in double only",
        "measure linear:3-1 --data gaussian:n=2,d=3 --device cpu --precision tf32 "
                + "| precision: found tf32, expected f32 or f64: only the cuda device multiplies in TF32",
        "measure linear:3-1 --data gaussian:n=2,d=3 --device reference --precision tf32 "
                + "| precision: found tf32, expected f32 or f64: only the cuda device multiplies in TF32",
        "selfcheck --precision tf32 | precision: found tf32, expected f32 or f64: bounds are counted for sums and products in one precision",
        "measure linear:3-1 --data gaussian:n=2,d=3 --device cuda --threads 2 "
                + "| threads: found 2, expected none: they are the CPU's, and the device is cuda",
        "measure linear:3-1 --data gaussian:n=2,d=3 --threads 0 | threads: found 0, expected 1 to 1024",
        "measure linear:3-1 --data gaussian:n=2,d=3 --memory-limit 2x | Invalid value for option '--memory-limit': "
                + "found '2x', expected a size such as 512m or 2g (see plumbline measure --help)",
        "measure linear:3-1 --data gaussian:n=2,d=3 --quantities loss,flatness | quantities: found 'flatness', expected some of "
                + "loss, alignment, fisher, noise, hessian, spectrum, density (see plumbline measure --help)",
        "measure linear:3-1 --data gaussian:n=2,d=3 --quantities , | quantities: found none, expected some of "
                + "loss, alignment, fisher, noise, hessian, spectrum, density",
        "measure linear:3-1 --data gaussian:n=2,d=3 --frozen a | frozen: found a, expected none: linear:3-1 is a built-in network",
        "measure linear:3-1 --data gaussian:n=2,d=3 --init xavier "
                + "| init: xavier, expected lecun, he, glorot, fixup or default, optionally with a positive scale as in he:0.5",
        "measure cnn:3x6x8-4-5-6-1 --data gaussian:n=2,d=144 | model cnn:3x6x8-4-5-6-1: input's height is '6', expected a number that can be halved "
                + "2 times, a multiple of 4; written as cnn:3x32x32-16-32-64-1[:relu]",
        "measure vgg11 --init fixup --data gaussian:n=2,d=3072 "
                + "| init: fixup, expected lecun, he, glorot or default: vgg11 has no residual blocks",
        "measure resnet20 --data gaussian:n=2,d=3 | gaussian:n=2,d=3,k=1,exponent=0.0,teacher=1.0,noise=0.0: an example has 3 entries, resnet20 takes "
                + "3072 (3, 32, 32)",
        "mesure linear:3-1 | Unmatched arguments from index 0: 'mesure', 'linear:3-1'; is measure meant? (see plumbline --help)"})
    void wrongUsage(String line, String expected) {
        String said = Execution.of(line).refused();
        assertEquals(expected, said.substring(said.indexOf(": ") + 2));
    }

    /// Tests run from classes.
    @Test
    void aBundleOfWhatIsNoClone() {
        String said = Execution.of("bundle --out " + folder.resolve("a")).refused();
        assertTrue(said.startsWith("plumbline bundle: only a clone's launcher, ./plumbline, can pack a bundle: this runs from "), said);
    }

    @Test
    void withoutACommand() {
        assertTrue(Execution.of(new String[0]).refused().startsWith("plumbline: a command is missing, expected one of validate, report, measure, "));
    }

    @Test
    void aDeviceThatIsNotThere() {
        String said = Execution.of("measure linear:3-1 --data " + good + " --device cuda").said(3);
        assertTrue(
                said.matches("plumbline measure: device cuda: there is no /.*/no-cuda/libcuda.so.1 \\(plumbline.cuda.libraries names its folder\\)"),
                said);
    }

    /// What files contain does not reach the terminal as control characters, nor as more than a line.
    @Test
    void oneLineIsOneLine() {
        assertEquals("a b c?[31m", Failures.oneLine(" a\n b\r\n\tc\u001b[31m\n"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock = """
                    train   | a smaller --memory-limit or fewer --examples or fewer --replicas need less
                    escape  | a smaller --memory-limit or fewer --examples or fewer --trajectories need less
                    devices | more is needed
                    """)
    void whatNeedsMemoryIsNamed(String command, String advice) {
        var said = new StringWriter();
        int status = Failures.report(new OutOfMemoryError("Java heap space"), new CommandLine(new Main()).getSubcommands().get(command),
                new PrintWriter(said));
        assertEquals(3, status);
        assertEquals("plumbline " + command + ": out of memory (Java heap space): " + advice, said.toString().strip());
    }
}
