package io.plumbline.backend;

import java.util.List;

/// z_l = W_l a_{l−1} + b_l, a_l = φ_l(z_l) for l = 1 … L, a_0 the example: a fully connected network, and where θ (p) has its parameters. Every entry of θ is one of one
/// layer's.
public record DenseStack(List<Layer> layers) {
    /// One layer.
    ///
    /// @param in         width of a_{l−1}
    /// @param out        width of a_l
    /// @param transposed true: W is (out, in), false: (in, out); row-major
    /// @param weight     where W begins in θ
    /// @param bias       where b begins in θ, or [#NO_BIAS]
    /// @param function   φ; [Activation.Kind#IDENTITY] for none
    public record Layer(int in, int out, boolean transposed, long weight, long bias, Activation function) {
        /// In place of where b begins.
        public static final long NO_BIAS = -1;

        /// Parameters it has.
        public long parameters() {
            return (long) in * out + (bias == NO_BIAS ? 0 : out);
        }
    }

    /// @throws IllegalArgumentException if there is no layer, or widths do not fit each other
    public DenseStack {
        layers = List.copyOf(layers);
        if (layers.isEmpty()) {
            throw new IllegalArgumentException("dense stack: no layer");
        }
        for (int l = 1; l < layers.size(); l++) {
            if (layers.get(l).in != layers.get(l - 1).out) {
                throw new IllegalArgumentException("dense stack: layer " + (l + 1) + " takes " + layers.get(l).in + " numbers, the one before it has "
                        + layers.get(l - 1).out);
            }
        }
    }

    /// d, what an example has.
    public int inputs() {
        return layers.getFirst().in;
    }

    /// K.
    public int outputs() {
        return layers.getLast().out;
    }

    /// p.
    public long parameters() {
        return layers.stream().mapToLong(Layer::parameters).sum();
    }

    /// Numbers of the widest layer, its input included.
    public int mostWidth() {
        return layers.stream().mapToInt(layer -> Math.max(layer.in, layer.out)).max().orElseThrow();
    }
}
