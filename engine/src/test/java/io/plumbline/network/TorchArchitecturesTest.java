package io.plumbline.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.plumbline.backend.Backend;
import io.plumbline.backend.cpu.CpuBackend;
import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.Dataset;
import io.plumbline.data.NdArray;
import io.plumbline.data.Npz;
import io.plumbline.derivative.LossSurface;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The built-in networks of images against PyTorch models of the same definition, which `src/test/python/make_architecture_fixtures.py` built: the same θ,
/// entry by entry, gives the same f, ∇L and ∇²L v.
class TorchArchitecturesTest {
    /// The most roundings on the way to a result: forward, backward and their tangents through at most 31 convolutions of at most 9 · 23 products and a few
    /// more operations, in 2⁻⁵³. They are relative to values of the layers' size, which in these random networks are within a factor 10 of the results'.
    /// A misplaced entry changes the third digit.
    private static final double BOUND = 4 * 31 * 220 * 10 * 0x1p-53;

    /// One parameter of a PyTorch model.
    record Row(String file, String text, String name, String shape) {}

    static List<Row> rows() {
        try {
            return Files.readAllLines(path("parameters.tsv")).stream().map(line -> line.split("\t"))
                    .map(cells -> new Row(cells[0], cells[1], cells[2], cells[3])).toList();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static Stream<String> networks() {
        return rows().stream().map(Row::text).distinct();
    }

    private static Path path(String name) {
        try {
            return Path.of(TorchArchitecturesTest.class.getResource("/architectures/" + name).toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(name, impossible);
        }
    }

    @ParameterizedTest
    @MethodSource("networks")
    void isPyTorchsModel(String text) throws IOException {
        var rows = rows().stream().filter(row -> row.text.equals(text)).toList();
        Network network = Architectures.parse(text, Initialization.DEFAULT, 1);
        assertEquals(
                rows.stream().map(row -> row.name + " " + row.shape).toList(),
                network.parameters().stream().map(p -> p.name() + " " + Arrays.stream(p.shape().toArray()).mapToObj(Integer::toString)
                        .collect(Collectors.joining("x"))).toList());
        try (Npz file = Npz.open(path(rows.getFirst().file + ".npz"));
                NdArray x = file.read("x");
                NdArray y = file.read("y");
                NdArray theta = file.read("theta");
                NdArray v = file.read("v");
                var data = Dataset.of(file.name(), x.shape(), x.copy(Precision.F64), y.shape(), y.copy(Precision.F64));
                var cpu = CpuBackend.create(Precision.F64, 2)) {
            for (Backend backend : List.of(new ReferenceBackend(), cpu)) {
                try (var surface = LossSurface.of(network, data, backend);
                        var point = surface.at(theta.values())) {
                    assertClose(file, "outputs", point.predictions());
                    assertClose(file, "gradient", point.gradient().toArray());
                    assertClose(file, "hessianV", point.hessianVector(v.values()).toArray());
                }
            }
        }
    }

    private static void assertClose(Npz file, String name, double[] found) throws IOException {
        double[] expected = file.read(name).values().toArray();
        assertEquals(expected.length, found.length);
        double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
        for (int i = 0; i < found.length; i++) {
            double error = Math.abs(found[i] - expected[i]);
            assertTrue(error <= BOUND * largest, name + "[" + i + "] is " + found[i] + ", expected " + expected[i]);
        }
    }
}
