package io.plumbline.backend;

/// A cross-correlation as deep learning calls convolution: with C channels in, O out and `groups` g, channel o of the result reads the C/g channels of group
/// ⌊o g/O⌋ only,
///
/// y[o, a, b] = Σ_{c, k, l} w[o, c, k, l] · x[C/g·⌊o g/O⌋ + c, row(a, k), column(b, l)],
///
/// padding counting as 0. x (C, H, W), w (O, C/g, k_h, k_w), y (O, positions), each flattened row-major.
///
/// @param window   over x
/// @param channels O
/// @param groups   g, a divisor of C and O
public record Convolution(Window window, int channels, int groups) {
    public Convolution {
        if (groups < 1 || channels < 1 || window.channels() % groups != 0 || channels % groups != 0) {
            throw new IllegalArgumentException(
                    "convolution: " + window.channels() + " channels in, " + channels + " out and " + groups
                            + " groups, expected groups to divide both");
        }
    }

    /// Numbers that one entry of y is a sum over, and in one row of w as a matrix (O, ·): C/g · k_h · k_w.
    public int inner() {
        return window.channels() / groups * window.taps();
    }

    /// Entries of w.
    public int weights() {
        return channels * inner();
    }

    /// Entries of y for one x.
    public int size() {
        return channels * window.positions();
    }
}
