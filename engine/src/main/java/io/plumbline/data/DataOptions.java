package io.plumbline.data;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;

/// What of a data source is wanted, and in which form.
///
/// @param examples the first so many of those whose class is wanted; [#ALL] for all of them
/// @param classes the class labels that are wanted, in the order of the outputs; empty for all
/// @param targets how labels become targets
/// @param seed of synthetic data that does not name its own
/// @param padding black pixels that labelled images get on each side: 2 makes 32 × 32 of 28 × 28
public record DataOptions(int examples, List<Integer> classes, Targets targets, long seed, int padding) {
    /// Every example that there is.
    public static final int ALL = Integer.MAX_VALUE;
    /// Images are not made wider than networks could take.
    private static final int MOST_PADDING = 4096;

    /// How the target y of an example of class c is made.
    public enum Targets {
        /// Arrays: y as the file has it; one-hot if `classes` are named. Labelled images: one-hot.
        DEFAULT,
        /// K = number of classes; 1 at the class, 0 elsewhere.
        ONE_HOT,
        /// K = 1, two classes: −1 for the first, +1 for the second.
        PLUS_MINUS
    }

    /// @throws IllegalArgumentException if `examples` is below 1, a class is named twice, or the padding is not 0 to 4096
    public DataOptions {
        Objects.requireNonNull(targets, "targets");
        classes = List.copyOf(classes);
        if (examples < 1) {
            throw new IllegalArgumentException("examples: found " + examples + ", expected at least 1");
        }
        if (padding < 0 || padding > MOST_PADDING) {
            throw new IllegalArgumentException("padding: found " + padding + " pixels, expected 0 to " + MOST_PADDING);
        }
        if (new HashSet<>(classes).size() < classes.size()) {
            throw new IllegalArgumentException("classes: found " + classes + ", expected each once");
        }
        if (targets == Targets.PLUS_MINUS && !classes.isEmpty() && classes.size() != 2) {
            throw new IllegalArgumentException("classes: found " + classes + ", expected two for plus-minus targets");
        }
    }

    /// All examples, all classes, targets as the source has them, seed 0, no padding.
    public static DataOptions defaults() {
        return new DataOptions(ALL, List.of(), Targets.DEFAULT, 0, 0);
    }

    public DataOptions withExamples(int examples) {
        return new DataOptions(examples, classes, targets, seed, padding);
    }

    public DataOptions withClasses(Integer... classes) {
        return new DataOptions(examples, List.of(classes), targets, seed, padding);
    }

    public DataOptions withTargets(Targets targets) {
        return new DataOptions(examples, classes, targets, seed, padding);
    }

    public DataOptions withSeed(long seed) {
        return new DataOptions(examples, classes, targets, seed, padding);
    }

    public DataOptions withPadding(int padding) {
        return new DataOptions(examples, classes, targets, seed, padding);
    }

    /// @throws IllegalArgumentException if there is padding, which `name` has no images for
    void requireNoPadding(String name) {
        if (padding > 0) {
            throw new IllegalArgumentException(name + ": padding of " + padding + " pixels, expected none: only labelled images are padded");
        }
    }

    /// Whether y is to be read as class labels.
    boolean wantsClasses() {
        return targets != Targets.DEFAULT || !classes.isEmpty();
    }

    /// How many of `available` examples are wanted.
    ///
    /// @throws IllegalArgumentException if they are not there
    int count(String name, long available) {
        if (examples != ALL && examples > available) {
            throw new IllegalArgumentException(name + ": " + examples + " examples wanted, it has " + available);
        }
        return (int) Math.min(examples, available);
    }
}
