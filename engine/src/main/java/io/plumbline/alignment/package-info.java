/// How SGD's noise aligns with the loss landscape: α, β, μ, μ₁, μ₂, γ and their relatives from one streaming pass, and the exact spectrum of G.
/// Formulas: Wu, Wang & Su, "The alignment property of SGD noise and how it helps select flat minima" (2022), section 2.
package io.plumbline.alignment;
