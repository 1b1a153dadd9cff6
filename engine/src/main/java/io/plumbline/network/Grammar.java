package io.plumbline.network;

import io.plumbline.backend.Activation;
import io.plumbline.backend.Activation.Kind;
import io.plumbline.layer.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/// The text of a built-in network, taken apart at its colons. Whatever is wrong is said in one line: the text, the part, what was found, what was expected.
final class Grammar {
    /// The most units of a layer, and the most rows or columns of an image.
    static final int LARGEST_WIDTH = 1 << 24;

    private static final double LEAKY_SLOPE = 0.01;
    private static final Pattern WHOLE = Pattern.compile("[0-9]{1,9}");
    private static final Map<String, Activation> ACTIVATIONS = activations();

    private final String text;
    private final String usage;
    private final String[] parts;

    /// @param usage how such a text is written, for messages
    Grammar(String text, String usage) {
        this.text = text;
        this.usage = usage;
        this.parts = text.split(":", -1);
    }

    private static Map<String, Activation> activations() {
        var all = new LinkedHashMap<String, Activation>();
        for (Kind kind : Kind.values()) {
            String name = kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
            switch (kind) {
                case LEAKY_RELU -> all.put(name, new Activation(kind, LEAKY_SLOPE));
                case ELU -> all.put(name, new Activation(kind, 1));
                case CLIP -> all.put("relu6", new Activation(kind, 6));
                // Parts of other functions, not defined for all numbers or growing beyond them.
                case SQRT, RECIPROCAL, EXP, LOG -> {}
                default -> all.put(name, Activation.of(kind));
            }
        }
        return all;
    }

    /// The whole text.
    String text() {
        return text;
    }

    /// Throws if there are more than `most` parts, the family's name included.
    void requireParts(int most) {
        if (parts.length > most) {
            throw wrong("part " + (most + 1), parts[most], "at most " + most + (most == 1 ? " part" : " parts joined by ':'"));
        }
    }

    /// Whether there is a part `index`; 0 is the family's name.
    boolean has(int index) {
        return index < parts.length;
    }

    /// Part `index`, empty where it is missing.
    String part(int index) {
        return has(index) ? parts[index] : "";
    }

    /// The exception that says that `what` is not as expected.
    IllegalArgumentException wrong(String what, String found, String expected) {
        return new IllegalArgumentException("model " + text + ": " + what + " is '" + found + "', expected " + expected + "; written as " + usage);
    }

    /// A whole number from 1 to `most`.
    int whole(String what, String found, int most) {
        if (WHOLE.matcher(found).matches()) {
            int value = Integer.parseInt(found);
            if (value >= 1 && value <= most) {
                return value;
            }
        }
        throw wrong(what, found, "a whole number from 1 to " + most);
    }

    /// The widths behind the first colon, from `least` to `most` of them.
    int[] widths(int least, int most) {
        return widths("part 2", List.of(part(1).split("-", -1)), least, most);
    }

    /// One width each of `fields`, from `least` to `most` of them; `what` they are together.
    int[] widths(String what, List<String> fields, int least, int most) {
        int[] widths = new int[fields.size()];
        for (int l = 0; l < widths.length; l++) {
            widths[l] = whole("width " + (l + 1), fields.get(l), LARGEST_WIDTH);
        }
        if (widths.length < least || widths.length > most) {
            String count = least == most ? "" + least : most == Integer.MAX_VALUE ? "at least " + least : least + " to " + most;
            throw wrong(what, String.join("-", fields), count + (most == 1 ? " width" : " widths joined by '-'"));
        }
        return widths;
    }

    /// An image's extents, `3x32x32` for (C, H, W).
    Shape image(String found) {
        String[] extents = found.split("x", -1);
        if (extents.length != 3) {
            throw wrong("input", found, "channels, height and width joined by 'x', as in 3x32x32");
        }
        int channels = whole("input's number of channels", extents[0], LARGEST_WIDTH);
        int height = whole("input's height", extents[1], LARGEST_WIDTH);
        int width = whole("input's width", extents[2], LARGEST_WIDTH);
        if ((long) channels * height > Integer.MAX_VALUE / width) {
            throw wrong("input", found, "at most " + Integer.MAX_VALUE + " numbers");
        }
        return Shape.of(channels, height, width);
    }

    /// The activation that part `index` names, ReLU where it is missing.
    Activation activation(int index) {
        return has(index) ? activation(parts[index]) : Activation.of(Kind.RELU);
    }

    Activation activation(String name) {
        Activation function = ACTIVATIONS.get(name);
        if (function == null) {
            throw wrong("activation", name, "one of " + String.join(", ", ACTIVATIONS.keySet()));
        }
        return function;
    }

    /// The part of a node's name that says which activation it is.
    static String nameOf(Activation function) {
        return function.kind().name().toLowerCase(Locale.ROOT);
    }
}
