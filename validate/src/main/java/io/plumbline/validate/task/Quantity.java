package io.plumbline.validate.task;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// Groups of figures that `measure` gives.
public enum Quantity {
    /// L and ‖∇L‖.
    LOSS,
    /// α, β, μ, μ₁, μ₂, γ, γ_λ.
    ALIGNMENT,
    /// Tr G, ‖G‖_F, λ_max(G).
    FISHER,
    /// Tr Σ, ‖Σ‖_F, Tr(ΣG).
    NOISE,
    /// Tr H, ‖H‖_F, λ_max(H), λ_min(H).
    HESSIAN,
    /// All eigenvalues of G.
    SPECTRUM,
    /// The spectral densities of H, G and Σ.
    DENSITY;

    /// What is given unless something else is asked for: all but the spectrum and the densities.
    public static final Set<Quantity> USUAL = Collections.unmodifiableSet(EnumSet.complementOf(EnumSet.of(SPECTRUM, DENSITY)));

    /// Reads a name.
    ///
    /// @throws IllegalArgumentException if there is no such quantity
    public static Quantity parse(String name) {
        for (Quantity quantity : values()) {
            if (quantity.toString().equals(name)) {
                return quantity;
            }
        }
        throw new IllegalArgumentException("quantities: found '" + name + "', expected some of " + names());
    }

    /// All of `asked`.
    ///
    /// @throws IllegalArgumentException if there is none
    public static Set<Quantity> some(Set<Quantity> asked) {
        if (asked.isEmpty()) {
            throw new IllegalArgumentException("quantities: found none, expected some of " + names());
        }
        return EnumSet.copyOf(asked);
    }

    private static String names() {
        return Arrays.stream(values()).map(Quantity::toString).collect(Collectors.joining(", "));
    }

    /// The name in `--quantities`.
    @JsonValue
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
