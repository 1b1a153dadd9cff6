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

/// The files that `src/test/python/make_torch_fixtures.py` wrote with PyTorch, and the figures it computed.
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

    /// All ONNX files.
    static Stream<String> files() {
        return lines("operators.tsv").map(line -> line.split("\t")[0]);
    }

    static List<Row> parameters(String file) {
        return lines("parameters.tsv")
                .map(line -> line.split("\t"))
                .filter(cells -> cells[0].equals(file))
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
