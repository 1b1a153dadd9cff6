package io.plumbline.validate.figure;

import io.plumbline.data.DataOptions.Targets;
import io.plumbline.validate.claim.Experiment.Scale;
import io.plumbline.validate.task.Data;
import io.plumbline.validate.task.Resources;
import java.util.List;
import java.util.Objects;

/// What figures are made with. The same setting gives the same figures.
///
/// @param seed      of data that is drawn, initialisations, batches and probes: the first of several
/// @param resources what to compute with
/// @param images    real images of one channel, as DATA names them; ten classes
/// @param colour    real images of 3 × 32 × 32, as DATA names them; null for none: `images`, padded to 32 × 32, stand in
public record Setting(Scale scale, long seed, Resources resources, String images, String colour) {
    /// What stands for real images where nobody names a folder.
    public static final String SAMPLE = "fashion-mnist-sample";
    private static final int PADDING = 2;

    public Setting {
        Objects.requireNonNull(scale, "scale");
        Objects.requireNonNull(resources, "resources");
        Objects.requireNonNull(images, "images");
    }

    /// `quick` or `full`, whichever this is.
    <T> T choose(T quick, T full) {
        return scale.choose(quick, full);
    }

    /// The first n images of two classes, targets −1 and 1: K = 1.
    Data twoClasses(int examples) {
        return new Data(images, examples, List.of(0, 1), Targets.PLUS_MINUS, seed, 0);
    }

    /// The first n images of ten classes, one-hot targets: K = 10.
    Data tenClasses(int examples) {
        return new Data(images, examples, List.of(), Targets.ONE_HOT, seed, 0);
    }

    /// The first n images of 32 × 32 of two classes, targets −1 and 1: K = 1.
    Data twoClassesOfColour(int examples) {
        return colour(examples, List.of(0, 1), Targets.PLUS_MINUS);
    }

    /// The first n images of 32 × 32 of ten classes, one-hot targets: K = 10.
    Data tenClassesOfColour(int examples) {
        return colour(examples, List.of(), Targets.ONE_HOT);
    }

    private Data colour(int examples, List<Integer> classes, Targets targets) {
        return colour == null
                ? new Data(images, examples, classes, targets, seed, PADDING)
                : new Data(colour, examples, classes, targets, seed, 0);
    }

    /// The shape of the images of 32 × 32, as built-in networks' `input` has it.
    String colourShape() {
        return (colour == null ? 1 : 3) + "x32x32";
    }

    /// What captions call the images of one channel.
    public String imagesName() {
        return images.equals(SAMPLE) ? "the 1,000 images of Fashion-MNIST that come with plumbline" : "Fashion-MNIST";
    }

    /// What captions call the images of 32 × 32.
    public String colourName() {
        return colour == null ? imagesName() + ", padded to 32 × 32 in CIFAR-10's place" : "CIFAR-10";
    }

    /// Synthetic data.
    Data synthetic(String source) {
        return new Data(source, null, List.of(), Targets.DEFAULT, seed, 0);
    }
}
