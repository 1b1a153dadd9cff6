package io.plumbline.network;

import io.plumbline.data.Philox;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Locale;

/// Laws of initial weights: independent normal numbers of mean 0; biases are 0 and scalar multipliers 1.
///
/// | law | variance of a weight | source |
/// |---|---|---|
/// | LECUN | 1/fan_in | LeCun, Bottou, Orr & Müller 1998, Efficient BackProp |
/// | HE | 2/fan_in | He, Zhang, Ren & Sun 2015, arXiv 1502.01852 |
/// | GLOROT | 2/(fan_in + fan_out) | Glorot & Bengio 2010 |
/// | FIXUP | 2/fan_out, that over the number of blocks for the first convolution of a block; the second ones and the dense layer are 0 | Zhang, Dauphin & Ma 2019, arXiv 1901.09321 |
/// | DEFAULT | FIXUP for residual networks, HE for all others | |
///
/// A dense weight (d_out, d_in) has fan_in = d_in and fan_out = d_out; that of a convolution (O, C, k, l) has fan_in = C·k·l and fan_out = O·k·l.
///
/// @param law   which variance
/// @param scale multiplies the standard deviation
public record Initialization(Law law, double scale) {
    /// The variances.
    public enum Law {
        LECUN,
        HE,
        GLOROT,
        FIXUP,
        DEFAULT
    }

    /// What suits the network, at scale 1.
    public static final Initialization DEFAULT = new Initialization(Law.DEFAULT, 1);

    public Initialization {
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new IllegalArgumentException("init: scale is " + scale + ", expected a positive number");
        }
    }

    /// Reads `lecun`, `he`, `glorot`, `fixup`, `default`, each optionally followed by `:scale`.
    ///
    /// @throws IllegalArgumentException for anything else
    public static Initialization parse(String text) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        try {
            return new Initialization(Law.valueOf(name.toUpperCase(Locale.ROOT)), colon < 0 ? 1 : Double.parseDouble(text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "init: " + text + ", expected lecun, he, glorot, fixup or default, optionally with a positive scale as in he:0.5", e);
        }
    }

    /// What this means for a network: one of the laws that are not DEFAULT.
    ///
    /// @param residual whether the network has residual blocks
    /// @throws IllegalArgumentException if the law is FIXUP and it has none
    Initialization of(String network, boolean residual) {
        if (law == Law.FIXUP && !residual) {
            throw new IllegalArgumentException("init: fixup, expected lecun, he, glorot or default: " + network + " has no residual blocks");
        }
        return law == Law.DEFAULT ? new Initialization(residual ? Law.FIXUP : Law.HE, scale) : this;
    }

    /// Of a weight with these extents, (d_out, d_in) or (O, C, k, l).
    double standardDeviation(int... extents) {
        double taps = 1;
        for (int axis = 2; axis < extents.length; axis++) {
            taps *= extents[axis];
        }
        double in = extents[1] * taps;
        double out = extents[0] * taps;
        return scale
                * Math.sqrt(
                        switch (law) {
                            case LECUN -> 1 / in;
                            case HE -> 2 / in;
                            case GLOROT -> 2 / (in + out);
                            case FIXUP -> 2 / out;
                            case DEFAULT -> throw new IllegalStateException("init: the network's own law was not chosen");
                        });
    }

    /// `count` normal numbers of the given standard deviation from the stream that the parameter's name says.
    static HostBuffer normal(long seed, String parameter, long count, double standardDeviation) {
        HostBuffer values = HostBuffer.collected(Precision.F64, count);
        new Philox(seed, Philox.stream("init " + parameter)).fillNormal(values, standardDeviation);
        return values;
    }
}
