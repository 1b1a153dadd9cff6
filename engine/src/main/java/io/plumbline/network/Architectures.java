package io.plumbline.network;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The built-in networks, by name:
///
/// | name | f(x; θ) | θ in order |
/// |---|---|---|
/// | `fcn:d-h₁-…-K[:activation]` | W_L φ(… φ(W₁ x + b₁) …) + b_L | `1.weight` (h₁, d), `1.bias` (h₁), `2.weight`, … |
/// | `linear:d-h₁-…-K` | W_L ⋯ W₁ x | `1.weight` (h₁, d), `2.weight`, … |
/// | `diagonal:d[:L]` | ⟨u^∘L − v^∘L, x⟩, powers of the entries, L = 2 if not said (Woodworth et al. 2020, arXiv 2002.09277) | `u` (d, 1), `v` (d, 1) |
/// | `rfm:d-m[-K][:activation]` | a φ(W x), W frozen, its rows uniform on the sphere of radius √d | `a` (K, m) |
/// | `cnn:CxHxW-c₁-…-K[:activation]` | for each c: convolution, φ, halving by 2 × 2 max pooling; behind the last one global average pooling instead; a dense layer | `1.weight` (c₁, C, 3, 3), `1.bias` (c₁), `2.weight`, …, that of the dense layer (K, c) |
/// | `vgg11`, `vgg13`, `vgg16`, `vgg19` | Simonyan & Zisserman 2014 (arXiv 1409.1556), configurations A, B, D, E: five stages of convolutions and φ, each ended by 2 × 2 max pooling, then one dense layer | `features.0.weight` (64w, C, 3, 3), `features.0.bias`, …, `classifier.weight` (K, 512w · H/32 · W/32), `classifier.bias` |
/// | `resnet20`, `32`, `44`, `56`, `110` | [ResidualArchitectures]: residual networks with scalar biases and multipliers instead of normalisation | `bias1`, `bias2`, `conv1.weight` (16w, C, 3, 3), `layer1.0.bias1a`, `.bias1b`, `.bias2a`, `.scale`, `.bias2b`, `.conv1.weight`, `.conv2.weight`, `layer1.1.bias1a`, …, `fc.weight` (K, 64w), `fc.bias` |
///
/// Convolutions are 3 × 3 with padding 1. VGG nets and residual networks take options, each or none, in any order:
/// `vgg16:width=0.125,outputs=10,input=3x32x32,activation=relu`, by default width w = 1, K = 1 output, input (C, H, W) = (3, 32, 32) and ReLU.
/// A width w makes max(1, round(w c)) channels of c (halves are rounded up); in a residual network that is done for the first stage, and the second and
/// third have 2 and 4 times as many, because their shortcuts double the channels. Heights and widths that are halved must be even each time; those of a
/// residual network may be odd, (H + 1)/2 of H rows are left.
///
/// Activations: `relu` (default), `leaky-relu`, `tanh`, `sigmoid`, `softplus`, `gelu`, `gelu-tanh`, `silu`, `elu`, `relu6`, `abs`, `identity`, `square`.
///
/// Weights are drawn by an [Initialization], biases are 0. Diagonal and random-feature networks have laws of their own, of which an initialisation's scale
/// multiplies the standard deviation: u and v are independent normal of variance d^(−2/L), 1/d at depth 2, `a` of variance 1/m.
public final class Architectures {
    /// What [#parse] accepts, by example.
    public static final String GRAMMAR = "fcn:784-256-1[:relu], linear:50-50-1, diagonal:50[:2], rfm:10-1000[-1][:relu], cnn:3x32x32-16-32-64-1[:relu], "
            + "vgg11|13|16|19 or resnet20|32|44|56|110[:width=0.5,outputs=10,input=3x32x32,activation=relu]";

    private static final String OPTIONS = "[:width=1,outputs=1,input=3x32x32,activation=relu]";
    private static final Pattern NAME = Pattern.compile("(fcn|linear|diagonal|rfm|cnn)|(vgg|resnet)([0-9]*)");

    private Architectures() {}

    /// Whether `text` names a built-in network, well written or not, rather than a file: what stands before its first colon is a family's name, with a
    /// depth behind it where the family has depths; only such a name may also stand without a colon.
    public static boolean isBuiltIn(String text) {
        Matcher name = NAME.matcher(head(text));
        return name.matches() && (text.contains(":") || name.group(3) != null && !name.group(3).isEmpty());
    }

    private static String head(String text) {
        return text.split(":", -1)[0];
    }

    /// The network that `text` names.
    ///
    /// @param seed of the initialisation: the same seed gives the same θ on every machine
    /// @throws IllegalArgumentException if the text does not follow the grammar, or the initialisation does not suit the network: names the part, what was
    ///     found and what was expected
    public static Network parse(String text, Initialization initialization, long seed) {
        Matcher name = NAME.matcher(head(text));
        if (!name.matches()) {
            throw new IllegalArgumentException("model " + text + ": name is '" + head(text) + "', expected an ONNX file or one of " + GRAMMAR);
        }
        String family = name.group(1) == null ? name.group(2) : name.group(1);
        Initialization law = initialization.of(text, family.equals("resnet"));
        return switch (family) {
            case "fcn" -> DenseArchitectures.fullyConnected(new Grammar(text, "fcn:784-256-1[:relu]"), law, seed);
            case "linear" -> DenseArchitectures.linear(new Grammar(text, "linear:50-50-1"), law, seed);
            case "diagonal" -> DenseArchitectures.diagonal(new Grammar(text, "diagonal:50[:2]"), law, seed);
            case "rfm" -> DenseArchitectures.randomFeatures(new Grammar(text, "rfm:10-1000[-1][:relu]"), law, seed);
            case "cnn" -> ImageArchitectures.convolutional(new Grammar(text, "cnn:3x32x32-16-32-64-1[:relu]"), law, seed);
            case "vgg" -> vgg(new Grammar(text, "vgg11" + OPTIONS), name.group(3), law, seed);
            default -> residual(new Grammar(text, "resnet20" + OPTIONS), name.group(3), law, seed);
        };
    }

    private static Network vgg(Grammar grammar, String depth, Initialization law, long seed) {
        int[] convolutions = switch (depth) {
            case "11" -> new int[] {1, 1, 2, 2, 2};
            case "13" -> new int[] {2, 2, 2, 2, 2};
            case "16" -> new int[] {2, 2, 3, 3, 3};
            case "19" -> new int[] {2, 2, 4, 4, 4};
            default -> throw grammar.wrong("depth", depth, "11, 13, 16 or 19");
        };
        return ImageArchitectures.vgg(grammar, convolutions, law, seed);
    }

    private static Network residual(Grammar grammar, String depth, Initialization law, long seed) {
        return switch (depth) {
            case "20", "32", "44", "56", "110" -> ResidualArchitectures.residual(grammar, (Integer.parseInt(depth) - 2) / 6, law, seed);
            default -> throw grammar.wrong("depth", depth, "20, 32, 44, 56 or 110");
        };
    }
}
