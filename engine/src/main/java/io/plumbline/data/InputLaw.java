package io.plumbline.data;

import io.plumbline.memory.HostBuffer;

/// A law of inputs in R^d, of which independent examples can be drawn. Example i uses the normals i·d … i·d + d − 1 of the stream: the first
/// examples are the same however many are drawn, and any backend can draw them.
public sealed interface InputLaw permits GaussianLaw, SphereLaw {
    /// d.
    int dimension();

    /// x_i, made in place of d independent standard normals.
    void transform(double[] normals);

    /// Fills x (n, d), row-major, rounding to its precision.
    ///
    /// @throws IllegalArgumentException if the length of x is no multiple of d
    default void fill(Philox random, HostBuffer x) {
        int d = dimension();
        if (x.length() % d != 0) {
            throw new IllegalArgumentException("law: x has " + x.length() + " entries, expected a multiple of the dimension " + d);
        }
        double[] example = new double[d];
        for (long from = 0; from < x.length(); from += d) {
            random.fillNormal(from, example);
            transform(example);
            for (int j = 0; j < d; j++) {
                x.set(from + j, example[j]);
            }
        }
    }
}
