package io.plumbline.validate.figure;

import java.util.List;
import java.util.function.IntFunction;

/// The paper's four kinds of models, each realisable by its data so that a global minimum has loss 0, and its networks for images of 32 × 32.
///
/// The paper's appendix with its settings is not available: models and data are those of its text, learning rates are ours, below the threshold of stability.
final class Subjects {
    private Subjects() {}

    private static double loss(Setting setting) {
        return setting.choose(3e-3, 1e-4);
    }

    /// Random ReLU features: λ₁ grows with their number m, and η falls with it. Their least eigenvalue decides how long they take.
    static Subject features(Setting setting, int m) {
        int n = setting.choose(100, 400);
        return new Subject(
                "RFM", "rfm:20-" + m, setting.synthetic("sphere:n=" + n + ",d=20"), 4.0 / m, 5, setting.choose(3_000L, 100_000L), loss(setting));
    }

    /// A linear network with n = 100 examples of d = 50.
    static Subject linear(Setting setting, int width) {
        return new Subject(
                "linear network", "linear:50-" + width + "-1", setting.synthetic("gaussian:n=100,d=50"), 0.01, 5, setting.choose(3_000L, 30_000L),
                loss(setting));
    }

    /// Fully connected, two hidden layers.
    static Subject fullyConnected(Setting setting, int width) {
        int n = setting.choose(100, 1_000);
        return new Subject(
                "FCN", "fcn:784-" + width + "-" + width + "-1", setting.twoClasses(n), setting.choose(0.02, 0.005), 5,
                setting.choose(3_000L, 300_000L), loss(setting));
    }

    /// The same with ten outputs, on ten classes.
    static Subject tenClasses(Setting setting, int width) {
        int n = setting.choose(100, 1_000);
        return new Subject(
                "FCN, K = 10", "fcn:784-" + width + "-" + width + "-10", setting.tenClasses(n), setting.choose(0.02, 0.005), 5,
                setting.choose(1_500L, 300_000L), loss(setting));
    }

    /// Convolutional, three layers and a mean over positions, which makes it slow: the small ones stop at a larger loss.
    static Subject convolutional(Setting setting, int width) {
        int n = setting.choose(40, 500);
        String model = "cnn:1x28x28-" + width + "-" + 2 * width + "-" + 4 * width + "-1:tanh";
        return new Subject(
                "CNN", model, setting.twoClasses(n), 0.1, 5, setting.choose(600L, 100_000L), setting.choose(3e-2, 1e-3));
    }

    /// One kind of models at any size.
    record Family(String kind, IntFunction<Subject> of, List<Integer> sizes) {}

    /// The four kinds and their sizes, smallest first.
    static List<Family> families(Setting setting) {
        return List.of(
                new Family("RFM", m -> features(setting, m), setting.choose(List.of(200, 600, 1_800), List.of(400, 1_600, 6_400, 25_600))),
                new Family("linear network", width -> linear(setting, width), setting.choose(List.of(10, 50, 250), List.of(10, 50, 250, 1_250))),
                new Family("FCN", width -> fullyConnected(setting, width), setting.choose(List.of(8, 24, 72), List.of(16, 64, 256, 1_024))),
                new Family("CNN", width -> convolutional(setting, width), setting.choose(List.of(2, 4, 8), List.of(4, 8, 16, 32))));
    }

    /// One of each kind, and the fully connected one with ten outputs too.
    static List<Subject> kinds(Setting setting) {
        int width = setting.choose(32, 256);
        return List.of(
                features(setting, setting.choose(400, 1_600)), linear(setting, 50), fullyConnected(setting, width),
                convolutional(setting, setting.choose(4, 16)), tenClasses(setting, width));
    }

    /// A VGG net for images of 32 × 32 in two classes (K = 1).
    static Subject vgg(Setting setting, int depth) {
        return large(setting, "VGG-" + depth, "vgg" + depth, setting.choose(0.02, 0.01), setting.choose(300L, 50_000L));
    }

    /// A residual network for the same; small ones leave the mean of the targets late.
    static Subject resnet(Setting setting, int depth) {
        return large(setting, "ResNet-" + depth, "resnet" + depth, setting.choose(0.1, 0.05), setting.choose(500L, 50_000L));
    }

    private static Subject large(Setting setting, String kind, String model, double learningRate, long steps) {
        int n = setting.choose(30, 1_000);
        String grammar = model + ":width=" + setting.choose("0.0625", "0.25") + ",input=" + setting.colourShape();
        return new Subject(kind, grammar, setting.twoClassesOfColour(n), learningRate, 5, steps, setting.choose(2e-2, 1e-3));
    }

    /// The same network with ten outputs on as many images of ten classes (K = 10).
    static Subject tenClasses(Setting setting, Subject one) {
        return new Subject(
                one.kind() + ", K = 10", one.model() + ",outputs=10", setting.tenClassesOfColour(one.data().examples()), one.learningRate(),
                one.batchSize(),
                one.steps(), one.loss());
    }
}
