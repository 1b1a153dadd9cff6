package io.plumbline.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// The files that `src/test/python/make_npy_fixtures.py` wrote with NumPy, and the numbers it put there.
final class Fixtures {
    private Fixtures() {}

    static Path path(String name) {
        try {
            return Path.of(Fixtures.class.getResource(name).toURI());
        } catch (URISyntaxException impossible) {
            throw new IllegalStateException(name, impossible);
        }
    }

    static byte[] bytes(String name) {
        try {
            return Files.readAllBytes(path(name));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /// The numbers 0 … count−1 of an array of `type`: k/4 − 1/2, 3k − 4, 3k or k odd.
    static double[] values(ElementType type, int count) {
        double[] values = new double[count];
        Arrays.setAll(values, k -> switch (type) {
            case F2, F4, F8 -> k / 4.0 - 0.5;
            case I1, I2, I4, I8 -> 3 * k - 4;
            case U1, U2, U4 -> 3 * k;
            case BOOL -> k % 2;
        });
        return values;
    }
}
