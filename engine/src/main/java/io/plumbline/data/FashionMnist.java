package io.plumbline.data;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// Fashion-MNIST (Xiao, Rasul, Vollgraf, arXiv 1708.07747): images of 28 × 28 grey levels and labels 0 to 9, in IDX files. MNIST's own files
/// have the same names and form.
final class FashionMnist {
    static final String SAMPLE = "fashion-mnist-1000.npz";
    static final String SAMPLE_NAME = "fashion-mnist-sample";

    private FashionMnist() {}

    /// The wanted images of the training or test set in `folder`.
    static Dataset read(Path folder, boolean test, DataOptions options) throws IOException {
        String set = test ? "t10k" : "train";
        try (var images = Idx.read(find(folder, set + "-images-idx3-ubyte"));
                var labels = Idx.read(find(folder, set + "-labels-idx1-ubyte"))) {
            return of("fashion-mnist:" + folder, images, labels).select(options);
        }
    }

    /// The wanted images of the first 1,000 of the training set, which come with this library.
    static Dataset sample(DataOptions options) throws IOException {
        byte[] content;
        try (InputStream resource = FashionMnist.class.getResourceAsStream(SAMPLE)) {
            content = resource.readAllBytes();
        }
        try (var archive = new Npz(new ByteView(SAMPLE, MemorySegment.ofArray(content)), () -> {})) {
            return of(SAMPLE_NAME, archive.read("images"), archive.read("labels")).select(options);
        }
    }

    private static LabelledImages of(String name, NdArray images, NdArray labels) throws MalformedFileException {
        if (images.type() != ElementType.U1 || images.rank() != 3) {
            throw new MalformedFileException(images + ", expected u1 (n, rows, columns)");
        }
        if (labels.type() != ElementType.U1 || labels.rank() != 1) {
            throw new MalformedFileException(labels + ", expected u1 (n,)");
        }
        if (images.shape()[0] != labels.size()) {
            throw new MalformedFileException(labels + ", expected " + images.shape()[0] + " entries, one for each image of " + images.name());
        }
        long rows = images.shape()[1];
        long columns = images.shape()[2];
        if (rows < 1 || columns < 1 || rows > 4096 || columns > 4096) {
            throw new MalformedFileException(images + ", expected 1 to 4096 rows and columns");
        }
        int[] labelOf = Arrays.stream(labelValues(labels)).mapToInt(label -> (int) label).toArray();
        long width = rows * columns;
        return LabelledImages.of(name, new int[] {1, (int) rows, (int) columns}, labelOf, i -> images.bytes().asSlice(i * width, width));
    }

    private static double[] labelValues(NdArray labels) {
        try (HostBuffer values = labels.copy(Precision.F32)) {
            return values.toArray();
        }
    }

    private static Path find(Path folder, String name) {
        Path plain = folder.resolve(name);
        return Files.exists(plain) ? plain : folder.resolve(name + ".gz");
    }
}
