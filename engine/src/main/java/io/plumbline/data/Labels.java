package io.plumbline.data;

import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Which examples of a labelled set are wanted, and the targets that their classes become.
///
/// @param chosen the places of the wanted examples in the source, ascending
/// @param classOf the place of each one's class among the wanted classes
/// @param outputs K
/// @param plusMinus targets −1 and +1 of two classes, not one-hot
record Labels(int[] chosen, int[] classOf, int outputs, boolean plusMinus) {
    private static final int MOST_CLASSES = 1_000;

    /// Chooses among `labels` by `options`.
    ///
    /// @param all the classes of the source, from which `options` may choose; empty for the labels that are there, ascending
    /// @throws IllegalArgumentException if a wanted class has no example, examples are too few, or plus-minus targets are wanted of more or fewer
    ///     than two classes
    static Labels choose(String name, int[] labels, List<Integer> all, DataOptions options) {
        List<Integer> classes = !options.classes().isEmpty() ? options.classes() : !all.isEmpty() ? all : distinct(name, labels);
        boolean plusMinus = options.targets() == DataOptions.Targets.PLUS_MINUS;
        if (plusMinus && classes.size() != 2) {
            throw new IllegalArgumentException(name + ": has " + classes.size() + " classes, expected two for plus-minus targets: name them");
        }
        for (int wanted : options.classes()) {
            if (Arrays.stream(labels).noneMatch(label -> label == wanted)) {
                throw new IllegalArgumentException(name + ": has no example of class " + wanted);
            }
        }
        Map<Integer, Integer> place = new HashMap<>();
        classes.forEach(label -> place.put(label, place.size()));
        int[] classOf = Arrays.stream(labels).map(label -> place.getOrDefault(label, -1)).toArray();
        int[] kept = IntStream.range(0, labels.length).filter(i -> classOf[i] >= 0).toArray();
        int[] chosen = Arrays.copyOf(kept, options.count(name, kept.length));
        int[] chosenClasses = Arrays.stream(chosen).map(i -> classOf[i]).toArray();
        return new Labels(chosen, chosenClasses, plusMinus ? 1 : classes.size(), plusMinus);
    }

    /// n.
    int count() {
        return chosen.length;
    }

    /// y (n, K); the caller owns it.
    HostBuffer targets(Precision precision) {
        HostBuffer y = HostBuffer.allocate(precision, (long) count() * outputs);
        y.segment().fill((byte) 0);
        for (int i = 0; i < count(); i++) {
            if (plusMinus) {
                y.set(i, classOf[i] == 0 ? -1 : 1);
            } else {
                y.set((long) i * outputs + classOf[i], 1);
            }
        }
        return y;
    }

    private static List<Integer> distinct(String name, int[] labels) {
        List<Integer> classes = Arrays.stream(labels).distinct().sorted().boxed().toList();
        if (classes.size() > MOST_CLASSES) {
            throw new IllegalArgumentException(
                    name + ": y has " + classes.size() + " different values, expected at most " + MOST_CLASSES + " classes");
        }
        return classes;
    }
}
