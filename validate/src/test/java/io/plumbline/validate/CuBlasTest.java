package io.plumbline.validate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Arithmetic;
import io.plumbline.backend.Tensor;
import io.plumbline.backend.Workspace;
import io.plumbline.backend.cuda.CudaBackend;
import io.plumbline.data.Philox;
import io.plumbline.memory.HostBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@OnEmulator
class CuBlasTest {
    private static final int[][] SIZES = {{1, 1, 1}, {31, 33, 2}, {33, 1, 31}, {5, 67, 13}, {0, 3, 4}, {3, 4, 0}, {3, 0, 4}};

    @TempDir
    Path folder;

    /// Every form and size against sums in double. A sum of k products of factors that are each rounded by u errs at most by (2u + k·2⁻²⁴)·Σ|aᵢbᵢ|, with
    /// one rounding more for what is added to, to first order; 1.01 is room for the rest.
    @ParameterizedTest
    @EnumSource
    void products(Arithmetic arithmetic) {
        try (var backend = CudaBackend.create(arithmetic, 0, Long.MAX_VALUE); var workspace = new Workspace(backend)) {
            double worst = 0;
            for (int[] size : SIZES) {
                for (int form = 0; form < 8; form++) {
                    worst = Math.max(worst, product(backend, workspace, size, (form & 1) != 0, (form & 2) != 0, (form & 4) != 0));
                }
            }
            // TF32 is what was asked for, not more.
            assertEquals(arithmetic == Arithmetic.TF32, worst > 0x1p-16, () -> "arithmetic " + arithmetic);
        }
    }

    /// The largest error relative to Σ|aᵢbᵢ|.
    private static double product(
            CudaBackend backend, Workspace workspace, int[] size, boolean transposeA, boolean transposeB, boolean accumulate) {
        int m = size[0];
        int k = size[1];
        int n = size[2];
        double[] a = random("a", m * k);
        double[] b = random("b", k * n);
        double[] c = random("c", m * n);
        double u = backend.arithmetic().unitRoundoff();
        double rounding = backend.precision().unitRoundoff();
        double worst = 0;
        try (var _ = workspace.frame()) {
            Tensor left = transposeA ? tensor(backend, workspace, a, k, m) : tensor(backend, workspace, a, m, k);
            Tensor right = transposeB ? tensor(backend, workspace, b, n, k) : tensor(backend, workspace, b, k, n);
            Tensor out = tensor(backend, workspace, c, m, n);
            backend.vendor().multiply(left, transposeA, right, transposeB, accumulate, out);
            double[] found = entries(backend, out);
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double exact = accumulate ? c[i * n + j] : 0;
                    double sizes = Math.abs(exact);
                    for (int l = 0; l < k; l++) {
                        double term = a[transposeA ? l * m + i : i * k + l] * b[transposeB ? j * k + l : l * n + j];
                        exact += term;
                        sizes += Math.abs(term);
                    }
                    double error = Math.abs(found[i * n + j] - exact);
                    double bound = 1.01 * (2 * u + (k + 1) * rounding) * sizes;
                    assertTrue(error <= bound, error + " > " + bound + " at " + i + ", " + j + " of " + m + " x " + k + " x " + n);
                    worst = sizes > 0 ? Math.max(worst, error / sizes) : worst;
                }
            }
        }
        return worst;
    }

    /// The backend's own products of one direction are cuBLAS's in TF32, and only then.
    @Test
    void whoMultipliesInTf32() {
        double[] a = random("a", 31 * 67);
        double[] b = random("b", 67 * 13);
        try (var backend = CudaBackend.create(Arithmetic.TF32, 0, Long.MAX_VALUE); var workspace = new Workspace(backend)) {
            assertSame(backend.vendor(), backend.vendor());
            Tensor left = tensor(backend, workspace, a, 31, 67);
            Tensor right = tensor(backend, workspace, b, 67, 13);
            Tensor own = workspace.tensor(31, 13);
            Tensor vendors = workspace.tensor(31, 13);
            backend.multiply(left, right, false, false, own);
            backend.vendor().multiply(left, right, vendors);
            assertArrayEquals(entries(backend, vendors), entries(backend, own));
            Tensor x = tensor(backend, workspace, a, 67, 31);
            Tensor sum = workspace.tensor(31, 13);
            backend.sumOuter(x, right, false, sum);
            backend.vendor().multiply(x, true, right, false, false, vendors);
            assertArrayEquals(entries(backend, vendors), entries(backend, sum));
        }
    }

    @Test
    void shapesThatDoNotFit() {
        try (var backend = CudaBackend.create(Arithmetic.F32, 0, Long.MAX_VALUE); var workspace = new Workspace(backend)) {
            var failure = assertThrows(
                    IllegalArgumentException.class,
                    () -> backend.vendor().multiply(workspace.tensor(3, 4), workspace.tensor(5, 2), workspace.tensor(3, 2)));
            assertEquals("cuBLAS: product of (3, 4) and (5, 2) into (3, 2): the shapes do not fit", failure.getMessage());
        }
    }

    @Test
    void itSaysWhichItIs() {
        try (var backend = CudaBackend.create(Arithmetic.F64, 0, Long.MAX_VALUE)) {
            assertTrue(backend.vendorDescription().matches("cuBLAS 12\\.6 \\(/.*/libcublas\\.so\\.12\\)"), backend.vendorDescription());
        }
    }

    /// A process of its own: 2·3 by cuBLAS, which is this and where it was found.
    static final class Program {
        public static void main(String[] arguments) {
            try (var backend = CudaBackend.create(Arithmetic.F32, 0, Long.MAX_VALUE); var workspace = new Workspace(backend)) {
                System.out.println(backend.vendorDescription());
                if (backend.vendor() != null) {
                    Tensor out = workspace.tensor(1, 1);
                    backend.vendor().multiply(tensor(backend, workspace, new double[] {2}, 1, 1), tensor(backend, workspace, new double[] {3}, 1, 1),
                            out);
                    System.out.println(entries(backend, out)[0]);
                }
            }
        }
    }

    /// JCublas as it comes wants cuBLAS 12. Nothing of what it is loaded from stays.
    @Test
    void cuBlas13Alone() throws Exception {
        Path library = link("cuda13/libcublas.so.13");
        link("libcuda.so.1");
        assertEquals(List.of("cuBLAS 12.6 (" + library + ")", "6.0"), start());
    }

    @Test
    void withoutCuBlas() throws Exception {
        link("libcuda.so.1");
        assertEquals(
                List.of("no cuBLAS: neither libcublas.so.12 nor libcublas.so.13 in " + folder + "/libraries (plumbline.cuda.libraries names it)"),
                start());
    }

    @Test
    void aCuBlasThatIsNone() throws Exception {
        link("libcuda.so.1");
        Path library = Files.writeString(folder.resolve("libraries/libcublas.so.12"), "no library");
        List<String> said = start();
        assertEquals(1, said.size(), said::toString);
        assertTrue(said.getFirst().startsWith("no cuBLAS: " + library + ": "), said::toString);
    }

    private Path link(String library) throws IOException {
        Path link = Files.createDirectories(folder.resolve("libraries")).resolve(Path.of(library).getFileName());
        return Files.createSymbolicLink(link, Emulator.library(library));
    }

    /// What the program says on the libraries that were linked.
    private List<String> start() throws IOException, InterruptedException {
        Path temporary = Files.createDirectory(folder.resolve("tmp"));
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector", "-Dplumbline.cuda.libraries=" + folder.resolve("libraries"),
                "-Dplumbline.cuda.kernels=" + System.getProperty("plumbline.cuda.kernels"), "-Djava.io.tmpdir=" + temporary,
                "-cp", System.getProperty("java.class.path"), Program.class.getName()));
        var process = new ProcessBuilder(command).redirectError(folder.resolve("errors").toFile()).start();
        List<String> lines;
        try (var reader = process.inputReader()) {
            lines = reader.lines().toList();
        }
        assertEquals(0, process.waitFor(), lines + Files.readString(folder.resolve("errors")));
        try (var left = Files.list(temporary)) {
            assertEquals(List.of(), left.toList());
        }
        return lines;
    }

    private static double[] random(String purpose, int count) {
        double[] values = new double[count];
        var random = new Philox(5, purpose);
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.normal(i);
        }
        return values;
    }

    private static Tensor tensor(CudaBackend backend, Workspace workspace, double[] values, int rows, int columns) {
        Tensor tensor = workspace.tensor(rows, columns);
        try (HostBuffer host = HostBuffer.of(values)) {
            backend.upload(host, tensor);
        }
        return tensor;
    }

    private static double[] entries(CudaBackend backend, Tensor tensor) {
        try (HostBuffer host = HostBuffer.allocate(tensor.precision(), tensor.length())) {
            backend.download(tensor, host);
            return host.toArray();
        }
    }
}
