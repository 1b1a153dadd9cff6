package io.plumbline.network.onnx;

import io.plumbline.data.Dataset;
import io.plumbline.data.NdArray;
import io.plumbline.data.Npz;
import io.plumbline.memory.Precision;
import io.plumbline.network.Network;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The files that `make_torch_fixtures.py` and, in folder `images`, `make_torch_image_fixtures.py` of `src/test/python` wrote with PyTorch, and the figures
/// that they computed.
final class TorchFixtures {
    private TorchFixtures() {}

    /// A row of parameters.tsv.
    record Row(String file, String name, String shape, boolean trainable) {}

    static Path path(String name) {
        try {
            return Path.of(TorchFixtures.class.getResource("/torch/" + name).toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(name, impossible);
        }
    }

    /// All ONNX files that are not in `images`.
    static Stream<String> files() {
        return files("");
    }

    /// All ONNX files in `images`.
    static Stream<String> imageFiles() {
        return files("images/");
    }

    private static Stream<String> files(String folder) {
        return lines(folder + "operators.tsv").map(line -> folder + line.split("\t")[0]);
    }

    static List<Row> parameters(String file) {
        String folder = file.substring(0, file.lastIndexOf('/') + 1);
        return lines(folder + "parameters.tsv")
                .map(line -> line.split("\t"))
                .filter(cells -> file.equals(folder + cells[0]))
                .map(cells -> new Row(cells[0], cells[1], cells[2], cells[3].equals("trainable")))
                .toList();
    }

    private static Stream<String> lines(String table) {
        try {
            return Files.readAllLines(path(table)).stream();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    static Network network(String file) throws IOException {
        Set<String> frozen = parameters(file).stream().filter(row -> !row.trainable()).map(Row::name).collect(Collectors.toSet());
        return OnnxImport.read(path(file), frozen);
    }

    /// The figures of the network that a file holds.
    static Npz figures(String file) throws IOException {
        return Npz.open(path(file.substring(0, file.indexOf("--")) + ".npz"));
    }

    static Dataset dataset(Npz figures) throws IOException {
        NdArray x = figures.read("x");
        NdArray y = figures.read("y");
        return Dataset.of(figures.name(), x.shape(), x.copy(Precision.F64), y.shape(), y.copy(Precision.F64));
    }
}
