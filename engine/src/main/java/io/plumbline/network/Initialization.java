package io.plumbline.network;

import io.plumbline.data.Philox;
import io.plumbline.memory.HostBuffer;
import io.plumbline.memory.Precision;
import java.util.Locale;

/// Laws of initial weights: independent normal numbers of mean 0, biases 0.
///
/// | law | variance of a weight (d_out, d_in) | source |
/// |---|---|---|
/// | LECUN | 1/d_in | LeCun, Bottou, Orr & Müller 1998, Efficient BackProp |
/// | HE | 2/d_in | He, Zhang, Ren & Sun 2015, arXiv 1502.01852 |
/// | GLOROT | 2/(d_in + d_out) | Glorot & Bengio 2010 |
///
/// @param law   which variance
/// @param scale multiplies the standard deviation
public record Initialization(Law law, double scale) {
    /// The variances.
    public enum Law {
        LECUN,
        HE,
        GLOROT
    }

    /// HE at scale 1.
    public static final Initialization DEFAULT = new Initialization(Law.HE, 1);

    public Initialization {
        if (!(scale > 0) || Double.isInfinite(scale)) {
            throw new IllegalArgumentException("init: scale is " + scale + ", expected a positive number");
        }
    }

    /// Reads `lecun`, `he`, `glorot`, each optionally followed by `:scale`.
    ///
    /// @throws IllegalArgumentException for anything else
    public static Initialization parse(String text) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        try {
            return new Initialization(Law.valueOf(name.toUpperCase(Locale.ROOT)), colon < 0 ? 1 : Double.parseDouble(text.substring(colon + 1)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("init: " + text + ", expected lecun, he or glorot, optionally with a positive scale as in he:0.5", e);
        }
    }

    double standardDeviation(int in, int out) {
        return scale
                * Math.sqrt(
                        switch (law) {
                            case LECUN -> 1.0 / in;
                            case HE -> 2.0 / in;
                            case GLOROT -> 2.0 / (in + out);
                        });
    }

    /// `count` normal numbers of the given standard deviation from the stream that the parameter's name says.
    static HostBuffer normal(long seed, String parameter, long count, double standardDeviation) {
        HostBuffer values = HostBuffer.collected(Precision.F64, count);
        new Philox(seed, Philox.stream("init " + parameter)).fillNormal(values, standardDeviation);
        return values;
    }
}
