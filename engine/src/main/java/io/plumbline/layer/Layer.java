package io.plumbline.layer;

import io.plumbline.backend.Tensor;
import java.util.List;
import java.util.function.IntPredicate;

/// A differentiable map y = f(t₀, t₁, …) of values, some of which may be parameters. With a dot for the derivative along a direction in θ and a bar
/// for a cotangent (a derivative of something with respect to the value):
///
/// | method | computes |
/// |---|---|
/// | [#forward] | y |
/// | [#tangentForward] | ẏ = Σ_a ∂y/∂t_a ṫ_a |
/// | [#backward] | t̄_a = (∂y/∂t_a)ᵀ ȳ |
/// | [#addCurvature] | of the derivative of that along the direction, (∂y/∂t_a)ᵀ ȳ̇ + (d/dε ∂y/∂t_a)ᵀ ȳ, the second summand; the first is [#backward] of ȳ̇ |
/// | [#gramFactor] | per-example gradients of a shared operand, in factors |
///
/// **One method, two gradients.** The cotangent of a shared operand is a sum over the rows of ȳ if its tensor has 1 row, and one gradient for each row of ȳ
/// (the per-example gradient) if it has as many rows as ȳ.
///
/// **Directions.** Tangents along m directions go through together, rows as [Application] has them: the tangent of a cotangent has m times the rows of the
/// cotangent, and m cotangents of each example may go back through [#backward] in the same way, where those of a shared operand are m sums, a row each. What is
/// computed along one direction does not depend on the others, to the bit. [Directions] sends tangents through a layer.
public interface Layer {
    /// The name in messages and listings, `Dense` say.
    String name();

    /// What the result looks like.
    ///
    /// @throws IllegalArgumentException if operands do not fit: the message names the layer and the shapes
    Operand output(List<Operand> inputs);

    /// Whether several directions go through at once here; one after the other where not.
    default boolean takesDirections(Application at) {
        return true;
    }

    /// Writes y to `at.out()`.
    void forward(Application at);

    /// Writes ẏ. At least one tangent in `at` is not null.
    void tangentForward(Application at, Tensor outTangent);

    /// Writes (or adds, if `accumulate`) the cotangent of operand `input`.
    void backward(Application at, Tensor outCotangent, int input, boolean accumulate, Tensor inCotangent);

    /// Whether ∂y/∂t_a of operand `input` changes along a direction, so that the tangent of its cotangent has a second summand.
    ///
    /// @param moves which operands have tangents
    default boolean isCurved(int input, IntPredicate moves) {
        return false;
    }

    /// Adds (d/dε ∂y/∂t_a)ᵀ ȳ of operand `input`; only called where it [#isCurved].
    default void addCurvature(Application at, Tensor outCotangent, int input, Tensor inCotangentTangent) {}

    /// The gradient rows of shared operand `input` in factors, or null where they have none. What is not there already comes from `at.workspace()`.
    default Factor gramFactor(Application at, Tensor outCotangent, int input) {
        return null;
    }

    /// The exception that [#output] throws.
    default IllegalArgumentException unfit(String expected, List<Operand> inputs) {
        return new IllegalArgumentException(name() + ": expected " + expected + ", found " + inputs);
    }
}
