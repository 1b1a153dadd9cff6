package io.plumbline.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.OffHeap;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataSourceTest {
    private static final DataOptions DEFAULTS = DataOptions.defaults();

    @TempDir
    Path folder;

    private long before;

    @BeforeEach
    void remember() {
        before = OffHeap.currentBytes();
    }

    @AfterEach
    void everythingWasFreed() {
        assertEquals(before, OffHeap.currentBytes());
    }

    // ---- .npz -----------------------------------------------------------------------------------------------------------------------------

    @Test
    void npzIsReadAsItIs() throws IOException {
        Path file = npz(new double[] {1, 2, 3, 4, 5, 6}, new long[] {3, 2}, new double[] {0, 1, 0}, 3);
        try (var data = DataSource.parse(file.toString()).load(DEFAULTS)) {
            assertEquals(file.toString(), data.name());
            assertEquals(3, data.examples());
            assertArrayEquals(new int[] {2}, data.exampleShape());
            assertEquals(1, data.outputs());
            assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, data.x().toArray());
            assertArrayEquals(new double[] {0, 1, 0}, data.y().toArray());
            assertEquals(before, OffHeap.currentBytes());
        }
        try (var data = load(file, DEFAULTS.withExamples(2))) {
            assertEquals(2, data.examples());
            assertArrayEquals(new double[] {1, 2, 3, 4}, data.x().toArray());
            assertArrayEquals(new double[] {0, 1}, data.y().toArray());
        }
        assertEquals(file + ": 4 examples wanted, it has 3", refused(file, DEFAULTS.withExamples(4)));
    }

    @Test
    void npzOfNumpy() throws IOException {
        try (var data = load(Fixtures.path("deflated.npz"), DEFAULTS)) {
            assertArrayEquals(Fixtures.values(ElementType.F4, 12), data.x().toArray());
            assertArrayEquals(Fixtures.values(ElementType.F8, 3), data.y().toArray());
        }
    }

    @Test
    void npzLabelsBecomeTargetsWhenAskedFor() throws IOException {
        Path file = npz(true, new double[] {10, 11, 12, 13, 14}, new long[] {5, 1}, new double[] {3, 7, 5, 3, 7}, 5);
        try (var data = load(file, DEFAULTS.withTargets(DataOptions.Targets.ONE_HOT))) {
            assertArrayEquals(new double[] {1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 0, 0, 1}, data.y().toArray());
        }
        try (var data = load(file, DEFAULTS.withClasses(7, 3))) {
            assertArrayEquals(new double[] {10, 11, 13, 14}, data.x().toArray());
            assertArrayEquals(new double[] {0, 1, 1, 0, 0, 1, 1, 0}, data.y().toArray());
        }
        try (var data = load(file, DEFAULTS.withClasses(5, 7).withTargets(DataOptions.Targets.PLUS_MINUS).withExamples(2))) {
            assertArrayEquals(new double[] {11, 12}, data.x().toArray());
            assertArrayEquals(new double[] {1, -1}, data.y().toArray());
        }
        assertEquals(
                file + ": has 3 classes, expected two for plus-minus targets: name them",
                refused(file, DEFAULTS.withTargets(DataOptions.Targets.PLUS_MINUS)));
        assertEquals(file + ": has no example of class 4", refused(file, DEFAULTS.withClasses(3, 4)));
        assertEquals(file + ": 3 examples wanted, it has 2", refused(file, DEFAULTS.withClasses(3).withExamples(3)));
    }

    @Test
    void npzLabelsMustBeLabels() throws IOException {
        Path half = npz(new double[] {1, 2}, new long[] {2, 1}, new double[] {1, 0.5}, 2);
        assertEquals(half + ": y[1] is 0.5, expected a whole number as class label", refused(half, DEFAULTS.withClasses(1)));
        Path nan = npz(new double[] {1, 2}, new long[] {2, 1}, new double[] {1, Double.NaN}, 2);
        assertEquals(nan + ": y[1] is NaN, expected a whole number as class label", refused(nan, DEFAULTS.withClasses(1)));
        Path wide = npz(new double[] {1, 2}, new long[] {2, 1}, new double[] {1, 2, 3, 4}, 2, 2);
        assertEquals(wide + ": y has shape (2, 2), expected one class label an example", refused(wide, DEFAULTS.withClasses(1)));
        double[] many = new double[1001];
        Arrays.setAll(many, i -> i);
        Path classes = npz(many, new long[] {1001, 1}, many, 1001);
        assertEquals(
                classes + ": y has 1001 different values, expected at most 1000 classes",
                refused(classes, DEFAULTS.withTargets(DataOptions.Targets.ONE_HOT)));
    }

    @Test
    void npzThatIsNoDataSet() throws IOException {
        Path nan = npz(new double[] {1, 2, Double.NaN, 4}, new long[] {2, 2}, new double[] {1, 2}, 2);
        assertEquals(nan + ": x[1,0] is NaN, expected finite numbers (example 1, flat index 2)", refused(nan, DEFAULTS));
        Path infinite = npz(new double[] {1, 2}, new long[] {2, 1}, new double[] {1, Double.NEGATIVE_INFINITY}, 2);
        assertEquals(infinite + ": y[1] is -Infinity, expected finite numbers (example 1, flat index 1)", refused(infinite, DEFAULTS));
        Path lengths = npz(new double[] {1, 2}, new long[] {2, 1}, new double[] {1, 2, 3}, 3);
        assertEquals(lengths + ": x has 2 examples and y has 3, expected the same number", refused(lengths, DEFAULTS));
        Path none = npz(new double[0], new long[] {0, 3}, new double[0], 0);
        assertEquals(none + ": x has 0 examples, expected 1 to 2147483647", refused(none, DEFAULTS));
        Path rank = npz(new double[] {1, 2}, new long[] {2}, new double[] {1, 2}, 2);
        assertEquals(
                rank + ": x has shape (2,), expected rank 2 or more: the examples, then the shape of one", refused(rank, DEFAULTS.withClasses(1)));
        Path names = folder.resolve("names.npz");
        try (var images = HostBuffer.of(1.0);
                var writer = new NpzWriter(names)) {
            writer.put("images", images, 1, 1);
            writer.put("labels", images, 1);
            writer.commit();
        }
        assertEquals(
                names + ": has no array x; its arrays are images, labels",
                assertThrows(MalformedFileException.class, () -> load(names, DEFAULTS)).getMessage());
        Path missing = folder.resolve("missing.npz");
        assertEquals(missing + ": no such file", assertThrows(IOException.class, () -> load(missing, DEFAULTS)).getMessage());
    }

    // ---- images ---------------------------------------------------------------------------------------------------------------------------

    @Test
    void fashionMnistFolder() throws IOException {
        Files.write(folder.resolve("train-images-idx3-ubyte"), IdxTest.idx(ElementType.U1, 3, 2, 2));
        Files.write(folder.resolve("train-labels-idx1-ubyte.gz"), IdxTest.gzip(IdxTest.idx(ElementType.U1, 3)));
        float[] pixels = new float[12];
        for (int k = 0; k < 12; k++) {
            pixels[k] = 3 * k / 255f;
        }
        try (var data = DataSource.parse("fashion-mnist:" + folder).load(DEFAULTS);
                var expected = HostBuffer.of(pixels)) {
            assertEquals("fashion-mnist:" + folder, data.name());
            assertArrayEquals(new int[] {1, 2, 2}, data.exampleShape());
            assertEquals(Precision.F32, data.x().precision());
            assertArrayEquals(expected.toArray(), data.x().toArray());
            assertEquals(10, data.outputs());
            double[] oneHot = new double[30];
            oneHot[0] = oneHot[13] = oneHot[26] = 1;
            assertArrayEquals(oneHot, data.y().toArray());
        }
        try (var data = DataSource.parse("fashion-mnist:" + folder)
                .load(DEFAULTS.withClasses(6, 0).withTargets(DataOptions.Targets.PLUS_MINUS));
                var expected = HostBuffer.of(pixels)) {
            assertArrayEquals(new double[] {1, -1}, data.y().toArray());
            assertArrayEquals(expected.slice(0, 4).toArray(), data.x().slice(0, 4).toArray());
            assertArrayEquals(expected.slice(8, 4).toArray(), data.x().slice(4, 4).toArray());
        }
        Path test = folder.resolve("t10k-images-idx3-ubyte.gz");
        assertEquals(
                test + ": no such file",
                assertThrows(IOException.class, () -> DataSource.parse("fashion-mnist:" + folder + ",split=test").load(DEFAULTS)).getMessage());
    }

    @Test
    void fashionMnistFilesThatDoNotFit() throws IOException {
        Path images = folder.resolve("train-images-idx3-ubyte");
        Path labels = folder.resolve("train-labels-idx1-ubyte");
        Files.write(images, IdxTest.idx(ElementType.U1, 3, 2, 2));
        Files.write(labels, IdxTest.idx(ElementType.U1, 2));
        assertEquals(labels + ": u1 (2,), expected 3 entries, one for each image of " + images, malformed("fashion-mnist:" + folder));
        Files.write(labels, IdxTest.idx(ElementType.U1, 3, 1));
        assertEquals(labels + ": u1 (3, 1), expected u1 (n,)", malformed("fashion-mnist:" + folder));
        Files.write(labels, IdxTest.idx(ElementType.I2, 3));
        assertEquals(labels + ": i2 (3,), expected u1 (n,)", malformed("fashion-mnist:" + folder));
        Files.write(images, IdxTest.idx(ElementType.U1, 3, 4));
        assertEquals(images + ": u1 (3, 4), expected u1 (n, rows, columns)", malformed("fashion-mnist:" + folder));
        Files.write(images, IdxTest.idx(ElementType.U1, 5, 2, 0));
        Files.write(labels, IdxTest.idx(ElementType.U1, 5));
        assertEquals(images + ": u1 (5, 2, 0), expected 1 to 4096 rows and columns", malformed("fashion-mnist:" + folder));
        Files.write(images, IdxTest.idx(ElementType.U1, 5, 1, 1));
        assertEquals("fashion-mnist:" + folder + ": label 4 is 12, expected 0 to 9", malformed("fashion-mnist:" + folder));
        Files.write(images, IdxTest.idx(ElementType.U1, 0, 1, 1));
        Files.write(labels, IdxTest.idx(ElementType.U1, 0));
        assertEquals(
                "fashion-mnist:" + folder + ": x has 0 examples, expected 1 to 2147483647",
                refused(() -> DataSource.parse("fashion-mnist:" + folder).load(DEFAULTS)));
    }

    /// Facts of the original set that a wrong cut, order or scale would not share: the first labels and the sum of all grey levels.
    @Test
    void theSampleIsThere() throws IOException {
        try (var data = DataSource.parse("fashion-mnist-sample").load(DEFAULTS)) {
            assertEquals(1000, data.examples());
            assertArrayEquals(new int[] {1, 28, 28}, data.exampleShape());
            assertEquals(784, data.width());
            assertEquals(10, data.outputs());
            int[] first = {9, 0, 0, 3, 0, 2, 7, 2, 5, 5};
            for (int i = 0; i < first.length; i++) {
                for (int k = 0; k < 10; k++) {
                    assertEquals(k == first[i] ? 1 : 0, data.y().get(10L * i + k));
                }
            }
            long levels = 0;
            for (long i = 0; i < data.x().length(); i++) {
                levels += Math.round(data.x().get(i) * 255);
            }
            assertEquals(56558003L, levels);
        }
        try (var data = DataSource.parse("fashion-mnist-sample").load(DEFAULTS.withExamples(7).withClasses(0))) {
            assertEquals(7, data.examples());
            assertEquals(1, data.outputs());
        }
    }

    /// Padding moves every pixel by as much and adds nothing but black.
    @Test
    void imagesArePadded() throws IOException {
        try (var plain = DataSource.parse("fashion-mnist-sample").load(DEFAULTS.withExamples(3));
                var padded = DataSource.parse("fashion-mnist-sample").load(DEFAULTS.withExamples(3).withPadding(2))) {
            assertArrayEquals(new int[] {1, 32, 32}, padded.exampleShape());
            for (int i = 0; i < 3; i++) {
                for (int row = 0; row < 32; row++) {
                    for (int column = 0; column < 32; column++) {
                        boolean inside = row >= 2 && row < 30 && column >= 2 && column < 30;
                        double expected = inside ? plain.x().get(i * 784L + (row - 2) * 28L + column - 2) : 0;
                        assertEquals(expected, padded.x().get(i * 1024L + row * 32L + column));
                    }
                }
            }
        }
        assertEquals("padding: found -1 pixels, expected 0 to 4096", refused(() -> DEFAULTS.withPadding(-1)));
        assertEquals(
                "gaussian:n=3,d=5,k=1,exponent=0.0,teacher=1.0,noise=0.0: padding of 2 pixels, expected none: only labelled images are padded",
                refused(() -> load("gaussian:n=3,d=5", DEFAULTS.withPadding(2))));
    }

    private static void load(String source, DataOptions options) {
        try {
            DataSource.parse(source).load(options).close();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    @Test
    void cifarFolderAndFile() throws IOException {
        for (int batch = 1; batch <= 5; batch++) {
            Files.write(folder.resolve("data_batch_" + batch + ".bin"), records(batch, batch + 4));
        }
        Path test = Files.write(folder.resolve("test_batch.bin"), records(9));
        try (var data = DataSource.parse("cifar-10:" + folder).load(DEFAULTS)) {
            assertEquals(10, data.examples());
            assertArrayEquals(new int[] {3, 32, 32}, data.exampleShape());
            int[] labels = {1, 5, 2, 6, 3, 7, 4, 8, 5, 9};
            for (int i = 0; i < 10; i++) {
                assertEquals(1, data.y().get(10L * i + labels[i]));
                assertEquals(labels[i] / 255f, data.x().get(3072L * i));
                assertEquals((labels[i] + 3071) % 256 / 255f, data.x().get(3072L * i + 3071));
            }
        }
        for (String source : new String[] {"cifar-10:" + folder + ",split=test", "cifar-10:" + test}) {
            try (var data = DataSource.parse(source).load(DEFAULTS)) {
                assertEquals(1, data.examples());
                assertEquals(1, data.y().get(9));
            }
        }
        Path first = folder.resolve("data_batch_1.bin");
        Files.write(first, new byte[3072]);
        assertEquals(first + ": has 3072 bytes, expected a multiple of 3073, CIFAR-10's record of an image", malformed("cifar-10:" + folder));
        Files.write(first, new byte[0]);
        assertEquals(first + ": has 0 bytes, expected a multiple of 3073, CIFAR-10's record of an image", malformed("cifar-10:" + folder));
        Files.write(first, records(10));
        assertEquals("cifar-10:" + folder + ": label 0 is 10, expected 0 to 9", malformed("cifar-10:" + folder));
        Files.delete(first);
        assertEquals(first + ": no such file",
                assertThrows(IOException.class, () -> DataSource.parse("cifar-10:" + folder).load(DEFAULTS)).getMessage());
    }

    // ---- synthetic ------------------------------------------------------------------------------------------------------------------------

    @Test
    void gaussianInputsAreTheLawsOwnNumbers() throws IOException {
        try (var data = DataSource.parse("gaussian:n=4,d=3,k=2,exponent=1,teacher=2,noise=0.5,seed=7").load(DEFAULTS.withSeed(8));
                var x = HostBuffer.allocate(Precision.F64, 12);
                var y = HostBuffer.allocate(Precision.F64, 8)) {
            GaussianLaw.powerLaw(3, 1).fill(new Philox(7, "data.x"), x);
            LinearTeacher.draw(new Philox(7, "data.teacher"), 3, 2, 2).label(x, new Philox(7, "data.noise"), 0.5, y);
            assertArrayEquals(x.toArray(), data.x().toArray());
            assertArrayEquals(y.toArray(), data.y().toArray());
            assertArrayEquals(new int[] {3}, data.exampleShape());
        }
    }

    @Test
    void syntheticSeedIsThatOfTheOptionsUnlessNamed() throws IOException {
        try (var one = DataSource.parse("sphere:n=4,d=3,seed=1").load(DEFAULTS.withSeed(2));
                var same = DataSource.parse("sphere:n=4,d=3").load(DEFAULTS.withSeed(1).withExamples(2));
                var other = DataSource.parse("sphere:n=4,d=3").load(DEFAULTS.withSeed(2))) {
            assertArrayEquals(one.take(2).x().toArray(), same.x().toArray());
            assertArrayEquals(one.take(2).y().toArray(), same.y().toArray());
            assertNotEquals(one.x().get(0), other.x().get(0));
            double squaredNorm = Arrays.stream(other.take(1).x().toArray()).map(v -> v * v).sum();
            assertTrue(Math.abs(squaredNorm - 1) <= 16 * 0x1p-52);
        }
    }

    @Test
    void syntheticDataTooLargeForMemory() {
        String source = "gaussian:n=2000000000,d=1000000";
        String message = refused(() -> DataSource.parse(source).load(DEFAULTS));
        assertTrue(message.endsWith("2000000000 examples of 1000000 + 1 doubles do not fit into the memory that is there"), message);
        assertEquals(
                "gaussian:n=2,d=2,k=1,exponent=0.0,teacher=1.0,noise=0.0: has real targets, no classes to choose or encode",
                refused(() -> DataSource.parse("gaussian:n=2,d=2").load(DEFAULTS.withClasses(1))));
    }

    // ---- grammar --------------------------------------------------------------------------------------------------------------------------

    @ParameterizedTest
    @ValueSource(strings = {
        "some/file.npz", "fashion-mnist:some/folder", "fashion-mnist:some/folder,split=test", "fashion-mnist-sample", "cifar-10:a,b",
        "cifar-10:a,split=test", "gaussian:n=100,d=50,k=1,exponent=0.0,teacher=1.0,noise=0.0",
        "gaussian:n=1,d=2,k=3,exponent=1.5,teacher=0.0,noise=0.1,seed=-4", "sphere:n=1,d=2,k=3,radius=2.5,teacher=1.0,noise=0.0,seed=9"
    })
    void textAndPlainDataAreInverse(String text) {
        assertEquals(text, DataSource.parse(text).toString());
        assertEquals(DataSource.parse(text), DataSource.parse(DataSource.parse(text).toString()));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "data.csv                       | unknown source",
        ".npz                           | unknown source",
        "gaussian                       | unknown source",
        "imagenet:dir                   | unknown source",
        "fashion-mnist:                 | no folder named",
        "cifar-10:dir,split=validation  | split is 'validation', expected train or test",
        "gaussian:d=50                  | n is missing",
        "gaussian:n=100                 | d is missing",
        "gaussian:n=0,d=5               | n is '0', expected a whole number from 1 to 2147483647",
        "gaussian:n=ten,d=5             | n is 'ten', expected a whole number from 1 to 2147483647",
        "gaussian:n=3000000000,d=5      | n is '3000000000', expected a whole number from 1 to 2147483647",
        "gaussian:n=1,n=2,d=5           | n is there twice",
        "gaussian:n=1,d=5,noise=loud    | noise is 'loud', expected a number",
        "gaussian:n=1,d=5,seed=1.5      | seed is '1.5', expected a whole number",
        "gaussian:n=1,d=5,radius=2      | found 'radius=2', expected n=, d=, k=, exponent=, teacher=, noise=, seed=",
        "sphere:n=1,d=5,exponent=2      | found 'exponent=2', expected n=, d=, k=, radius=, teacher=, noise=, seed=",
        "sphere:n=1,,d=5                | found '', expected n=, d=, k=, radius=, teacher=, noise=, seed="
    })
    void wrongGrammarIsSaidWithTheRightOne(String data, String reason) {
        assertEquals("data '" + data + "': " + reason + "; the grammar is " + DataSource.GRAMMAR, refused(() -> DataSource.parse(data)));
    }

    @Test
    void numbersThatAreNoLaw() {
        assertEquals("gaussian: exponent is -1.0, expected a finite number of at least 0",
                refused(() -> DataSource.parse("gaussian:n=1,d=5,exponent=-1")));
        assertEquals("sphere: radius is 0.0, expected a positive finite number", refused(() -> DataSource.parse("sphere:n=1,d=5,radius=0")));
        assertEquals("data: noise is NaN, expected a finite number of at least 0", refused(() -> DataSource.parse("sphere:n=1,d=5,noise=NaN")));
        assertEquals(
                "gaussian: d is 100000 and k is 100000, expected a product below 2^31",
                refused(() -> DataSource.parse("gaussian:n=1,d=100000,k=100000")));
    }

    @Test
    void optionsThatContradict() {
        assertEquals("examples: found 0, expected at least 1", refused(() -> DEFAULTS.withExamples(0)));
        assertEquals("classes: found [3, 3], expected each once", refused(() -> DEFAULTS.withClasses(3, 3)));
        assertEquals(
                "classes: found [1, 2, 3], expected two for plus-minus targets",
                refused(() -> new DataOptions(1, List.of(1, 2, 3), DataOptions.Targets.PLUS_MINUS, 0, 0)));
    }

    private Path npz(double[] x, long[] xShape, double[] y, long... yShape) throws IOException {
        return npz(false, x, xShape, y, yShape);
    }

    private Path npz(boolean deflated, double[] x, long[] xShape, double[] y, long... yShape) throws IOException {
        Path file = folder.resolve("data" + Arrays.hashCode(x) + Arrays.hashCode(y) + ".npz");
        try (var xBuffer = HostBuffer.of(x);
                var yBuffer = HostBuffer.of(y);
                var writer = new NpzWriter(file, deflated)) {
            writer.put("x", xBuffer, xShape);
            writer.put("y", yBuffer, yShape);
            writer.commit();
        }
        return file;
    }

    /// A CIFAR-10 record for each label l, pixel j being l + j modulo 256.
    private static byte[] records(int... labels) {
        byte[] content = new byte[labels.length * Cifar10.RECORD_BYTES];
        for (int i = 0; i < labels.length; i++) {
            content[i * Cifar10.RECORD_BYTES] = (byte) labels[i];
            for (int j = 0; j < Cifar10.RECORD_BYTES - 1; j++) {
                content[i * Cifar10.RECORD_BYTES + 1 + j] = (byte) (labels[i] + j);
            }
        }
        return content;
    }

    private static Dataset load(Path file, DataOptions options) throws IOException {
        return new DataSource.NpzFile(file).load(options);
    }

    private static String refused(Path file, DataOptions options) {
        return refused(() -> load(file, options));
    }

    private static String refused(Executable attempt) {
        return assertThrows(IllegalArgumentException.class, attempt).getMessage();
    }

    private static String malformed(String source) {
        return assertThrows(MalformedFileException.class, () -> DataSource.parse(source).load(DEFAULTS)).getMessage();
    }
}
