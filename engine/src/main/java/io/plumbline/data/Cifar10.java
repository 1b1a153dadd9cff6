package io.plumbline.data;

import io.plumbline.memory.Scope;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// CIFAR-10's binary version (Krizhevsky 2009): files of records, without a head.
///
/// ```
/// 0     label             1 byte, 0 to 9
/// 1     red plane         1,024 bytes: 32 rows of 32
/// 1025  green plane       1,024 bytes
/// 2049  blue plane        1,024 bytes
/// ```
final class Cifar10 {
    static final int RECORD_BYTES = 3073;
    private static final int[] SHAPE = {3, 32, 32};
    private static final int TRAINING_FILES = 5;

    private Cifar10() {}

    /// The wanted images of `place`: a folder with data_batch_1.bin to data_batch_5.bin and test_batch.bin, or one such file.
    ///
    /// @throws MalformedFileException if a file is no whole number of records long, or a label is above 9
    static Dataset read(Path place, boolean test, DataOptions options) throws IOException {
        try (var open = new Scope()) {
            List<MemorySegment> records = new ArrayList<>();
            for (Path file : files(place, test)) {
                ByteView view = open.own(new MappedFile(file)).view();
                if (view.size() == 0 || view.size() % RECORD_BYTES != 0) {
                    throw new MalformedFileException(
                            view.name() + ": has " + view.size() + " bytes, expected a multiple of " + RECORD_BYTES
                                    + ", CIFAR-10's record of an image");
                }
                for (long at = 0; at < view.size(); at += RECORD_BYTES) {
                    records.add(view.bytes().asSlice(at, RECORD_BYTES));
                }
            }
            int[] labels = records.stream().mapToInt(image -> image.get(ValueLayout.JAVA_BYTE, 0) & 0xFF).toArray();
            return LabelledImages.of("cifar-10:" + place, SHAPE, labels, i -> records.get(i).asSlice(1)).select(options);
        }
    }

    private static List<Path> files(Path place, boolean test) {
        if (Files.isRegularFile(place)) {
            return List.of(place);
        }
        if (test) {
            return List.of(place.resolve("test_batch.bin"));
        }
        return IntStream.rangeClosed(1, TRAINING_FILES).mapToObj(batch -> place.resolve("data_batch_" + batch + ".bin")).toList();
    }
}
