package io.plumbline.validate.claim;

import io.plumbline.backend.reference.ReferenceBackend;
import io.plumbline.data.DataOptions;
import io.plumbline.data.Dataset;
import io.plumbline.data.Philox;
import io.plumbline.derivative.Progress;
import java.util.Arrays;

/// Small experiments on the reference backend.
final class Worlds {
    private static final int IMAGES = 24;
    private static final int PIXELS = 12;

    private Worlds() {}

    static Experiment small(long seed) {
        return small(seed, 1, Progress.NONE);
    }

    /// @param brightness scale of the images' pixels
    static Experiment small(long seed, double brightness, Progress progress) {
        return new Experiment(new ReferenceBackend(), Experiment.Scale.QUICK, seed, options -> images(options, brightness), progress);
    }

    /// Few pixels, and targets in the form that is asked for.
    private static Dataset images(DataOptions options, double brightness) {
        boolean two = options.targets() == DataOptions.Targets.PLUS_MINUS;
        int n = Math.min(options.examples(), IMAGES);
        var random = new Philox(5, "images");
        double[][] x = new double[n][PIXELS];
        double[][] y = new double[n][two ? 1 : 10];
        for (int i = 0; i < n; i++) {
            random.fillNormal((long) i * PIXELS, x[i]);
            int label = i;
            Arrays.setAll(x[i], j -> brightness * (Math.abs(x[label][j]) + (j == label % 10 ? 1 : 0)));
            y[i][two ? 0 : i % 10] = two && i % 2 == 0 ? -1 : 1;
        }
        return Dataset.copyOf("images", x, y);
    }
}
