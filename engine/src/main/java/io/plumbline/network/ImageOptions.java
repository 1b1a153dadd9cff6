package io.plumbline.network;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What can be said of a VGG net or a residual network behind its colon: `width=0.125,outputs=10,input=3x32x32,activation=relu`, each or none, in any order.
///
/// @param width      multiplies the numbers of channels
/// @param outputs    K
/// @param input      (C, H, W)
/// @param activation between layers
record ImageOptions(double width, int outputs, Shape input, Activation activation) {
    /// The largest width: 512 channels, the most there are at width 1, become as many as a layer may have.
    private static final int LARGEST_FACTOR = Grammar.LARGEST_WIDTH / 512;
    private static final List<String> KEYS = List.of("width", "outputs", "input", "activation");

    /// Reads what stands behind the first colon, nothing if there is none.
    static ImageOptions read(Grammar grammar) {
        grammar.requireParts(2);
        Map<String, String> values = grammar.has(1) ? values(grammar) : Map.of();
        return new ImageOptions(
                values.containsKey("width") ? factor(grammar, values.get("width")) : 1,
                values.containsKey("outputs") ? grammar.whole("outputs", values.get("outputs"), Grammar.LARGEST_WIDTH) : 1,
                values.containsKey("input") ? grammar.image(values.get("input")) : Shape.of(3, 32, 32),
                values.containsKey("activation") ? grammar.activation(values.get("activation")) : Activation.of(Kind.RELU));
    }

    private static Map<String, String> values(Grammar grammar) {
        var values = new LinkedHashMap<String, String>();
        for (String option : grammar.part(1).split(",", -1)) {
            int equals = option.indexOf('=');
            String key = equals < 0 ? option : option.substring(0, equals);
            if (equals < 0 || !KEYS.contains(key)) {
                throw grammar.wrong("option", option, String.join("=, ", KEYS) + "=");
            }
            if (values.put(key, option.substring(equals + 1)) != null) {
                throw grammar.wrong("option", option, key + " once");
            }
        }
        return values;
    }

    private static double factor(Grammar grammar, String found) {
        double factor = Double.NaN;
        try {
            factor = Double.parseDouble(found);
        } catch (NumberFormatException malformed) {
            // Reported below, with what was expected.
        }
        if (!(factor > 0 && factor <= LARGEST_FACTOR)) {
            throw grammar.wrong("width", found, "a number above 0 and at most " + LARGEST_FACTOR);
        }
        return factor;
    }

    /// What `channels` become: times the width, rounded to the nearest whole number (halves up), at least 1.
    int scaled(int channels) {
        return (int) Math.max(1, Math.round(width * channels));
    }
}
