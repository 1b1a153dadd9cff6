package io.plumbline.training;

/// The noise ε of a step θ⁺ = θ − η(∇L(θ) + ε), E ε = 0. Only `sampling` draws batches; all others take the full gradient and add noise of this covariance:
///
/// | text | covariance of ε | ε |
/// |---|---|---|
/// | `sampling` | qΣ | ∇L_I − ∇L: SGD itself, see [Sampling] |
/// | `none` | 0 | 0: gradient descent |
/// | `gaussian` | Σ/B | (nB)^-½ Σ_i ξ_i (∇L_i − ∇L) |
/// | `geometry` | 2L·G/B | (2L/(nB))^½ Jᵀξ, ξ with n·K entries |
/// | `isotropic` | Tr Σ/(Bp)·I | (nBp)^-½ ‖Σ_i ξ_i (∇L_i − ∇L)‖ z |
/// | `isotropic-fisher` | 2σ²L/B·I, σ² = Tr G/p | (2L/(nBp))^½ ‖Jᵀξ‖ z |
/// | `isotropic:V` | 2V·L/B·I | (2VL/B)^½ z |
/// | `bounded:R` | R²/p·I, whatever L and B | R p^-½ s, of length R exactly |
///
/// ξ and z are independent standard normal numbers, s independent signs, all drawn afresh each step; L, G, Σ, ∇L_i are those at θ.
///
/// Where they come from: Σ_i ξ_i (∇L_i − ∇L) = Σ_i (ξ_i − ξ̄) ∇L_i has covariance Σ_i (∇L_i − ∇L)(∇L_i − ∇L)ᵀ = nΣ, and Jᵀξ has JᵀJ = nG; so one more pass
/// of cotangents samples either, and no matrix is formed. The squared length of such a sample has mean n·Tr Σ and n·Tr G; times an independent z it
/// gives covariance exactly (n·Tr Σ)·I: the noise's length is that of the anisotropic noise beside it, its direction is uniform. Given the length it is
/// Gaussian; its fourth moments are larger than a Gaussian's by 1 + 2‖Σ‖_F²/(Tr Σ)². `isotropic:V` is Gaussian.
///
/// The paper's §4 compares 2L·H with 2σ²L·I, σ² = Tr H/p. H may be indefinite where residuals are not 0 and is then no covariance: G, which it equals
/// there, stands for it.
///
/// @param scale V or R; 0 for laws that have none
public record Noise(Law law, double scale) {
    /// What [#parse] reads.
    public static final String GRAMMAR = "sampling, none, gaussian, geometry, isotropic, isotropic-fisher, isotropic:V or bounded:R";
    /// SGD's own.
    public static final Noise SAMPLING = new Noise(Law.SAMPLING, 0);
    /// Gradient descent.
    public static final Noise NONE = new Noise(Law.NONE, 0);

    /// The laws; [Noise] says what they are.
    public enum Law {
        SAMPLING("sampling", false),
        NONE("none", false),
        GAUSSIAN("gaussian", false),
        GEOMETRY("geometry", false),
        ISOTROPIC("isotropic", false),
        ISOTROPIC_FISHER("isotropic-fisher", false),
        ISOTROPIC_SCALED("isotropic", true),
        BOUNDED("bounded", true);

        private final String text;
        private final boolean scaled;

        Law(String text, boolean scaled) {
            this.text = text;
            this.scaled = scaled;
        }

        /// Whether it needs Σ_i (ξ_i − ξ̄)∇L_i or Jᵀξ.
        boolean mixes() {
            return switch (this) {
                case GAUSSIAN, GEOMETRY, ISOTROPIC, ISOTROPIC_FISHER -> true;
                case SAMPLING, NONE, ISOTROPIC_SCALED, BOUNDED -> false;
            };
        }

        /// Whether what it mixes are the examples' loss gradients, not the outputs' gradients.
        boolean mixesLosses() {
            return this == GAUSSIAN || this == ISOTROPIC;
        }

        /// Whether it needs a direction of p independent entries.
        boolean hasDirection() {
            return switch (this) {
                case ISOTROPIC, ISOTROPIC_FISHER, ISOTROPIC_SCALED, BOUNDED -> true;
                case SAMPLING, NONE, GAUSSIAN, GEOMETRY -> false;
            };
        }
    }

    /// @throws IllegalArgumentException if the scale is not a positive number, where the law has one
    public Noise {
        if (law.scaled && !(scale > 0 && Double.isFinite(scale))) {
            throw new IllegalArgumentException("noise: " + law.text + " of " + scale + ", expected a positive number");
        }
        if (!law.scaled && scale != 0) {
            throw new IllegalArgumentException("noise: " + law.text + " has no scale, found " + scale);
        }
    }

    /// Reads a law.
    ///
    /// @throws IllegalArgumentException if it is none
    public static Noise parse(String text) {
        int colon = text.indexOf(':');
        String name = colon < 0 ? text : text.substring(0, colon);
        for (Law law : Law.values()) {
            if (law.text.equals(name) && law.scaled == colon >= 0) {
                try {
                    return new Noise(law, law.scaled ? Double.parseDouble(text.substring(colon + 1)) : 0);
                } catch (NumberFormatException malformed) {
                    break;
                }
            }
        }
        throw new IllegalArgumentException("noise: found '" + text + "', expected " + GRAMMAR);
    }

    /// What [#parse] reads.
    @Override
    public String toString() {
        return law.scaled ? law.text + ":" + scale : law.text;
    }
}
