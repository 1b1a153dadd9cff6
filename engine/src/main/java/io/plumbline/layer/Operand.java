package io.plumbline.layer;

/// What a value in a network looks like: its shape, and whether there is one for each example or one that all examples share
/// (a parameter, or an expression of parameters only).
public record Operand(Shape shape, boolean batched) {
    public static Operand batched(int... dimensions) {
        return new Operand(Shape.of(dimensions), true);
    }

    public static Operand shared(int... dimensions) {
        return new Operand(Shape.of(dimensions), false);
    }

    /// Numbers in one of it: the columns of its tensor.
    public int width() {
        return shape.size();
    }

    /// `(256, 784) shared`, for messages.
    @Override
    public String toString() {
        return shape + (batched ? " per example" : " shared");
    }
}
