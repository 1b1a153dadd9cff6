package io.plumbline.data;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/// Images of bytes and their labels 0 to 9, as IDX and CIFAR-10 files hold them.
///
/// @param shape of one image: channels, rows, columns
/// @param pixels image i's bytes in that shape's order
record LabelledImages(String name, int[] shape, int[] labels, IntFunction<MemorySegment> pixels) {
    private static final int CLASSES = 10;
    private static final float[] LEVELS = new float[256];

    static {
        for (int value = 0; value < LEVELS.length; value++) {
            LEVELS[value] = value / 255f;
        }
    }

    /// @throws MalformedFileException if a label is above 9
    static LabelledImages of(String name, int[] shape, int[] labels, IntFunction<MemorySegment> pixels) throws MalformedFileException {
        for (int i = 0; i < labels.length; i++) {
            if (labels[i] >= CLASSES) {
                throw new MalformedFileException(name + ": label " + i + " is " + labels[i] + ", expected 0 to " + (CLASSES - 1));
            }
        }
        return new LabelledImages(name, shape, labels, pixels);
    }

    /// The wanted images in f32, each byte v as v/255, with their padding, and their targets. Copied: the images may be closed after.
    Dataset select(DataOptions options) {
        Labels chosen = Labels.choose(name, labels, IntStream.range(0, CLASSES).boxed().toList(), options);
        int padding = options.padding();
        int rows = shape[1] + 2 * padding;
        int columns = shape[2] + 2 * padding;
        long width = (long) shape[0] * rows * columns;
        HostBuffer x = HostBuffer.allocate(Precision.F32, chosen.count() * width);
        x.segment().fill((byte) 0);
        for (int i = 0; i < chosen.count(); i++) {
            MemorySegment image = pixels.apply(chosen.chosen()[i]);
            for (int line = 0; line < shape[0] * shape[1]; line++) {
                long paddedLine = (long) line / shape[1] * rows + line % shape[1] + padding;
                copyLine(image, (long) line * shape[2], x.segment(), i * width + paddedLine * columns + padding);
            }
        }
        long[] xShape = {chosen.count(), shape[0], rows, columns};
        return Dataset.of(name, xShape, x, new long[] {chosen.count(), chosen.outputs()}, chosen.targets(Precision.F32));
    }

    /// One row of one channel.
    private void copyLine(MemorySegment image, long from, MemorySegment values, long to) {
        for (int j = 0; j < shape[2]; j++) {
            values.setAtIndex(ValueLayout.JAVA_FLOAT, to + j, LEVELS[image.get(ValueLayout.JAVA_BYTE, from + j) & 0xFF]);
        }
    }
}
